//! Waiting for news (RFC 2177): interrupted at will, ended by ourselves within five minutes, `DONE` bounded.

use std::time::Duration;

use imap_proto::Response;
use tokio::sync::Notify;

use super::IdleEnd;
use super::exchange::{Running, Step};
use super::responses::Answer;
use super::session::Session;
use crate::WireError;
use crate::audit::Action;
use crate::trail::Request;

/// Longest wait in one IDLE. Middle boxes forget a silent connection after a few minutes, and a server that died is only
/// noticed by speaking to it.
const LONGEST: Duration = Duration::from_secs(300);

impl Session {
    pub(super) async fn wait_for_news(&mut self, at_most: Duration, interrupt: &Notify) -> Result<IdleEnd, WireError> {
        if !self.capabilities.idle() {
            return Err(WireError::Missing("IDLE"));
        }
        // What was said and not looked at yet is news already.
        if self.said.len() > 0 {
            return Ok(IdleEnd::News);
        }
        let mut running = self.start(Request::verb(Action::Watch, "IDLE"), "IDLE", "IDLE").await?;
        match self.until_idling(&mut running).await {
            Ok(None) => {}
            Ok(Some(answer)) => {
                // Refused; or, against the protocol, ended before it began.
                return self.finish(running, answer).map(|_| IdleEnd::Elapsed);
            }
            Err(error) => return Err(self.fail(running, error)),
        }
        let end = self.listen(&mut running, at_most.min(LONGEST), interrupt).await;
        self.gauge.set_read_limit(Some(self.timeouts.read));
        let end = match end {
            Ok(end) => end,
            Err(error) => return Err(self.fail(running, error)),
        };
        let patience = self.timeouts.done;
        let ending = async {
            if self.imap.run_command_untagged("DONE").await.is_err() {
                return Err(WireError::Closed { during: "IDLE" });
            }
            loop {
                match self.step(&mut running).await? {
                    Step::Data(data) => self.hear(data.parsed()),
                    Step::Done(answer) => return Ok(answer),
                }
            }
        };
        let answer = match tokio::time::timeout(patience, ending).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.fail(running, error)),
            Err(_) => return Err(self.fail(running, WireError::Timeout { during: "DONE" })),
        };
        self.finish(running, answer)?;
        Ok(end)
    }

    /// Waits for the server's `+`; what comes before it is news too.
    async fn until_idling(&mut self, running: &mut Running) -> Result<Option<Answer>, WireError> {
        loop {
            match self.step(running).await? {
                Step::Data(data) => match data.parsed() {
                    Response::Continue(_) => return Ok(None),
                    other => self.hear(other),
                },
                Step::Done(answer) => return Ok(Some(answer)),
            }
        }
    }

    async fn listen(
        &mut self,
        running: &mut Running,
        at_most: Duration,
        interrupt: &Notify,
    ) -> Result<IdleEnd, WireError> {
        // Silence is what IDLE is: the timer below bounds it.
        self.gauge.set_read_limit(None);
        let elapsed = tokio::time::sleep(at_most);
        tokio::pin!(elapsed);
        while self.said.len() == 0 {
            tokio::select! {
                biased;
                () = interrupt.notified() => return Ok(IdleEnd::Interrupted),
                () = &mut elapsed => return Ok(IdleEnd::Elapsed),
                step = self.step(running) => match step? {
                    Step::Data(data) => self.hear(data.parsed()),
                    Step::Done(_) => return Err(WireError::Unreadable { during: "IDLE" }),
                },
            }
        }
        Ok(IdleEnd::News)
    }
}
