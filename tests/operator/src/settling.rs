//! Knowing that nothing is on its way any more: what was not answered by then never will be.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::operator::Operator;

/// How long mail may take to be delivered.
const PATIENCE: Duration = Duration::from_secs(60);

impl Operator {
    /// Waits until Postfix has delivered all that it took: what a delivery sends (an automatic reply, a redirection, a report)
    /// is taken before that delivery ends, so that it is waited for too.
    ///
    /// # Errors
    /// When something is still on its way after a minute.
    pub fn settle(&self) -> Result<()> {
        let start = Instant::now();
        loop {
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

    /// How often Postfix delivered to this address.
    #[must_use]
    pub fn deliveries(&self, to: &str) -> usize {
        let to = format!(": to=<{to}>,");
        let log = self.log_of("postfix.log");
        log.lines()
            .filter(|line| line.contains(&to) && line.contains("status=sent"))
            .count()
    }

    /// What Postfix took and has not done with, by its numbers.
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
        waiting
    }

    fn log_of(&self, name: &str) -> String {
        let logs = self.logs().into_iter().filter(|(file, _)| file == name);
        logs.map(|(_, text)| text).collect()
    }
}
