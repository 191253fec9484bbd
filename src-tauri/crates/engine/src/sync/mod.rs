//! Following a BAL: one task each, a straight line — connect, do what is due, wait for news, start again. Any error ends
//! the connection; what was committed stays, and the next connection goes on from there.

pub(crate) mod backoff;
mod bodies;
mod folder;
mod headers;
mod intake;
pub(crate) mod link;
mod push;
mod round;
pub(crate) mod rows;

use std::sync::Arc;
use std::time::{Duration, Instant};

use pli_store::{AccountId, AuthMethod, FolderRole};
use pli_wire::imap::{IdleEnd, ImapSession};

use crate::Engine;
use crate::certificates;
use crate::connect::open_imap;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::{Event, SessionState};
use crate::handling::exchange as handling;
use crate::runtime::Runtime;

use backoff::{Backoff, LoginPace};

pub(crate) use folder::follow;
pub(crate) use link::Link;
pub(crate) use round::is_about_one_folder;

/// One IDLE lasts so long; then everything is looked at again (RFC 2177 allows 29 minutes; middleboxes do not).
const IDLE: Duration = Duration::from_secs(5 * 60);

/// How often a server without IDLE is asked.
const POLL: Duration = Duration::from_secs(60);

/// A whole round at least so often, however much news the inbox gives.
const WHOLE: Duration = Duration::from_secs(10 * 60);

/// Octets of living messages that one tidying moves at most.
const TIDIED: u64 = 64 * 1024 * 1024;

/// A failure that time alone does not heal is tried again so seldom.
const HOPELESS: Duration = Duration::from_secs(5 * 60);

/// How long a BAL that goes away may take to end what it is at.
const GRACE: Duration = Duration::from_secs(3);

/// How long a server may take to say good-bye.
const GOODBYE: Duration = Duration::from_secs(2);

impl Engine {
    /// Asks for a sync, of one BAL or of all, and returns at once: events tell the rest.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::NotFound`].
    pub fn sync_now(&self, account: Option<AccountId>) -> Result<(), EngineError> {
        let asked = self.asked(account)?;
        if self.lacks_certificate(&asked) {
            let core = Arc::clone(&self.core);
            tokio::spawn(async move { certificates::load_missing(&core).await });
        }
        for runtime in asked {
            runtime.ask();
        }
        Ok(())
    }

    /// Syncs one BAL or all, bodies included, and waits for the end.
    ///
    /// # Errors
    /// The first that stopped one of them; the others go on to their end.
    pub async fn sync_and_wait(&self, account: Option<AccountId>) -> Result<(), EngineError> {
        let asked = self.asked(account)?;
        if self.lacks_certificate(&asked) {
            certificates::load_missing(&self.core).await;
        }
        let asked: Vec<_> = asked.into_iter().map(|runtime| (runtime.ask(), runtime)).collect();
        let mut outcome = Ok(());
        for (number, runtime) in asked {
            let ended = runtime.wait_round(number).await;
            outcome = outcome.and(ended);
        }
        outcome
    }

    /// Whether one of these is opened by a certificate that a logout wiped: who asks for its mail wants it back.
    fn lacks_certificate(&self, runtimes: &[Arc<Runtime>]) -> bool {
        runtimes.iter().any(|runtime| {
            let (account, method) = (runtime.account, runtime.method);
            method == AuthMethod::Certificate && !self.core.identities.has(account, method)
        })
    }

    fn asked(&self, account: Option<AccountId>) -> Result<Vec<Arc<Runtime>>, EngineError> {
        self.core.opened()?;
        match account {
            Some(account) => Ok(vec![
                self.core.runtime(account).ok_or(EngineError::NotFound("account"))?,
            ]),
            None => Ok(self.core.runtimes().values().cloned().collect()),
        }
    }
}

/// Starts the task of every BAL.
pub(crate) async fn start_all(core: &Arc<Core>) -> Result<(), EngineError> {
    let accounts = core.with_store(|store| store.accounts()).await?;
    for account in accounts {
        start_one(core, account.id, account.settings.auth);
    }
    Ok(())
}

/// Starts the task of one BAL.
pub(crate) fn start_one(core: &Arc<Core>, account: AccountId, method: AuthMethod) {
    let runtime = Arc::new(Runtime::new(account, method));
    core.runtimes().insert(account, Arc::clone(&runtime));
    let task = crate::core::spawn_inside(run(Arc::clone(core), Arc::clone(&runtime)));
    core.keep_task(task);
}

