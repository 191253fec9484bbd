//! Backups (EX_SSI_5110): everything comes back on another machine, or nothing changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod damaged;
mod desk;
mod disk;
mod keyring;
mod kills;
mod large;
mod one_bal;
mod schedule;
mod syncing;
mod whole;
