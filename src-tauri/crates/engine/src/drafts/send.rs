//! « Envoyer »: the octets are made once, then committed to the outbox before any network.

use pli_message::{Attached, FieldText, Moment, MssHeaders};
use pli_store::{
    AccountId, DraftId, NewOutgoing, NewRecipient, OutboxId, OutboxState, RecipientField, Store, StoreError,
};
use pli_terms::{Address, Domain, MessageId, Wording};
use pli_trace::Action;

use super::{Draft, Party, check};
use crate::Engine;
use crate::audit::{Local, Outgoing};
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;

/// The setting that holds the product's reference number (ECO.2.4.3), sent in `X-MSS-NIL` when there is one.
const NIL: &str = "mss-nil";

impl Engine {
    /// Commits a draft to the outbox. It leaves once the time to undo is over.
    ///
    /// # Errors
    /// [`EngineError::DraftIncomplete`] when it has something to correct ([`Engine::draft_check`] says what),
    /// [`EngineError::AlreadyLeft`] when it is in the outbox already.
    pub async fn draft_send(&self, id: DraftId) -> Result<crate::outbox::Outgoing, EngineError> {
        check::ask_ahead(&self.core, id).await?;
        let outgoing = self.core.blocking(move |core| commit(core, id)).await?;
        self.core.emit(Event::Draft { draft: id, revision: 0 });
        self.core.emit(Event::Outgoing {
            outgoing,
            state: OutboxState::Queued,
        });
        self.core.outbox_wake.notify_one();
        self.outbox_get(outgoing).await
    }
}

fn commit(core: &Core, id: DraftId) -> Result<OutboxId, EngineError> {
    let store = core.store()?;
    let stored = store.draft(id)?;
    if stored.outbox.is_some() {
        return Err(EngineError::AlreadyLeft);
    }
    let in_reply_to = stored.content.in_reply_to.as_deref().and_then(MessageId::parse);
    let references = stored
        .content
        .references
        .iter()
        .filter_map(|id| MessageId::parse(id))
        .collect();
    let draft = Draft::from(stored);
    if !check::check(&draft, check::known(&store, &draft, core.now())?).may_leave() {
        return Err(EngineError::DraftIncomplete);
    }
    let account = store.account(draft.account)?;
    let sender = account.settings.address;
    let (to, cc, bcc) = (parties(&draft.to)?, parties(&draft.cc)?, parties(&draft.bcc)?);
    let now = core.zoned();
    let message = pli_message::Outgoing {
        from: (FieldText::new(&account.settings.display_name), sender.clone()),
        to: named(&to),
        cc: named(&cc),
        bcc: named(&bcc),
        subject: FieldText::new(draft.subject.trim()),
        text: draft.text.clone(),
        in_reply_to,
        references,
        attachments: files(&store, &draft)?,
        message_id: message_id(&sender.domain())?,
        date: Moment {
            unix: now.timestamp().as_second(),
            offset_minutes: i16::try_from(now.offset().seconds() / 60).unwrap_or(0),
        },
        mdn_requested: draft.ask_reading,
        mss: MssHeaders {
            nil: store.setting(NIL)?,
            ..MssHeaders::default()
        },
    };
    let built = pli_message::build(&message).map_err(|error| {
        tracing::warn!(%error, "a draft could not be written");
        EngineError::DraftIncomplete
    })?;
    let fields = [
        (RecipientField::To, to),
        (RecipientField::Cc, cc),
        (RecipientField::Bcc, bcc),
    ];
    let recipients = recipients(&built.recipients, &fields);
    let envelope_id = format!("pli-{}", random()?);
    let asked = Local {
        outgoing: Some(Outgoing {
            message_id: message.message_id.clone(),
            from: sender.clone(),
            to: built.recipients.clone(),
            size: u64::try_from(built.bytes.len()).unwrap_or(u64::MAX),
            id: None,
        }),
        ..Local::new(Action::Send, Wording::fixed("QUEUE")).of(core.bal(draft.account))
    };
    core.record(asked)?;
    queue(
        &store,
        draft.account,
        id,
        &sender,
        draft.subject.trim(),
        &built,
        &recipients,
        &envelope_id,
        now.timestamp(),
    )
}

