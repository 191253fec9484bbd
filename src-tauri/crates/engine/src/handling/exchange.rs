//! What is said of messages goes to the server and comes from it, within the rounds of sync.
//!
//! An entry is told before the keywords are: who hears of a keyword finds the words behind it. Before one's own entry is
//! written, everything there is read: the same person may have spoken at another workstation.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pli_store::{AccountId, EntryFate, Fact, FolderRole, WaitingEntry, message_word};
use pli_terms::MessageId;
use pli_wire::WireError;
use pli_wire::imap::{ImapSession, MailboxName};

use super::{author, entry};
use crate::error::EngineError;
use crate::event::Event;
use crate::settings;
use crate::sync::Link;

/// Messages asked of at once.
const BATCH: u32 = 48;

/// Batches of one round, at most: the rest waits for the next.
const BATCHES: u32 = 40;

/// How often an entry is told to a server that refuses it before it stays here.
const ATTEMPTS: u32 = 5;

/// What has to be dealt with is asked of again so seldom, whatever the server told: its news may have been lost.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// Open messages asked of again in one round.
const AGAIN_AT_ONCE: u32 = 96;

/// Entries of messages that are gone are removed after this long: the message may come back.
const GONE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Messages whose entries are removed in one round.
const SWEPT: u32 = 20;

/// Tells the server what was said here.
///
/// # Errors
/// What ended the connection, or the store: what was not told stays to be told.
pub(crate) async fn tell<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    let account = link.account();
    if link
        .store(move |store| store.handling_waiting(account, 1))
        .await?
        .is_empty()
        || !carries(link).await?
    {
        return Ok(());
    }
    let mut tried: BTreeSet<String> = BTreeSet::new();
    for _ in 0..BATCHES {
        link.still_wanted()?;
        let limit = BATCH + u32::try_from(tried.len()).unwrap_or(0);
        let mut waiting = link.store(move |store| store.handling_waiting(account, limit)).await?;
        waiting.retain(|entry| !tried.contains(&entry.message_id));
        waiting.truncate(BATCH as usize);
        if waiting.is_empty() {
            break;
        }
        let ids: Vec<String> = waiting.into_iter().map(|entry| entry.message_id).collect();
        tried.extend(ids.iter().cloned());
        if !take_in(link, &ids).await? {
            break;
        }
        let waiting = link.store(move |store| store.handling_waiting(account, limit)).await?;
        for entry in waiting.into_iter().filter(|entry| ids.contains(&entry.message_id)) {
            tell_one(link, account, entry).await?;
        }
    }
    link.core.emit(Event::Handling { account });
    Ok(())
}

async fn tell_one<S: ImapSession>(
    link: &mut Link<S>,
    account: AccountId,
    waiting: WaitingEntry,
) -> Result<(), EngineError> {
    let core = std::sync::Arc::clone(&link.core);
    let (author, _) = core.blocking(|core| author::of(core)).await?;
    let told = match entry::write(&author, &waiting.facts) {
        Some(octets) => {
            let name = entry::of_author(&waiting.message_id, &author);
            let about = MessageId::parse(&waiting.message_id);
            let told = link
                .session
                .annotate(&MailboxName::inbox(), &name, Some(&octets), about.as_ref())
                .await;
            link.listen()?;
            told
        }
        // Nothing of this author's own.
        None => Ok(()),
    };
    let fate = match told {
        Ok(()) => EntryFate::Told,
        Err(error) if error.breaks_connection() || matches!(error, WireError::Audit(_)) => return Err(error.into()),
        Err(_) if waiting.attempts + 1 < ATTEMPTS => EntryFate::Waiting,
        Err(_) => EntryFate::Refused,
    };
    let now = link.core.now();
    link.store(move |store| {
        if fate != EntryFate::Waiting {
            settings::keep_metadata_refused(store, account, fate == EntryFate::Refused)?;
        }
        store.handling_told(account, &waiting, fate, now)
    })
    .await
}

