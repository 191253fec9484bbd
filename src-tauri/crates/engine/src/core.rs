//! What every use case shares: the profile, what the vault opens, the identities in memory, the running BALs, the events.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::{Timestamp, Zoned};
use pli_store::{AccountId, DerivedKey, MailId, Store, StoreError};
use pli_trace::Journal;
use tokio::sync::{Notify, Semaphore, broadcast, watch};
use tokio::task::JoinHandle;

use crate::audit::Owed;
use crate::clock_truth::ClockTruth;
use crate::connect::Reach;
use crate::error::EngineError;
use crate::event::Event;
use crate::home::Home;
use crate::identities::Identities;
use crate::lock::Lock;
use crate::login::Logins;
use crate::options::Options;
use crate::outbox::Outbox;
use crate::policy::Policy;
use crate::profile::ProfileFile;
use crate::quota::Patience;
use crate::runtime::Runtime;
use crate::vault::KeyringWord;

/// Events kept for a listener that lags.
const EVENTS: usize = 1024;

/// How long the tasks of the vault may take to end by themselves.
const ENDING: Duration = Duration::from_secs(5);

/// Octets of messages on their way between network and store, for all BALs together: what bounds memory in a first sync.
pub(crate) const BODY_ROOM: usize = 16 * 1024 * 1024;

/// The engine's shared heart. One for each profile; tasks hold it by `Arc`.
pub(crate) struct Core {
    pub(crate) home: Home,
    pub(crate) options: Options,
    /// What the workstation fixes.
    pub(crate) policy: Policy,
    /// Whose profile this is, and how it locks.
    pub(crate) profile: ProfileFile,
    /// Whether it is locked, and since when nobody acts.
    pub(crate) lock: Lock,
    /// How servers are reached: TLS, revocation, resolver.
    pub(crate) reach: Reach,
    /// Identities in memory: never on disk (ECO.1.2.5).
    pub(crate) identities: Identities,
    /// Logins under way.
    pub(crate) logins: Logins,
    /// One opening or closing of the vault at a time.
    pub(crate) opening: tokio::sync::Mutex<()>,
    /// Traces that the journal refused: they are written before anything else reaches a server.
    pub(crate) owed: Owed,
    /// What is known of the workstation's clock.
    pub(crate) clock_truth: ClockTruth,
    /// What the outbox remembers while the engine runs.
    pub(crate) outbox: Outbox,
    /// The purges that go on.
    pub(crate) purges: crate::purge::Live,
    /// What is remembered of quotas while the engine runs.
    pub(crate) quota: Patience,
    /// Messages whose opening is in the journal of this run: what is shown of them later belongs to it.
    shown: Mutex<BTreeSet<MailId>>,
    /// Room for bodies in flight, in KiB.
    pub(crate) body_room: Arc<Semaphore>,
    /// Wakes the outbox: something was queued, a login came, the network came back.
    pub(crate) outbox_wake: Notify,
    /// Wakes whoever removes what has reached its end from the journal: how long it is kept changed.
    pub(crate) journal_wake: Notify,
    events: broadcast::Sender<Event>,
    opened: RwLock<Option<Opened>>,
    runtimes: Mutex<BTreeMap<AccountId, Arc<Runtime>>>,
    stopping: watch::Sender<bool>,
    /// Set from the moment the vault begins to close until it opens again: only what ends may still work with the store.
    closing: AtomicBool,
    /// Grows each time the vault closes: its tasks end.
    closings: watch::Sender<u64>,
    /// Grows each time the workstation wakes up from a suspend.
    resumptions: watch::Sender<u64>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    keyring: Mutex<KeyringWord>,
    looked: AtomicBool,
    tidied: Mutex<Option<Instant>>,
    /// The profile's lock, until the engine stops.
    held: Mutex<Option<File>>,
}

/// What the vault's key opens.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) store: Arc<Store>,
    pub(crate) journal: Arc<Journal>,
    /// What a session is sealed with while the profile is locked.
    pub(crate) session_key: Arc<DerivedKey>,
    /// What folders are called by in traces.
    pub(crate) folder_key: Arc<DerivedKey>,
}

