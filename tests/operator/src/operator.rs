//! One local operator: started, used by tests, ended without a trace.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use crate::boxes::{DOMAINS, SECRETARIAT};
use crate::certificate_files;
use crate::configuration::{self, BoxQuota};
use crate::error::{Doing, Error, Result};
use crate::info::Info;
use crate::listening::Listening;
use crate::mailbox::Mailbox;
use crate::maildir::{self, Seed};
use crate::names;
use crate::pki::{LeafOptions, Pki, Validity};
use crate::ports::PortBlock;
use crate::relays::{self, Relays};
use crate::scripts::Scripts;
use crate::seeds;
use crate::supervisor::{Daemon, Supervisor};
use crate::web::{self, Served};

/// How long a daemon may take to answer at its start.
const PATIENCE: Duration = Duration::from_secs(180);

/// How the operator is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// A folder to write a copy of `operator.json` in, for another program to find; removed at the end. The servers' own files
    /// are always in a short-named folder of their own, which their several users can reach.
    pub publish_in: Option<PathBuf>,
    /// Every login is approved at once, the browser's step included.
    pub auto_approve: bool,
    /// Life of an access token, in seconds.
    pub token_ttl: u32,
    /// Life of a refresh token, in seconds.
    pub refresh_ttl: u32,
    /// Life of a session, in seconds from the login.
    pub session_ttl: u32,
    /// How many instances of the intermediary run behind its one name.
    pub relays: usize,
    /// The intermediary shows the provider a certificate (mTLS) instead of a secret.
    pub relay_by_certificate: bool,
    /// What the intermediary gives is written down too, for [`Operator::issued`]: a listener of the bench ends TLS in its place.
    pub relay_watched: bool,
    /// More settings of the intermediary, TOML; those of a test by default, which waits for nothing.
    pub relay_settings: String,
    /// The sample mail is in the boxes; otherwise they are empty, but for the one over its quota.
    pub samples: bool,
    /// What the sample mail takes for now, in seconds since 1970; the time of the start when absent.
    pub samples_now_unix: Option<i64>,
}

/// The intermediary's own pace is for persons, and its limits for strangers: tests have neither.
const QUICK: &str = "[lifetimes]\nciba_interval = 1\n\n[limits]\nfloor_ms = 20\nstop_seconds = 1\naddress_per_minute = 60000\n\
    address_burst = 10000\nciba_address_per_minute = 60000\nciba_address_burst = 10000\nciba_person_per_hour = 60000\n\
    ciba_person_burst = 10000\n";

impl Default for Options {
    fn default() -> Self {
        Options {
            publish_in: None,
            auto_approve: false,
            token_ttl: 120,
            refresh_ttl: 1800,
            session_ttl: 4 * 3600,
            relays: 1,
            relay_by_certificate: false,
            relay_watched: false,
            relay_settings: QUICK.to_owned(),
            samples: false,
            samples_now_unix: None,
        }
    }
}

/// Which certificate the servers show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerCertificate {
    /// A good one.
    Good,
    /// Expired.
    Expired,
    /// For other names.
    OtherName,
    /// Under another root of the same name.
    OtherRoot,
    /// Entered in the revocation list.
    Revoked,
}

/// A running operator. Dropping it ends every process and removes every file; so does the end of this process.
pub struct Operator {
    // Fields are dropped in this order: first what listens here, then the daemons with the folder, then the ports.
    relays: Relays,
    listening: Mutex<Vec<Listening>>,
    supervisor: Supervisor,
    info: Info,
    pki: Pki,
    server_serial: Mutex<Vec<u8>>,
    crl: Served<Option<Vec<u8>>>,
    web_config: Served<Arc<ServerConfig>>,
    block: PortBlock,
}

impl Operator {
    /// Starts an operator and waits until everything answers. A few seconds.
    ///
    /// # Errors
    /// When a package is missing, this user may not start Postfix, or a daemon does not come up (with its log).
    pub fn start(options: Options) -> Result<Operator> {
        if !is_root()? {
            return Err(Error::NotRoot);
        }
        let block = PortBlock::reserve()?;
        let idp_script = idp_script()?;
        let dir = make_dir()?;
        let started = Self::start_in(describe(&dir, &block), block, &idp_script, &options);
        if started.is_err() {
            // The supervisor removes it too, once there is one.
            let _ = fs::remove_dir_all(&dir);
        }
        started
    }

