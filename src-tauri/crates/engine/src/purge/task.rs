//! A purge while it goes on: its connection, what is tried again, how it stops, and what is found again when the profile
//! opens after a death.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pli_store::{AccountId, PurgeId, PurgeMove, PurgeRecord, PurgeState, PurgeStep};
use pli_wire::imap::{ImapSession, Session};
use tokio::sync::{Notify, watch};

use super::batch::{Round, work};
use super::desk::{Desk, Here, Said};
use super::hands::Hands;
use super::judge::Terms;
use super::model::PurgeScope;
use super::{tell, trace, view};
use crate::connect::open_imap;
use crate::core::{Core, spawn_inside};
use crate::error::{EngineError, PurgeProblem};
use crate::event::Event;
use crate::runtime::Runtime;

/// Messages of one batch: a command names that many UIDs at most, and a death leaves that many to find again.
const BATCH: u32 = 500;

/// How often a purge is tried without getting any further in an engine that follows nothing by itself.
const TRIES: u32 = 4;

/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// How long a server may take to say good-bye.
const GOODBYE: Duration = Duration::from_secs(2);

/// How long a proof of identity that was refused is not shown again.
const LOGIN: Duration = Duration::from_secs(5);

/// The purges that go on in this process.
#[derive(Debug, Default)]
pub(crate) struct Live(Mutex<BTreeMap<PurgeId, Arc<Control>>>);

/// One of them, as seen from outside.
#[derive(Debug)]
struct Control {
    stop: AtomicBool,
    wake: Notify,
    problem: Mutex<Option<Arc<EngineError>>>,
    over: watch::Sender<bool>,
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<PurgeId, Arc<Control>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn control(&self, id: PurgeId) -> Option<Arc<Control>> {
        self.lock().get(&id).cloned()
    }

    /// What a purge of this process met last; none when it does not go on here.
    pub(super) fn problem(&self, id: PurgeId) -> Option<Option<Arc<EngineError>>> {
        self.control(id).map(|control| lock(&control.problem).clone())
    }

