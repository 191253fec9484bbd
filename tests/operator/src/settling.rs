//! Knowing that nothing is on its way any more: what was not answered by then never will be.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Doing, Error, Result};
use crate::operator::Operator;

/// How long mail may take to be delivered: what a restart put off is tried again after half a minute.
const PATIENCE: Duration = Duration::from_secs(180);

impl Operator {
    /// Waits until Postfix has delivered all that it took: what a delivery sends (an automatic reply, a redirection, a report)
    /// is taken before that delivery ends, so that it is waited for too. From then on its log says all of it.
    ///
    /// # Errors
    /// When something is still on its way after three minutes.
    pub fn settle(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            self.catch_up(start)?;
            let waiting = self.waiting();
            if waiting.is_empty() {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                return Err(Error::Silent {
                    what: format!("the delivery of {waiting:?}"),
                    after: PATIENCE,
                    log: self.log_of("postfix.log"),
                });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the log has all that was said so far. One process writes down what the others tell it, in the order in
    /// which they do, when it comes to it: what is told here comes last.
    fn catch_up(&self, start: Instant) -> Result<()> {
        static SAID: AtomicU64 = AtomicU64::new(0);
        let word = format!(
            "mark {} of {}",
            SAID.fetch_add(1, Ordering::Relaxed),
            std::process::id()
        );
        let said = Command::new("/usr/sbin/postlog")
            .arg("-c")
            .arg(self.info().dir.join("postfix"))
            .args(["-t", "settle", &word])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .doing("starting", "postlog")?;
        while !said.success() || !self.log_of("postfix.log").lines().any(|line| line.ends_with(&word)) {
            if !said.success() || start.elapsed() > PATIENCE {
                return Err(Error::Silent {
                    what: "Postfix's log".to_owned(),
                    after: start.elapsed(),
                    log: self.log_of("postfix.log"),
                });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// How often Postfix delivered to this address.
    #[must_use]
    pub fn deliveries(&self, to: &str) -> usize {
        let to = format!(": to=<{to}>,");
        let log = self.log_of("postfix.log");
        log.lines()
            .filter(|line| line.contains(&to) && line.contains("status=sent"))
            .count()
    }

    /// What Postfix took and has not done with, by its numbers. What was cut while it was being taken has no file any more,
    /// and nobody says so.
    fn waiting(&self) -> BTreeSet<String> {
        let log = self.log_of("postfix.log");
        let mut waiting = BTreeSet::new();
        for line in log.lines() {
            let Some((_, rest)) = line.split_once("]: ") else {
                continue;
            };
            let Some((number, what)) = rest.split_once(": ") else {
                continue;
            };
            if line.contains("/cleanup[") && what.starts_with("message-id=") {
                waiting.insert(number.to_owned());
            } else if line.contains("/qmgr[") && what == "removed" {
                waiting.remove(number);
            }
        }
        waiting.retain(|number| self.is_queued(number));
        waiting
    }

    /// Whether this number has its file. It goes from one queue to the next meanwhile: each is looked at after the one that it
    /// may come from.
    fn is_queued(&self, number: &str) -> bool {
        let spool = self.info().dir.join("postfix/spool");
        let queues = ["incoming", "active", "deferred", "active"];
        queues.iter().any(|queue| has(&spool.join(queue), number))
    }

    fn log_of(&self, name: &str) -> String {
        let logs = self.logs().into_iter().filter(|(file, _)| file == name);
        logs.map(|(_, text)| text).collect()
    }
}

/// Whether a file of this name is beneath a folder.
fn has(folder: &Path, name: &str) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| {
        let path = entry.path();
        entry.file_name() == name || path.is_dir() && has(&path, name)
    })
}