    fn start_in(info: Info, block: PortBlock, idp_script: &Path, options: &Options) -> Result<Operator> {
        let dir = info.dir.clone();
        configuration::write(&info)?;
        let environment = [
            ("PLI_IDP_PORT", info.ports.idp.to_string()),
            ("PLI_IDP_PEOPLE", dir.join("idp/people.json").display().to_string()),
            ("PLI_IDP_TOKEN_SECONDS", options.token_ttl.to_string()),
            ("PLI_IDP_REFRESH_SECONDS", options.refresh_ttl.to_string()),
            ("PLI_IDP_SESSION_SECONDS", options.session_ttl.to_string()),
            ("PLI_IDP_TLS_PORT", info.ports.idp_tls.to_string()),
            ("PLI_IDP_TLS", dir.join("pki").display().to_string()),
            ("PLI_IDP_AUTO_APPROVE", u8::from(options.auto_approve).to_string()),
            ("NODE_NO_WARNINGS", "1".to_owned()),
        ];
        let supervisor = Supervisor::start(&dir, idp_script, &environment)?;
        if let Some(folder) = &options.publish_in {
            supervisor.remove_also(folder)?;
        }
        supervisor.begin(Daemon::Provider)?;

        let pki = Pki::of_operator(&info.crl_url)?;
        let [server, client, local, relay] = pki.leaves([
            LeafOptions {
                names: configuration::host_names(),
                ..LeafOptions::default()
            },
            LeafOptions {
                common_name: Some(SECRETARIAT.to_owned()),
                names: vec![SECRETARIAT.to_owned()],
                client: true,
                ..LeafOptions::default()
            },
            LeafOptions {
                names: vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
                elliptic: true,
                without_crl_url: true,
                ..LeafOptions::default()
            },
            LeafOptions {
                names: vec![relays::CERTIFICATE_NAME.to_owned()],
                elliptic: true,
                client: true,
                without_crl_url: true,
                ..LeafOptions::default()
            },
        ])?;
        certificate_files::write(&info, &pki, &client)?;
        certificate_files::write_server(&dir, &server)?;
        certificate_files::write_local(&dir, &local)?;
        let manner = relays::Manner {
            count: options.relays,
            by_certificate: options.relay_by_certificate,
            watched: options.relay_watched,
            settings: options.relay_settings.clone(),
        };
        let relays = Relays::prepare(&info, block.relay_admin(), &manner, &local, &relay)?;
        for (address, seeds) in seeds::all(options.samples.then(|| now_or(options.samples_now_unix))) {
            maildir::write(&configuration::home(&dir, address)?, &seeds)?;
        }

        let operator = Operator {
            relays,
            listening: Mutex::new(Vec::new()),
            supervisor,
            crl: Arc::new(RwLock::new(Some(pki.crl(Validity::Current)?))),
            web_config: Arc::new(RwLock::new(web::server_config(&server)?)),
            server_serial: Mutex::new(server.serial),
            pki,
            info,
            block,
        };
        operator.start_mail()?;
        operator.listen()?;
        operator.wait_all()?;
        operator.relays.start()?;
        let text = serde_json::to_string_pretty(&operator.info)
            .map_err(|error| Error::answer("describing", error.to_string()))?;
        configuration::file(&operator.info.file(), &text)?;
        if let Some(folder) = &options.publish_in {
            // Whole at once: whoever waits for it never reads half.
            let (half, whole) = (folder.join(".operator.json"), folder.join("operator.json"));
            fs::write(&half, &text)
                .and_then(|()| fs::rename(&half, &whole))
                .doing("writing", &whole)?;
        }
        Ok(operator)
    }

    /// Where everything is.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The authorities behind the servers, to make other certificates with.
    pub fn pki(&self) -> &Pki {
        &self.pki
    }

    pub(crate) fn relays(&self) -> &Relays {
        &self.relays
    }

