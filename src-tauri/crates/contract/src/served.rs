//! What a host gives so that commands can be answered: the engine of the profile shown, a desktop, and where contents are
//! served.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use pli_engine::{Engine, EngineError, Home, LockReason, Options};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::event::Event;
use crate::failure::{Code, Failure};

/// A future that a trait object can give.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Events kept for a listener that lags.
const EVENTS: usize = 1024;

/// What serves a window: the shell has one, the test host another. Cheap to clone.
///
/// One profile is shown at a time, by one engine; [`Served::engine`] gives the present one. A switch to another profile
/// replaces it, and those who listen to [`Served::events`] follow without asking again.
#[derive(Clone)]
pub struct Served {
    /// The person's desktop: browser and file dialogues.
    pub desktop: Arc<dyn Desktop>,
    /// The origin under which [`crate::content`] is served, without a slash at its end: `pli://localhost` in the shell.
    /// Never the window's own origin.
    pub content_base: String,
    shared: Arc<Shared>,
}

/// What every clone shares.
struct Shared {
    /// How each profile's engine runs.
    options: Options,
    shown: RwLock<Engine>,
    /// One switch at a time.
    switching: tokio::sync::Mutex<()>,
    /// Where events go, until the end.
    events: Mutex<Option<broadcast::Sender<Event>>>,
    /// What carries the present engine's events.
    carrier: Mutex<Option<JoinHandle<()>>>,
}

/// The desktop could not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the desktop could not do it")]
pub struct DesktopFailure;

/// What only the desktop of a person can do. Paths come from its dialogues, never from the window.
pub trait Desktop: Send + Sync {
    /// Opens an `http` or `https` address in the system's browser.
    ///
    /// # Errors
    /// [`DesktopFailure`] when no browser could be started.
    fn open_url(&self, url: &str) -> Result<(), DesktopFailure>;

    /// Asks where to save a file of this name. `None`: the person changed their mind.
    fn choose_save(&self, suggested: &str) -> Waiting<'_, Option<PathBuf>>;

    /// Asks for files to attach. Empty: the person changed their mind.
    fn choose_files(&self) -> Waiting<'_, Vec<PathBuf>>;

    /// Asks for a client certificate's file (PKCS#12). `None`: the person changed their mind.
    fn choose_certificate(&self) -> Waiting<'_, Option<PathBuf>>;

    /// Asks where to save an export of this name: of the journal, of a purge's plan. `None`: the person changed their mind.
    fn choose_export(&self, suggested: &str) -> Waiting<'_, Option<PathBuf>>;

    /// Asks for an export of the journal to check. `None`: the person changed their mind.
    fn choose_exported(&self) -> Waiting<'_, Option<PathBuf>>;

    /// Asks where to write a backup of this name. `None`: the person changed their mind.
    fn choose_backup(&self, suggested: &str) -> Waiting<'_, Option<PathBuf>>;

    /// Asks for a backup to read. `None`: the person changed their mind.
    fn choose_backed_up(&self) -> Waiting<'_, Option<PathBuf>>;

    /// Asks for the folder where backups are written by themselves. `None`: the person changed their mind.
    fn choose_backup_folder(&self) -> Waiting<'_, Option<PathBuf>>;
}

/// What happens in the profile shown, in the contract's words.
pub struct Events(broadcast::Receiver<Event>);

impl Events {
    /// The next event.
    ///
    /// # Errors
    /// `Lagged` when events were missed: everything shown should be asked for again. `Closed` once [`Served::stop`] was
    /// called.
    pub async fn recv(&mut self) -> Result<Event, RecvError> {
        self.0.recv().await
    }
}

impl Served {
    /// Shows this profile first. To be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`EngineError::InUse`] when another process has the profile, [`EngineError::Policy`] when the workstation's policy
    /// cannot be read, [`EngineError::Home`] when the folder cannot be used.
    pub fn start(
        home: Home,
        options: Options,
        desktop: Arc<dyn Desktop>,
        content_base: impl Into<String>,
    ) -> Result<Self, EngineError> {
        let engine = Engine::start(home, options.clone())?;
        let (sender, _) = broadcast::channel(EVENTS);
        let served = Self {
            desktop,
            content_base: content_base.into(),
            shared: Arc::new(Shared {
                options,
                shown: RwLock::new(engine.clone()),
                switching: tokio::sync::Mutex::default(),
                events: Mutex::new(Some(sender)),
                carrier: Mutex::default(),
            }),
        };
        served.carry(&engine);
        Ok(served)
    }

