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
    /// With a sender or a recipient whose address holds this text, in any case.
    pub correspondent: Option<String>,
    /// About this message: its `Message-ID`, or Pli's own id.
    pub message: Option<String>,
    /// What was about to be asked too, written beforehand; without, such a trace shows only when its answer never came.
    pub intentions: bool,
}

/// Part of the journal, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JournalPage {
    /// The traces.
    pub traces: Vec<Trace>,
    /// Traces under this filter.
    pub total: u32,
    /// What the journal knows, to choose a filter from.
    pub known: JournalKnown,
}

/// What the journal knows, to choose a filter from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JournalKnown {
    /// The authors: national id and name.
    pub authors: Vec<(String, String)>,
    /// The addresses of the BALs.
    pub bals: Vec<String>,
    /// The codes of the actions.
    pub actions: Vec<String>,
    /// The oldest trace's time.
    pub since: Option<Instant>,
    /// The newest trace's time.
    pub until: Option<Instant>,
}

/// A day that has traces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JournalDay {
    /// The day on this workstation, `2026-11-17`.
    pub day: String,
    /// Its traces under the filter.
    pub count: u32,
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
    /// The code of the answer, `NO`, `550`.
    pub code: Option<String>,
    /// The enhanced code, `5.2.2`.
    pub enhanced: Option<String>,
    /// Whether this is what was about to be asked, written beforehand: it has no response, and another trace says what came
    /// of it.
    pub intended: bool,
    /// It was about to be asked, and what came of it was never written: Pli, or the workstation, stopped in between.
    pub unanswered: bool,
    /// The folder it is about, as the journal has it: a usual name, or a pseudonym.
    pub mailbox: String,
    /// The folder of destination, as the journal has it.
    pub target: String,
    /// The folder's own name, where this workstation still knows what the pseudonym stands for.
    pub folder: Option<String>,
    /// The folder of destination's own name, likewise.
    pub target_folder: Option<String>,
    /// The UIDs it is about.
    pub uids: String,
    /// Octets sent.
    #[ts(type = "number | null")]
    pub octets_out: Option<u64>,
    /// Octets received.
    #[ts(type = "number | null")]
    pub octets_in: Option<u64>,
    /// Whether the workstation's clock was synchronised; `null`: not known.
    pub synchronised: Option<bool>,
    /// Milliseconds by which the workstation's clock is ahead of a server's (behind: negative), as last measured.
    #[ts(type = "number | null")]
    pub gap_ms: Option<i64>,
    /// Milliseconds by which the clock went back since the trace before.
    #[ts(type = "number | null")]
    pub set_back_ms: Option<u64>,
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

/// A place in the chain, and when it was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Sealed {
    /// The last trace of it.
    pub sequence: Id,
    /// When.
    pub at: Instant,
}

/// What the verification of the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// Whether nothing was altered, added, removed or replaced.
    pub sound: bool,
    /// Traces found sound.
    pub count: u32,
    /// The first trace kept.
    pub first: Option<Id>,
    /// The last trace.
    pub last: Option<Id>,
    /// The first trace's time.
    pub since: Option<Instant>,
    /// When this verification ran.
    pub at: Instant,
    /// Until where this workstation's key has sealed the chain.
    pub sealed_until: Option<Sealed>,
    /// Traces written since, which no seal covers yet.
    pub unsealed: u32,
    /// How often the clock went back.
    pub clock_set_back: u32,
    /// At which traces, the first hundred.
    pub clock_set_back_at: Vec<Id>,
    /// Traces destroyed at their end, each destruction vouched for by a signed anchor.
    pub pruned: u32,
    /// The last trace destroyed.
    pub pruned_until: Option<Id>,
    /// The place of the first problem.
    pub broken_at: Option<Id>,
    /// Where it ends, when it spans several traces.
    pub broken_until: Option<Id>,
    /// The file of the journal it is in, when that is all that is known of its place.
    pub broken_file: Option<String>,
    /// What it is: `altered`, `missing`, `inserted`, `mislabelled`, `truncated`, `replaced`, `rewritten`, `sealForged`,
    /// `anchorForged`, `unreadable`, `keyChanged`.
    pub problem: Option<String>,
    /// Where the journal was restored from a backup (EX_SSI_5110), oldest first. Empty when its keys do not hold together.
    pub restorations: Vec<JournalRestoration>,
}

/// One restoration of the journal from a backup: its key passed on, each time signed by the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JournalRestoration {
    /// When the backup was made, by the clock of the workstation that made it.
    pub copied_at: Instant,
    /// When it was restored, by the clock of the workstation where it was.
    pub restored_at: Instant,
    /// The last trace that came with the backup; `null`: it held none.
    pub last: Option<Id>,
    /// The fingerprint of the key that sealed the journal it comes from: 8 groups of 4 hexadecimal digits.
    pub from: String,
    /// The fingerprint of the key that has sealed since.
    pub to: String,
    /// The trace of the restoration; `null` once it was destroyed at the end of its time.
    pub trace: Option<Id>,
    /// Who restored it: their name; `null` when nobody was identified then, which is usual in a new profile.
    pub by: Option<String>,
    /// Their national id.
    pub by_id: Option<String>,
    /// The name of the workstation where it was restored; empty when it is not known any more.
    pub host: String,
}