/// Asks the server of the messages of which it may know more.
///
/// # Errors
/// What ended the connection, or the store: what was not asked stays to be asked.
pub(crate) async fn read<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    let account = link.account();
    for _ in 0..BATCHES {
        let stale = link.store(move |store| store.handling_stale(account, BATCH)).await?;
        if stale.is_empty() || !carries(link).await? {
            return Ok(());
        }
        link.still_wanted()?;
        if !take_in(link, &stale).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// What is due at a whole round: what is open is asked of again, what is gone for long is removed.
///
/// # Errors
/// As [`read`].
pub(crate) async fn whole<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    let (account, now) = (link.account(), link.core.now());
    let before = now.checked_sub(AGAIN).unwrap_or(now);
    link.store(move |store| store.handling_due(account, before, AGAIN_AT_ONCE))
        .await?;
    read(link).await?;
    let since = now.checked_sub(GONE).unwrap_or(now);
    let gone: Vec<String> = link
        .store(move |store| store.handling_gone(account, since, now, SWEPT))
        .await?;
    let carried = !gone.is_empty() && carries(link).await?;
    for message_id in gone {
        if carried && !sweep(link, &message_id).await? {
            continue;
        }
        link.store(move |store| store.handling_forget(account, &message_id))
            .await?;
    }
    Ok(())
}

/// Removes everybody's entries on a message that is gone; `false` when the server refuses.
async fn sweep<S: ImapSession>(link: &mut Link<S>, message_id: &str) -> Result<bool, EngineError> {
    let (inbox, under) = (MailboxName::inbox(), [entry::of_message(message_id)]);
    let largest = u32::try_from(entry::LARGEST).unwrap_or(u32::MAX);
    let found = link.session.annotations(&inbox, &under, largest).await;
    link.listen()?;
    let Some(found) = settled(found)? else { return Ok(false) };
    for one in found.entries.iter().filter(|one| one.value.is_some()) {
        let Some((word, author)) = entry::named(&one.entry) else {
            continue;
        };
        if word != message_word(message_id) {
            continue;
        }
        let name = entry::of_author(message_id, &author);
        let removed = link.session.annotate(&inbox, &name, None, None).await;
        link.listen()?;
        if settled(removed)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Asks of these messages, and keeps what is told; `false` when the server does not answer such questions.
async fn take_in<S: ImapSession>(link: &mut Link<S>, ids: &[String]) -> Result<bool, EngineError> {
    let names: Vec<String> = ids.iter().map(|id| entry::of_message(id)).collect();
    let largest = u32::try_from(entry::LARGEST).unwrap_or(u32::MAX);
    let found = link.session.annotations(&MailboxName::inbox(), &names, largest).await;
    link.listen()?;
    let Some(found) = settled(found)? else { return Ok(false) };
    let (account, now) = (link.account(), link.core.now());
    let words: BTreeMap<String, &String> = ids.iter().map(|id| (message_word(id), id)).collect();
    let mut told: BTreeMap<&String, Vec<Fact>> = ids.iter().map(|id| (id, Vec::new())).collect();
    for one in &found.entries {
        let (Some((word, author)), Some(octets)) = (entry::named(&one.entry), &one.value) else {
            continue;
        };
        if let Some(facts) = words.get(&word).and_then(|id| told.get_mut(*id)) {
            facts.extend(entry::read(&author, octets, now));
        }
    }
    let told: Vec<(String, Vec<Fact>)> = told.into_iter().map(|(id, facts)| (id.clone(), facts)).collect();
    let folders = link
        .store(move |store| store.handling_read(account, &told, now))
        .await?;
    if !folders.is_empty() {
        link.core.emit(Event::Handling { account });
        link.core.emit(Event::Accounts);
    }
    for folder in folders {
        link.core.emit(Event::Messages {
            account,
            folder,
            new: 0,
        });
    }
    Ok(true)
}

/// What a command answered; none for what the server refuses, which ends nothing.
fn settled<T>(answer: Result<T, WireError>) -> Result<Option<T>, EngineError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.breaks_connection() || matches!(error, WireError::Audit(_)) => Err(error.into()),
        Err(error) => {
            tracing::info!(%error, "a server does not tell who handles messages");
            Ok(None)
        }
    }
}

/// Whether the server carries more than keywords: METADATA, and keywords that tell the others to look. Notes for which
/// nobody is told to look stay here.
async fn carries<S: ImapSession>(link: &mut Link<S>) -> Result<bool, EngineError> {
    let (account, has) = (link.account(), link.session.capabilities().metadata());
    link.store(move |store| {
        settings::keep_metadata(store, account, has)?;
        let inbox = store.folder_by_role(account, FolderRole::Inbox)?;
        let keywords = inbox
            .map(|inbox| store.folder_keywords(inbox.id))
            .transpose()?
            .flatten();
        Ok(has && keywords == Some(true))
    })
    .await
}

/// Notes what a connection's server offers, before anything is said.
///
/// # Errors
/// The store's.
pub(crate) async fn note<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    carries(link).await.map(drop)
}
