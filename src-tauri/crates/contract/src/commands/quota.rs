//! What is asked of a BAL's room and of what weighs in it (EX_GBM_4470).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::view::{Id, SpaceBy, SpaceFilter};

argument!(
    /// What weighs in a BAL.
    SpaceOf {
        /// The BAL.
        account: Id,
        /// By what.
        by: SpaceBy,
    }
);
argument!(
    /// Part of what weighs in a BAL.
    SpaceMessages {
        /// The BAL.
        account: Id,
        /// Which messages.
        filter: SpaceFilter,
        /// Rows to skip.
        offset: u32,
        /// Rows to give, at most 500.
        limit: u32,
    }
);
argument!(
    /// Messages that would make room.
    SpaceSuggest {
        /// The BAL.
        account: Id,
        /// How many octets are wanted.
        #[ts(type = "number")]
        octets: u64,
    }
);