    /// Waits until it does not go on here any more.
    pub(super) async fn ended(&self, id: PurgeId) {
        if let Some(control) = self.control(id) {
            let mut over = control.over.subscribe();
            let _ = over.wait_for(|over| *over).await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// To be called once the vault is open: purges that a death or a closing cut go on by themselves where BALs are followed,
/// and schedules begin theirs.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn open(core: &Arc<Core>) -> Result<(), EngineError> {
    if !core.options.background {
        return Ok(());
    }
    let all = core.with_store(|store| store.purges(None)).await?;
    for record in all.into_iter().filter(|record| record.state == PurgeState::Running) {
        launch(core, &record, false);
    }
    core.keep_task(spawn_inside(super::schedule::keep(Arc::clone(core))));
    Ok(())
}

/// Begins a purge, or goes on with it.
pub(super) async fn begin(core: &Arc<Core>, id: PurgeId, by_itself: bool) -> Result<(), EngineError> {
    let record = core.with_store(move |store| store.purge(id)).await.map_err(absent)?;
    if core.purges.control(id).is_some() {
        return Ok(());
    }
    if matches!(record.state, PurgeState::Done | PurgeState::Failed) {
        return Err(EngineError::WrongState("this purge has ended"));
    }
    if let Some(problem) = view::problem(&record.obstacle) {
        return Err(EngineError::Purge(problem));
    }
    let account = record.account;
    let runtime = core.runtime(account).ok_or(EngineError::NotFound("account"))?;
    if !core.identities.has(account, runtime.method) {
        return Err(EngineError::LoginNeeded);
    }
    let count = core.with_store(move |store| store.purge_parts(id)).await?;
    let count: u64 = count
        .iter()
        .filter(|part| !part.step.is_final())
        .map(|part| part.count)
        .sum();
    let what = match (record.started_at, by_itself) {
        (None, true) => "SCHEDULE",
        (None, false) => "START",
        (Some(_), _) => "RESUME",
    };
    trace(core, account, id, what, Some(u32::try_from(count).unwrap_or(u32::MAX))).await?;
    let now = core.now();
    if !core.with_store(move |store| store.begin_purge(id, None, now)).await? {
        return Err(EngineError::Purge(PurgeProblem::UnderWay));
    }
    super::schedule::note_begun(core, account, id).await?;
    launch(core, &record, false);
    tell(core, account, id).await;
    Ok(())
}

/// Stops a purge.
pub(super) async fn stop(core: &Arc<Core>, id: PurgeId) -> Result<(), EngineError> {
    let record = core.with_store(move |store| store.purge(id)).await.map_err(absent)?;
    let control = match core.purges.control(id) {
        Some(control) => control,
        // Nobody's since a death: what it left half-way is taken back.
        None if record.state == PurgeState::Running => launch(core, &record, true),
        None => return Ok(()),
    };
    control.stop.store(true, Ordering::SeqCst);
    control.wake.notify_one();
    trace(core, record.account, id, "STOP", None).await
}

fn absent(error: EngineError) -> EngineError {
    match error {
        EngineError::Store(store) if store.is_not_found() => EngineError::NotFound("purge"),
        other => other,
    }
}

fn launch(core: &Arc<Core>, record: &PurgeRecord, take_back: bool) -> Arc<Control> {
    let control = Arc::new(Control {
        stop: AtomicBool::new(take_back),
        wake: Notify::new(),
        problem: Mutex::default(),
        over: watch::channel(false).0,
    });
    {
        let mut live = core.purges.lock();
        if let Some(known) = live.get(&record.id) {
            return Arc::clone(known);
        }
        live.insert(record.id, Arc::clone(&control));
    }
    let task = spawn_inside(run(Arc::clone(core), record.id, record.account, Arc::clone(&control)));
    core.keep_task(task);
    control
}

/// Leaves the list whatever ends the task, a cut included.
struct Leaving(Arc<Core>, PurgeId, Arc<Control>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.purges.lock().remove(&self.1);
        self.2.over.send_replace(true);
    }
}

async fn run(core: Arc<Core>, id: PurgeId, account: AccountId, control: Arc<Control>) {
    let leaving = Leaving(Arc::clone(&core), id, Arc::clone(&control));
    let mut failures = 0;
    let end = loop {
        let Some(runtime) = core.runtime(account) else {
            break None;
        };
        if core.options.background && !wait_for_login(&core, &runtime, &control).await {
            break None;
        }
        let mut further = false;
        let tried = tokio::select! {
            tried = attempt(&core, &runtime, id, &control, &mut further) => tried,
            () = runtime.gone() => Err(EngineError::Stopped),
        };
        if further {
            failures = 0;
        }
        let error = match tried {
            Ok(state) => break Some((state, None)),
            Err(error) => error,
        };
        if matches!(
            error.root(),
            EngineError::Stopped | EngineError::Locked | EngineError::VaultLocked
        ) {
            break None;
        }
        tracing::info!(purge = id.get(), %error, "a purge stopped");
        let error = Arc::new(error);
        *lock(&control.problem) = Some(Arc::clone(&error));
        tell(&core, account, id).await;
        let stopped = control.stop.load(Ordering::SeqCst);
        if error.needs_login() {
            if stopped || !core.options.background {
                break Some((PurgeState::Running, Some(error)));
            }
            // Nobody is there, or this very proof was refused: another one is not shown at once.
            tokio::select! {
                () = tokio::time::sleep(LOGIN) => {}
                () = control.wake.notified() => {}
                () = core.closed() => break None,
            }
            continue;
        }
        if !error.is_transient() {
            break Some((PurgeState::Failed, Some(error)));
        }
        failures += 1;
        if failures >= TRIES && (stopped || !core.options.background) {
            break Some((PurgeState::Running, Some(error)));
        }
        let wait = Duration::from_secs(1 << failures.min(9)).min(LONGEST_WAIT) / 2;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = control.wake.notified() => {}
            () = core.closed() => break None,
        }
    };
    if let Some((state, error)) = end {
        settle(&core, id, account, state, error).await;
    }
    drop(leaving);
    tell(&core, account, id).await;
    core.emit(Event::Accounts);
}

/// Waits until somebody is logged in, or wants it stopped; false once the profile closes.
async fn wait_for_login(core: &Arc<Core>, runtime: &Runtime, control: &Control) -> bool {
    let mut events = core.subscribe();
    while !core.identities.has(runtime.account, runtime.method) && !control.stop.load(Ordering::SeqCst) {
        tokio::select! {
            // A listener that lags looks again, as one that hears.
            _ = events.recv() => {}
            () = control.wake.notified() => {}
            () = core.closed() => return false,
        }
    }
    !core.is_closing()
}

/// One connection of a purge.
async fn attempt(
    core: &Arc<Core>,
    runtime: &Arc<Runtime>,
    id: PurgeId,
    control: &Control,
    further: &mut bool,
) -> Result<PurgeState, EngineError> {
    let account = runtime.account;
    let desk = Here {
        core: Arc::clone(core),
        runtime: Arc::clone(runtime),
        account,
        purge: id,
        bal: core.blocking(move |core| Ok(core.bal(account))).await?,
    };
    desk.may_go_on()?;
    let record = desk.store(move |store| store.purge(id)).await?;
    let mut session = tokio::select! {
        opened = open_imap(core, account) => opened?,
        () = core.closed() => return Err(EngineError::Stopped),
    };
    let used = used(&mut session).await;
    let now = core.now();
    desk.store(move |store| store.begin_purge(id, used, now)).await?;
    let ended = folders(core, &mut session, &desk, &record, control, further).await;
    if matches!(ended, Ok(PurgeState::Done | PurgeState::Stopped)) {
        let used = self::used(&mut session).await;
        let state = *ended.as_ref().unwrap_or(&PurgeState::Stopped);
        let now = core.now();
        desk.store(move |store| store.end_purge(id, state, "", used, now))
            .await?;
    }
    if session.is_usable() {
        let _ = tokio::time::timeout(GOODBYE, session.logout()).await;
    }
    ended
}

