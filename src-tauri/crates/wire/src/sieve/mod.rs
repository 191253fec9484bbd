//! ManageSieve (RFC 5804): the scripts that sort mail on the server, absence notices among them.
//!
//! [`Session`] is connected by STARTTLS, on the port that the domain publishes (`_sieve._tcp`, see
//! [`crate::autoconfig::Servers::sieve`]) or on [`PORT`], and logs in as IMAP does. Every command passes the auditor: the
//! trace names a script, and never holds a word of it.

mod answer;
mod capabilities;
mod connect;
mod session;

pub use capabilities::Capabilities;
#[cfg(test)]
pub(crate) use connect::{Greeted, Sieve, start_tls};
pub use session::Session;

/// The port of ManageSieve (RFC 5804 §1.8), where nothing else is published.
pub const PORT: u16 = 4190;

/// The largest script read or written, in octets.
pub const LARGEST: usize = 1 << 20;

/// One script of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its name: 1 to 128 characters, none of them a control character.
    pub name: String,
    /// Whether it is the one that runs.
    pub active: bool,
}
