//! What the journal proves: any single change to what it holds is detected, and said where.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod bench;
mod cells;
mod files;
mod forged;
mod kinds;
#[path = "../sample/mod.rs"]
mod sample;