/// What a profile is before anything of it is opened.
pub(crate) struct Ground {
    pub(crate) home: Home,
    pub(crate) options: Options,
    pub(crate) policy: Policy,
    pub(crate) profile: ProfileFile,
    pub(crate) lock: Lock,
    pub(crate) reach: Reach,
    pub(crate) held: File,
}

tokio::task_local! {
    /// Set in the tasks of the open vault: they may end what they began while it closes.
    static INSIDE: ();
}

/// How often the store is tidied, at most.
const TIDY: Duration = Duration::from_secs(10 * 60);

impl Core {
    /// Whether the store is to be tidied now; whoever is told so does it.
    pub(crate) fn is_time_to_tidy(&self) -> bool {
        let mut tidied = self.tidied.lock().unwrap_or_else(PoisonError::into_inner);
        let due = tidied.is_none_or(|last| last.elapsed() >= TIDY);
        if due {
            *tidied = Some(Instant::now());
        }
        due
    }

    pub(crate) fn new(ground: Ground) -> Self {
        let Ground {
            home,
            options,
            policy,
            profile,
            lock,
            reach,
            held,
        } = ground;
        let clock_truth = ClockTruth::new(Arc::clone(&options.clock));
        Self {
            home,
            options,
            clock_truth,
            policy,
            profile,
            lock,
            reach,
            identities: Identities::default(),
            logins: Logins::default(),
            opening: tokio::sync::Mutex::default(),
            owed: Owed::default(),
            outbox: Outbox::default(),
            purges: crate::purge::Live::default(),
            quota: Patience::default(),
            shown: Mutex::default(),
            body_room: Arc::new(Semaphore::new(BODY_ROOM / 1024)),
            outbox_wake: Notify::new(),
            journal_wake: Notify::new(),
            events: broadcast::channel(EVENTS).0,
            opened: RwLock::new(None),
            runtimes: Mutex::new(BTreeMap::new()),
            stopping: watch::channel(false).0,
            closing: AtomicBool::new(false),
            closings: watch::channel(0).0,
            resumptions: watch::channel(0).0,
            tasks: Mutex::default(),
            keyring: Mutex::default(),
            looked: AtomicBool::new(false),
            tidied: Mutex::default(),
            held: Mutex::new(Some(held)),
        }
    }

    /// The time, for what is written down.
    pub(crate) fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    /// The local time with its offset, for traces and for what people read.
    pub(crate) fn zoned(&self) -> Zoned {
        self.options.clock.zoned()
    }

    /// Messages whose opening is in the journal of this run.
    pub(crate) fn shown(&self) -> MutexGuard<'_, BTreeSet<MailId>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever listens; nobody listening is no error.
    pub(crate) fn emit(&self, event: Event) {
        let _ = self.events.send(event);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// The store and the journal. While the vault closes, only its own tasks still have them.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`]; [`EngineError::Locked`] while the profile is locked.
    pub(crate) fn opened(&self) -> Result<Opened, EngineError> {
        let open = !self.closing.load(Ordering::SeqCst) || is_inside();
        let opened = if open {
            self.opened.read().unwrap_or_else(PoisonError::into_inner).clone()
        } else {
            None
        };
        opened.ok_or_else(|| {
            if self.lock.is_locked() {
                EngineError::Locked
            } else {
                EngineError::VaultLocked
            }
        })
    }

    /// Whether nothing new is to be begun: the engine stops, or the vault closes.
    pub(crate) fn is_closing(&self) -> bool {
        self.is_stopping() || self.closing.load(Ordering::SeqCst)
    }

    /// From now on the store is given to what ends only.
    pub(crate) fn begin_closing(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }

    /// Takes the store and the journal away from everybody.
    pub(crate) fn take_opened(&self) -> Option<Opened> {
        self.opened.write().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The store. Its calls block: see [`Core::with_store`].
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`].
    pub(crate) fn store(&self) -> Result<Arc<Store>, EngineError> {
        Ok(self.opened()?.store)
    }

    /// The journal. Its calls block too.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`].
    pub(crate) fn journal(&self) -> Result<Arc<Journal>, EngineError> {
        Ok(self.opened()?.journal)
    }

    /// What the pseudonyms of folders are made with.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`].
    pub(crate) fn folder_key(&self) -> Result<Arc<DerivedKey>, EngineError> {
        Ok(self.opened()?.folder_key)
    }

    pub(crate) fn set_opened(&self, opened: Opened) {
        *self.opened.write().unwrap_or_else(PoisonError::into_inner) = Some(opened);
        self.closing.store(false, Ordering::SeqCst);
    }

    /// Works with the store on a thread that may block.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], or what the store answers.
    pub(crate) async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let store = self.store()?;
        Ok(tokio::task::spawn_blocking(move || work(&store)).await??)
    }

