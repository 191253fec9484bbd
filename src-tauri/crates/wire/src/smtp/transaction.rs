//! One message handed over: MAIL, a RCPT for each recipient, DATA, and an honest end.

use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter, RcptParameter};
use pli_terms::{Address, Wording};

use super::connect::refused;
use super::connection::{Connection, Line, read};
use super::{End, Envelope, RecipientAnswer, Reply, SendOutcome};
use crate::WireError;
use crate::audit::{Action, AuditFailure, TracedMessage};
use crate::trail::{Pending, Request};

/// Most recipients of one message.
const RECIPIENTS: usize = 1000;

impl Connection {
    pub(super) async fn transaction(&mut self, envelope: &Envelope, message: &[u8]) -> Result<SendOutcome, WireError> {
        if !self.usable {
            return Err(WireError::Broken);
        }
        self.check(envelope, message)?;
        self.mail(envelope, message).await?;
        let result = self.hand_over(envelope, message).await;
        if result.is_err() {
            // An envelope is open on the server: another message must not be put into it.
            self.usable = false;
        }
        result
    }

    /// What follows MAIL.
    async fn hand_over(&mut self, envelope: &Envelope, message: &[u8]) -> Result<SendOutcome, WireError> {
        let mut recipients = Vec::with_capacity(envelope.recipients.len());
        for address in &envelope.recipients {
            let reply = self.recipient(envelope, address).await?;
            recipients.push(RecipientAnswer {
                address: address.clone(),
                reply,
            });
        }
        let reports = self.features.dsn;
        let done = |recipients, end, unrecorded| SendOutcome {
            recipients,
            end,
            reports,
            unrecorded,
        };
        if !recipients.iter().any(|recipient| recipient.reply.is_positive()) {
            // The message is kept from a server that would take it for nobody.
            self.reset().await?;
            return Ok(done(recipients, End::NoRecipient, None));
        }
        let mut request = Request::new(Action::Send, Wording::fixed("DATA").and(message.len()).and("octets"));
        let accepted = recipients
            .iter()
            .filter(|r| r.reply.is_positive())
            .map(|r| r.address.clone());
        request.messages.push(TracedMessage {
            uid: None,
            message_id: envelope.message_id.clone(),
            from: Some(envelope.from.clone()),
            to: accepted.collect(),
            size: Some(message.len() as u64),
        });
        let pending = self.trail.begin(request)?;
        let (end, unrecorded) = self.data(pending, message).await?;
        Ok(done(recipients, end, unrecorded))
    }

    /// What can be known to be refused without asking.
    fn check(&self, envelope: &Envelope, message: &[u8]) -> Result<(), WireError> {
        if envelope.recipients.is_empty() || envelope.recipients.len() > RECIPIENTS {
            return Err(WireError::Recipients);
        }
        let size = message.len() as u64;
        if let Some(limit) = self.features.size.filter(|limit| size > *limit) {
            return Err(WireError::TooLarge { size, limit });
        }
        if needs_utf8(envelope) && !self.features.smtp_utf8 {
            return Err(WireError::AddressNeedsUtf8);
        }
        if !message.is_ascii() && !self.features.eight_bit_mime {
            return Err(WireError::EightBit);
        }
        if lone_line_ending(message) {
            Err(WireError::LineEnding)
        } else {
            Ok(())
        }
    }

