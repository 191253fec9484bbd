//! The terms of use, with their paragraph on Pro Santé Connect (EDC/PSC.101.01).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Instant;

/// The terms of use as they stand, and whether this profile has accepted them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// Their version, from 1: a new one is shown again.
    pub version: u32,
    /// In French: paragraphs with an empty line between them, headings that begin with `## `, items that begin with `- `,
    /// addresses written out. No other markup.
    pub text: String,
    /// When this version was accepted in this profile; `null`: not yet.
    pub accepted_at: Option<Instant>,
}
