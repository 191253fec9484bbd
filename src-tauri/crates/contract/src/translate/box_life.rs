//! Life of BALs.

use pli_engine as engine;

use super::{count, instant};
use crate::view::{BoxAnnouncement, BoxKept, BoxLife, BoxNotice, OperatorFacts, Retention};

pub(crate) fn life(life: engine::BoxLife) -> BoxLife {
    BoxLife {
        opened_at: life.opened_at.map(instant),
        days_without: life.days_without,
        notice: life.notice.map(notice),
        operator: OperatorFacts {
            name: life.operator.name,
            deletes_after_days: life.operator.deletes_after_days,
            purges_sent_after_days: life.operator.purges_sent_after_days,
            web_mail: life.operator.web_mail,
            removal: life.operator.removal,
        },
        retention: Retention {
            offline_months: life.retention.offline_months,
        },
        kept_locally: count(life.kept_locally),
        only_here: count(life.only_here),
    }
}

fn notice(notice: engine::BoxNotice) -> BoxNotice {
    match notice {
        engine::BoxNotice::Unused45 { unpublished_on } => BoxNotice::Unused45 {
            unpublished_on: unpublished_on.to_string(),
        },
        engine::BoxNotice::Leaving {
            count: leaving,
            octets,
            first_on,
        } => BoxNotice::Leaving {
            count: count(leaving),
            octets,
            first_on: first_on.to_string(),
        },
    }
}

pub(crate) fn announcement(told: engine::BoxAnnouncement) -> BoxAnnouncement {
    BoxAnnouncement {
        account: told.account.get(),
        notice: notice(told.notice),
        at: instant(told.at),
    }
}

pub(crate) fn kept(kept: engine::BoxKept) -> BoxKept {
    BoxKept {
        kept: count(kept.kept),
        to_come: count(kept.to_come),
    }
}
