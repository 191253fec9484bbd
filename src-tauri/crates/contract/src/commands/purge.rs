//! What is asked of purges (EX_GBP_3050).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::view::{Every, Id, PurgeScope};

argument!(
    /// A purge to plan. Nothing is deleted by it.
    PurgePlan {
        /// The BAL.
        account: Id,
        /// What.
        scope: PurgeScope,
        /// Whether a copy stays on this workstation.
        keep_local: bool,
    }
);
argument!(
    /// A purge.
    PurgeOf {
        /// Its number.
        purge: Id,
    }
);
argument!(
    /// When a purge of sent items runs by itself.
    PurgeScheduleSet {
        /// The BAL.
        account: Id,
        /// Whether it runs.
        enabled: bool,
        /// How often.
        every: Every,
        /// Older than so many days, 0 to 3,650.
        older_than_days: u32,
        /// Keep what is flagged.
        keep_flagged: bool,
        /// Keep what is not known to have been delivered.
        keep_unknown_fate: bool,
        /// Keep what is with a patient and not filed yet.
        keep_unfiled: bool,
        /// Keep a copy on this workstation.
        keep_local: bool,
        /// Empty the bin too, of what is older than so many days, 0 to 3,650.
        trash_older_than_days: Option<u32>,
    }
);
argument!(
    /// The folder that holds what was sent, as the person chose it.
    SentFolderSet {
        /// The BAL.
        account: Id,
        /// The folder, one of this BAL.
        folder: Id,
    }
);
