//! Purges on real servers (EX_GBP_3050): exactly the plan goes, whatever happens meanwhile.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod faults;
mod killed;
mod plans;
mod stage;
