//! One command and its answers: what every verb is made of.

use async_imap::types::UnsolicitedResponse;
use futures::FutureExt as _;
use imap_proto::{MailboxDatum, RequestId, Response, ResponseCode, Status};
use pli_terms::{ModSeq, UidValidity};

use super::Unsolicited;
use super::responses::{self, Answer, Item};
use super::session::{Session, State};
use crate::WireError;
use crate::lines;
use crate::scrub::scrub;
use crate::socket::Failure;
use crate::trail::{Pending, Request};

/// Most unsolicited items kept between two drains.
const KEPT: usize = 100_000;

/// What was said unasked.
#[derive(Debug, Default)]
pub(super) struct Said(Vec<Unsolicited>);

impl Said {
    pub(super) fn push(&mut self, item: Unsolicited) {
        if self.0.len() < KEPT {
            self.0.push(item);
        } else if self.0.last() != Some(&Unsolicited::Resync) {
            self.0.push(Unsolicited::Resync);
        }
    }

    pub(super) fn take(&mut self) -> Vec<Unsolicited> {
        std::mem::take(&mut self.0)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// One response. async-imap does not let its own type be named, save inside this one.
pub(super) struct Heard(UnsolicitedResponse);

/// What stands for a response that cannot be: [`Heard`] is built in one place only.
static NOTHING: Response<'static> = Response::Expunge(0);

impl Heard {
    pub(super) fn parsed(&self) -> &Response<'_> {
        match &self.0 {
            UnsolicitedResponse::Other(data) => data.parsed(),
            _ => &NOTHING,
        }
    }
}

/// A command under way.
pub(super) struct Running {
    pub(super) tag: RequestId,
    pub(super) verb: &'static str,
    pub(super) pending: Option<Pending>,
}

/// What came.
pub(super) enum Step {
    /// An untagged response, or a continuation.
    Data(Heard),
    /// The command's end.
    Done(Answer),
}

impl Session {
    /// Runs a command whose answers are few. `mine` takes a response, or leaves it (answers `false`) to be kept as
    /// unsolicited.
    pub(super) async fn command(
        &mut self,
        request: Request,
        verb: &'static str,
        line: &str,
        mut mine: impl FnMut(&Response<'_>) -> bool + Send,
    ) -> Result<Answer, WireError> {
        let mut running = self.start(request, verb, line).await?;
        let bound = self.timeouts.command;
        let dialogue = async {
            loop {
                match self.step(&mut running).await? {
                    Step::Data(data) => {
                        if !mine(data.parsed()) {
                            self.hear(data.parsed());
                        }
                    }
                    Step::Done(answer) => return Ok(answer),
                }
            }
        };
        let result = match tokio::time::timeout(bound, dialogue).await {
            Ok(result) => result,
            Err(_) => Err(WireError::Timeout { during: verb }),
        };
        match result {
            Ok(answer) => self.finish(running, answer),
            Err(error) => Err(self.fail(running, error)),
        }
    }

    /// Sends a command. The session is busy until [`Session::finish`] or [`Session::fail`].
    pub(super) async fn start(
        &mut self,
        request: Request,
        verb: &'static str,
        line: &str,
    ) -> Result<Running, WireError> {
        if self.state != State::Ready {
            return Err(WireError::Broken);
        }
        let request = match (&request.mailbox, &self.selected) {
            (None, Some(selected)) => request.in_mailbox(Some(selected.shown())),
            _ => request,
        };
        let pending = self.trail.begin(request)?;
        self.state = State::Busy;
        match self.imap.run_command(line).await {
            Ok(tag) => Ok(Running {
                tag,
                verb,
                pending: Some(pending),
            }),
            Err(error) => {
                self.state = State::Broken;
                let error = self.failure(&error, verb);
                pending.failed(&error);
                Err(error)
            }
        }
    }

    /// Waits for what comes next.
    pub(super) async fn step(&mut self, running: &mut Running) -> Result<Step, WireError> {
        let verb = running.verb;
        let data = loop {
            let data = self.read(verb).await?;
            match data.parsed() {
                Response::Done { tag, status, outcome } if *tag == running.tag => {
                    return Ok(Step::Done(responses::answer(status, outcome)));
                }
                // The end of a command nobody sent: nothing to be made of it.
                Response::Done { .. } => {}
                _ => break data,
            }
        };
        if let Response::Data {
            status: Status::Bye,
            outcome,
        } = data.parsed()
        {
            let text = scrub(outcome.information.as_deref().unwrap_or_default());
            self.said.push(Unsolicited::Bye(text.clone()));
            self.bye = Some(text.clone());
            if verb != "LOGOUT" {
                self.trail.ended_by_server(verb);
                return Err(WireError::Bye { during: verb, text });
            }
        }
        Ok(Step::Data(data))
    }

    /// Reads one response. What the parser cannot bear becomes an error, never a panic of ours: imap-proto has a few.
    pub(super) async fn read(&mut self, verb: &'static str) -> Result<Heard, WireError> {
        let reading = std::panic::AssertUnwindSafe(self.imap.read_response()).catch_unwind();
        let read = match tokio::time::timeout(self.timeouts.command, reading).await {
            Err(_) => return Err(WireError::Timeout { during: verb }),
            Ok(Err(_)) => return Err(WireError::Unreadable { during: verb }),
            Ok(Ok(read)) => read,
        };
        match read {
            Ok(Some(data)) => Ok(Heard(UnsolicitedResponse::Other(data))),
            Ok(None) => Err(self.ended(verb)),
            Err(error) => Err(self.failure(&async_imap::error::Error::Io(error), verb)),
        }
    }

    fn ended(&mut self, verb: &'static str) -> WireError {
        match self.bye.clone() {
            Some(text) => WireError::Bye { during: verb, text },
            None => WireError::Closed { during: verb },
        }
    }

    /// What a failure of the library means. Its own text may hold message data: never kept.
    pub(super) fn failure(&mut self, error: &async_imap::error::Error, verb: &'static str) -> WireError {
        match self.gauge.take_failure() {
            Some(Failure::Tls(source)) => WireError::Tls {
                host: self.trail.host().to_owned(),
                source,
            },
            Some(Failure::Io(kind)) => lines::kind(kind, verb),
            None => match error {
                async_imap::error::Error::Io(error) => lines::failure(error, verb),
                async_imap::error::Error::ConnectionLost => self.ended(verb),
                _ => WireError::Unreadable { during: verb },
            },
        }
    }

    /// Ends a command with its answer: recorded, then given back, `NO` and `BAD` as errors.
    pub(super) fn finish(&mut self, mut running: Running, answer: Answer) -> Result<Answer, WireError> {
        self.state = if self.bye.is_some() {
            State::Broken
        } else {
            State::Ready
        };
        if let Some(pending) = running.pending.take() {
            pending.close(answer.told())?;
        }
        answer.judged(running.verb)
    }

    /// Ends a command without an answer: the session is of no more use.
    pub(super) fn fail(&mut self, mut running: Running, error: WireError) -> WireError {
        self.state = State::Broken;
        if let Some(pending) = running.pending.take() {
            pending.failed(&error);
        }
        error
    }

    /// Keeps what was said unasked.
    pub(super) fn hear(&mut self, response: &Response<'_>) {
        match response {
            Response::MailboxData(MailboxDatum::Exists(count)) => self.said.push(Unsolicited::Exists(*count)),
            Response::Expunge(sequence) => self.said.push(Unsolicited::Expunge(*sequence)),
            Response::Vanished { uids, .. } => {
                self.said
                    .push(Unsolicited::Vanished(responses::uid_set(uids.iter().cloned())));
            }
            Response::Fetch(sequence, attributes) => {
                let item = Item::read(attributes);
                // A lone MODSEQ (the echo of one's own STORE) tells nothing that the next sweep does not.
                if let Some(flags) = item.flags {
                    self.said.push(Unsolicited::Flags {
                        sequence: *sequence,
                        uid: item.uid,
                        flags,
                        modseq: item.modseq,
                    });
                }
            }
            Response::Data { outcome, .. } => match &outcome.code {
                Some(ResponseCode::Alert) => {
                    let text = scrub(outcome.information.as_deref().unwrap_or_default());
                    self.said.push(Unsolicited::Alert(text));
                }
                Some(ResponseCode::UidValidity(value)) => {
                    self.said.push(Unsolicited::UidValidity(UidValidity::new(*value)));
                }
                Some(ResponseCode::HighestModSeq(value)) => {
                    if let Some(modseq) = ModSeq::new(*value) {
                        self.said.push(Unsolicited::HighestModSeq(modseq));
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_bound_becomes_one_call_to_compare() {
        let mut said = Said::default();
        for n in 0..(KEPT as u32 + 50) {
            said.push(Unsolicited::Exists(n));
        }
        let items = said.take();
        assert_eq!(items.len(), KEPT + 1);
        assert_eq!(items.last(), Some(&Unsolicited::Resync));
        assert_eq!(said.len(), 0);
    }
}
