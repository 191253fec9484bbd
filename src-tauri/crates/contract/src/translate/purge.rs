//! Purges.

use pli_engine as engine;
use pli_engine::pli_store::{self, MailId};

use super::instant;
use super::weight::{document_kind, why};
use crate::failure::Failure;
use crate::view::{Every, Kept, Purge, PurgeAbout, PurgeGroup, PurgeSchedule, PurgeScope, PurgeState, SentFolder};

pub(crate) fn purge(purge: engine::Purge) -> Purge {
    Purge {
        id: purge.id.get(),
        account: purge.account.get(),
        scope: about(&purge.scope),
        keep_local: purge.keep_local,
        scheduled: purge.scheduled,
        state: match purge.state {
            pli_store::PurgeState::Planned => PurgeState::Planned,
            pli_store::PurgeState::Running => PurgeState::Running,
            pli_store::PurgeState::Stopped => PurgeState::Stopped,
            pli_store::PurgeState::Done => PurgeState::Done,
            pli_store::PurgeState::Failed => PurgeState::Failed,
        },
        planned_at: instant(purge.planned_at),
        started_at: purge.started_at.map(instant),
        ended_at: purge.ended_at.map(instant),
        folder_name: purge.folder_name,
        count: purge.count,
        octets: purge.octets,
        oldest: purge.oldest.map(instant),
        newest: purge.newest.map(instant),
        groups: purge.groups.into_iter().map(group).collect(),
        kept: purge.kept.into_iter().map(kept).collect(),
        obstacle: purge.obstacle.map(super::failure::purge),
        done: purge.done,
        already_gone: purge.already_gone,
        spared: purge.spared.into_iter().map(kept).collect(),
        left: purge.left,
        quota_before: purge.quota_before,
        quota_after: purge.quota_after,
        problem: purge.problem.map(|error| Failure::from(error.as_ref())),
    }
}

fn about(scope: &engine::PurgeScope) -> PurgeAbout {
    match scope {
        engine::PurgeScope::Sent {
            older_than_days,
            keep_flagged,
            keep_unknown_fate,
            keep_unfiled,
        } => PurgeAbout::Sent {
            older_than_days: *older_than_days,
            keep_flagged: *keep_flagged,
            keep_unknown_fate: *keep_unknown_fate,
            keep_unfiled: *keep_unfiled,
        },
        engine::PurgeScope::Trash { older_than_days } => PurgeAbout::Trash {
            older_than_days: *older_than_days,
        },
        engine::PurgeScope::Chosen(_) => PurgeAbout::Chosen,
    }
}

pub(crate) fn scope_of(scope: PurgeScope) -> engine::PurgeScope {
    match scope {
        PurgeScope::Sent {
            older_than_days,
            keep_flagged,
            keep_unknown_fate,
            keep_unfiled,
        } => engine::PurgeScope::Sent {
            older_than_days,
            keep_flagged,
            keep_unknown_fate,
            keep_unfiled,
        },
        PurgeScope::Trash { older_than_days } => engine::PurgeScope::Trash { older_than_days },
        PurgeScope::Chosen { messages } => {
            engine::PurgeScope::Chosen(messages.into_iter().map(MailId::from_raw).collect())
        }
    }
}

fn group(group: engine::PurgeGroup) -> PurgeGroup {
    PurgeGroup {
        kind: document_kind(group.kind),
        count: group.count,
        octets: group.octets,
        oldest: group.oldest.map(instant),
        newest: group.newest.map(instant),
    }
}

fn kept(kept: engine::Kept) -> Kept {
    Kept {
        why: why(kept.why),
        count: kept.count,
    }
}

pub(crate) fn every_of(every: Every) -> engine::Every {
    match every {
        Every::Daily => engine::Every::Daily,
        Every::Weekly => engine::Every::Weekly,
        Every::Monthly => engine::Every::Monthly,
    }
}

fn every(every: engine::Every) -> Every {
    match every {
        engine::Every::Daily => Every::Daily,
        engine::Every::Weekly => Every::Weekly,
        engine::Every::Monthly => Every::Monthly,
    }
}

pub(crate) fn schedule(schedule: engine::PurgeSchedule) -> PurgeSchedule {
    PurgeSchedule {
        enabled: schedule.enabled,
        every: every(schedule.every),
        older_than_days: schedule.older_than_days,
        keep_flagged: schedule.keep_flagged,
        keep_unknown_fate: schedule.keep_unknown_fate,
        keep_unfiled: schedule.keep_unfiled,
        keep_local: schedule.keep_local,
        trash_older_than_days: schedule.trash_older_than_days,
        last_run: schedule.last_run.map(instant),
        next_run: schedule.next_run.map(instant),
        waits: schedule.waits.map(pli_store::PurgeId::get),
        fixed: schedule.fixed,
    }
}

pub(crate) fn sent_folder(folder: engine::SentFolder) -> SentFolder {
    SentFolder {
        folder: folder.folder.get(),
        chosen: folder.chosen,
    }
}

/// One line of a plan written out, in French, for a spreadsheet.
pub(crate) fn step(step: pli_store::PurgeStep) -> &'static str {
    use pli_store::PurgeStep as From;
    match step {
        From::Planned => "prévu",
        From::Marking | From::Marked | From::Unmarking => "en cours",
        From::Gone => "supprimé",
        From::Absent => "déjà absent",
        From::Spared => "épargné",
    }
}

/// The word of a reason, in French, for a spreadsheet.
pub(crate) fn why_word(why: pli_store::KeptWhy) -> &'static str {
    use pli_store::KeptWhy as From;
    match why {
        From::TooRecent => "trop récent",
        From::Flagged => "marqué important",
        From::FateUnknown => "remise non connue",
        From::NotFiled => "non classé",
        From::Unread => "non lu",
        From::HandledBySomebody => "pris en charge",
        From::NotStoredHere => "pas encore copié ici",
        From::FlaggedSince => "marqué important entre-temps",
        From::AnotherMessage => "un autre message a pris sa place",
        From::ChangedSince => "modifié entre-temps",
    }
}

/// The word of a kind, in French, for a spreadsheet.
pub(crate) fn kind_word(kind: pli_store::DocumentKind) -> &'static str {
    match kind {
        pli_store::DocumentKind::Document => "document de santé",
        pli_store::DocumentKind::Pdf => "PDF",
        pli_store::DocumentKind::Image => "image",
        pli_store::DocumentKind::Other => "autre pièce jointe",
        pli_store::DocumentKind::None => "sans pièce jointe",
    }
}

/// Messages of a plan that a window names are never more than these.
pub(crate) const MOST_CHOSEN: usize = 10_000;
