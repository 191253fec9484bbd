//! From raw octets to stored messages, beside the network: one thread parses, one stores.
//!
//! Three stages with bounded queues between them, so that the network, the parser and the disk all work at once and none
//! runs ahead: what is on its way is bounded in octets ([`crate::core::BODY_ROOM`]), for all BALs together. The store gets
//! batches: one sync of the disk and one commit for many messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use bytes::Bytes;
use pli_message::Parsed;
use pli_store::{AccountId, FolderId, MailId, NewBody, Store};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

use super::rows;
use crate::core::{BODY_ROOM, Core};
use crate::error::EngineError;
use crate::event::{Event, SyncPhase};

/// Characters of a list's first words.
const SNIPPET: usize = 160;

/// Octets of one commit.
const COMMIT: usize = 6 * 1024 * 1024;

/// Messages of one commit. Less than [`QUEUE`], so that a swarm of tiny messages fills commits without waiting.
const MESSAGES: usize = 128;

/// How long a message waits for others before it is committed.
const PATIENCE: Duration = Duration::from_millis(100);

/// Messages on their way at most: the room divided by the least that each takes.
const QUEUE: usize = BODY_ROOM / LEAST_ROOM;

/// The least room that a message takes, in octets, however small it is: it bounds how many are on their way.
const LEAST_ROOM: usize = 64 * 1024;

/// Waits for the room that a message of this size takes; one larger than all the room takes all of it.
pub(super) async fn room(core: &Core, octets: u64) -> Result<OwnedSemaphorePermit, EngineError> {
    let octets = usize::try_from(octets)
        .unwrap_or(BODY_ROOM)
        .clamp(LEAST_ROOM, BODY_ROOM);
    let permits = u32::try_from(octets.div_ceil(1024))
        .unwrap_or(u32::MAX)
        .min((BODY_ROOM / 1024) as u32);
    Arc::clone(&core.body_room)
        .acquire_many_owned(permits)
        .await
        .map_err(|_| EngineError::Stopped)
}

/// A message as received.
pub(super) struct Raw {
    pub(super) mail: MailId,
    pub(super) folder: FolderId,
    pub(super) octets: Bytes,
    /// Held until the message is stored.
    #[expect(dead_code, reason = "what counts is when it is dropped")]
    pub(super) room: OwnedSemaphorePermit,
    /// Whether a person waits for it: it is stored at once.
    pub(super) urgent: bool,
}

struct Read {
    raw: Raw,
    parsed: Parsed,
}

/// The two threads of one pass over bodies.
pub(super) struct Intake {
    raw: SyncSender<Raw>,
    parser: JoinHandle<()>,
    writer: JoinHandle<Result<(), EngineError>>,
}

/// How far a pass has come, for windows.
pub(super) struct Progress {
    pub(super) account: AccountId,
    pub(super) done: AtomicU32,
    pub(super) total: AtomicU32,
}

impl Intake {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`].
    pub(super) fn start(core: &Arc<Core>, progress: Arc<Progress>) -> Result<Self, EngineError> {
        let (raw, raws) = sync_channel::<Raw>(QUEUE);
        let (read, reads) = sync_channel::<Read>(QUEUE);
        let parser = tokio::task::spawn_blocking(move || {
            for raw in raws {
                let parsed = pli_message::parse(&raw.octets);
                if read.send(Read { raw, parsed }).is_err() {
                    break;
                }
            }
        });
        let (core, store) = (Arc::clone(core), core.store()?);
        let writer = crate::core::spawn_blocking(move || write(&core, &store, &reads, &progress));
        Ok(Self { raw, parser, writer })
    }

    /// Hands a message over. Never blocks: the queue is as long as the room allows. `false`: the writer has failed, and
    /// [`Intake::finish`] says why.
    pub(super) fn give(&self, raw: Raw) -> bool {
        self.raw.send(raw).is_ok()
    }

    /// Whether the threads still work.
    pub(super) fn is_alive(&self) -> bool {
        !self.writer.is_finished()
    }

    /// Waits until everything given is stored.
    ///
    /// # Errors
    /// What the store answered.
    pub(super) async fn finish(self) -> Result<(), EngineError> {
        drop(self.raw);
        self.parser.await?;
        self.writer.await?
    }
}

fn write(core: &Arc<Core>, store: &Store, reads: &Receiver<Read>, progress: &Progress) -> Result<(), EngineError> {
    let mut batch: Vec<Read> = Vec::new();
    let mut octets = 0;
    let mut since = Instant::now();
    loop {
        let patience = if batch.is_empty() {
            Duration::from_secs(3600)
        } else {
            PATIENCE.saturating_sub(since.elapsed())
        };
        match reads.recv_timeout(patience) {
            Ok(read) => {
                if batch.is_empty() {
                    since = Instant::now();
                }
                octets += read.raw.octets.len();
                let urgent = read.raw.urgent;
                batch.push(read);
                if !urgent && octets < COMMIT && batch.len() < MESSAGES {
                    continue;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                commit(core, store, &mut batch, progress)?;
                return Ok(());
            }
        }
        commit(core, store, &mut batch, progress)?;
        octets = 0;
    }
}

fn commit(core: &Arc<Core>, store: &Store, batch: &mut Vec<Read>, progress: &Progress) -> Result<(), EngineError> {
    if batch.is_empty() {
        return Ok(());
    }
    let texts: Vec<_> = batch
        .iter()
        .map(|read| {
            (
                pli_message::searchable_text(&read.parsed),
                pli_message::snippet(&read.parsed.text, SNIPPET),
                rows::attachments(&read.parsed),
            )
        })
        .collect();
    let bodies: Vec<NewBody<'_>> = batch
        .iter()
        .zip(&texts)
        .map(|(read, (text, snippet, attachments))| NewBody {
            mail: read.raw.mail,
            raw: &read.raw.octets,
            text,
            snippet,
            attachments,
            kind: rows::kind(read.parsed.row.kind),
            display_subject: None,
        })
        .collect();
    // Before its body is committed: a report that is cut off here comes again with its body, and taking it in twice changes
    // nothing; after, it would be lost.
    for read in batch.iter().filter(|read| read.parsed.report.is_some()) {
        crate::outbox::on_report(core, progress.account, read.raw.mail, &read.parsed)?;
    }
    let stored = store.store_bodies(&bodies)?;
    drop(bodies);
    let done = progress.done.fetch_add(rows::count(batch.len()), Ordering::SeqCst) + rows::count(batch.len());
    let total = progress.total.load(Ordering::SeqCst).max(done);
    let mut folders: Vec<FolderId> = Vec::new();
    for read in batch.drain(..) {
        let mail = read.raw.mail;
        if !stored.contains(&mail) {
            continue;
        }
        if read.raw.urgent {
            core.emit(Event::Body { message: mail });
        }
        if !folders.contains(&read.raw.folder) {
            folders.push(read.raw.folder);
        }
    }
    for folder in folders {
        core.emit(Event::Messages {
            account: progress.account,
            folder,
            new: 0,
        });
    }
    core.emit(Event::Sync {
        account: progress.account,
        phase: SyncPhase::Bodies,
        done,
        total,
    });
    Ok(())
}
