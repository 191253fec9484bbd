//! What crosses between the core and a window: plain data in the words of the field.
//!
//! Numbers stay under 2⁵³, so that JavaScript keeps every digit; instants are RFC 3339 texts with the workstation's offset.

mod account;
mod backup;
mod box_life;
mod draft;
mod handling;
mod journal;
mod lock;
mod login;
mod message;
mod outbox;
mod profile;
mod purge;
mod quota;
mod rules;
mod space;
mod status;
mod terms;

pub use account::*;
pub use backup::*;
pub use box_life::*;
pub use draft::*;
pub use handling::*;
pub use journal::*;
pub use lock::*;
pub use login::*;
pub use message::*;
pub use outbox::*;
pub use profile::*;
pub use purge::*;
pub use quota::*;
pub use rules::*;
pub use space::*;
pub use status::*;
pub use terms::*;

/// A local row's number: never reused, 1 to 2⁵³−1.
pub type Id = i64;

/// An instant as RFC 3339 with an offset: `2026-11-17T09:04:12.204+01:00`.
pub type Instant = String;

/// A day of the calendar, on this workstation: `2026-12-12`.
pub type Day = String;
