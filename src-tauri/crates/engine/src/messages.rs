//! Lists and messages, from what is stored: nothing here waits for the network.

use std::collections::HashMap;
use std::sync::Arc;

use pli_message::{Parsed, SafeHtml};
use pli_store::{BodyState, Filter, MailId, Message, Page, Scope};
use pli_terms::Wording;
use pli_trace::Action;

use crate::Engine;
use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;
use crate::handling;

/// The longest text that crosses to a window, in octets.
const TEXT: usize = 1024 * 1024;

/// A message opened.
#[derive(Debug, Clone)]
pub struct MessageView {
    /// What the database knows of it: row, subject, identifiers, attachments.
    pub stored: Message,
    /// What its octets say; `None` while they are not here.
    pub parsed: Option<Arc<Parsed>>,
    /// Whether `parsed.text` is longer than what is to be shown (1 MiB): it was cut.
    pub text_cut: bool,
    /// Remote contents that are left out of its HTML; 0 when it has none, or while it is not here.
    pub remote_blocked: u32,
}

impl MessageView {
    /// Whether the whole message is here.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.parsed.is_some()
    }
}

/// One part of a message, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// A name that is safe on any disk.
    pub name: String,
    /// The type as declared: never to be trusted.
    pub mime: String,
    /// Its octets.
    pub octets: Vec<u8>,
}

impl Engine {
    /// Part of a list, newest first; at most 500 rows. What is « mine » is so of who is logged in, else of the profile's
    /// person: it needs no network.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn message_list(
        &self,
        scope: Scope,
        filter: Filter,
        offset: u64,
        limit: u32,
    ) -> Result<Page, EngineError> {
        let limit = limit.min(500);
        if filter != Filter::Mine {
            return self
                .core
                .with_store(move |store| store.list(scope, filter, offset, limit))
                .await;
        }
        self.core
            .blocking(move |core| {
                let store = core.store()?;
                let me = handling::me(core, &store)?;
                Ok(store.list_of(&me, scope, filter, offset, limit)?)
            })
            .await
    }

    /// A message, opened by a person: its trace is written first. When only its header is here, the rest is asked for before anything else: an [`crate::Event::Body`]
    /// tells its arrival.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Trace`] when the opening cannot be recorded: nothing is shown then.
    pub async fn message_get(&self, mail: MailId) -> Result<MessageView, EngineError> {
        let (stored, raw) = self.core.blocking(move |core| stored(core, mail)).await?;
        let Some(raw) = raw else {
            self.want(&stored);
            return Ok(MessageView {
                stored,
                parsed: None,
                text_cut: false,
                remote_blocked: 0,
            });
        };
        self.consulted(mail).await?;
        tokio::task::spawn_blocking(move || {
            let mut parsed = pli_message::parse(&raw);
            let remote_blocked = safe(&parsed).map_or(0, |html| u32::try_from(html.remote_blocked).unwrap_or(u32::MAX));
            let text_cut = cut(&mut parsed.text, TEXT);
            Ok(MessageView {
                stored,
                parsed: Some(Arc::new(parsed)),
                text_cut,
                remote_blocked,
            })
        })
        .await?
    }

    /// A message's octets exactly as received: they leave the program, which is traced first.
    ///
    /// # Errors
    /// [`EngineError::NotDownloaded`] while they are not here: they are asked for before anything else;
    /// [`EngineError::Trace`] when the export cannot be recorded.
    pub async fn message_raw(&self, mail: MailId) -> Result<Vec<u8>, EngineError> {
        let raw = self.raw(mail).await?;
        self.recorded(Action::Export, Wording::fixed("EXPORT MESSAGE"), mail)
            .await?;
        Ok(raw)
    }

    async fn raw(&self, mail: MailId) -> Result<Vec<u8>, EngineError> {
        let (stored, raw) = self.core.blocking(move |core| stored(core, mail)).await?;
        raw.ok_or_else(|| {
            self.want(&stored);
            EngineError::NotDownloaded
        })
    }

    /// A message's HTML, made safe; `None` when it has none. Contents of the message itself are named `part/N`.
    ///
    /// # Errors
    /// As [`Engine::message_raw`].
    pub async fn message_html(&self, mail: MailId) -> Result<Option<SafeHtml>, EngineError> {
        let raw = self.raw(mail).await?;
        self.consulted_once(mail).await?;
        Ok(tokio::task::spawn_blocking(move || safe(&pli_message::parse(&raw))).await?)
    }

    /// One part of a message: an attachment that is taken out, which is traced first, or a picture within the text, which
    /// its opening showed.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when the message has no such part; as [`Engine::message_raw`].
    pub async fn message_part(&self, mail: MailId, part: u32) -> Result<Part, EngineError> {
        let raw = self.raw(mail).await?;
        let found = tokio::task::spawn_blocking(move || {
            let found = pli_message::part_content(&raw, part);
            found.map(|found| (found, is_within(&pli_message::parse(&raw), part)))
        });
        let ((mime, name, octets), within) = found.await?.ok_or(EngineError::NotFound("part"))?;
        if within {
            self.consulted_once(mail).await?;
        } else {
            let verb = Wording::fixed("SAVE PART").and(part).and(octets.len()).and("OCTETS");
            self.recorded(Action::Download, verb, mail).await?;
        }
        Ok(Part { name, mime, octets })
    }

    /// Waits until a message's octets are here, for commands that have no window: as long as its BAL can be reached.
    ///
    /// # Errors
    /// [`EngineError::NotDownloaded`] when the BAL has nobody logged in or its server cannot be reached.
    pub async fn message_wait(&self, mail: MailId) -> Result<Vec<u8>, EngineError> {
        let mut events = self.subscribe();
        loop {
            match self.message_raw(mail).await {
                Err(EngineError::NotDownloaded) => {}
                other => return other,
            }
            let account = self
                .core
                .with_store(move |store| store.message(mail))
                .await?
                .row
                .account;
            let state = self
                .core
                .runtime(account)
                .map(|runtime| runtime.state())
                .unwrap_or_default();
            if state.problem.is_some() || state.session == crate::SessionState::LoggedOut {
                return Err(EngineError::NotDownloaded);
            }
            // A lagging listener looks again at once, a silent engine within a second.
            let _ = tokio::time::timeout(std::time::Duration::from_secs(1), events.recv()).await;
        }
    }

    /// A message is about to be printed: the journal has it when this returns.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Trace`] when it cannot be recorded: nothing may be printed then.
    pub async fn message_print(&self, mail: MailId) -> Result<(), EngineError> {
        self.recorded(Action::Print, Wording::fixed("PRINT"), mail).await
    }

    /// The opening of a message, each time (SC.MSS/CONF.18: consultation).
    async fn consulted(&self, mail: MailId) -> Result<(), EngineError> {
        self.recorded(Action::Read, Wording::fixed("OPEN"), mail).await?;
        self.core.shown().insert(mail);
        Ok(())
    }

    /// What is shown of a message belongs to its opening, which is traced already; else now.
    async fn consulted_once(&self, mail: MailId) -> Result<(), EngineError> {
        if self.core.shown().contains(&mail) {
            return Ok(());
        }
        self.consulted(mail).await
    }

    async fn recorded(&self, action: Action, verb: Wording, mail: MailId) -> Result<(), EngineError> {
        self.core
            .blocking(move |core| {
                let message = core.traced(mail)?;
                core.record(Local::new(action, verb).about(message))
            })
            .await?;
        self.core.tell_journal();
        Ok(())
    }

    fn want(&self, stored: &Message) {
        if let Some(runtime) = self.core.runtime(stored.row.account) {
            runtime.want(stored.row.id);
        }
    }
}

