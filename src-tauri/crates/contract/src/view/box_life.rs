//! Life and death of a BAL: unused, about to be emptied by its operator, kept, removed (EX_GBM_6021).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Day, Id, Instant};

/// One of the eight colours that a BAL may be given. The window has a shade of each for light and dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum BoxColor {
    /// Ink, a dark blue.
    Ink,
    /// Teal.
    Teal,
    /// Green.
    Green,
    /// Olive.
    Olive,
    /// Ochre.
    Ochre,
    /// Brick.
    Brick,
    /// Plum.
    Plum,
    /// Slate.
    Slate,
}

/// What is to be known of a BAL's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BoxLife {
    /// When its server was last really opened from here.
    pub opened_at: Option<Instant>,
    /// Whole days since then.
    pub days_without: Option<u32>,
    /// What is to be said now.
    pub notice: Option<BoxNotice>,
    /// What is known of its operator.
    pub operator: OperatorFacts,
    /// How long bodies stay on this workstation.
    pub retention: Retention,
    /// Messages kept on this workstation whatever becomes of them on the server.
    pub kept_locally: u32,
    /// Those of them that this workstation alone has: removing the BAL from here loses them.
    pub only_here: u32,
}

/// What was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BoxKept {
    /// Kept: they are here whole.
    pub kept: u32,
    /// Kept as soon as they come whole: they are asked for first.
    pub to_come: u32,
}

/// What was told of a BAL's life, once a week, until it is put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BoxAnnouncement {
    /// The BAL.
    pub account: Id,
    /// What is to be said, as it is now.
    pub notice: BoxNotice,
    /// When it was last told.
    pub at: Instant,
}

/// What is to be said of a BAL's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum BoxNotice {
    /// Not opened for 45 days: it leaves the directory at two months.
    Unused45 {
        /// The day it would be unpublished.
        unpublished_on: Day,
    },
    /// Its operator is about to delete messages that were never filed.
    Leaving {
        /// How many.
        count: u32,
        /// Their octets.
        #[ts(type = "number")]
        octets: u64,
        /// The day the first goes.
        first_on: Day,
    },
}

/// What is known of an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OperatorFacts {
    /// Its name, or its domain.
    pub name: String,
    /// Days after which it deletes received messages; `null`: it does not, or it is not known.
    pub deletes_after_days: Option<u32>,
    /// Days after which it deletes sent messages; `null`: it does not, or it is not known.
    pub purges_sent_after_days: Option<u32>,
    /// The address of its web mail.
    pub web_mail: Option<String>,
    /// How to have a box removed or a directory entry corrected, and whom to write to: lines in French.
    pub removal: Vec<String>,
}

/// How long the bodies of a BAL stay on this workstation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Retention {
    /// Months, 1 to 240; `null`: always. The rows stay, and a body is fetched again when it is asked for.
    pub offline_months: Option<u32>,
}
