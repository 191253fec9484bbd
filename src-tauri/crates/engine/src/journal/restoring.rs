//! Where a journal was restored from a backup (EX_SSI_5110): what the signed successions of its keys tell of it, and the
//! trace of the restoration itself.

use jiff::Timestamp;
use pli_trace::{Action, Journal, JournalError, Problem, Record, Sequence, Verification, fingerprint};

/// One restoration of the journal, as its keys and its traces tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRestoration {
    /// When the backup was made, by the clock of the workstation that made it.
    pub copied_at: Timestamp,
    /// When it was restored, by the clock of the workstation where it was.
    pub restored_at: Timestamp,
    /// The last trace that came with it; 0 for none.
    pub last: Sequence,
    /// The fingerprint of the key that sealed the journal that was copied.
    pub from: String,
    /// The fingerprint of the key that has sealed since.
    pub to: String,
    /// The trace of the restoration: who, if anybody was identified then, and on which workstation. None once it was
    /// destroyed at the end of its time.
    pub trace: Option<Record>,
}

/// Every restoration, oldest first; none of a journal whose keys do not hold together.
///
/// # Errors
/// When the disk refuses. What cannot be read of a damaged journal is left out: the verification says that it is damaged.
pub(super) fn restorations(journal: &Journal, found: &Verification) -> Result<Vec<JournalRestoration>, JournalError> {
    if matches!(found.problem, Some(Problem::KeyChanged)) {
        return Ok(Vec::new());
    }
    let steps = match journal.successions() {
        Ok(steps) => steps,
        Err(_) if found.problem.is_some() => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    // A backup passes the key on to its copy, a restoration passes the copy's on: they come by two.
    let pairs = steps.chunks_exact(2);
    let restoration = |pair: &[pli_trace::Succession]| {
        let [copied, restored] = pair else { return None };
        Some(JournalRestoration {
            copied_at: copied.at,
            restored_at: restored.at,
            last: restored.sequence,
            from: fingerprint(&copied.from),
            to: fingerprint(&restored.to),
            trace: told(journal, restored.sequence),
        })
    };
    Ok(pairs.filter_map(restoration).collect())
}

/// The first trace of the journal that was restored says so.
fn told(journal: &Journal, last: Sequence) -> Option<Record> {
    let record = journal.get(Sequence(last.0.checked_add(1)?)).ok()?;
    let is_it = record.entry.action == Action::Backup && record.entry.request.verb.as_str().starts_with("RESTORE");
    is_it.then_some(record)
}