/// The message and its octets when they are here. Octets that are damaged on this disk are dropped, so that they are
/// fetched again: the server has them.
fn stored(core: &Core, mail: MailId) -> Result<(Message, Option<Vec<u8>>), EngineError> {
    let store = core.store()?;
    let mut message = store.message(mail)?;
    if message.row.body_state != BodyState::Stored {
        return Ok((message, None));
    }
    match store.raw(mail) {
        Ok(raw) => Ok((message, Some(raw))),
        Err(error) if error.is_damage() || error.is_not_found() => {
            tracing::warn!("a stored message is damaged: it will be fetched again");
            if !store.drop_body(mail)? {
                // Kept here alone: there is nowhere to fetch it from.
                return Err(error.into());
            }
            message.row.body_state = BodyState::None;
            Ok((message, None))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a part is a picture of the text itself.
fn is_within(parsed: &Parsed, part: u32) -> bool {
    parsed
        .attachments
        .iter()
        .any(|file| file.part_id == part && file.inline)
}

fn safe(parsed: &Parsed) -> Option<SafeHtml> {
    let cids: HashMap<String, u32> = parsed.content_ids().map(|(cid, part)| (cid.to_owned(), part)).collect();
    parsed.html.as_deref().map(|html| pli_message::sanitise(html, &cids))
}

fn cut(text: &mut String, octets: usize) -> bool {
    if text.len() <= octets {
        return false;
    }
    let mut end = octets;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    true
}
