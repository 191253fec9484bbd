//! Putting a message into a folder (RFC 3501 §6.3.11), and learning where it went (RFC 4315).

use imap_proto::Response;
use pli_terms::{Uid, UidValidity, Wording};

use super::exchange::Step;
use super::quote::quoted;
use super::session::Session;
use super::{Flags, MailboxName, headline};
use crate::WireError;
use crate::audit::{Action, TracedMessage};
use crate::trail::Request;

/// Octets of a header looked at for the trace.
const HEADER: usize = 64 << 10;

impl Session {
    pub(super) async fn append_message(
        &mut self,
        mailbox: &MailboxName,
        flags: &Flags,
        date: Option<&jiff::Zoned>,
        message: &[u8],
    ) -> Result<Option<(UidValidity, Uid)>, WireError> {
        let told = Wording::fixed("APPEND").and(&flags.told());
        let flags = flags.write();
        let date = date
            .map(|date| date.strftime(" \"%d-%b-%Y %H:%M:%S %z\"").to_string())
            .unwrap_or_default();
        let line = format!("APPEND {} {flags}{date} {{{}}}", quoted(mailbox.raw())?, message.len());
        let told = told.and("{").then(message.len()).then("}");
        let mut request = Request::new(Action::Store, told).in_mailbox(Some(mailbox.shown()));
        request.messages.push(traced(message));
        let mut running = self.start(request, "APPEND", &line).await?;
        let mut unsent = Some(message);
        let answer = loop {
            let data = match self.step(&mut running).await {
                Ok(Step::Data(data)) => data,
                Ok(Step::Done(answer)) => break answer,
                Err(error) => return Err(self.fail(running, error)),
            };
            match data.parsed() {
                Response::Continue(_) => {
                    if let Some(bytes) = unsent.take()
                        && let Err(error) = self.write_literal(bytes).await
                    {
                        return Err(self.fail(running, error));
                    }
                }
                other => self.hear(other),
            }
        };
        if let Some((_, uid)) = answer.appended
            && let Some(entry) = running.pending.as_mut().and_then(|pending| pending.entry())
        {
            entry.uids = [uid].into_iter().collect();
        }
        Ok(self.finish(running, answer)?.appended)
    }
}

fn traced(message: &[u8]) -> TracedMessage {
    let window = &message[..message.len().min(HEADER)];
    let end = window
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or(window.len());
    headline::traced(None, Some(message.len() as u64), &window[..end])
}
