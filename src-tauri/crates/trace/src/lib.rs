//! The journal of traces: records, hash chain, verification.
//!
//! Every action that touches a server leaves a trace here (SC.MSS/CONF.17, .18, EX_GDT_5040, 5050), in an encrypted
//! database of its own, each bound to the one before it by SHA-256. A trace is on the disk before [`Journal::append`]
//! returns; when it cannot be written, the action must not happen. See [`Entry`] for what a trace holds, and for what it
//! cannot hold.

mod canonical;
mod entry;
mod error;
mod filter;
mod journal;
mod page;
mod place;
mod verify;

pub use entry::{
    Action, Authentication, Author, Bal, ClockTruth, Entry, Exchange, Outcome, Protocol, Record, Request, Sequence, Server,
    Workstation,
};
pub use error::JournalError;
pub use filter::{Cursor, Filter, From, Known, Opened, PAGE_LIMIT, TracePage};
pub use journal::{Head, Journal};
pub use place::{KeyPlace, KeyPlaceError};
pub use verify::{Problem, Verification};
