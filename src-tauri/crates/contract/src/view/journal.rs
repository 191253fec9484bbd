//! The journal of traces (SC.MSS/CONF.18).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Instant};

/// Which traces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct JournalFilter {
    /// From this instant on.
    pub since: Option<Instant>,
    /// Before this instant.
    pub until: Option<Instant>,
    /// Of this BAL's address.
    pub bal: Option<String>,
    /// By this author (national id).
    pub author: Option<String>,
    /// Of this action's code.
    pub action: Option<String>,
    /// Failures alone.
    pub failures: bool,
    /// About this `Message-ID`.
    pub message_id: Option<String>,
}

/// Part of the journal, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JournalPage {
    /// The traces.
    pub traces: Vec<Trace>,
    /// Traces under this filter.
    pub total: u32,
    /// The authors known, for the filter: national id and name.
    pub authors: Vec<(String, String)>,
}

/// One trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// Its place in the chain, from 1.
    pub sequence: Id,
    /// Its unique id.
    pub uid: String,
    /// The workstation's local time.
    pub at: Instant,
    /// The author's national id; empty before any login.
    pub author: String,
    /// The author's name.
    pub author_name: String,
    /// How the author was authenticated: `code`, `ciba`, `certificate`, `none`.
    pub authenticated: String,
    /// The BAL.
    pub bal: String,
    /// Its kind.
    pub bal_kind: String,
    /// The action's code: `login`, `send`, `delete`… The window holds its French name.
    pub action: String,
    /// What was asked of the server.
    pub request: String,
    /// What it answered, code and text.
    pub response: String,
    /// Whether it failed.
    pub failed: bool,
    /// Whether this is what was about to be asked, written beforehand: it has no response, and another trace, whose request
    /// ends with the same number (`#12`), says what came of it.
    pub intended: bool,
    /// Milliseconds it took.
    pub duration_ms: u32,
    /// `Message-ID`, when it is about one.
    pub message_id: Option<String>,
    /// Pli's own id of the message.
    pub internal_id: Option<String>,
    /// Sender's address.
    pub sender: Option<String>,
    /// Recipients' addresses.
    pub recipients: Vec<String>,
    /// Encoded octets.
    #[ts(type = "number | null")]
    pub size: Option<u64>,
    /// Operating system and its version.
    pub system: String,
    /// Pli's name and version.
    pub program: String,
    /// The workstation's host name.
    pub host: String,
    /// The workstation's network address.
    pub local_address: String,
    /// The server's name and address.
    pub server: String,
    /// The record's hash, hexadecimal.
    pub hash: String,
    /// The hash of the one before.
    pub previous: String,
}

/// What the verification of the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// Whether nothing was altered, added or removed.
    pub sound: bool,
    /// Traces read.
    pub count: u32,
    /// The first trace's time.
    pub since: Option<Instant>,
    /// When this verification ran.
    pub at: Instant,
    /// The place of the first problem.
    pub broken_at: Option<Id>,
    /// What it is: `altered`, `removed`, `inserted`, `truncated`.
    pub problem: Option<String>,
}
