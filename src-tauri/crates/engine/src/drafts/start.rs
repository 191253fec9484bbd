//! A new draft: blank, an answer, or a message passed on with its files.

use pli_message::{Mailbox, Prefill};
use pli_store::{AccountId, DraftContent, DraftId, MailId, Store};
use pli_terms::{Address, MessageId, Wording};
use pli_trace::Action;

use super::{Draft, DraftFrom, Party, model};
use crate::Engine;
use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;

impl Engine {
    /// Begins a draft. `account`: the BAL it will leave from; none: the message's, or the first. An answer leaves from the BAL
    /// that received what it answers, whatever is asked: changing it is a step of its own, which has to be confirmed
    /// ([`super::DraftProblem::OtherBox`]). `about`: the message answered or passed on.
    ///
    /// # Errors
    /// [`EngineError::NotDownloaded`] when the message's body is not here, [`EngineError::BadRequest`] without a message to
    /// answer, [`EngineError::NotFound`] when no BAL is set up.
    pub async fn draft_new(
        &self,
        account: Option<AccountId>,
        from: DraftFrom,
        about: Option<MailId>,
    ) -> Result<Draft, EngineError> {
        let draft = self
            .core
            .blocking(move |core| begin(core, account, from, about))
            .await?;
        self.core.emit(Event::Draft {
            draft: draft.id,
            revision: draft.revision,
        });
        Ok(draft)
    }
}

fn begin(
    core: &Core,
    account: Option<AccountId>,
    from: DraftFrom,
    about: Option<MailId>,
) -> Result<Draft, EngineError> {
    let store = core.store()?;
    let accounts = store.accounts()?;
    let mut content = DraftContent {
        extra: model::extra(true),
        ..DraftContent::default()
    };
    let mut of_message = None;
    let mut files = Vec::new();
    if from != DraftFrom::Blank {
        let about = about.ok_or(EngineError::BadRequest("an answer without a message"))?;
        let message = store.message(about)?;
        of_message = Some(message.row.account);
        if message.sha256.is_none() {
            return Err(EngineError::NotDownloaded);
        }
        // What answers a message quotes it: it is opened, if it was not already.
        if !core.shown().contains(&about) {
            core.record(Local::new(Action::Read, Wording::fixed("OPEN")).about(core.traced(about)?))?;
            core.shown().insert(about);
        }
        let raw = store.raw(about)?;
        let parsed = pli_message::parse(&raw);
        let own: Vec<Address> = accounts
            .iter()
            .map(|account| account.settings.address.clone())
            .collect();
        let prefill = match from {
            DraftFrom::Reply => pli_message::reply(&parsed, &own),
            DraftFrom::ReplyAll => pli_message::reply_all(&parsed, &own),
            DraftFrom::Blank | DraftFrom::Forward => pli_message::forward(&parsed),
        };
        fill(&mut content, prefill);
        if from == DraftFrom::Forward {
            content.forward_of = Some(about);
            for file in parsed.attachments.iter().filter(|file| !file.inline) {
                files.extend(pli_message::part_content(&raw, file.part_id));
            }
        } else {
            content.reply_to = Some(about);
        }
    }
    if content.reply_to.is_some()
        && let Some(received_by) = of_message
    {
        content.extra = model::with_received_by(content.extra, received_by);
    }
    let answers = content.reply_to.and(of_message);
    let account = answers
        .or(account)
        .or(of_message)
        .or_else(|| accounts.first().map(|account| account.id))
        .ok_or(EngineError::NotFound("BAL"))?;
    store.account(account)?;
    let id = store.add_draft(account, &content, core.now())?;
    if let Err(error) = join(&store, id, &files) {
        // A draft that lacks a file it should carry must not stay behind.
        let _ = store.remove_draft(id);
        return Err(error);
    }
    Ok(store.draft(id)?.into())
}

fn join(store: &Store, draft: DraftId, files: &[(String, String, Vec<u8>)]) -> Result<(), EngineError> {
    for (mime, name, bytes) in files {
        store.attach(draft, name, mime, bytes)?;
    }
    Ok(())
}

fn fill(content: &mut DraftContent, prefill: Prefill) {
    let typed = |mailboxes: Vec<Mailbox>| {
        let parties: Vec<Party> = mailboxes
            .into_iter()
            .map(|mailbox| Party {
                name: mailbox.name,
                address: mailbox.address,
            })
            .collect();
        model::typed(&parties)
    };
    content.to = typed(prefill.to);
    content.cc = typed(prefill.cc);
    content.subject = prefill.subject;
    content.text = prefill.text;
    content.in_reply_to = prefill.in_reply_to.map(|id| id.as_str().to_owned());
    content.references = prefill
        .references
        .iter()
        .map(MessageId::as_str)
        .map(str::to_owned)
        .collect();
}