async fn run(core: Arc<Core>, runtime: Arc<Runtime>) {
    let mut backoff = Backoff::default();
    let mut pace = LoginPace::default();
    let origin = Instant::now();
    while !is_ending(&core, &runtime) {
        if !core.identities.has(runtime.account, runtime.method) {
            logged_out(&core, &runtime);
            runtime.wake.notified().await;
            continue;
        }
        if !core.options.background && !runtime.is_asked() && !runtime.has_wanted() {
            runtime.wake.notified().await;
            continue;
        }
        let now = milliseconds(origin);
        let wait = pace.wait(now);
        // Who asks for each sync by hand makes no loop.
        if core.options.background && !wait.is_zero() {
            pause(&core, &runtime, wait, false).await;
            continue;
        }
        let ended = tokio::select! {
            ended = connected(&core, &runtime, &mut backoff, || pace.note(now)) => ended,
            () = too_late(&core, &runtime) => Err(EngineError::Stopped),
        };
        match ended {
            Ok(()) | Err(EngineError::Stopped) => {}
            Err(error) => {
                let wait = failed(&core, &runtime, error, &mut backoff);
                pause(&core, &runtime, wait, true).await;
            }
        }
    }
    runtime.answer(runtime.asked(), Some(Arc::new(EngineError::Stopped)));
    runtime.say_ended();
}

/// A BAL that goes away, or whose person's session ended, may end what it is at, not wait for a server that thinks: what is
/// lost is asked for again, and no connection outlives its session (ECO.1.2.6).
async fn too_late(core: &Core, runtime: &Runtime) {
    tokio::select! {
        () = runtime.gone() => {}
        () = core.identities.lost(runtime.account, runtime.method) => {}
    }
    tokio::time::sleep(GRACE).await;
}

fn is_ending(core: &Core, runtime: &Runtime) -> bool {
    core.is_stopping() || runtime.is_removed()
}

