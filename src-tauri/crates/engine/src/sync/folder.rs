//! Following one folder: what changed since the last time, whatever help the server gives (RFC 4549, RFC 7162).
//!
//! 1. Open it, by QRESYNC where there is one: the server tells at once what vanished and what changed.
//! 2. Another UIDVALIDITY than before (or none): every UID known is void. Messages stay readable, and are recognised by
//!    Message-ID, size and date as their headers come again.
//! 3. Take in what vanished and which flags changed: as told (QRESYNC), by mod-sequence and counting (CONDSTORE), or by
//!    comparing all UIDs and flags.
//! 4. List what is not known, newest first, and commit each batch: a cut costs one batch.
//! 5. Only then note how far the folder was followed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pli_store::{Folder, FolderId, FolderRole, MailId, SyncCursor};
use pli_terms::{Uid, UidSet, UidValidity};
use pli_wire::imap::{FlagRow, ImapSession, Known, MailboxName, Search, Selected, SyncLevel};

use super::headers::{self, Listed};
use super::link::Link;
use super::rows;
use crate::error::EngineError;
use crate::event::Event;

/// UIDs asked for as one range without knowing which of them exist: beyond, they are listed first.
const BLIND_RANGE: u32 = 2_000;

/// What following a folder changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Followed {
    /// Messages that were not known.
    pub(crate) new: u32,
    /// Rows that changed otherwise: flags, removals.
    pub(crate) changed: u32,
}

/// Opens a folder and takes in everything that happened to it.
///
/// # Errors
/// What the server or the store answers; what was committed before stays.
pub(crate) async fn follow<S: ImapSession>(link: &mut Link<S>, folder: FolderId) -> Result<Followed, EngineError> {
    link.still_wanted()?;
    let folder = link.store(move |store| store.folder(folder)).await?;
    let (selected, mut cursor, fresh) = open(link, &folder).await?;
    let mut followed = Followed::default();
    if !fresh {
        followed.changed += changes(link, &folder, &selected, &cursor).await?;
        tell(link, &folder, 0, followed.changed);
    }
    // Whatever happens later, changes told up to here are stored: the next time starts from here.
    cursor.highest_modseq = selected.highest_modseq;
    let whole = cursor.header_floor.is_some_and(|floor| floor.get() == 1);
    if !whole {
        save(link, &folder, cursor).await?;
    }
    let missing = if whole {
        newer(link, &selected, &cursor).await?
    } else {
        absent(link, &folder).await?
    };
    let mut told_next = selected.uid_next.map(Uid::get);
    if !missing.is_empty() {
        let highest = missing.iter().max().map_or(0, |uid| uid.get());
        told_next = told_next.max(highest.checked_add(1));
        let listed = headers::list(link, &folder, missing, &mut cursor).await?;
        followed.new += listed.new;
        followed.changed += listed.known;
        finish_if_needed(link, &folder, fresh || !whole, &listed, &mut followed).await?;
    } else if fresh || !whole {
        finish_if_needed(link, &folder, true, &Listed::default(), &mut followed).await?;
    }
    if selected.level == SyncLevel::Condstore && whole {
        followed.changed += vanished_by_count(link, &folder, &selected).await?;
    }
    cursor.uid_next = told_next.or(cursor.uid_next);
    cursor.header_floor = Uid::new(1);
    cursor.synced_at = Some(link.core.now());
    save(link, &folder, cursor).await?;
    Ok(followed)
}

/// Opens the folder; answers what it was, how far it was followed, and whether nothing known holds any more.
async fn open<S: ImapSession>(
    link: &mut Link<S>,
    folder: &Folder,
) -> Result<(Selected, SyncCursor, bool), EngineError> {
    let cursor = folder.cursor;
    let known = match (cursor.uid_validity, cursor.highest_modseq) {
        (Some(uid_validity), Some(modseq)) => Some(Known {
            uid_validity,
            modseq,
            uids: UidSet::default(),
        }),
        _ => None,
    };
    link.selected = None;
    link.news = false;
    let name = MailboxName::from_raw(&folder.server.raw_name);
    let selected = link.session.select(&name, known.as_ref()).await?;
    link.selected = Some(folder.id);
    link.listen()?;
    let (id, keywords) = (folder.id, selected.keywords);
    link.store(move |store| store.note_folder_keywords(id, keywords))
        .await?;
    // What is said while opening is in the answer itself.
    link.news = false;
    let validity = match selected.uid_validity {
        Some(validity) => validity,
        // No UIDVALIDITY: UIDs hold within this connection, and the first opening starts the folder again.
        None => match cursor.uid_validity {
            Some(ours) if link.unstable.contains(&folder.id) => ours,
            former => {
                link.unstable.insert(folder.id);
                passing(link.core.now(), former).ok_or(EngineError::Broken("numbering a folder"))?
            }
        },
    };
    if cursor.uid_validity == Some(validity) {
        return Ok((selected, cursor, false));
    }
    let id = folder.id;
    link.epoch += 1;
    link.store(move |store| store.reset_folder(id, validity)).await?;
    Ok((
        selected,
        SyncCursor {
            uid_validity: Some(validity),
            ..SyncCursor::default()
        },
        true,
    ))
}

