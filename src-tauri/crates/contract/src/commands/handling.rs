//! What is asked of boxes that several people read.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::view::{BoxColor, HandlingState, Id};

argument!(
    /// What somebody says of messages. What is `null` stays as it is.
    HandlingSet {
        /// Which, at most 500.
        messages: Vec<Id>,
        /// Where they stand.
        state: Option<HandlingState>,
        /// Whom they are for; empty: nobody any more.
        #[serde(rename = "for")]
        for_: Option<String>,
        /// A note of one line, at most 200 characters; empty: none any more.
        note: Option<String>,
    }
);
argument!(
    /// A BAL's name and colour.
    AccountSet {
        /// The BAL.
        account: Id,
        /// 1 to 80 characters.
        name: String,
        /// The colour.
        color: BoxColor,
    }
);