fn milliseconds(origin: Instant) -> u64 {
    u64::try_from(origin.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn logged_out(core: &Core, runtime: &Runtime) {
    show(core, runtime, SessionState::LoggedOut);
    if runtime.is_asked() {
        runtime.answer(runtime.asked(), Some(Arc::new(EngineError::LoginNeeded)));
    }
}

fn show(core: &Core, runtime: &Runtime, session: SessionState) {
    let changed = runtime.update(|state| {
        state.session = session;
        if session != SessionState::Online {
            state.syncing = false;
        }
    });
    if changed {
        core.emit(Event::Session {
            account: runtime.account,
            state: session,
        });
    }
}

/// Notes what ended a connection; answers how long to wait before the next.
fn failed(core: &Core, runtime: &Runtime, error: EngineError, backoff: &mut Backoff) -> Duration {
    tracing::info!(account = runtime.account.get(), %error, "a sync stopped");
    let wait = if error.is_transient() {
        backoff.next(random())
    } else {
        HOPELESS
    };
    let error = Arc::new(error);
    let state = if error.needs_login() {
        SessionState::LoggedOut
    } else {
        SessionState::Offline
    };
    runtime.update(|state| state.problem = Some(Arc::clone(&error)));
    show(core, runtime, state);
    core.emit(Event::Accounts);
    runtime.answer(runtime.asked(), Some(error));
    wait
}

fn random() -> u32 {
    // Without randomness the wait is merely the same for all.
    getrandom::u32().unwrap_or(u32::MAX)
}

/// Waits, unless the BAL goes away, somebody logs in or out, a sync is asked for, or the workstation wakes up.
async fn pause(core: &Core, runtime: &Runtime, wait: Duration, until_asked: bool) {
    let until = tokio::time::Instant::now() + wait;
    let mut resumed = core.watch_resumed();
    loop {
        let had = core.identities.has(runtime.account, runtime.method);
        tokio::select! {
            () = tokio::time::sleep_until(until) => return,
            _ = resumed.changed() => return,
            () = runtime.wake.notified() => {}
        }
        let asked = until_asked && (runtime.is_asked() || runtime.has_wanted() || runtime.take_login());
        if asked || is_ending(core, runtime) || had != core.identities.has(runtime.account, runtime.method) {
            return;
        }
    }
}

/// One connection, from its opening to its end.
async fn connected(
    core: &Arc<Core>,
    runtime: &Arc<Runtime>,
    backoff: &mut Backoff,
    note: impl FnOnce(),
) -> Result<(), EngineError> {
    show(core, runtime, SessionState::Connecting);
    runtime.take_login();
    let session = open_imap(core, runtime.account).await?;
    note();
    show(core, runtime, SessionState::Online);
    let (account, now) = (runtime.account, core.now());
    core.with_store(move |store| store.note_opened(account, now)).await?;
    core.outbox_wake.notify_one();
    let mut link = Link::new(Arc::clone(core), Arc::clone(runtime), session);
    let ended = drive(&mut link, backoff).await;
    runtime.update(|state| state.syncing = false);
    if link.session.is_usable() && !matches!(ended, Ok(Ending::Resumed)) {
        let _ = tokio::time::timeout(GOODBYE, link.session.logout()).await;
    }
    ended.map(drop)
}

/// Why a connection ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Everything asked for is done.
    Done,
    /// The workstation was suspended: the connection is dead, whatever it looks like.
    Resumed,
}

async fn drive<S: ImapSession>(link: &mut Link<S>, backoff: &mut Backoff) -> Result<Ending, EngineError> {
    let mut last_whole: Option<Instant> = None;
    loop {
        link.still_wanted()?;
        let asked = link.runtime.asked();
        let whole = link.runtime.is_asked() || round::is_due(last_whole, WHOLE);
        link.runtime.update(|state| state.syncing = true);
        if whole {
            round::whole(link).await?;
            last_whole = Some(Instant::now());
        } else {
            round::light(link).await?;
        }
        let now = link.core.now();
        let had_problem = link.runtime.state().problem.is_some();
        link.runtime.update(|state| {
            state.syncing = false;
            state.synced_at = Some(now);
            state.problem = None;
        });
        backoff.reset();
        if whole {
            link.runtime.answer(asked, None);
        }
        if whole || had_problem {
            link.core.emit(Event::Accounts);
        }
        if link.core.options.background && link.core.is_time_to_tidy() {
            tidy(link).await?;
        }
        let busy = link.runtime.is_asked() || link.runtime.has_wanted();
        if !link.core.options.background && !busy {
            return Ok(Ending::Done);
        }
        match wait(link).await? {
            Waited::News => {}
            Waited::Elapsed => last_whole = None,
            Waited::Resumed => return Ok(Ending::Resumed),
        }
    }
}

/// Gives back what heavy work took: the write-ahead log is folded, the disk of removed messages freed, caches emptied.
async fn tidy<S: ImapSession>(link: &Link<S>) -> Result<(), EngineError> {
    link.store(|store| {
        store.checkpoint()?;
        store.compact(TIDIED)?;
        store.relax()
    })
    .await
}

/// Why waiting ended.
enum Waited {
    /// Something to do: news of the inbox, or something asked for here.
    News,
    /// The time is up: everything is looked at.
    Elapsed,
    /// The workstation was suspended.
    Resumed,
}

/// Waits for news of the inbox, or for something to do here.
async fn wait<S: ImapSession>(link: &mut Link<S>) -> Result<Waited, EngineError> {
    let account = link.account();
    let inbox = link
        .store(move |store| store.folder_by_role(account, FolderRole::Inbox))
        .await?;
    if let Some(inbox) = inbox.filter(|inbox| link.selected != Some(inbox.id)) {
        let followed = folder::follow(link, inbox.id).await?;
        handling::read(link).await?;
        if followed.new > 0 {
            return Ok(Waited::News);
        }
    }
    if link.news || link.runtime.is_asked() || link.runtime.has_wanted() {
        return Ok(Waited::News);
    }
    let runtime = Arc::clone(&link.runtime);
    let mut resumed = link.core.watch_resumed();
    if link.session.capabilities().idle() && link.selected.is_some() {
        let ended = tokio::select! {
            ended = link.session.idle(IDLE, &runtime.wake) => ended?,
            _ = resumed.changed() => return Ok(Waited::Resumed),
        };
        link.listen()?;
        return Ok(if ended == IdleEnd::Elapsed {
            Waited::Elapsed
        } else {
            Waited::News
        });
    }
    tokio::select! {
        () = tokio::time::sleep(POLL) => {}
        () = runtime.wake.notified() => return Ok(Waited::News),
        _ = resumed.changed() => return Ok(Waited::Resumed),
    }
    link.session.noop().await?;
    link.listen()?;
    Ok(Waited::News)
}
