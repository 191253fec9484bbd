//! Syslog to the collector of an organisation.
//!
//! - [`Message`]: one record as RFC 5424 writes it, cut into several messages when it is longer than a receiver must take;
//! - [`frame`]: the octet counting of RFC 5425 §4.3;
//! - [`Sender`]: one batch over one TLS connection, confirmed by its orderly end only.
//!
//! Nothing here knows the journal, and nothing ever goes out in the clear.

mod error;
mod message;
mod sender;

pub use error::SyslogError;
pub use message::{Element, LEAST_ROOM, Message, SHOULD_ROOM, Severity, frame};
pub use sender::{Patience, Sender};
