//! Listing headers: newest first, a batch a command and a commit, the first one small so that a page shows at once.

use pli_store::{Applied, Folder, NewMessage, SyncCursor};
use pli_terms::{Uid, UidSet};
use pli_wire::imap::{HeaderRow, ImapSession};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::link::Link;
use super::rows;
use crate::error::EngineError;
use crate::event::{Event, SyncPhase};

/// Rows of the first batch: what a tall window shows.
const FIRST: usize = 100;

/// Rows of the others.
const BATCH: usize = 500;

/// Octets of UIDs in one command line (RFC 2683 §3.2.1.5).
pub(super) const COMMAND: usize = 1000;

/// What listing found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Listed {
    /// Messages that were not known.
    pub(super) new: u32,
    /// Messages that were known under another UID, or whose flags changed.
    pub(super) known: u32,
}

/// Lists these messages of the selected folder, newest first. Each batch is stored while the next one is on its way.
///
/// # Errors
/// What the server or the store answers; the batches stored before stay.
pub(super) async fn list<S: ImapSession>(
    link: &mut Link<S>,
    folder: &Folder,
    mut uids: Vec<Uid>,
    cursor: &mut SyncCursor,
) -> Result<Listed, EngineError> {
    uids.sort_unstable_by(|a, b| b.cmp(a));
    let total = rows::count(uids.len());
    let (mut listed, mut done) = (Listed::default(), 0);
    let mut storing: Option<Storing> = None;
    for batch in batches(&uids) {
        if link.is_ending() {
            break;
        }
        let asked = rows::count(usize::try_from(batch.len()).unwrap_or(usize::MAX));
        let fetched = fetch(link, &batch).await;
        if let Some(former) = storing.take() {
            done += former.asked;
            settle(link, folder, former, (done, total), &mut listed, cursor).await?;
        }
        let (id, now) = (folder.id, link.core.now());
        let store = link.core.store()?;
        let lowest = batch.ranges().first().map(|range| range.0);
        let fetched = fetched?;
        let work = tokio::task::spawn_blocking(move || {
            let messages: Vec<NewMessage> = fetched.iter().map(|row| rows::new_message(row, now)).collect();
            Ok(store.apply_headers(id, &messages)?)
        });
        storing = Some(Storing { work, asked, lowest });
    }
    if let Some(last) = storing.take() {
        done += last.asked;
        settle(link, folder, last, (done, total), &mut listed, cursor).await?;
    }
    link.still_wanted()?;
    Ok(listed)
}

struct Storing {
    work: JoinHandle<Result<Applied, EngineError>>,
    asked: u32,
    lowest: Option<u32>,
}

async fn settle<S: ImapSession>(
    link: &Link<S>,
    folder: &Folder,
    storing: Storing,
    (done, total): (u32, u32),
    listed: &mut Listed,
    cursor: &mut SyncCursor,
) -> Result<(), EngineError> {
    let applied = storing.work.await??;
    let new = rows::count(applied.added.len());
    listed.new += new;
    listed.known += rows::count(applied.adopted.len() + applied.updated.len());
    let account = folder.account;
    if cursor.header_floor.is_none_or(|floor| floor.get() != 1) {
        cursor.header_floor = storing.lowest.filter(|lowest| *lowest > 1).and_then(Uid::new);
        let (id, reached) = (folder.id, *cursor);
        link.store(move |store| store.set_cursor(id, &reached)).await?;
    }
    link.core.emit(Event::Messages {
        account,
        folder: folder.id,
        new,
    });
    link.core.emit(Event::Sync {
        account,
        phase: SyncPhase::Headers,
        done,
        total,
    });
    Ok(())
}

async fn fetch<S: ImapSession>(link: &mut Link<S>, batch: &UidSet) -> Result<Vec<HeaderRow>, EngineError> {
    let (sender, mut receiver) = mpsc::channel(256);
    let collect = async {
        let mut rows = Vec::new();
        while let Some(row) = receiver.recv().await {
            rows.push(row);
        }
        rows
    };
    let (report, rows) = tokio::join!(link.session.fetch_headers(batch, false, sender), collect);
    report?;
    link.listen()?;
    Ok(rows)
}

/// Cuts UIDs, sorted from the newest down, into sets to ask for one after the other.
fn batches(uids: &[Uid]) -> Vec<UidSet> {
    let (first, rest) = uids.split_at(uids.len().min(FIRST));
    let chunks = std::iter::once(first)
        .chain(rest.chunks(BATCH))
        .filter(|chunk| !chunk.is_empty());
    chunks
        .flat_map(|chunk| {
            let set: UidSet = chunk.iter().copied().collect();
            let mut pieces = set.batches(BATCH, COMMAND);
            pieces.reverse();
            pieces
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn batches_go_from_the_newest_down_and_lose_nothing(
            values in proptest::collection::btree_set(1u32..100_000, 0..2500),
        ) {
            let uids: Vec<Uid> = values.iter().rev().copied().filter_map(Uid::new).collect();
            let batches = batches(&uids);
            let mut below = u32::MAX;
            let mut seen = 0;
            for batch in &batches {
                prop_assert!(batch.len() <= BATCH as u64 && batch.to_string().len() <= COMMAND);
                let (first, last) = (batch.ranges()[0].0, batch.ranges().last().map_or(0, |range| range.1));
                prop_assert!(last < below);
                below = first;
                seen += batch.len();
            }
            prop_assert_eq!(seen, values.len() as u64);
            prop_assert!(batches.first().is_none_or(|batch| batch.len() <= FIRST as u64));
        }
    }
}