/// A UIDVALIDITY of our own for a server that gives none: another one than before.
fn passing(now: Timestamp, former: Option<UidValidity>) -> Option<UidValidity> {
    let seconds = (now.as_second().unsigned_abs() & 0x7fff_fffe) as u32;
    let first = UidValidity::new(seconds | 2);
    if first == former {
        UidValidity::new(seconds | 3)
    } else {
        first
    }
}

/// Takes in what vanished and which flags changed since the last time.
async fn changes<S: ImapSession>(
    link: &mut Link<S>,
    folder: &Folder,
    selected: &Selected,
    cursor: &SyncCursor,
) -> Result<u32, EngineError> {
    if selected.resumed {
        let gone = remove(link, folder, selected.vanished.clone()).await?;
        return Ok(gone + flags(link, folder, &selected.changed).await?);
    }
    let since = match (cursor.highest_modseq, selected.highest_modseq) {
        (Some(then), Some(now)) if now == then => return Ok(0),
        // Mod-sequences that go back are worth nothing: everything is compared.
        (Some(then), Some(now)) if now > then && selected.level != SyncLevel::None => Some(then),
        _ => None,
    };
    if since.is_none() && cursor.uid_next.is_none() && folder.total == 0 {
        return Ok(0);
    }
    let Some(first) = Uid::new(1) else { return Ok(0) };
    let sweep = link.session.fetch_flags(first, None, since).await?;
    link.listen()?;
    let mut gone = remove(link, folder, sweep.vanished).await?;
    if since.is_none() {
        let there: BTreeSet<Uid> = sweep.rows.iter().map(|row| row.uid).collect();
        let id = folder.id;
        let here = link.store(move |store| store.uids(id)).await?;
        let lost = here
            .into_iter()
            .map(|(uid, _)| uid)
            .filter(|uid| !there.contains(uid))
            .collect();
        gone += remove(link, folder, lost).await?;
    }
    Ok(gone + flags(link, folder, &sweep.rows).await?)
}

/// With CONDSTORE alone nobody tells what vanished: when the counts differ, the UIDs are compared.
async fn vanished_by_count<S: ImapSession>(
    link: &mut Link<S>,
    folder: &Folder,
    selected: &Selected,
) -> Result<u32, EngineError> {
    let id = folder.id;
    let here = link.store(move |store| store.uids(id)).await?;
    if here.len() as u64 == u64::from(selected.exists) {
        return Ok(0);
    }
    let there = link.session.search(&Search::All).await?;
    link.listen()?;
    let lost = here
        .into_iter()
        .map(|(uid, _)| uid)
        .filter(|uid| !holds(&there, *uid))
        .collect();
    let gone = remove(link, folder, lost).await?;
    tell(link, folder, 0, gone);
    Ok(gone)
}

async fn remove<S: ImapSession>(link: &Link<S>, folder: &Folder, uids: UidSet) -> Result<u32, EngineError> {
    if uids.is_empty() {
        return Ok(0);
    }
    let id = folder.id;
    let gone = link.store(move |store| store.remove_uids(id, &uids)).await?;
    tell_kept(link, folder, &gone).await?;
    Ok(rows::count(gone.len()))
}

async fn flags<S: ImapSession>(link: &Link<S>, folder: &Folder, told: &[FlagRow]) -> Result<u32, EngineError> {
    if told.is_empty() {
        return Ok(0);
    }
    let (id, updates) = (folder.id, told.iter().map(rows::flag_update).collect::<Vec<_>>());
    let changed = link.store(move |store| store.apply_flags(id, &updates)).await?;
    Ok(rows::count(changed.len()))
}

