//! What a server's answers to one message mean for it and for each recipient: pure, so that every mix can be tried.

use pli_store::{OutboxState, RecipientState, RecipientUpdate};
use pli_wire::WireError;
use pli_wire::smtp::{End, Reply, SendOutcome};

/// What to commit after a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The message's next state.
    pub(crate) state: OutboxState,
    /// The recipients whose state changes with it.
    pub(crate) recipients: Vec<RecipientUpdate>,
    /// Recipients refused for good while others are tried again: to be noted after a return to the queue, which puts
    /// every refused one back to pending.
    pub(crate) refused_for_good: Vec<RecipientUpdate>,
    /// The code and words of the whole.
    pub(crate) answer: (String, String),
}

impl Verdict {
    /// Whether it goes back to the queue, to be tried again later.
    pub(crate) fn is_again(&self) -> bool {
        self.state == OutboxState::Queued
    }
}

/// What became of a message that was handed over, or might have been.
pub(crate) fn of_outcome(outcome: &SendOutcome) -> Verdict {
    let update = |state: RecipientState, at: usize, reply: &Reply| {
        outcome.recipients.get(at).map(|recipient| RecipientUpdate {
            address: recipient.address.clone(),
            state,
            code: code(reply),
            text: reply.text.clone(),
        })
    };
    let mut taken = Vec::new();
    let mut never = Vec::new();
    let mut later = Vec::new();
    for (at, recipient) in outcome.recipients.iter().enumerate() {
        if recipient.reply.is_positive() {
            taken.push((at, &recipient.reply));
        } else if recipient.reply.is_transient() {
            later.push((at, &recipient.reply));
        } else {
            never.push((at, &recipient.reply));
        }
    }
    let all = |state: RecipientState, of: &[(usize, &Reply)]| -> Vec<RecipientUpdate> {
        of.iter().filter_map(|(at, reply)| update(state, *at, reply)).collect()
    };
    match &outcome.end {
        End::Accepted(reply) if later.is_empty() => {
            let mut recipients = all(RecipientState::Accepted, &taken);
            recipients.extend(all(RecipientState::Refused, &never));
            verdict(OutboxState::Accepted, recipients, Vec::new(), reply)
        }
        // Some must be tried again: the others are settled, and will not be part of the next try.
        End::Accepted(_) => {
            let worst = later.first().map(|(_, reply)| *reply);
            let recipients = all(RecipientState::Accepted, &taken);
            again(recipients, all(RecipientState::Refused, &never), worst)
        }
        End::Refused(reply) if reply.is_transient() => {
            again(Vec::new(), all(RecipientState::Refused, &never), Some(reply))
        }
        End::Refused(reply) => {
            let recipients = (0..outcome.recipients.len())
                .filter_map(|at| {
                    let own = outcome.recipients.get(at).map(|recipient| &recipient.reply)?;
                    update(RecipientState::Refused, at, if own.is_positive() { reply } else { own })
                })
                .collect();
            verdict(OutboxState::Refused, recipients, Vec::new(), reply)
        }
        End::NoRecipient if later.is_empty() => {
            let words = never
                .first()
                .map(|(_, reply)| (code(reply), reply.text.clone()))
                .unwrap_or_default();
            Verdict {
                state: OutboxState::Refused,
                recipients: all(RecipientState::Refused, &never),
                refused_for_good: Vec::new(),
                answer: words,
            }
        }
        End::NoRecipient => {
            let worst = later.first().map(|(_, reply)| *reply);
            again(Vec::new(), all(RecipientState::Refused, &never), worst)
        }
        End::Unknown { why } => {
            let mut recipients = all(RecipientState::Unknown, &taken);
            // The message was never theirs to take: they are tried again only if the person sends it again.
            recipients.extend(all(RecipientState::Refused, &never));
            recipients.extend(all(RecipientState::Refused, &later));
            Verdict {
                state: OutboxState::Unknown,
                recipients,
                refused_for_good: Vec::new(),
                answer: (String::new(), why.clone()),
            }
        }
    }
}

/// What an error before the final dot means: the message has not been handed over.
pub(crate) fn of_error(error: &WireError, addresses: &[pli_terms::Address]) -> Verdict {
    let (code, text) = match error {
        WireError::Reply {
            code, enhanced, text, ..
        } => (enhanced.clone().unwrap_or_else(|| code.to_string()), text.clone()),
        WireError::TooLarge { .. } => ("5.3.4".to_owned(), String::new()),
        WireError::AddressNeedsUtf8 => ("5.6.7".to_owned(), String::new()),
        WireError::EightBit | WireError::LineEnding => ("5.6.0".to_owned(), String::new()),
        WireError::Recipients => ("5.5.3".to_owned(), String::new()),
        other => (String::new(), other.to_string()),
    };
    let for_good = matches!(
        error,
        WireError::TooLarge { .. }
            | WireError::AddressNeedsUtf8
            | WireError::EightBit
            | WireError::LineEnding
            | WireError::Recipients
    ) || matches!(error, WireError::Reply { code, .. } if *code >= 500);
    let recipients = if for_good {
        let refused = |address: &pli_terms::Address| RecipientUpdate {
            address: address.clone(),
            state: RecipientState::Refused,
            code: code.clone(),
            text: text.clone(),
        };
        addresses.iter().map(refused).collect()
    } else {
        Vec::new()
    };
    Verdict {
        state: if for_good {
            OutboxState::Refused
        } else {
            OutboxState::Queued
        },
        recipients,
        refused_for_good: Vec::new(),
        answer: (code, text),
    }
}

