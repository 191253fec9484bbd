//! « Libérer de la place »: what weighs in a BAL (EX_GBM_4470).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Instant, KeptWhy, Row};

/// By what the weight is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum SpaceBy {
    /// How old.
    Age,
    /// How large.
    Size,
    /// What is attached.
    Kind,
    /// From whom, or to whom.
    Correspondent,
    /// Where it lies.
    Folder,
}

/// What a message carries, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum DocumentKind {
    /// A health document (IHE XDM, CDA).
    Document,
    /// PDF.
    Pdf,
    /// An image.
    Image,
    /// Something else.
    Other,
    /// Nothing attached.
    None,
}

/// What weighs in a BAL, by groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Space {
    /// Messages of the BAL known here.
    pub count: u32,
    /// Their octets.
    #[ts(type = "number")]
    pub octets: u64,
    /// The groups; at most 50.
    pub groups: Vec<SpaceGroup>,
}

/// Messages that have something in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SpaceGroup {
    /// What names it; the window has its words for it. By age: `two_years` (older than), `year`, `half_year`, `quarter`,
    /// `month`, `recent`. By size: `huge` (10 MiB or more), `large` (5), `medium` (1), `small` (100 KiB), `tiny`. By kind: the
    /// words of [`DocumentKind`]. By correspondent: the address, empty for all others together. By folder: its number.
    pub key: String,
    /// A name or an address, where the group has one; else its key.
    pub label: String,
    /// Messages.
    pub count: u32,
    /// Their octets.
    #[ts(type = "number")]
    pub octets: u64,
    /// The oldest.
    pub oldest: Instant,
    /// The newest.
    pub newest: Instant,
    /// Those that are filed in a patient's record already.
    pub filed: u32,
}

/// Which messages to look at. Every part narrows; none: all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SpaceFilter {
    /// Of this folder.
    #[serde(default)]
    pub folder: Option<Id>,
    /// Older than so many days.
    #[serde(default)]
    pub older_than_days: Option<u32>,
    /// Larger than so many octets.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub larger_than: Option<u64>,
    /// Carrying this.
    #[serde(default)]
    pub kind: Option<DocumentKind>,
    /// From or to this address.
    #[serde(default)]
    pub correspondent: Option<String>,
    /// Only those that are filed.
    #[serde(default)]
    pub filed_only: bool,
}

/// Part of what weighs: filed first, then the largest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SpacePage {
    /// The rows asked for.
    pub rows: Vec<SpaceRow>,
    /// Messages under this filter.
    pub total: u32,
    /// Their octets.
    #[ts(type = "number")]
    pub octets: u64,
}

/// A message by its weight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SpaceRow {
    /// The message.
    pub row: Row,
    /// Its octets on the server.
    #[ts(type = "number")]
    pub octets: u64,
    /// What it carries.
    pub kind: DocumentKind,
    /// Whether it is filed in a patient's record.
    pub filed: bool,
    /// Why it is never proposed by itself; empty: it may be.
    pub keep: Vec<KeptWhy>,
}