#[allow(clippy::too_many_arguments, reason = "each is a column of one row")]
fn queue(
    store: &Store,
    account: AccountId,
    draft: DraftId,
    sender: &Address,
    subject: &str,
    built: &pli_message::Built,
    recipients: &[NewRecipient],
    envelope_id: &str,
    now: jiff::Timestamp,
) -> Result<OutboxId, EngineError> {
    let message = NewOutgoing {
        account,
        draft: Some(draft),
        raw: &built.bytes,
        message_id: &built.message_id,
        envelope_id,
        sender,
        subject,
        recipients,
    };
    match store.enqueue(&message, now) {
        Ok(id) => Ok(id),
        // Another window pressed « Envoyer » first.
        Err(StoreError::Invalid { .. }) => Err(EngineError::AlreadyLeft),
        Err(error) => Err(error.into()),
    }
}

fn files(store: &Store, draft: &Draft) -> Result<Vec<Attached>, EngineError> {
    let one = |file: &super::DraftFile| {
        let bytes = store.draft_attachment(file.id)?;
        Ok(Attached {
            name: file.name.clone(),
            mime: file.mime.clone(),
            bytes,
        })
    };
    draft.attachments.iter().map(one).collect()
}

fn parties(parties: &[Party]) -> Result<Vec<(String, Address)>, EngineError> {
    parties
        .iter()
        .map(|party| Ok((party.name.clone(), Address::parse(&party.address)?)))
        .collect()
}

fn named(parties: &[(String, Address)]) -> Vec<(FieldText, Address)> {
    parties
        .iter()
        .map(|(name, address)| (FieldText::new(name), address.clone()))
        .collect()
}

/// Everybody once, in the first field that names them.
fn recipients(all: &[Address], fields: &[(RecipientField, Vec<(String, Address)>)]) -> Vec<NewRecipient> {
    let find = |address: &Address| {
        fields.iter().find_map(|(field, parties)| {
            let (name, _) = parties.iter().find(|(_, known)| known.same_mailbox(address))?;
            Some(NewRecipient {
                address: address.clone(),
                name: name.clone(),
                field: *field,
            })
        })
    };
    all.iter().filter_map(find).collect()
}

/// Unique for ever, and it says nothing of the message (ECO.2.2.1).
fn message_id(domain: &Domain) -> Result<MessageId, EngineError> {
    MessageId::parse(&format!("{}@{}", random()?, domain.as_str())).ok_or(EngineError::Broken("making a Message-ID"))
}

fn random() -> Result<String, EngineError> {
    use std::fmt::Write as _;
    let mut octets = [0u8; 16];
    getrandom::fill(&mut octets).map_err(|_| EngineError::Broken("asking for random octets"))?;
    Ok(octets.iter().fold(String::with_capacity(32), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_two_fields_counts_once() {
        let address = |text: &str| Address::parse(text).unwrap();
        let fields = [
            (RecipientField::To, vec![("Dr A".to_owned(), address("a@x.mssante.fr"))]),
            (
                RecipientField::Bcc,
                vec![
                    (String::new(), address("A@x.mssante.fr")),
                    (String::new(), address("b@x.mssante.fr")),
                ],
            ),
        ];
        let all = recipients(&[address("a@x.mssante.fr"), address("b@x.mssante.fr")], &fields);
        let seen: Vec<_> = all.iter().map(|one| (one.name.as_str(), one.field)).collect();
        assert_eq!(seen, [("Dr A", RecipientField::To), ("", RecipientField::Bcc)]);
    }

    #[test]
    fn two_ids_are_never_the_same() {
        let domain = Domain::parse("alpha.mssante.test").unwrap();
        let (one, two) = (message_id(&domain).unwrap(), message_id(&domain).unwrap());
        assert_ne!(one, two);
        assert!(one.as_str().ends_with("@alpha.mssante.test"));
    }
}
