//! What is asked of the rules on an operator's server (EX_GBM_4471, EX_GBM_4480).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::view::{AutoReply, Id, SortRule};

argument!(
    /// All the rules of a BAL, in place of those there are.
    RulesSet {
        /// The BAL.
        account: Id,
        /// The automatic reply.
        answer: Option<AutoReply>,
        /// The redirection.
        redirect: Option<RedirectSet>,
        /// How mail is sorted, in order; at most 50.
        sort: Vec<SortRule>,
        /// The person's word that they hold the target of the redirection themselves: asked each time one is enabled.
        same_person: bool,
        /// Whether somebody else's rules, which stay as they are, run with ours.
        include_in_foreign: bool,
        /// What the rules said of themselves when they were read: nothing is written when the server has something else by
        /// now. `null`: whatever is there.
        seen: Option<String>,
    }
);
argument!(
    /// A redirection.
    RedirectSet {
        /// Whether it runs.
        enabled: bool,
        /// Where to.
        to: String,
        /// Whether a copy stays.
        keep_copy: bool,
    }
);
