//! Searching the selected folder. What is searched for is content, and stays out of the trace.

use imap_proto::{MailboxDatum, Response};
use pli_terms::{Uid, UidSet, Wording};
use tokio::io::AsyncWriteExt as _;

use super::Search;
use super::exchange::Step;
use super::quote::quoted;
use super::session::Session;
use crate::audit::{Action, TracedMessage};
use crate::trail::Request;
use crate::{WireError, lines};

/// Longest text searched for.
const WORDS: usize = 1000;

impl Session {
    pub(super) async fn search_uids(&mut self, what: &Search) -> Result<UidSet, WireError> {
        let mut request = Request::verb(Action::Search, "UID SEARCH");
        let mut literal = None;
        let line = match what {
            Search::All => {
                request.text = Wording::fixed("UID SEARCH ALL");
                "UID SEARCH ALL".to_owned()
            }
            Search::MessageId(id) => {
                request.text = Wording::fixed("UID SEARCH HEADER Message-ID");
                request.messages.push(TracedMessage {
                    message_id: Some(id.clone()),
                    ..TracedMessage::default()
                });
                format!("UID SEARCH HEADER Message-ID {}", quoted(id.as_str())?)
            }
            Search::ReceivedBefore(day) => {
                let day = day.strftime("%-d-%b-%Y").to_string();
                request.text = Wording::fixed("UID SEARCH BEFORE");
                format!("UID SEARCH BEFORE {day}")
            }
            Search::Text(words) if words.is_empty() || words.len() > WORDS || words.chars().any(char::is_control) => {
                return Err(WireError::Name);
            }
            Search::Text(words) if words.is_ascii() => {
                request.text = Wording::fixed("UID SEARCH TEXT");
                format!("UID SEARCH TEXT {}", quoted(words)?)
            }
            Search::Text(words) => {
                request.text = Wording::fixed("UID SEARCH CHARSET UTF-8 TEXT");
                literal = Some(words.as_bytes());
                format!("UID SEARCH CHARSET UTF-8 TEXT {{{}}}", words.len())
            }
        };
        let mut running = self.start(request, "UID SEARCH", &line).await?;
        let mut found: Vec<Uid> = Vec::new();
        let answer = loop {
            let data = match self.step(&mut running).await {
                Ok(Step::Data(data)) => data,
                Ok(Step::Done(answer)) => break answer,
                Err(error) => return Err(self.fail(running, error)),
            };
            match data.parsed() {
                Response::MailboxData(MailboxDatum::Search(uids)) => {
                    found.extend(uids.iter().copied().filter_map(Uid::new));
                }
                Response::Continue(_) => {
                    if let Some(bytes) = literal.take()
                        && let Err(error) = self.write_literal(bytes).await
                    {
                        return Err(self.fail(running, error));
                    }
                }
                other => self.hear(other),
            }
        };
        if let Some(entry) = running.pending.as_mut().and_then(|pending| pending.entry()) {
            entry.uids = found.iter().copied().collect();
        }
        self.finish(running, answer)?;
        Ok(found.into_iter().collect())
    }

    /// Writes a literal the server asked for, and the end of its command.
    pub(super) async fn write_literal(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let socket = self.imap.as_mut();
        let writing = async {
            socket.write_all(bytes).await?;
            socket.write_all(b"\r\n").await?;
            socket.flush().await
        };
        writing.await.map_err(|error| lines::failure(&error, "literal"))
    }
}
