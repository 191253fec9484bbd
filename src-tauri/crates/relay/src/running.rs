//! The intermediary, started and stopped.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::admin;
use crate::app::App;
use crate::config::{Config, Limits};
use crate::error::RelayError;
use crate::files;
use crate::gate;
use crate::listen::{self, Door};
use crate::metrics::Counter;
use crate::proxies::Proxies;
use crate::server_tls::ServerTls;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// Connections to the administrator's address at once.
const WATCHERS: usize = 64;

/// The intermediary.
#[derive(Debug)]
pub struct Relay;

/// What is read from files, and read again.
struct Parts {
    app: Arc<App>,
    tls: Option<Arc<ServerTls>>,
}

impl Parts {
    fn prepare(config: Config) -> Result<Self, RelayError> {
        let tls = ServerTls::of(&config.listen)?.map(Arc::new);
        let app = Arc::new(App::new(config, Timestamp::now)?);
        Ok(Self { app, tls })
    }

    fn reload(&self) -> Result<(), RelayError> {
        let outcome = self
            .tls
            .as_ref()
            .map_or(Ok(()), |tls| tls.reload())
            .and_then(|()| self.app.reload());
        let label = if outcome.is_ok() { "done" } else { "refused" };
        self.app.metrics.count(Counter::Reloads, [label, ""]);
        match &outcome {
            Ok(()) => tracing::info!("certificates, keys and secrets were read anew"),
            Err(error) => tracing::error!(%error, "the files were not read anew: what was known stays in use"),
        }
        outcome
    }

    /// Every file that is read, with what tells when it changes.
    fn marks(&self) -> Vec<Option<(SystemTime, u64)>> {
        let config = self.app.config();
        let optional = [
            &config.listen.certificate,
            &config.listen.key,
            &config.psc.secret_file,
            &config.psc.certificate,
            &config.psc.key_file,
            &config.psc.pkcs12,
            &config.psc.passphrase_file,
            &config.psc.ca,
        ];
        let keys = config.keys.seal.iter().chain(config.keys.sign.files());
        let files: Vec<&PathBuf> = optional.into_iter().flatten().chain(keys).collect();
        files.into_iter().map(|path| files::mark(path)).collect()
    }
}

impl Relay {
    /// Judges settings and everything that they name, as a start would, without listening.
    ///
    /// # Errors
    /// [`RelayError`] names the setting that is wrong.
    pub fn check(config: Config) -> Result<(), RelayError> {
        Parts::prepare(config).map(drop)
    }

    /// Starts with these settings, and returns once it listens. The provider need not be there yet.
    ///
    /// # Errors
    /// [`RelayError`] names the setting that is wrong.
    pub async fn start(config: Config) -> Result<Running, RelayError> {
        let listen = config.listen.clone();
        let parts = Arc::new(Parts::prepare(config)?);
        let (listener, address) = bind("listen.address", listen.address).await?;
        let admin = match listen.admin {
            Some(address) => Some(bind("listen.admin", address).await?),
            None => None,
        };
        let (stopping, stop) = watch::channel(false);
        let app = &parts.app;
        let mut tasks = Vec::new();

        let door = Arc::new(Door {
            tls: parts.tls.clone(),
            limits: app.settings.limits.clone(),
            proxies: app.settings.proxies.clone(),
            metrics: Arc::clone(&app.metrics),
            stop: stop.clone(),
        });
        let (router, answering) = (gate::router(app), Arc::clone(app));
        tasks.push(tokio::spawn(listen::serve(listener, door, move |peer, request| {
            let (router, app) = (router.clone(), Arc::clone(&answering));
            async move { gate::answer(&app, router, peer, request).await }
        })));

        let mut admin_address = None;
        if let Some((listener, address)) = admin {
            admin_address = Some(address);
            let door = Arc::new(Door {
                tls: None,
                limits: Limits {
                    connections: WATCHERS,
                    connections_per_address: WATCHERS,
                    stop_seconds: 1,
                    ..app.settings.limits.clone()
                },
                proxies: Proxies::default(),
                metrics: Arc::clone(&app.metrics),
                stop: stop.clone(),
            });
            let answering = Arc::clone(app);
            tasks.push(tokio::spawn(listen::serve(listener, door, move |_, request| {
                let app = Arc::clone(&answering);
                async move { admin::answer(&app, &request) }
            })));
        }
        let watch = tokio::spawn(watch(Arc::clone(&parts)));
        tracing::info!(%address, issuer = app.settings.issuer, "listening");
        Ok(Running {
            address,
            admin: admin_address,
            parts,
            stopping,
            tasks,
            watch,
        })
    }
}

/// Keeps what is known of the provider fresh, and reads files that were replaced.
async fn watch(parts: Arc<Parts>) {
    let mut marks = parts.marks();
    loop {
        // A failure was written to the log where it happened.
        let _ = parts.app.psc.description().await;
        tokio::time::sleep(LOOK).await;
        let now = parts.marks();
        if now != marks {
            marks = now;
            // Reading files and deriving a key from a passphrase may take a moment.
            let reading = Arc::clone(&parts);
            let _ = tokio::task::spawn_blocking(move || reading.reload()).await;
        }
    }
}

async fn bind(setting: &'static str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), RelayError> {
    let wrong = |source| RelayError::Listen {
        setting,
        address,
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(wrong)?;
    let address = listener.local_addr().map_err(wrong)?;
    Ok((listener, address))
}

/// A running intermediary. It ends when it is stopped, or at once when it is dropped.
pub struct Running {
    address: SocketAddr,
    admin: Option<SocketAddr>,
    parts: Arc<Parts>,
    stopping: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    watch: JoinHandle<()>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where health and metrics are.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// Reads certificates, keys and secrets again; a file that is wrong leaves what was known in use.
    ///
    /// # Errors
    /// [`RelayError`] names the setting that is wrong.
    pub fn reload(&self) -> Result<(), RelayError> {
        self.parts.reload()
    }

    /// Listens no more, lets the requests under way end (for `limits.stop_seconds` at most), then stops.
    pub async fn stop(mut self) {
        tracing::info!("stopping");
        self.stopping.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            let _ = task.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watch.abort();
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("address", &self.address)
            .field("admin", &self.admin)
            .finish_non_exhaustive()
    }
}