    async fn mail(&mut self, envelope: &Envelope, message: &[u8]) -> Result<(), WireError> {
        let other = |keyword: &str, value: &str| MailParameter::Other {
            keyword: keyword.to_owned(),
            value: Some(value.to_owned()),
        };
        let mut parameters = Vec::new();
        let mut told = Wording::fixed("MAIL FROM:<").then(&envelope.from).then(">");
        if self.features.knows_size {
            parameters.push(MailParameter::Size(message.len()));
            told = told.and("SIZE=").then(message.len());
        }
        if !message.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
            told = told.and("BODY=8BITMIME");
        }
        if needs_utf8(envelope) {
            parameters.push(MailParameter::SmtpUtfEight);
            told = told.and("SMTPUTF8");
        }
        if self.features.dsn {
            let wanted = if envelope.return_full { "FULL" } else { "HDRS" };
            parameters.push(other("RET", wanted));
            told = told.and("RET=").then(wanted);
            let fits = |id: &&String| (1..=100).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
            if let Some(id) = envelope.envelope_id.as_ref().filter(fits) {
                parameters.push(other("ENVID", id));
                told = told.and("ENVID");
            }
        }
        let command = Mail::new(Some(lettre_address(&envelope.from)?), parameters);
        let mut request = Request::new(Action::AddressMessage, told);
        request.messages.push(TracedMessage {
            message_id: envelope.message_id.clone(),
            from: Some(envelope.from.clone()),
            size: Some(message.len() as u64),
            ..TracedMessage::default()
        });
        let reply = self.command(request, "MAIL", command).await?;
        if reply.is_positive() {
            return Ok(());
        }
        Err(refused("MAIL", reply))
    }

    async fn recipient(&mut self, envelope: &Envelope, address: &Address) -> Result<Reply, WireError> {
        let other = |keyword: &str, value: String| RcptParameter::Other {
            keyword: keyword.to_owned(),
            value: Some(value),
        };
        let mut parameters = Vec::new();
        let mut told = Wording::fixed("RCPT TO:<").then(address).then(">");
        if self.features.dsn {
            parameters.push(other("NOTIFY", envelope.notify.parameter()));
            told = told.and("NOTIFY=").then(&envelope.notify.told());
            if address.as_str().is_ascii() {
                parameters.push(other("ORCPT", format!("rfc822;{address}")));
            }
        }
        let command = Rcpt::new(lettre_address(address)?, parameters);
        let mut request = Request::new(Action::AddressMessage, told);
        request.messages.push(TracedMessage {
            message_id: envelope.message_id.clone(),
            to: vec![address.clone()],
            ..TracedMessage::default()
        });
        self.command(request, "RCPT", command).await
    }

    /// Closes an envelope without a message.
    async fn reset(&mut self) -> Result<(), WireError> {
        let reply = self
            .command(Request::verb(Action::AddressMessage, "RSET"), "RSET", Line("RSET"))
            .await?;
        self.usable = reply.is_positive();
        Ok(())
    }

    /// DATA, the message, the final dot, and its answer. From the final dot on nothing is an error any more.
    async fn data(&mut self, pending: Pending, message: &[u8]) -> Result<(End, Option<AuditFailure>), WireError> {
        self.usable = false;
        self.gauge.clear_final_dot();
        let go = match self.dialogue("DATA", Data).await {
            Ok(go) => go,
            Err(error) => {
                pending.failed(&error);
                return Err(error);
            }
        };
        if go.code != 354 {
            self.usable = go.code != 421;
            let unrecorded = pending.close(go.told()).err();
            // 421 at DATA: nothing was handed over, and another connection may be luckier.
            if go.code == 421 {
                return Err(WireError::Bye {
                    during: "DATA",
                    text: go.text,
                });
            }
            // The refusal is known: that the envelope cannot be closed only costs the connection.
            let _ = self.reset().await;
            return Ok((End::Refused(go), unrecorded));
        }
        // lettre ends the message by CRLF . CRLF: the CRLF that the message has already would become an empty line.
        let body = message.strip_suffix(b"\r\n").unwrap_or(message);
        self.gauge.set_read_limit(Some(self.timeouts.final_answer));
        let bound = self.timeouts.final_answer + self.timeouts.command;
        let answer = match tokio::time::timeout(bound, self.smtp.message(body)).await {
            Ok(answer) => read(answer, &self.gauge, &self.trail, "DATA"),
            Err(_) => Err(WireError::Timeout { during: "DATA" }),
        };
        self.gauge.set_read_limit(Some(self.timeouts.read));
        match answer {
            Ok(reply) => {
                self.usable = reply.code != 421;
                let unrecorded = pending.close(reply.told()).err();
                let end = if reply.is_positive() {
                    End::Accepted(reply)
                } else {
                    End::Refused(reply)
                };
                Ok((end, unrecorded))
            }
            Err(error) => {
                pending.failed(&error);
                if self.gauge.final_dot() {
                    Ok((End::Unknown { why: error.to_string() }, None))
                } else {
                    Err(error)
                }
            }
        }
    }
}

fn needs_utf8(envelope: &Envelope) -> bool {
    std::iter::once(&envelope.from)
        .chain(&envelope.recipients)
        .any(|address| !address.as_str().is_ascii())
}

/// Whether a CR stands without its LF, or an LF without its CR.
fn lone_line_ending(message: &[u8]) -> bool {
    let mut after_cr = false;
    for &byte in message {
        if after_cr != (byte == b'\n') {
            return true;
        }
        after_cr = byte == b'\r';
    }
    after_cr
}

/// lettre's own type, which refuses some addresses that ours accepts.
fn lettre_address(address: &Address) -> Result<lettre::Address, WireError> {
    lettre::Address::new(address.local_part(), address.domain().as_str()).map_err(|_| WireError::Name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_cr_or_lf_is_seen_anywhere() {
        assert!(!lone_line_ending(b"a\r\n\r\nb\r\n") && !lone_line_ending(b"") && !lone_line_ending(b"a"));
        for text in [b"a\nb".as_slice(), b"a\rb", b"a\r", b"\n", b"a\r\r\n", b"a\r\n\n.\r\n"] {
            assert!(lone_line_ending(text), "{text:?}");
        }
    }
}
