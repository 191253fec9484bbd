//! Exports: the files that leave the journal, and what checks them on another machine (SC.MSS/CONF.18, SC.MSS/UX.37).

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod common;
mod full_disk;
mod lines;
mod report;
mod table;
mod tampering;
