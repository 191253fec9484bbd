//! What a host gives so that commands can be answered: the engine, a desktop, and where contents are served.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use pli_engine::Engine;
use tokio::sync::broadcast::error::RecvError;

use crate::event::Event;

/// A future that a trait object can give.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What serves a window: the shell has one, the test host another, over the same engine.
#[derive(Clone)]
pub struct Served {
    /// The engine.
    pub engine: Engine,
    /// The person's desktop: browser and file dialogues.
    pub desktop: Arc<dyn Desktop>,
    /// The origin under which [`crate::content`] is served, without a slash at its end: `pli://localhost` in the shell.
    /// Never the window's own origin.
    pub content_base: String,
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
}

/// What happens in the engine, in the contract's words.
pub struct Events(pub(crate) tokio::sync::broadcast::Receiver<pli_engine::Event>);

impl Events {
    /// The next event.
    ///
    /// # Errors
    /// `Lagged` when events were missed: everything shown should be asked for again. `Closed` when the engine has stopped.
    pub async fn recv(&mut self) -> Result<Event, RecvError> {
        self.0.recv().await.map(Event::from)
    }
}

impl Served {
    /// Listens to what happens from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        Events(self.engine.subscribe())
    }
}
