//! The journal sent on to a real rsyslog: each trace there, field by field, whatever happens to either side.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod fields;
mod troubles;
