//! Fetching whole messages: what a person looks at first, then newest first, the inbox before the rest.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use pli_store::{BodyState, FolderId, MailId, MissingBody};
use pli_terms::{Uid, UidSet};
use pli_wire::WireError;
use pli_wire::imap::{BodyPiece, BodyRequest, ImapSession};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::headers::COMMAND;
use super::intake::{self, Intake, Progress, Raw};
use super::link::Link;
use super::{folder, rows};
use crate::error::EngineError;
use crate::event::{Event, SyncPhase};

/// Messages of one command.
const BATCH: usize = 500;

/// How long a command should take: a person who opens another message waits for it at most so long.
const TARGET: Duration = Duration::from_millis(1500);

/// Octets of one command: at first, at least and at most.
const FIRST_OCTETS: u64 = 4 * 1024 * 1024;
const LEAST_OCTETS: u64 = 256 * 1024;
const MOST_OCTETS: u64 = 64 * 1024 * 1024;

/// A message larger than this is not kept: nothing of the field comes near it (operators accept 10 to 25 MB).
const LARGEST: u64 = 256 * 1024 * 1024;

/// Missing bodies looked up at once.
const PLAN: u32 = 5_000;

/// How long other folders may keep the connection before the inbox is asked for news.
const INBOX_EVERY: Duration = Duration::from_secs(30);

/// Fetches everything that is missing. Between two commands, looks after what cannot wait: bodies that people look at,
/// changes to push, news of the inbox.
///
/// # Errors
/// What the server or the store answers; what was stored stays.
pub(crate) async fn fetch_all<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    let account = link.account();
    let missing = link.store(move |store| store.count_missing_bodies(account)).await?;
    if missing == 0 {
        return Ok(());
    }
    let mut pace = Pace::default();
    let progress = Arc::new(Progress {
        account,
        done: AtomicU32::new(0),
        total: AtomicU32::new(u32::try_from(missing).unwrap_or(u32::MAX)),
    });
    link.core.emit(Event::Sync {
        account,
        phase: SyncPhase::Bodies,
        done: 0,
        total: progress.total.load(Ordering::SeqCst),
    });
    loop {
        let plan = link
            .store(move |store| store.missing_bodies(account, None, PLAN))
            .await?;
        if plan.is_empty() {
            return Ok(());
        }
        let before = progress.done.load(Ordering::SeqCst);
        let intake = Intake::start(&link.core, Arc::clone(&progress))?;
        let result = fetch_plan(link, &intake, plan.into(), &mut pace).await;
        // What was received whole is stored even when the connection is lost.
        intake.finish().await?;
        if result? == Plan::Exhausted && progress.done.load(Ordering::SeqCst) == before {
            // Nothing of it could be had: asking again now would give the same.
            return Ok(());
        }
    }
}

/// Fetches what people are looking at now.
///
/// # Errors
/// As [`fetch_all`].
pub(crate) async fn fetch_wanted<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    let wanted = link.runtime.take_wanted();
    if wanted.is_empty() {
        return Ok(());
    }
    let (here, plan) = link
        .store(move |store| {
            let rows = store.rows(&wanted)?;
            let (here, missing): (Vec<_>, Vec<_>) =
                rows.into_iter().partition(|row| row.body_state == BodyState::Stored);
            let missing = missing.into_iter().filter_map(|row| {
                Some(MissingBody {
                    mail: row.id,
                    folder: row.folder?,
                    uid: row.uid?,
                    size: row.size,
                })
            });
            let here: Vec<MailId> = here.into_iter().map(|row| row.id).collect();
            Ok((here, missing.collect::<Vec<_>>()))
        })
        .await?;
    // What came with others since it was asked for: whoever waits for it is told all the same.
    for message in here {
        link.core.emit(Event::Body { message });
    }
    if plan.is_empty() {
        return Ok(());
    }
    // What somebody opens stays a while, however old it is.
    let (opened, now) = (plan.iter().map(|one| one.mail).collect::<Vec<_>>(), link.core.now());
    link.store(move |store| store.note_recalled(&opened, now)).await?;
    let progress = Arc::new(Progress {
        account: link.account(),
        done: AtomicU32::new(0),
        total: AtomicU32::new(rows::count(plan.len())),
    });
    let intake = Intake::start(&link.core, progress)?;
    let mut result = Ok(());
    let epoch = link.epoch;
    for one in plan {
        result = match select(link, one.folder).await {
            Ok(true) if link.epoch == epoch && one.size <= LARGEST => fetch(link, &intake, &[one], true).await,
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        if result.is_err() {
            break;
        }
    }
    intake.finish().await?;
    result
}