/// As what traces are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ExportFormat {
    /// For a spreadsheet.
    Csv,
    /// For programs: one object a line.
    JsonLines,
    /// A report, for a judicial request.
    Pdf,
}

/// An export that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    /// The file's name, without the folder.
    pub file: String,
    /// The name of its signed manifest, beside it.
    pub manifest: String,
    /// Traces written.
    pub count: u32,
    /// The fingerprint of the key that signed: 8 groups of 4 hexadecimal digits.
    pub fingerprint: String,
}

/// What the check of an export found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Whether the file is what was exported, unchanged, and its manifest is signed.
    pub sound: bool,
    /// What is not as it should be: `manifestUnreadable`, `manifestForged`, `anotherKey`, `anotherFile`, `changed`,
    /// `shortened`, `lengthened`, `recordAltered`, `chainBroken`, `miscounted`, `sealForged`, `anchorForged`.
    pub problem: Option<String>,
    /// The line of the file at which it is, from 1, when it is at one.
    pub broken_line: Option<Id>,
    /// How far the check could go: `file` (its octets), `records` (and each trace's hash), `chain` (and each trace follows
    /// the one before it).
    pub depth: String,
    /// Whether the key that signed is the one expected. `false` too when no fingerprint was given: then nothing says which
    /// workstation the file comes from.
    pub vouched: bool,
    /// The file's name, without the folder.
    pub file: String,
    /// Traces in it.
    pub count: u32,
    /// The fingerprint of the key that signed: 8 groups of 4 hexadecimal digits.
    pub fingerprint: String,
    /// The journal it comes from: its id.
    pub journal: String,
    /// Who exported it: their name.
    pub by: String,
    /// Their national id.
    pub by_id: Option<String>,
    /// When it was exported.
    pub at: Option<Instant>,
    /// From which instant on it was asked for; `null`: from the beginning.
    pub since: Option<Instant>,
    /// Before which instant it was asked for; `null`: to the end.
    pub until: Option<Instant>,
    /// Whether every trace of the journal was asked for.
    pub everything: bool,
    /// The first trace in it.
    pub first: Option<Id>,
    /// The last trace in it.
    pub last: Option<Id>,
    /// Traces that had been destroyed before, at the end of their time.
    pub pruned: u32,
    /// Whether this very profile's journal signed it.
    pub mine: bool,
}

/// What becomes of traces at the end of their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum AtEnd {
    /// Destroyed.
    Destroy,
    /// Replaced by signed counts a month, an action and an outcome, which speak of nobody; then destroyed.
    Anonymise,
}

/// Where the journal's small secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum JournalPlace {
    /// In the system's keyring: a copy of every file lacks it.
    Keyring,
    /// In a file sealed under the profile's key, where there is no keyring.
    File,
}

/// The organisation's collector, to which the traces are forwarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Collector {
    /// Its host and port.
    pub address: String,
    /// Since when it goes as it goes now; `null`: nothing was tried yet.
    pub since: Option<Instant>,
    /// The last trace that it confirmed, and when.
    pub last_confirmed: Option<Sealed>,
    /// Traces that wait for it.
    pub waiting: u32,
    /// Traces that came to their end before they could be sent: the collector will never have them.
    pub missing: u32,
    /// Why it takes none, in French; `null`: it takes them.
    pub trouble: Option<String>,
}

/// How long traces are kept (EX_GDT_5070), and what becomes of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JournalSettings {
    /// Functional traces: 1 to 240 months.
    pub months: u32,
    /// Whether the organisation fixed it.
    pub months_fixed: bool,
    /// Technical logs: 6 to 12 months.
    pub technical_months: u32,
    /// Whether the organisation fixed it.
    pub technical_fixed: bool,
    /// What becomes of the traces at their end.
    pub at_end: AtEnd,
    /// Whether the organisation fixed it.
    pub at_end_fixed: bool,
    /// The fingerprint of the key that seals: 8 groups of 4 hexadecimal digits.
    pub fingerprint: String,
    /// The oldest trace's time.
    pub since: Option<Instant>,
    /// When traces next come to their end.
    pub next_expiry: Option<Instant>,
    /// The clock is not believed: nothing expires until it is.
    pub expiry_waits: bool,
    /// Where the journal's small secret is.
    pub place: JournalPlace,
    /// The organisation's collector; `null`: none.
    pub collector: Option<Collector>,
}

/// What a destruction would take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PrunePlan {
    /// Traces.
    pub count: u32,
    /// The first one's time.
    pub since: Option<Instant>,
    /// The last one's time.
    pub until: Option<Instant>,
}

/// What a destruction took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Pruned {
    /// Traces.
    pub count: u32,
}
