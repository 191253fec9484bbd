//! What the program around the engine gives it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};

/// The environment variable that names the file holding the passphrase, for scripts.
pub(crate) const PASSPHRASE_FILE: &str = "PLI_PASSPHRASE_FILE";

/// The environment variable that names the policy's file, in development builds.
#[cfg(feature = "local-operator")]
const POLICY: &str = "PLI_POLICY";

/// Opens an `https` (or loopback `http`) address in the person's browser. Answers whether a browser was started.
pub type Browser = dyn Fn(&str) -> bool + Send + Sync;

/// How long « Envoyer » can be undone, unless the program says otherwise.
const UNDO: Duration = Duration::from_secs(10);

/// How an engine runs.
#[derive(Clone)]
pub struct Options {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Opens the system's browser for a login.
    pub browser: Arc<Browser>,
    /// The file that holds the passphrase; it is read at each opening and not kept.
    pub passphrase_file: Option<PathBuf>,
    /// Whether the system's keyring may be used.
    pub keyring: bool,
    /// Whether BALs are followed by themselves (connections kept, IDLE); else only when asked by
    /// [`crate::Engine::sync_now`], for a command that ends.
    pub background: bool,
    /// How long « Envoyer » can be undone: a message leaves no sooner after it.
    pub undo: Duration,
    /// Whether a profile whose key is in the keyring starts locked when it has a PIN or a known person: a window's does, a
    /// command's does with a PIN only.
    pub starts_locked: bool,
    /// The policy's file, in development builds, instead of the workstation's own: the environment's when it names one. It
    /// must be there.
    #[cfg(feature = "local-operator")]
    pub policy: Option<PathBuf>,
    /// The operator of this machine, in development builds: the environment's when it names one. Without, such a build
    /// trusts and does what a production build does.
    #[cfg(feature = "local-operator")]
    pub local: Option<pli_tls::local::LocalOperator>,
}

impl Options {
    /// The workstation's clock, its keyring, a passphrase file when the environment names one, BALs followed.
    #[must_use]
    pub fn new(browser: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self {
            clock: Arc::new(SystemClock),
            browser: Arc::new(browser),
            passphrase_file: std::env::var_os(PASSPHRASE_FILE)
                .filter(|v| !v.is_empty())
                .map(PathBuf::from),
            keyring: true,
            background: true,
            undo: UNDO,
            starts_locked: false,
            #[cfg(feature = "local-operator")]
            policy: std::env::var_os(POLICY).filter(|v| !v.is_empty()).map(PathBuf::from),
            #[cfg(feature = "local-operator")]
            local: pli_tls::local::LocalOperator::from_env().unwrap_or_else(|error| {
                tracing::error!(%error, "the local operator's file is unreadable: IGC-Santé alone is trusted");
                None
            }),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("passphrase_file", &self.passphrase_file)
            .field("keyring", &self.keyring)
            .field("background", &self.background)
            .field("undo", &self.undo)
            .field("starts_locked", &self.starts_locked)
            .finish_non_exhaustive()
    }
}