    /// Closes every port, as if the network were gone: mail, web, names and identity provider. Nothing is forgotten.
    ///
    /// # Errors
    /// When a daemon does not end.
    pub fn pause(&self) -> Result<()> {
        self.relays.stop();
        self.locked_listening().clear();
        self.supervisor.finish(Daemon::Postfix)?;
        self.supervisor.finish(Daemon::Dovecot)?;
        self.supervisor.shut_provider()?;
        self.wait_until_shut("idp", self.info.ports.idp)?;
        self.wait_until_shut("idp", self.info.ports.idp_tls)?;
        self.wait_until_shut("relay", self.info.ports.relay)
    }

    /// Opens them again, on the same ports.
    ///
    /// # Errors
    /// When a daemon does not come back.
    pub fn resume(&self) -> Result<()> {
        self.supervisor.open_provider()?;
        self.start_mail()?;
        self.listen()?;
        self.wait_all()?;
        self.relays.start()
    }

    /// Restarts Dovecot and Postfix, cutting every connection.
    ///
    /// # Errors
    /// When one does not come back.
    pub fn restart_mail(&self) -> Result<()> {
        self.supervisor.finish(Daemon::Postfix)?;
        self.supervisor.finish(Daemon::Dovecot)?;
        self.start_mail()?;
        self.wait_all()
    }

    /// Makes the servers show another certificate; cuts every connection.
    ///
    /// # Errors
    /// When the certificate cannot be made, or the servers do not come back.
    pub fn set_server_certificate(&self, which: ServerCertificate) -> Result<()> {
        let good = LeafOptions {
            names: configuration::host_names(),
            ..LeafOptions::default()
        };
        let leaf = self.pki.leaf(match which {
            ServerCertificate::Good => good,
            ServerCertificate::Expired => LeafOptions {
                validity: Validity::Expired,
                ..good
            },
            ServerCertificate::OtherName => LeafOptions {
                names: vec!["imap.ailleurs.test".to_owned()],
                ..good
            },
            ServerCertificate::OtherRoot => LeafOptions {
                other_root: true,
                ..good
            },
            ServerCertificate::Revoked => LeafOptions { revoked: true, ..good },
        })?;
        certificate_files::write_server(&self.info.dir, &leaf)?;
        *self.web_config.write().unwrap_or_else(PoisonError::into_inner) = web::server_config(&leaf)?;
        *self.server_serial.lock().unwrap_or_else(PoisonError::into_inner) = leaf.serial;
        self.publish_crl(Validity::Current)?;
        self.restart_mail()
    }

    /// Enters the certificate that the servers show in the revocation list, and publishes the list.
    ///
    /// # Errors
    /// When signing fails.
    pub fn revoke_server(&self) -> Result<()> {
        self.pki
            .revoke(&self.server_serial.lock().unwrap_or_else(PoisonError::into_inner));
        self.publish_crl(Validity::Current)
    }

    /// Publishes the revocation list as it now is.
    ///
    /// # Errors
    /// When signing fails.
    pub fn publish_crl(&self, validity: Validity) -> Result<()> {
        self.set_crl(Some(self.pki.crl(validity)?));
        Ok(())
    }

    /// Publishes these octets as the revocation list; `None`: the server answers 503.
    pub fn set_crl(&self, crl: Option<Vec<u8>>) {
        *self.crl.write().unwrap_or_else(PoisonError::into_inner) = crl;
    }

    /// Opens a box, any box, with the second IMAP client.
    ///
    /// # Errors
    /// When there is no such box, or Dovecot is away.
    pub fn mailbox(&self, address: &str) -> Result<Mailbox> {
        let token = self.token_by(&format!("/token?mailbox={address}&ttl=3600"))?;
        Mailbox::open(self.info.ports.imaps, self.pki.root_der(), address, &token)
    }

    /// Opens the scripts of a box, any box, with the second ManageSieve client.
    ///
    /// # Errors
    /// When there is no such box, or Dovecot is away.
    pub fn scripts(&self, address: &str) -> Result<Scripts> {
        let token = self.token_by(&format!("/token?mailbox={address}&ttl=3600"))?;
        Scripts::open(self.info.ports.sieve, self.pki.root_der(), address, &token)
    }

    /// Changes what Sieve may do, by settings of Pigeonhole such as `sieve_extensions = -vacation`, until changed again;
    /// restarts the servers.
    ///
    /// # Errors
    /// When they do not come back.
    pub fn set_sieve(&self, settings: &str) -> Result<()> {
        let file = self.info.dir.join("dovecot/sieve.conf");
        configuration::file(&file, &format!("plugin {{\n{settings}\n}}\n"))?;
        self.restart_mail()
    }

