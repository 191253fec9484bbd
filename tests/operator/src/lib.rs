//! A local MSSanté operator on loopback, for the tests and for `cargo operator`.
//!
//! Real servers, as seen from a workstation: Dovecot (IMAP, ManageSieve), Postfix (submission, delivery), an OpenID provider in
//! the manner of Pro Santé Connect behind Pli's own intermediary, a web server (autoconfiguration, revocation list) and a resolver; certificates built as
//! IGC-Santé's. Free ports, several at once, nothing left behind:
//!
//! ```no_run
//! use pli_operator::{Operator, Options, boxes};
//! # fn main() -> pli_operator::Result<()> {
//! let operator = Operator::start(Options::default())?;
//! let token = operator.token(boxes::DR_MARTIN)?;
//! let mut mailbox = operator.mailbox("dr.martin@alpha.mssante.test")?;
//! assert_eq!(mailbox.count("INBOX")?, 0);
//! # let _ = token;
//! # Ok(())
//! # }
//! ```
//!
//! Everything here blocks, and may be called from any thread; from asynchronous tests too, since the intermediary's
//! runtime has threads of its own.

pub mod bench;
pub mod boxes;
mod browse;
mod certificate_files;
mod collector;
mod configuration;
mod error;
pub mod folder_name;
mod info;
mod inject;
mod listening;
mod logins;
mod mailbox;
mod maildir;
mod names;
mod operator;
pub mod pki;
mod ports;
mod relays;
mod scripts;
mod seeds;
mod settling;
mod supervisor;
mod watching;
mod web;

pub use browse::browse;
pub use collector::{BadLine, Collector, CollectorOptions, SyslogElement, SyslogLine};
pub use configuration::BoxQuota;
pub use error::{Error, Result};
pub use info::{Info, Ports};
pub use mailbox::{Folder, Mailbox, Message};
pub use maildir::Seed;
pub use names::WITHOUT_SRV;
pub use operator::{Operator, Options, ServerCertificate, deliver, load, set_quota};
pub use pki::Pki;
pub use scripts::Scripts;
pub use web::server_config;
