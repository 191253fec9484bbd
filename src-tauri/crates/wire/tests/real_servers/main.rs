//! The crate against real servers: Dovecot, Postfix, an OpenID provider, a resolver, a web server, on loopback.

#![allow(clippy::unwrap_used)]

mod bench;
mod discovery;
mod ends;
mod imap;
mod refusals;
mod sieve;
mod smtp;
mod support;
