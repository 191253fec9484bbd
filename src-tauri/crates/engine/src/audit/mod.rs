//! The journal behind every connection and every action of this workstation: a trace is on the disk before the caller goes
//! on.
//!
//! A trace of what has happened that could not be written is kept and written before anything else is done: until then
//! nothing more reaches a server (SC.MSS/CONF.18).

mod entries;
mod local;
mod names;
mod owed;
mod witness;

use std::sync::{Arc, Weak};

use jiff::Zoned;
use pli_store::DerivedKey;
use pli_trace::{self as trace, Journal};
use pli_wire::audit::{self as wire, AuditEntry, AuditFailure, AuditOutcome};

use crate::core::Core;
use crate::error::EngineError;

pub(crate) use entries::{author, workstation};
pub(crate) use local::{Local, Outgoing};
pub(crate) use owed::Owed;
pub(crate) use witness::witness;

/// The auditor of this profile's connections.
///
/// # Errors
/// [`EngineError::VaultLocked`].
pub(crate) fn auditor(core: &Arc<Core>) -> Result<Arc<dyn wire::Auditor>, EngineError> {
    Ok(Arc::new(Audit {
        journal: core.journal()?,
        folder_key: core.folder_key()?,
        core: Arc::downgrade(core),
        owed: core.owed.clone(),
    }))
}

struct Audit {
    journal: Arc<Journal>,
    /// What the pseudonyms of folders are made with.
    folder_key: Arc<DerivedKey>,
    core: Weak<Core>,
    owed: Owed,
}

impl wire::Auditor for Audit {
    fn ready(&self) -> Result<(), AuditFailure> {
        self.owed.pay(&self.journal).map_err(refusal)
    }

    fn record(&self, entry: AuditEntry) -> Result<(), AuditFailure> {
        let core = self.core.upgrade();
        let clock = core.as_ref().map(|core| core.clock_truth.current()).unwrap_or_default();
        let names = names::of(core.as_deref(), &entry);
        let entries = entries::of(&entry, &names, self.folder_key.as_bytes(), clock);
        let written = if matches!(entry.outcome, AuditOutcome::Intended) {
            self.owed.write(&self.journal, entries)
        } else {
            self.owed.write_or_keep(&self.journal, entries)
        };
        if let Some(core) = &core {
            self.owed.tell(core);
        }
        written.map_err(refusal)
    }

    fn now(&self) -> Zoned {
        self.core.upgrade().map_or_else(Zoned::now, |core| core.zoned())
    }
}

fn refusal(error: trace::JournalError) -> AuditFailure {
    AuditFailure(error.to_string())
}