async fn fetch_plan<S: ImapSession>(
    link: &mut Link<S>,
    intake: &Intake,
    mut plan: VecDeque<MissingBody>,
    pace: &mut Pace,
) -> Result<Plan, EngineError> {
    let mut inbox_seen = Instant::now();
    let epoch = link.epoch;
    while let Some(first) = plan.front().copied() {
        link.still_wanted()?;
        if !intake.is_alive() {
            return Ok(Plan::Exhausted);
        }
        if link.runtime.has_wanted() {
            fetch_wanted(link).await?;
        }
        super::push::push(link).await?;
        if link.news || inbox_seen.elapsed() >= INBOX_EVERY {
            if super::round::look_at_inbox(link).await? > 0 {
                // What just came goes before what is older.
                return Ok(Plan::Outdated);
            }
            link.news = false;
            inbox_seen = Instant::now();
        }
        let there = select(link, first.folder).await?;
        if link.epoch != epoch {
            // UIDs lost their meaning: the plan would put one message's body under another.
            return Ok(Plan::Outdated);
        }
        if !there {
            plan.retain(|one| one.folder != first.folder);
            continue;
        }
        if first.size > LARGEST {
            plan.pop_front();
            link.store(move |store| store.mark_body_failed(first.mail, "too large"))
                .await?;
            continue;
        }
        let runtime = Arc::clone(&link.runtime);
        let batch = take_batch(&mut plan, pace.octets(), |mail| runtime.is_suspect(mail));
        let octets = batch.iter().map(|one| one.size).sum();
        let started = Instant::now();
        fetch(link, intake, &batch, false).await?;
        pace.learn(octets, started.elapsed());
    }
    Ok(Plan::Exhausted)
}

/// How a plan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// Everything in it was asked for.
    Exhausted,
    /// Something happened that another plan must take into account.
    Outdated,
}

