//! Technical logs as a program begins them: once in a process, in the first profile's folder, for as long as is said.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::path::Path;
use std::sync::Arc;

use pli_engine::{Clock, Home, technical};

struct Stopped;

impl Clock for Stopped {
    fn zoned(&self) -> jiff::Zoned {
        "2026-11-22T09:10:11.007[Europe/Paris]".parse().unwrap()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = (std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_process_logs_into_the_first_profiles_folder() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    for day in ["2025-10-01", "2026-03-01", "2026-11-21"] {
        std::fs::write(logs.join(format!("pli-{day}.log")), "before\n").unwrap();
    }
    // Before anything begins, this changes nothing.
    technical::set_months(6);
    let home = Home::at(folder.path());
    assert!(technical::begin(Some(&home), Some("off"), Arc::new(Stopped)));
    assert!(!technical::begin(Some(&home), Some("debug"), Arc::new(Stopped)));
    assert_eq!(names(&logs), ["pli-2026-03-01.log", "pli-2026-11-21.log"]);

    tracing::info!(target: "pli_engine", count = 3, "said by the program");
    tracing::error!(target: "async_imap", "said by a library");
    tracing::debug!(target: "pli_engine", "not asked for");
    let text = std::fs::read_to_string(logs.join("pli-2026-11-22.log")).unwrap();
    assert_eq!(
        text,
        "2026-11-22T09:10:11.007+01:00 INFO pli_engine said by the program count=3\n"
    );

    technical::set_months(6);
    assert_eq!(names(&logs), ["pli-2026-11-21.log", "pli-2026-11-22.log"]);
}