/// The code that says most: the enhanced one where there is one.
fn code(reply: &Reply) -> String {
    reply.enhanced.clone().unwrap_or_else(|| reply.code.to_string())
}

fn verdict(
    state: OutboxState,
    recipients: Vec<RecipientUpdate>,
    refused_for_good: Vec<RecipientUpdate>,
    reply: &Reply,
) -> Verdict {
    Verdict {
        state,
        recipients,
        refused_for_good,
        answer: (code(reply), reply.text.clone()),
    }
}

fn again(recipients: Vec<RecipientUpdate>, refused_for_good: Vec<RecipientUpdate>, reply: Option<&Reply>) -> Verdict {
    let answer = reply.map(|reply| (code(reply), reply.text.clone())).unwrap_or_default();
    Verdict {
        state: OutboxState::Queued,
        recipients,
        refused_for_good,
        answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pli_terms::Address;
    use pli_wire::smtp::RecipientAnswer;

    fn reply(code: u16) -> Reply {
        Reply {
            code,
            enhanced: None,
            text: "words".to_owned(),
        }
    }

    fn outcome(codes: &[u16], end: End) -> SendOutcome {
        let recipients = codes
            .iter()
            .enumerate()
            .map(|(at, code)| RecipientAnswer {
                address: Address::parse(&format!("r{at}@alpha.mssante.test")).unwrap(),
                reply: reply(*code),
            })
            .collect();
        SendOutcome {
            recipients,
            end,
            reports: true,
            unrecorded: None,
        }
    }

    fn states(updates: &[RecipientUpdate]) -> Vec<(char, RecipientState)> {
        updates
            .iter()
            .map(|u| (u.address.as_str().chars().nth(1).unwrap(), u.state))
            .collect()
    }

    #[test]
    fn each_recipient_has_a_state_of_its_own() {
        let verdict = of_outcome(&outcome(&[250, 550, 250], End::Accepted(reply(250))));
        assert_eq!(verdict.state, OutboxState::Accepted);
        assert_eq!(
            states(&verdict.recipients),
            [
                ('0', RecipientState::Accepted),
                ('2', RecipientState::Accepted),
                ('1', RecipientState::Refused)
            ]
        );
    }

    #[test]
    fn one_that_is_late_is_tried_again_without_the_others() {
        let verdict = of_outcome(&outcome(&[250, 451, 550], End::Accepted(reply(250))));
        assert!(verdict.is_again());
        assert_eq!(states(&verdict.recipients), [('0', RecipientState::Accepted)]);
        assert_eq!(states(&verdict.refused_for_good), [('2', RecipientState::Refused)]);
    }

    #[test]
    fn a_refusal_for_all_keeps_each_one_s_own_words() {
        let verdict = of_outcome(&outcome(&[250, 551], End::Refused(reply(552))));
        assert_eq!(verdict.state, OutboxState::Refused);
        assert_eq!(verdict.recipients[0].code, "552");
        assert_eq!(verdict.recipients[1].code, "551");
        assert!(of_outcome(&outcome(&[250], End::Refused(reply(451)))).is_again());
    }

    #[test]
    fn nobody_left_is_refused_unless_one_is_only_late() {
        assert_eq!(
            of_outcome(&outcome(&[550, 553], End::NoRecipient)).state,
            OutboxState::Refused
        );
        assert!(of_outcome(&outcome(&[550, 450], End::NoRecipient)).is_again());
    }

    #[test]
    fn a_lost_answer_is_unknown_and_never_goes_back_to_the_queue() {
        let verdict = of_outcome(&outcome(&[250, 550], End::Unknown { why: "cut".to_owned() }));
        assert_eq!(verdict.state, OutboxState::Unknown);
        assert_eq!(
            states(&verdict.recipients),
            [('0', RecipientState::Unknown), ('1', RecipientState::Refused)]
        );
    }

    #[test]
    fn an_error_before_the_dot_is_tried_again_unless_the_server_said_never() {
        let to = [Address::parse("a@alpha.mssante.test").unwrap()];
        let reply = |code| WireError::Reply {
            verb: "MAIL",
            code,
            enhanced: None,
            text: String::new(),
        };
        assert!(of_error(&reply(451), &to).is_again());
        assert_eq!(of_error(&reply(553), &to).state, OutboxState::Refused);
        assert!(of_error(&WireError::Closed { during: "RCPT" }, &to).is_again());
        let large = of_error(&WireError::TooLarge { size: 2, limit: 1 }, &to);
        assert_eq!(
            (large.state, large.recipients[0].code.as_str()),
            (OutboxState::Refused, "5.3.4")
        );
    }
}