async fn folders(
    core: &Arc<Core>,
    session: &mut Session,
    desk: &Here,
    record: &PurgeRecord,
    control: &Control,
    further: &mut bool,
) -> Result<PurgeState, EngineError> {
    let id = record.id;
    let scope: Option<PurgeScope> = serde_json::from_str(&record.scope).ok();
    let terms = Terms {
        keep_local: record.keep_local,
        chosen: matches!(scope, Some(PurgeScope::Chosen(_))),
    };
    let mut round = Round::new(id, terms, record.journal_from, false);
    for folder in desk.store(move |store| store.purge_folders(id, true)).await? {
        let known = folder.folder;
        let mut hands = Hands::open(session, folder).await?;
        loop {
            desk.may_go_on()?;
            let batch = desk.store(move |store| store.purge_batch(id, known, BATCH)).await?;
            let begun = batch.iter().any(|mail| mail.step != PurgeStep::Planned);
            round.take_back = control.stop.load(Ordering::SeqCst);
            if batch.is_empty() || (round.take_back && !begun) {
                break;
            }
            work(&mut hands, desk, &mut round, batch).await?;
            *further = true;
            lock(&control.problem).take();
            tell(core, record.account, id).await;
            core.emit(Event::Messages {
                account: record.account,
                folder: known,
                new: 0,
            });
        }
    }
    Ok(if control.stop.load(Ordering::SeqCst) {
        let open = desk.store(move |store| store.purge_folders(id, true)).await?;
        if open.is_empty() {
            PurgeState::Done
        } else {
            PurgeState::Stopped
        }
    } else {
        PurgeState::Done
    })
}

/// Octets used, where the operator tells it: what a purge has freed is the difference.
async fn used(session: &mut Session) -> Option<u64> {
    if !session.is_usable() || !session.capabilities().quota() {
        return None;
    }
    let told = session.quota().await.ok().flatten();
    session.drain();
    told?.roots.iter().find_map(|root| root.storage).map(|room| room.used)
}

/// The last state of a purge that goes on no more in this process.
async fn settle(core: &Arc<Core>, id: PurgeId, account: AccountId, state: PurgeState, error: Option<Arc<EngineError>>) {
    let settled = async {
        let problem = error.as_deref().map(view::remember).unwrap_or_default();
        let now = core.now();
        core.with_store(move |store| store.end_purge(id, state, &problem, None, now))
            .await?;
        if state == PurgeState::Failed {
            close_open(core, id, account).await?;
        }
        let what = match state {
            PurgeState::Done => "DONE",
            PurgeState::Failed => "FAILED",
            _ => "PAUSED",
        };
        trace(core, account, id, what, None).await?;
        super::schedule::note_ended(core, account, id).await
    };
    if let Err(error) = settled.await {
        tracing::warn!(%error, "the end of a purge could not be noted");
    }
    if core.options.background
        && let Some(runtime) = core.runtime(account)
    {
        // The room that is free now is told at once.
        runtime.ask();
    }
}

/// What was begun and will have no answer any more: the folder is another one, or the server takes nothing back.
async fn close_open(core: &Arc<Core>, id: PurgeId, account: AccountId) -> Result<(), EngineError> {
    let Some(runtime) = core.runtime(account) else {
        return Ok(());
    };
    let desk = Here {
        core: Arc::clone(core),
        runtime,
        account,
        purge: id,
        bal: core.blocking(move |core| Ok(core.bal(account))).await?,
    };
    let record = desk.store(move |store| store.purge(id)).await?;
    for folder in desk.store(move |store| store.purge_folders(id, true)).await? {
        let known = folder.folder;
        loop {
            let batch = desk.store(move |store| store.purge_batch(id, known, BATCH)).await?;
            let begun: Vec<_> = batch
                .into_iter()
                .filter(|mail| mail.step != PurgeStep::Planned)
                .collect();
            if begun.is_empty() {
                break;
            }
            let exchanges = begun.iter().filter_map(|mail| mail.exchange).collect();
            let written = desk.written_since(record.journal_from.unwrap_or(0), exchanges).await?;
            let moves: Vec<_> = begun.iter().map(|mail| (mail.id, PurgeMove::Back)).collect();
            let told = begun
                .into_iter()
                .filter(|mail| {
                    let own = mail.exchange.filter(|own| written.intended.contains(own));
                    own.is_some_and(|own| !written.ended.contains_key(&own))
                })
                .map(|mail| (mail, Said::Lost))
                .collect();
            desk.write(&folder, told).await?;
            desk.store(move |store| store.move_purge(&moves)).await?;
        }
    }
    Ok(())
}