    /// Works on a thread that may block: reading files, parsing, hashing.
    ///
    /// # Errors
    /// What `work` answers.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Self>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let core = Arc::clone(self);
        spawn_blocking(move || work(&core)).await?
    }

    pub(crate) fn runtimes(&self) -> MutexGuard<'_, BTreeMap<AccountId, Arc<Runtime>>> {
        self.runtimes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The running BAL of this number; `None` while the vault is closed or after it was removed.
    pub(crate) fn runtime(&self, account: AccountId) -> Option<Arc<Runtime>> {
        self.runtimes().get(&account).cloned()
    }

    /// Resolves once the engine stops.
    pub(crate) async fn stopped(&self) {
        let mut watch = self.stopping.subscribe();
        // An error means that the sender is gone, which is stopping too.
        let _ = watch.wait_for(|stopping| *stopping).await;
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Gives the profile back to other processes: nothing of it is touched any more.
    pub(crate) fn release(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(crate) fn begin_stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Wakes every BAL: somebody logged in or out.
    pub(crate) fn wake_all(&self) {
        for runtime in self.runtimes().values() {
            runtime.note_login();
        }
        self.outbox_wake.notify_one();
    }

    /// Resolves once the vault closes or the engine stops.
    pub(crate) fn closed(&self) -> impl Future<Output = ()> + Send + '_ {
        let mut closings = self.closings.subscribe();
        async move {
            // What began to close before this call is not told again.
            if self.is_closing() {
                return;
            }
            tokio::select! {
                _ = closings.changed() => {}
                () = self.stopped() => {}
            }
        }
    }

    pub(crate) fn begin_close(&self) {
        self.closings.send_modify(|count| *count += 1);
    }

    /// The workstation woke up: every connection is dead, whatever it looks like.
    pub(crate) fn resumed(&self) {
        tracing::info!("the workstation was suspended: connections are made again");
        self.resumptions.send_modify(|count| *count += 1);
        self.outbox_wake.notify_one();
    }

    pub(crate) fn watch_resumed(&self) -> watch::Receiver<u64> {
        self.resumptions.subscribe()
    }

    /// A task that ends with the vault.
    pub(crate) fn keep_task(&self, task: JoinHandle<()>) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Waits for the tasks of the vault to end by themselves; one that does not is cut.
    pub(crate) async fn end_tasks(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let until = tokio::time::Instant::now() + ENDING;
        for mut task in tasks {
            if tokio::time::timeout_at(until, &mut task).await.is_err() {
                task.abort();
                let _ = task.await;
            }
        }
    }

    pub(crate) fn keyring_word(&self) -> KeyringWord {
        *self.keyring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note_keyring(&self, word: KeyringWord) {
        *self.keyring.lock().unwrap_or_else(PoisonError::into_inner) = word;
    }

    /// Whether this is the first time that somebody asks.
    pub(crate) fn first_look(&self) -> bool {
        !self.looked.swap(true, Ordering::SeqCst)
    }
}

/// A task of the open vault: while the vault closes, it still has the store to end what it began.
pub(crate) fn spawn_inside(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(INSIDE.scope((), task))
}

/// Work on a thread that may block, for whom the vault is as open as for the task that asks.
pub(crate) fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let inside = is_inside();
    tokio::task::spawn_blocking(move || if inside { INSIDE.sync_scope((), work) } else { work() })
}

fn is_inside() -> bool {
    INSIDE.try_with(|()| ()).is_ok()
}