/// Opens the folder unless it is open. `false`: the server has it no more, or refuses.
async fn select<S: ImapSession>(link: &mut Link<S>, wanted: FolderId) -> Result<bool, EngineError> {
    if link.selected == Some(wanted) {
        return Ok(true);
    }
    match folder::follow(link, wanted).await {
        Ok(_) => Ok(true),
        Err(error) if super::round::is_about_one_folder(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The next messages of the same folder, within a number of octets and of a command's length. One at least; a suspect alone.
fn take_batch(plan: &mut VecDeque<MissingBody>, octets: u64, is_suspect: impl Fn(MailId) -> bool) -> Vec<MissingBody> {
    let mut batch: Vec<MissingBody> = Vec::new();
    let (mut sum, mut text) = (0, 0);
    while let Some(next) = plan.front().copied() {
        let beside = batch
            .last()
            .is_some_and(|last| last.uid.get().abs_diff(next.uid.get()) == 1);
        // A UID beside the former widens a range; another one takes a number and a comma.
        let length = if beside { 0 } else { 22 };
        let fits = batch.is_empty()
            || (batch[0].folder == next.folder
                && batch.len() < BATCH
                && sum + next.size <= octets
                && next.size <= LARGEST
                && text + length <= COMMAND
                && !is_suspect(batch[0].mail)
                && !is_suspect(next.mail));
        if !fits {
            break;
        }
        (sum, text) = (sum + next.size, text + length);
        batch.push(next);
        plan.pop_front();
    }
    batch
}

/// Fetches messages of the selected folder and hands them over.
async fn fetch<S: ImapSession>(
    link: &mut Link<S>,
    intake: &Intake,
    batch: &[MissingBody],
    urgent: bool,
) -> Result<(), EngineError> {
    let asked: BTreeMap<Uid, MissingBody> = batch.iter().map(|one| (one.uid, *one)).collect();
    let requests: Vec<BodyRequest> = asked
        .values()
        .map(|one| BodyRequest {
            uid: one.uid,
            size: Some(one.size),
        })
        .collect();
    let (sender, receiver) = mpsc::channel(4);
    let core = Arc::clone(&link.core);
    let gather = gather(&core, intake, receiver, &asked, urgent);
    let (report, gathered) = tokio::join!(link.session.fetch_bodies(&requests, sender), gather);
    let refused = gathered?;
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            if matches!(error, WireError::Unreadable { .. }) {
                single_out(link, batch).await?;
            }
            return Err(error.into());
        }
    };
    if let [one] = batch {
        link.runtime.clear_suspect(one.mail);
    }
    link.listen()?;
    let missing = uids_of(&report.missing)
        .filter_map(|uid| asked.get(&uid))
        .map(|one| (one.mail, "not delivered"));
    let failed: Vec<(MailId, &'static str)> = missing
        .chain(refused.into_iter().map(|mail| (mail, "too large")))
        .collect();
    if !failed.is_empty() {
        link.store(move |store| {
            failed
                .iter()
                .try_for_each(|(mail, why)| store.mark_body_failed(*mail, why))
        })
        .await?;
    }
    Ok(())
}

/// An answer that cannot be read ends the connection. So that one message never keeps its folder from coming: those asked
/// for together are asked for one by one on the next connection, and the one that does it alone is given up.
async fn single_out<S: ImapSession>(link: &mut Link<S>, batch: &[MissingBody]) -> Result<(), EngineError> {
    if let [one] = batch {
        let mail = one.mail;
        link.runtime.clear_suspect(mail);
        return link
            .store(move |store| store.mark_body_failed(mail, "unreadable answer"))
            .await;
    }
    link.runtime.suspect(batch.iter().map(|one| one.mail));
    Ok(())
}

/// Puts pieces together and hands whole messages over. Answers those that were too large to keep.
async fn gather(
    core: &crate::core::Core,
    intake: &Intake,
    mut pieces: mpsc::Receiver<BodyPiece>,
    asked: &BTreeMap<Uid, MissingBody>,
    urgent: bool,
) -> Result<Vec<MailId>, EngineError> {
    let mut too_large = Vec::new();
    let mut open: Option<Open> = None;
    while let Some(piece) = pieces.recv().await {
        let Some(one) = asked.get(&piece.uid) else { continue };
        if piece.offset == 0 {
            // A message that was begun and never ended is dropped with its room: it is asked for again.
            drop(open.take());
            if one.size > LARGEST || piece.bytes.len() as u64 > LARGEST {
                too_large.push(one.mail);
                continue;
            }
            let expected = if piece.last { piece.bytes.len() as u64 } else { one.size };
            open = Some(Open {
                uid: piece.uid,
                parts: Parts::None,
                room: intake::room(core, expected).await?,
            });
        }
        let Some(mut current) = open.take().filter(|current| current.uid == piece.uid) else {
            continue;
        };
        if !current.parts.add(piece.offset, piece.bytes) {
            too_large.push(one.mail);
            continue;
        }
        if piece.last {
            let raw = Raw {
                mail: one.mail,
                folder: one.folder,
                octets: current.parts.end(),
                room: current.room,
                urgent,
            };
            if !intake.give(raw) {
                // Dropping the receiver gives the connection up: the store has failed.
                return Ok(too_large);
            }
        } else {
            open = Some(current);
        }
    }
    Ok(too_large)
}

struct Open {
    uid: Uid,
    parts: Parts,
    room: OwnedSemaphorePermit,
}

/// Octets of a message: most come whole and are not copied.
enum Parts {
    None,
    Whole(Bytes),
    Growing(BytesMut),
}

impl Parts {
    /// Adds a piece; `false` when it does not follow the former one, or when there are too many octets.
    fn add(&mut self, offset: u64, bytes: Bytes) -> bool {
        let held = match self {
            Self::None => 0,
            Self::Whole(whole) => whole.len(),
            Self::Growing(growing) => growing.len(),
        };
        if offset != held as u64 || (held + bytes.len()) as u64 > LARGEST {
            return false;
        }
        *self = match std::mem::replace(self, Self::None) {
            Self::None => Self::Whole(bytes),
            Self::Whole(whole) => {
                let mut growing = BytesMut::with_capacity(whole.len() + bytes.len());
                growing.extend_from_slice(&whole);
                growing.extend_from_slice(&bytes);
                Self::Growing(growing)
            }
            Self::Growing(mut growing) => {
                growing.extend_from_slice(&bytes);
                Self::Growing(growing)
            }
        };
        true
    }

    fn end(self) -> Bytes {
        match self {
            Self::None => Bytes::new(),
            Self::Whole(whole) => whole,
            Self::Growing(growing) => growing.freeze(),
        }
    }
}

fn uids_of(set: &UidSet) -> impl Iterator<Item = Uid> + '_ {
    set.ranges()
        .iter()
        .flat_map(|&(first, last)| first..=last)
        .filter_map(Uid::new)
}

/// How much to ask for at once on this line.
#[derive(Debug, Default)]
struct Pace {
    octets: Option<u64>,
}

impl Pace {
    fn octets(&self) -> u64 {
        self.octets.unwrap_or(FIRST_OCTETS)
    }

    /// After so many octets in so much time: moves half-way to what would have taken [`TARGET`].
    fn learn(&mut self, octets: u64, took: Duration) {
        if octets == 0 || took.is_zero() {
            return;
        }
        let ideal = (octets as f64 * TARGET.as_secs_f64() / took.as_secs_f64()).min(MOST_OCTETS as f64) as u64;
        self.octets = Some(self.octets().midpoint(ideal).clamp(LEAST_OCTETS, MOST_OCTETS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(folder: i64, uid: u32, size: u64) -> MissingBody {
        MissingBody {
            mail: MailId::from_raw(i64::from(uid)),
            folder: FolderId::from_raw(folder),
            uid: Uid::new(uid).unwrap(),
            size,
        }
    }

    #[test]
    fn a_batch_stays_in_one_folder_and_within_its_octets_but_holds_one_message_at_least() {
        let mut plan: VecDeque<_> = [
            missing(1, 9, 10_000),
            missing(1, 8, 50),
            missing(1, 7, 60),
            missing(2, 3, 1),
        ]
        .into();
        let sizes: Vec<usize> = std::iter::from_fn(|| {
            let batch = take_batch(&mut plan, 100, |_| false);
            (!batch.is_empty()).then_some(batch.len())
        })
        .collect();
        assert_eq!(sizes, [1, 1, 1, 1]);
        let mut plan: VecDeque<_> = (1..=1200).rev().map(|uid| missing(1, uid, 1)).collect();
        assert_eq!(take_batch(&mut plan, 1 << 20, |_| false).len(), BATCH);
    }

    #[test]
    fn a_suspect_is_asked_for_alone_and_keeps_nobody_waiting() {
        let mut plan: VecDeque<_> = (1..=5).rev().map(|uid| missing(1, uid, 1)).collect();
        let suspect = |mail: MailId| mail.get() == 3;
        let batches: Vec<Vec<u32>> = std::iter::from_fn(|| {
            let batch = take_batch(&mut plan, 1 << 20, suspect);
            (!batch.is_empty()).then(|| batch.iter().map(|one| one.uid.get()).collect())
        })
        .collect();
        assert_eq!(batches, [vec![5, 4], vec![3], vec![2, 1]]);
    }

    #[test]
    fn scattered_uids_keep_a_command_short() {
        let mut plan: VecDeque<_> = (1..=1200).rev().map(|uid| missing(1, uid * 3, 1)).collect();
        let batch = take_batch(&mut plan, 1 << 20, |_| false);
        let set: UidSet = batch.iter().map(|one| one.uid).collect();
        assert!(set.to_string().len() <= COMMAND);
    }

    #[test]
    fn pieces_that_do_not_follow_are_refused() {
        let mut parts = Parts::None;
        assert!(parts.add(0, Bytes::from_static(b"ab")));
        assert!(parts.add(2, Bytes::from_static(b"c")));
        assert!(!parts.add(9, Bytes::from_static(b"d")));
        assert_eq!(parts.end(), Bytes::from_static(b"abc"));
    }

    #[test]
    fn a_slow_line_is_asked_for_less_and_a_fast_one_for_more() {
        let (mut slow, mut fast) = (Pace::default(), Pace::default());
        for _ in 0..20 {
            slow.learn(100_000, Duration::from_secs(10));
            fast.learn(100_000_000, Duration::from_secs(1));
        }
        assert_eq!(slow.octets(), LEAST_OCTETS);
        assert!(fast.octets() > FIRST_OCTETS && fast.octets() <= MOST_OCTETS);
    }
}
