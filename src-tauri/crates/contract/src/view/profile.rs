//! Profiles: one for each person of a workstation, with a store, a key and a lock of its own.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One profile. Readable while locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// What names it to [`crate::commands::ProfileOf`]; never shown.
    pub id: String,
    /// The name given to it, else its person's; empty for a profile that has neither yet.
    pub name: String,
    /// The person who logged in, once somebody did.
    pub person: Option<String>,
    /// Whether it is the one shown now.
    pub current: bool,
    /// `false`: its description is damaged. It cannot be shown, and nothing of it was changed.
    pub readable: bool,
}