    /// Hands a message over as another operator would; it is in the box a moment later, or a report in the sender's.
    ///
    /// # Errors
    /// When Postfix refuses it.
    pub fn deliver(&self, from: &str, to: &str, raw: &[u8]) -> Result<()> {
        deliver(&self.info, from, to, raw)
    }

    /// Writes messages into a box, fast.
    ///
    /// # Errors
    /// When there is no such box.
    pub fn seed(&self, address: &str, seeds: &[Seed]) -> Result<()> {
        configuration::add_box(&self.info.dir, address)?;
        maildir::write(&configuration::home(&self.info.dir, address)?, seeds)
    }

    /// Changes what a box may hold. Connections that are open keep what they knew.
    ///
    /// # Errors
    /// When the servers' files cannot be written.
    pub fn set_quota(&self, address: &str, quota: &BoxQuota) -> Result<()> {
        set_quota(&self.info, address, quota)
    }

    /// Serves the Maildir `source` as that box, replacing what it has; the source is left as it is. Returns how many messages.
    ///
    /// # Errors
    /// When the source is no Maildir.
    pub fn load(&self, address: &str, source: &Path) -> Result<usize> {
        load(&self.info, address, source)
    }

    /// What the daemons have logged: each file's name and text.
    pub fn logs(&self) -> Vec<(String, String)> {
        let mut logs: Vec<(String, String)> = fs::read_dir(self.info.dir.join("log"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| {
                let text = fs::read(entry.path()).unwrap_or_default();
                (
                    entry.file_name().to_string_lossy().into_owned(),
                    String::from_utf8_lossy(&text).into_owned(),
                )
            })
            .collect();
        logs.sort();
        logs
    }

    fn locked_listening(&self) -> MutexGuard<'_, Vec<Listening>> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_mail(&self) -> Result<()> {
        // A master that was killed leaves its number behind, and the next might take another process for it.
        let _ = fs::remove_file(self.info.dir.join("postfix/spool/pid/master.pid"));
        self.supervisor.begin(Daemon::Dovecot)?;
        self.supervisor.begin(Daemon::Postfix)?;
        Ok(())
    }

    fn listen(&self) -> Result<()> {
        let ports = self.info.ports;
        let mut listening = self.locked_listening();
        listening.push(web::serve_crl(ports.web, Arc::clone(&self.crl))?);
        listening.push(web::serve_autoconfig(
            self.block.https(),
            ports,
            Arc::clone(&self.web_config),
        )?);
        listening.extend(names::serve(self.block.dns(), ports)?);
        Ok(())
    }

    fn wait_all(&self) -> Result<()> {
        let ports = self.info.ports;
        for (name, port) in [
            ("idp", ports.idp),
            ("idp", ports.idp_tls),
            ("dovecot", ports.imaps),
            ("dovecot", ports.imap),
            ("dovecot", ports.sieve),
            ("postfix", ports.submissions),
            ("postfix", ports.submission),
            ("postfix", ports.submissions_cert),
            ("postfix", ports.inject),
        ]
        .into_iter()
        .chain(ports.submissions_external.map(|port| ("dovecot", port)))
        {
            self.wait(name, port)?;
        }
        Ok(())
    }

