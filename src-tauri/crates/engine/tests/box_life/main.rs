//! Life and death of a BAL on the real server, under a clock of one's own: what is told and when, what is kept here, what
//! leaves this workstation and comes back (EX_GBM_6021).

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod announced;
#[path = "../common/mod.rs"]
mod common;
mod kept;
mod retention;
mod stage;
