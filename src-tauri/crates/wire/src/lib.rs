//! IMAP, SMTP, ManageSieve and autoconfiguration: speaks to servers, stores nothing.
//!
//! How the crate is laid out, from the outside in:
//!
//! - [`audit`]: nothing reaches a server without an [`Auditor`]. Every constructor of a connection asks for one, records
//!   each exchange before it is sent, each answer before the caller sees it, and the connection's end, however it comes
//!   (SC.MSS/CONF.18, EX_GDT_5040, EX_GDT_5050). An entry's texts are typed so that no content can stand in them.
//! - [`net`]: a [`Network`] resolves a host, opens the TCP connection and secures it with `pli-tls`. Timeouts live in one
//!   socket wrapper, so that no read or write can wait for ever.
//! - [`imap`]: the trait [`imap::ImapSession`] and [`imap::Session`], which implements it on async-imap.
//! - [`smtp`]: the trait [`smtp::Submission`] and [`smtp::Connection`], which implements it on lettre's low level.
//! - [`sieve`]: [`sieve::Session`], the scripts that sort mail on the server (RFC 5804).
//! - [`autoconfig`]: which servers belong to an address (ECO.1.1.9).
//!
//! What servers send is hostile: bounded in size, depth, count and time.

mod aside;
pub mod audit;
pub mod autoconfig;
mod cause;
mod codes;
mod credentials;
mod error;
mod guard;
pub mod imap;
mod lines;
pub mod net;
#[cfg(test)]
mod oauthbearer_tests;
mod opening;
#[cfg(test)]
mod scripted;
mod scrub;
pub mod sieve;
pub mod smtp;
mod socket;
mod trail;

pub use audit::{AuditContext, AuditEntry, AuditFailure, Auditor};
pub use cause::Cause;
pub use credentials::Credentials;
pub use error::WireError;
pub use net::{Endpoint, Network, Resolver, Timeouts, TlsMode};

// async-imap traces every octet it reads, letters included. The crate `log` is capped at compile time in the workspace's
// manifest; without that cap, this does not build.
const _: () = assert!(log::STATIC_MAX_LEVEL as usize <= log::LevelFilter::Info as usize);
