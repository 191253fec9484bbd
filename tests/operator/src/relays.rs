//! The intermediary before the identity provider (crate `pli-relay`), one instance or two behind one name. Each runs on a
//! thread with a runtime of its own: the callers of this crate may be in one or not.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::configuration;
use crate::error::{Doing, Error, Result};
use crate::info::Info;
use crate::listening::Listening;
use crate::pki::Leaf;
use crate::watching::{self, Issued};

/// The name that the provider finds in the intermediary's certificate.
pub(crate) const CERTIFICATE_NAME: &str = "relay.pli.test";
/// The intermediary's public client, known to every workstation.
pub(crate) const CLIENT: &str = "pli";

/// How the intermediary is to be.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) count: usize,
    pub(crate) by_certificate: bool,
    pub(crate) watched: bool,
    pub(crate) settings: String,
}

/// The instances, running or not.
pub(crate) struct Relays {
    settings: Vec<PathBuf>,
    port: u16,
    /// What the watcher shows and writes down, when there is one.
    watcher: Option<Arc<rustls::ServerConfig>>,
    issued: Issued,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    /// Dropped first: nobody is let in to an instance that ends.
    door: Option<Listening>,
    instances: Vec<Option<Instance>>,
}

/// One instance.
struct Instance {
    address: SocketAddr,
    stop: tokio::sync::oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Relays {
    /// Writes what the instances read; `local` is what they show, `client` what one that has no secret shows the provider.
    pub(crate) fn prepare(info: &Info, admin: u16, manner: &Manner, local: &Leaf, client: &Leaf) -> Result<Self> {
        let folder = info.dir.join("relay");
        std::fs::create_dir(&folder).doing("making a folder", &folder)?;
        let mut key = [0; 32];
        std::fs::File::open("/dev/urandom")
            .and_then(|mut random| random.read_exact(&mut key))
            .doing("reading", "/dev/urandom")?;
        secret(&folder.join("seal.key"), &BASE64.encode(key))?;
        secret(&folder.join("sign.key"), &rcgen::KeyPair::generate()?.serialize_pem())?;
        secret(&folder.join("client.key"), &client.key_pem)?;
        secret(&folder.join("server.key"), &local.key_pem)?;
        secret(&folder.join("secret"), "pli-relay-secret")?;
        configuration::file(&folder.join("client.crt"), &client.chain_pem())?;
        configuration::file(&folder.join("server.crt"), &local.chain_pem())?;
        let ours = if manner.by_certificate {
            "client_id = \"pli-relay-mtls\"\ncertificate = \"client.crt\"\nkey_file = \"client.key\""
        } else {
            "client_id = \"pli-relay\"\nsecret_file = \"secret\""
        };
        let alone = manner.count < 2 && !manner.watched;
        let tls = if manner.watched {
            ""
        } else {
            "certificate = \"server.crt\"\nkey = \"server.key\"\n"
        };
        let mut settings = Vec::new();
        for n in 0..manner.count.max(1) {
            let port = if alone { info.ports.relay } else { 0 };
            let admin = if n == 0 { admin } else { 0 };
            let text = format!(
                "issuer = \"https://localhost:{name}\"\n\n[listen]\naddress = \"127.0.0.1:{port}\"\n{tls}admin = \"127.0.0.1:{admin}\"\n\n[psc]\ndiscovery = \"{discovery}\"\nca = \"{ca}\"\n{ours}\n\n\
                 [[clients]]\nid = \"{CLIENT}\"\nredirects = [\"http://127.0.0.1/retour\"]\n\n\
                 [keys]\nseal = [\"seal.key\"]\nsign = \"sign.key\"\n\n{more}",
                name = info.ports.relay,
                discovery = info.psc_direct_discovery,
                ca = info.anchors.display(),
                more = manner.settings,
            );
            let file = folder.join(format!("relay-{n}.toml"));
            configuration::file(&file, &text)?;
            settings.push(file);
        }
        Ok(Relays {
            settings,
            port: info.ports.relay,
            watcher: manner.watched.then(|| crate::web::server_config(local)).transpose()?,
            issued: Issued::default(),
            running: Mutex::default(),
        })
    }

    /// Starts every instance that does not run.
    pub(crate) fn start(&self) -> Result<()> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.instances.resize_with(self.settings.len(), || None);
        for (instance, settings) in running.instances.iter_mut().zip(&self.settings) {
            if instance.is_none() {
                *instance = Some(Instance::start(settings)?);
            }
        }
        let addresses = running.instances.iter().flatten().map(|one| one.address).collect();
        running.door = None;
        running.door = match &self.watcher {
            Some(tls) => Some(watching::watch(
                self.port,
                addresses,
                Arc::clone(tls),
                Arc::clone(&self.issued),
            )?),
            None if self.settings.len() > 1 => Some(balance(self.port, addresses)?),
            None => None,
        };
        Ok(())
    }

    /// Stops them all: the port answers no more.
    pub(crate) fn stop(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.door = None;
        for instance in running.instances.drain(..).flatten() {
            instance.stop();
        }
    }

    /// Every secret that the watched instances gave.
    pub(crate) fn issued(&self) -> Vec<String> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.iter().cloned().collect()
    }

    /// Stops one of several; the others go on.
    pub(crate) fn stop_one(&self, n: usize) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(instance) = running.instances.get_mut(n).and_then(Option::take) {
            instance.stop();
        }
    }
}

impl Drop for Relays {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Instance {
    fn start(settings: &Path) -> Result<Self> {
        let config = pli_relay::Config::from_file(settings)
            .map_err(|error| Error::answer("reading the intermediary's settings", error.to_string()))?;
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("relay".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .enable_all()
                    .build();
                let runtime = match runtime {
                    Ok(runtime) => runtime,
                    Err(error) => return drop(tell.send(Err(error.to_string()))),
                };
                runtime.block_on(async move {
                    match pli_relay::Relay::start(config).await {
                        Ok(running) => {
                            let _ = tell.send(Ok(running.address()));
                            let _ = stopped.await;
                            running.stop().await;
                        }
                        Err(error) => drop(tell.send(Err(error.to_string()))),
                    }
                });
            })
            .doing("starting a thread for", "the intermediary")?;
        match told.recv() {
            Ok(Ok(address)) => Ok(Instance { address, stop, thread }),
            Ok(Err(why)) => Err(Error::answer("starting the intermediary", why)),
            Err(_) => Err(Error::answer("starting the intermediary", "it ended at once")),
        }
    }

    fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

/// One name for several instances: each new connection goes to the next, and past those that are not there.
fn balance(port: u16, addresses: Vec<SocketAddr>) -> Result<Listening> {
    let listener = TcpListener::bind(("127.0.0.1", port)).doing("listening on", format!("127.0.0.1:{port}"))?;
    let turn = AtomicUsize::new(0);
    Listening::streams(
        listener,
        port,
        Arc::new(move |client| {
            let Some(server) = watching::next(&addresses, turn.fetch_add(1, Ordering::Relaxed)) else {
                return;
            };
            let (Ok(to_client), Ok(to_server)) = (client.try_clone(), server.try_clone()) else {
                return;
            };
            let answers = std::thread::Builder::new().spawn(move || carry(server, to_client));
            carry(client, to_server);
            if let Ok(thread) = answers {
                let _ = thread.join();
            }
        }),
    )
}

/// Carries octets one way until one end is done, and tells the other.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let _ = to.set_nodelay(true);
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if buffer.get(..length).is_none_or(|octets| to.write_all(octets).is_err()) {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Writes what only this user may read.
fn secret(path: &Path, text: &str) -> Result<()> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .doing("writing", path)
}