    /// A door that is being shut may still let somebody in: whoever pauses the operator counts on nobody getting through.
    fn wait_until_shut(&self, name: &str, port: u16) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_ok() {
            if start.elapsed() > PATIENCE {
                return Err(Error::answer("pausing", format!("{name} still answers on port {port}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn wait(&self, name: &str, port: u16) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if start.elapsed() > PATIENCE {
                let log = self
                    .logs()
                    .into_iter()
                    .filter(|(file, _)| file.starts_with(name))
                    .map(|(_, text)| text);
                return Err(Error::Silent {
                    what: format!("{name} on port {port}"),
                    after: PATIENCE,
                    log: log.collect(),
                });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

/// Serves the Maildir `source` as the box `address` of a running operator; see [`Operator::load`].
///
/// # Errors
/// When the source is no Maildir.
pub fn load(info: &Info, address: &str, source: &Path) -> Result<usize> {
    let home = configuration::home(&info.dir, address)?;
    // Larger than the usual boxes, and not over its quota.
    configuration::set_quota(&info.dir, address, &BoxQuota::storage(100 << 20))?;
    maildir::import(&home, source)
}

/// Hands a message over to a running operator; see [`Operator::deliver`].
///
/// # Errors
/// When Postfix refuses it.
pub fn deliver(info: &Info, from: &str, to: &str, raw: &[u8]) -> Result<()> {
    crate::inject::send(info.ports.inject, from, to, raw)
}

/// Changes what a box of a running operator may hold; see [`Operator::set_quota`].
///
/// # Errors
/// When the address is none, or the servers' files cannot be written.
pub fn set_quota(info: &Info, address: &str, quota: &BoxQuota) -> Result<()> {
    configuration::home(&info.dir, address)?;
    configuration::set_quota(&info.dir, address, quota)?;
    // Dovecot looks at that file once in a second of its clock.
    std::thread::sleep(Duration::from_millis(1_100));
    Ok(())
}

fn describe(dir: &Path, block: &PortBlock) -> Info {
    let ports = block.ports();
    let pki = dir.join("pki");
    Info {
        pid: std::process::id(),
        dir: dir.to_path_buf(),
        anchors: pki.join("root.crt"),
        chain: vec![pki.join("root.crt"), pki.join("organisations.crt")],
        client_p12: pki.join("secretariat.p12"),
        client_p12_legacy: pki.join("secretariat-legacy.p12"),
        client_p12_passphrase: certificate_files::PASSPHRASE.to_owned(),
        dns: format!("127.0.0.1:{}", block.dns()),
        https_port: block.https(),
        crl_url: format!("http://127.0.0.1:{}{}", ports.web, web::CRL_PATH),
        domains: DOMAINS.iter().map(|domain| (*domain).to_owned()).collect(),
        ports,
        psc_discovery: format!("https://localhost:{}/.well-known/openid-configuration", ports.relay),
        psc_client_id: relays::CLIENT.to_owned(),
        psc_direct_discovery: format!("http://127.0.0.1:{}/.well-known/openid-configuration", ports.idp),
        psc_direct_client_id: "pli-local".to_owned(),
        relay: format!("127.0.0.1:{}", block.relay_admin()),
        bench: format!("http://127.0.0.1:{}/bench", ports.idp),
    }
}

/// The folder, with the mark that lets the supervisor remove it.
fn make_dir() -> Result<PathBuf> {
    let base = std::env::temp_dir();
    // The path of a unix socket has 107 octets at most, and Postfix's are deep in here.
    let base = if base.as_os_str().len() > 40 {
        PathBuf::from("/tmp")
    } else {
        base
    };
    let dir = tempfile::Builder::new()
        .prefix("pli-op-")
        .tempdir_in(&base)
        .doing("making a folder in", &base)?
        .keep();
    // The daemons run as several users: each may pass through, none may look around.
    fs::set_permissions(&dir, std::os::unix::fs::PermissionsExt::from_mode(0o711)).doing("opening", &dir)?;
    configuration::file(&dir.join(".pli-operator"), "")?;
    Ok(dir)
}

fn now_or(asked: Option<i64>) -> i64 {
    asked.unwrap_or_else(|| jiff::Timestamp::now().as_second())
}

/// The identity provider's script, its packages fetched when they are missing.
fn idp_script() -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("idp");
    let lock_file = folder.join("package-lock.json");
    // One fetches, the others wait. npm writes the file looked for last, once everything is there.
    let lock = fs::File::open(&lock_file).doing("opening", &lock_file)?;
    lock.lock().doing("locking", &lock_file)?;
    if !folder.join("node_modules/.package-lock.json").is_file() {
        let output = Command::new("npm")
            .current_dir(&folder)
            .args(["ci", "--no-audit", "--no-fund"])
            .stdin(Stdio::null())
            .output()
            .doing("starting", "npm")?;
        if !output.status.success() {
            return Err(Error::Tool {
                tool: "npm ci",
                output: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        }
    }
    Ok(folder.join("server.mjs"))
}

fn is_root() -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata("/proc/self").doing("looking at", "/proc/self")?.uid() == 0)
}