    /// The engine of the profile shown now.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.shared.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The day on this workstation.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        self.shared.options.clock.zoned().date()
    }

    /// Listens to what happens from now on, in the profile shown and in those that follow it.
    #[must_use]
    pub fn events(&self) -> Events {
        let events = self.shared.events.lock().unwrap_or_else(PoisonError::into_inner);
        Events(match &*events {
            Some(sender) => sender.subscribe(),
            // Stopped: a channel whose sender is gone says so.
            None => broadcast::channel(1).1,
        })
    }

    /// Ends everything in order, as [`Engine::stop`] does.
    pub async fn stop(&self) {
        let _turn = self.shared.switching.lock().await;
        self.engine().stop().await;
        self.shared.events.lock().unwrap_or_else(PoisonError::into_inner).take();
        let carrier = self
            .shared
            .carrier
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(carrier) = carrier {
            carrier.abort();
        }
    }

    /// Shows another profile. The one shown is locked and let go; when the other cannot be taken, nothing changes.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a profile that is none, [`Code::InUse`] when another process has it, [`Code::StoreDamaged`]
    /// when its description is damaged.
    pub(crate) async fn switch(&self, profile: &str) -> Result<(), Failure> {
        let _turn = self.shared.switching.lock().await;
        let shown = self.engine();
        let known = pli_engine::profile::profiles(shown.home())?;
        let Some(found) = known.into_iter().find(|one| one.id == profile) else {
            return Err(Failure::new(Code::NotFound));
        };
        if found.current {
            return Ok(());
        }
        if !found.readable {
            return Err(Failure::new(Code::StoreDamaged));
        }
        let options = Options {
            // Whoever comes next proves who they are: a file that opens one profile at the start opens no other.
            starts_locked: true,
            passphrase_file: None,
            ..self.shared.options.clone()
        };
        let next = Engine::start(shown.home().profile(profile)?, options)?;
        if let Err(error) = shown.lock(LockReason::Demand).await {
            // A profile that nothing opens yet has nothing to lock. What follows closes it in any case.
            tracing::info!(%error, "the profile was left without a lock");
        }
        *self.shared.shown.write().unwrap_or_else(PoisonError::into_inner) = next.clone();
        self.carry(&next);
        self.tell(Event::Profile);
        shown.stop().await;
        Ok(())
    }

    /// Which engine is open now; `None` while the profile shown is locked, or when that cannot be known.
    pub(crate) fn unlocked(&self) -> Option<Engine> {
        let engine = self.engine();
        matches!(engine.lock_state(), Ok(None)).then_some(engine)
    }

    /// Whether this engine is the one shown, and not locked: what it answered may be told.
    pub(crate) fn may_tell(&self, engine: &Engine) -> bool {
        self.unlocked().is_some_and(|shown| shown.home() == engine.home())
    }

    /// Carries an engine's events to whoever listens, in place of the one before.
    fn carry(&self, engine: &Engine) {
        let mut from = engine.subscribe();
        let sender = self
            .shared
            .events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(sender) = sender else { return };
        let carrier = tokio::spawn(async move {
            loop {
                let event = match from.recv().await {
                    Ok(event) => Event::from(event),
                    // Some were missed: what is shown is asked for again.
                    Err(RecvError::Lagged(_)) => Event::Accounts,
                    Err(RecvError::Closed) => return,
                };
                // Nobody listening is no error.
                let _ = sender.send(event);
            }
        });
        let before = self
            .shared
            .carrier
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(carrier);
        if let Some(before) = before {
            before.abort();
        }
    }

    /// Tells whoever listens.
    pub(crate) fn tell(&self, event: Event) {
        let events = self.shared.events.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = &*events {
            let _ = sender.send(event);
        }
    }
}
