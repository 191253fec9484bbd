//! The journal of traces: records, hash chain, verification.
//!
//! Every action that touches a server leaves a trace here (SC.MSS/CONF.17, .18, EX_GDT_5040, 5050), in an encrypted
//! database of its own, each bound to the one before it by SHA-256. A trace is on the disk before [`Journal::append`]
//! returns; when it cannot be written, the action must not happen. See [`Entry`] for what a trace holds, and for what it
//! cannot hold.

#[cfg(test)]
extern crate self as pli_trace;

mod anchor;
mod backup;
mod canonical;
mod catalogue;
mod count;
mod database;
mod entry;
mod error;
mod export;
mod filter;
mod filter_selection;
mod import;
mod journal;
mod journal_cut;
mod journal_opening;
mod keys;
mod page;
mod period;
mod period_cache;
mod period_index;
mod period_writer;
mod place;
mod prune;
mod seal;
mod seal_book;
mod statistics;
mod succession;
mod verify;

#[cfg(test)]
#[path = "../tests/sample/mod.rs"]
mod sample;

pub use anchor::{Anchor, AtEnd};
pub use backup::{JournalCopy, restore_journal};
pub use entry::{
    Action, Authentication, Author, Bal, ClockTruth, Entry, Exchange, Outcome, Protocol, Record, Request, Sequence,
    Server, Workstation,
};
pub use error::JournalError;
pub use export::{About, Checked, Depth, Exported, Format, Mismatch, REPORT_LIMIT, Stated, check, export, manifest_of};
pub use filter::{Cursor, Filter, From, Known, Opened, PAGE_LIMIT, TracePage};
pub use journal::{Head, Journal};
pub use place::{KeyPlace, KeyPlaceError};
pub use prune::{PrunePlan, Pruned};
pub use seal::{Seal, fingerprint, signed_by};
pub use statistics::{Ending, MonthCount};
pub use succession::Succession;
pub use verify::{Problem, Verification, verify_folder};
