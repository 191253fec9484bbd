//! The room of BALs, and what weighs there.

use pli_engine as engine;

use super::message::{Folders, row};
use super::weight::{document_kind, document_kind_of, why};
use super::{count, folder_id, instant};
use crate::view::{
    Forecast, Gauge, QuotaLevel, QuotaPoint, QuotaSource, QuotaView, QuotaWarning, Room, Space, SpaceBy, SpaceFilter,
    SpaceGroup, SpacePage, SpaceRow,
};

/// Rooms are told in whole percent, never beyond this.
const MOST_PERCENT: u64 = 999;

pub(crate) fn gauge(gauge: &engine::Gauge) -> Gauge {
    Gauge {
        source: source(gauge.source),
        level: level(gauge.level),
        percent: gauge.percent,
        used: gauge.used,
        limit: gauge.limit,
    }
}

pub(crate) fn quota(view: engine::QuotaView) -> QuotaView {
    QuotaView {
        account: view.account.get(),
        source: source(view.source),
        storage: view.storage.map(room),
        messages: view.messages.map(room),
        local: view.local,
        read_at: view.read_at.map(instant),
        level: level(view.level),
        forecast: view.forecast.map(|forecast| Forecast {
            full_on: forecast.full_on.to_string(),
            per_day: forecast.per_day,
            over_days: forecast.over_days,
        }),
        history: view
            .history
            .into_iter()
            .map(|point| QuotaPoint {
                on: point.on.to_string(),
                used: point.used,
                limit: point.limit,
            })
            .collect(),
    }
}

pub(crate) fn warning(warning: engine::QuotaWarning) -> QuotaWarning {
    QuotaWarning {
        account: warning.account.get(),
        level: level(warning.level),
        percent: warning.percent,
        at: instant(warning.at),
    }
}

fn room(room: engine::Room) -> Room {
    let percent = |limit: u64| {
        let percent = room.used.saturating_mul(100).checked_div(limit).unwrap_or(100);
        u16::try_from(percent.min(MOST_PERCENT)).unwrap_or(u16::MAX)
    };
    Room {
        used: room.used,
        limit: room.limit,
        percent: room.limit.map(percent),
    }
}

fn source(source: engine::QuotaSource) -> QuotaSource {
    match source {
        engine::QuotaSource::Server => QuotaSource::Server,
        engine::QuotaSource::Estimate => QuotaSource::Estimate,
        engine::QuotaSource::Unknown => QuotaSource::Unknown,
    }
}

fn level(level: engine::QuotaLevel) -> QuotaLevel {
    match level {
        engine::QuotaLevel::Fine => QuotaLevel::Fine,
        engine::QuotaLevel::High => QuotaLevel::High,
        engine::QuotaLevel::AlmostFull => QuotaLevel::AlmostFull,
        engine::QuotaLevel::Full => QuotaLevel::Full,
    }
}

pub(crate) fn by_of(by: SpaceBy) -> engine::SpaceBy {
    match by {
        SpaceBy::Age => engine::SpaceBy::Age,
        SpaceBy::Size => engine::SpaceBy::Size,
        SpaceBy::Kind => engine::SpaceBy::Kind,
        SpaceBy::Correspondent => engine::SpaceBy::Correspondent,
        SpaceBy::Folder => engine::SpaceBy::Folder,
    }
}

pub(crate) fn filter_of(filter: SpaceFilter) -> engine::SpaceFilter {
    engine::SpaceFilter {
        folder: filter.folder.map(folder_id),
        older_than_days: filter.older_than_days,
        larger_than: filter.larger_than,
        kind: filter.kind.map(document_kind_of),
        correspondent: filter.correspondent,
        filed_only: filter.filed_only,
    }
}

pub(crate) fn space(space: engine::Space) -> Space {
    Space {
        count: count(space.count),
        octets: space.octets,
        groups: space
            .groups
            .into_iter()
            .map(|group| SpaceGroup {
                key: group.key,
                label: group.label,
                count: count(group.count),
                octets: group.octets,
                oldest: instant(group.oldest),
                newest: instant(group.newest),
                filed: count(group.filed),
            })
            .collect(),
    }
}

pub(crate) fn space_page(page: engine::SpacePage, folders: &Folders) -> SpacePage {
    SpacePage {
        rows: page
            .rows
            .into_iter()
            .map(|found| SpaceRow {
                row: row(&found.row, folders, None),
                octets: found.octets,
                kind: document_kind(found.kind),
                filed: found.filed,
                keep: found.keep.into_iter().map(why).collect(),
            })
            .collect(),
        total: count(page.total),
        octets: page.octets,
    }
}