/// UIDs that came since the folder was last seen whole.
async fn newer<S: ImapSession>(
    link: &mut Link<S>,
    selected: &Selected,
    cursor: &SyncCursor,
) -> Result<Vec<Uid>, EngineError> {
    let from = cursor.uid_next.unwrap_or(1).max(1);
    let Some(first) = Uid::new(from) else {
        return Ok(Vec::new());
    };
    match selected.uid_next.map(Uid::get) {
        Some(next) if next <= from => Ok(Vec::new()),
        Some(next) if next - from <= BLIND_RANGE => Ok((from..next).filter_map(Uid::new).collect()),
        _ => {
            // `n:*` always names the last message, even when it is older than n.
            let sweep = link.session.fetch_flags(first, None, None).await?;
            link.listen()?;
            Ok(sweep
                .rows
                .iter()
                .map(|row| row.uid)
                .filter(|uid| uid.get() >= from)
                .collect())
        }
    }
}

/// UIDs of the server that are not listed here: a first sync, or the rest of one that was cut.
async fn absent<S: ImapSession>(link: &mut Link<S>, folder: &Folder) -> Result<Vec<Uid>, EngineError> {
    let there = link.session.search(&Search::All).await?;
    link.listen()?;
    let id = folder.id;
    let here: BTreeSet<Uid> = link
        .store(move |store| store.uids(id))
        .await?
        .into_iter()
        .map(|(uid, _)| uid)
        .collect();
    let all = there.ranges().iter().flat_map(|&(first, last)| first..=last);
    Ok(all
        .filter_map(Uid::new)
        .filter(|uid| !here.contains(uid))
        .take(MOST_MESSAGES)
        .collect())
}

/// More messages of one folder are not followed: a server that names four billion UIDs is lying.
const MOST_MESSAGES: usize = 2_000_000;

async fn finish_if_needed<S: ImapSession>(
    link: &Link<S>,
    folder: &Folder,
    restarted: bool,
    listed: &Listed,
    followed: &mut Followed,
) -> Result<(), EngineError> {
    if !restarted && listed.new + listed.known == 0 {
        return Ok(());
    }
    let id = folder.id;
    let gone = link.store(move |store| store.finish_sync(id)).await?;
    tell_kept(link, folder, &gone).await?;
    let gone = rows::count(gone.len());
    followed.changed += gone;
    tell(link, folder, 0, gone);
    Ok(())
}

/// What is kept on this workstation went to the local folder: it shows there.
async fn tell_kept<S: ImapSession>(link: &Link<S>, folder: &Folder, gone: &[MailId]) -> Result<(), EngineError> {
    if gone.is_empty() {
        return Ok(());
    }
    let (account, gone) = (folder.account, gone.to_vec());
    let local = link
        .store(move |store| {
            if store.only_here(&gone)?.is_empty() {
                return Ok(None);
            }
            store.folder_by_role(account, FolderRole::Kept)
        })
        .await?;
    if let Some(local) = local {
        link.core.emit(Event::Folders { account });
        link.core.emit(Event::Messages {
            account,
            folder: local.id,
            new: 0,
        });
    }
    Ok(())
}

fn tell<S: ImapSession>(link: &Link<S>, folder: &Folder, new: u32, changed: u32) {
    if new + changed > 0 {
        link.core.emit(Event::Messages {
            account: folder.account,
            folder: folder.id,
            new,
        });
    }
}

async fn save<S: ImapSession>(link: &Link<S>, folder: &Folder, cursor: SyncCursor) -> Result<(), EngineError> {
    let id = folder.id;
    link.store(move |store| store.set_cursor(id, &cursor)).await
}

fn holds(set: &UidSet, uid: Uid) -> bool {
    let ranges = set.ranges();
    let at = ranges.partition_point(|&(_, last)| last < uid.get());
    ranges.get(at).is_some_and(|&(first, _)| first <= uid.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_found_in_a_set_and_its_neighbours_are_not() {
        let set: UidSet = [3, 5, 6, 7, 9].into_iter().filter_map(Uid::new).collect();
        let inside: Vec<u32> = (1..12)
            .filter(|n| Uid::new(*n).is_some_and(|uid| holds(&set, uid)))
            .collect();
        assert_eq!(inside, [3, 5, 6, 7, 9]);
    }

    #[test]
    fn a_folder_without_uidvalidity_never_gets_the_same_one_twice_in_a_row() {
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let first = passing(now, None);
        assert!(first.is_some());
        assert_ne!(passing(now, first), first);
    }
}
