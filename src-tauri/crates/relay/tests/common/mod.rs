//! A real provider, an intermediary before it, and a client that does by hand what Pli does.
#![allow(dead_code, reason = "each file of tests uses a part of it")]

pub(crate) mod client;

use std::net::TcpListener;
use std::path::Path;
use std::sync::OnceLock;

use pli_operator::{Operator, Options, boxes};
use pli_relay::{Config, Relay, Running};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

/// The provider. One for all tests of a file; whoever changes how it answers takes it alone.
pub(crate) fn operator() -> &'static Operator {
    static OPERATOR: OnceLock<Operator> = OnceLock::new();
    OPERATOR.get_or_init(|| Operator::start(Options::default()).unwrap())
}

static ALONE: Mutex<()> = Mutex::const_new(());

/// Logins are answered by person: one test at a time has the persons for itself. Everybody is approved at once when `auto`.
pub(crate) async fn alone(auto: bool) -> MutexGuard<'static, ()> {
    let guard = ALONE.lock().await;
    operator().set_auto_approve(auto, boxes::DR_MARTIN).unwrap();
    guard
}

/// How an instance differs from the usual one.
#[derive(Clone, Default)]
pub(crate) struct How {
    /// More lines under `[listen]`.
    pub(crate) listen: String,
    /// Lines under `[psc]`: who it is to the provider; they replace the usual secret.
    pub(crate) credential: Option<String>,
    /// Lines under `[limits]`; they replace the usual ones.
    pub(crate) limits: Option<String>,
    /// Lines under `[lifetimes]`; they replace the usual ones.
    pub(crate) lifetimes: Option<String>,
    /// Whatever else, at the end of the file.
    pub(crate) more: String,
    /// The name, when it is not the instance's own address.
    pub(crate) issuer: Option<String>,
    /// The keys' folder, when they are another instance's.
    pub(crate) keys: Option<std::path::PathBuf>,
}

/// No limit, nothing to wait for.
pub(crate) const OPEN: &str = "address_per_minute = 60000\naddress_burst = 60000\nciba_address_per_minute = 60000\n\
                        ciba_address_burst = 60000\nciba_person_per_hour = 60000\nciba_person_burst = 60000\nfloor_ms = 10\n";
/// A poll each second.
pub(crate) const QUICK: &str = "ciba_interval = 1\n";

/// An instance with its folder.
pub(crate) struct Instance {
    pub(crate) running: Running,
    pub(crate) folder: TempDir,
    /// `http://127.0.0.1:port`, where it really is.
    pub(crate) place: String,
    /// Its name.
    pub(crate) issuer: String,
}

/// A port that nobody had a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A file that nobody else may read: the program would say so.
pub(crate) fn write_private(path: &Path, content: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, content).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// New keys in a folder, and the client secret.
pub(crate) fn write_keys(folder: &Path) {
    let (seal, sign) = pli_relay::new_keys().unwrap();
    write_private(&folder.join("seal.key"), &seal);
    write_private(&folder.join("sign.pem"), &sign);
    write_private(&folder.join("secret"), "pli-relay-secret\n");
}

/// The file of settings of an instance that listens on `port`.
pub(crate) fn settings(port: u16, keys: &Path, how: &How) -> String {
    let issuer = how.issuer.clone().unwrap_or(format!("http://127.0.0.1:{port}"));
    format!(
        "issuer = \"{issuer}\"\n\
         [listen]\naddress = \"127.0.0.1:{port}\"\nadmin = \"127.0.0.1:0\"\n{listen}\n\
         [psc]\ndiscovery = \"http://127.0.0.1:{idp}/.well-known/openid-configuration\"\n\
         {credential}\n\
         [keys]\nseal = [\"{keys}/seal.key\"]\nsign = \"{keys}/sign.pem\"\n\
         [[clients]]\nid = \"pli\"\nredirects = [\"http://127.0.0.1/retour\"]\n\
         [[clients]]\nid = \"autre\"\nredirects = [\"http://127.0.0.1/retour\"]\n\
         [limits]\n{limits}\n[lifetimes]\n{lifetimes}\n{more}\n",
        idp = operator().info().ports.idp,
        keys = keys.display(),
        listen = how.listen,
        credential = how.credential.clone().unwrap_or(format!(
            "client_id = \"pli-relay-loopback\"\nsecret_file = \"{}/secret\"",
            keys.display()
        )),
        limits = how.limits.as_deref().unwrap_or(OPEN),
        lifetimes = how.lifetimes.as_deref().unwrap_or(QUICK),
        more = how.more,
    )
}

/// Starts an instance, once it knows the provider.
pub(crate) async fn start(how: How) -> Instance {
    let folder = tempfile::tempdir().unwrap();
    let keys = match &how.keys {
        Some(keys) => keys.clone(),
        None => {
            write_keys(folder.path());
            folder.path().to_owned()
        }
    };
    // Another connection may take the port in between: another one then, a few times.
    let mut tries = 0;
    let (issuer, running) = loop {
        let config = Config::from_toml(&settings(free_port(), &keys, &how), folder.path()).unwrap();
        let issuer = config.issuer.clone();
        match Relay::start(config).await {
            Ok(running) => break (issuer, running),
            Err(error) => assert!(tries < 5, "{error}"),
        }
        tries += 1;
    };
    let instance = Instance {
        place: format!("http://{}", running.address()),
        issuer,
        running,
        folder,
    };
    while instance.admin("/health/ready").await.0 != 200 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    instance
}

/// The usual instance.
pub(crate) async fn usual() -> Instance {
    start(How::default()).await
}

impl Instance {
    /// What the administrator's address answers.
    pub(crate) async fn admin(&self, path: &str) -> (u16, String) {
        let address = self.running.admin_address().unwrap();
        let answer = client::get(&format!("http://{address}{path}")).await;
        (answer.status, answer.body)
    }

    /// The value of a metric, zero when it is not there.
    pub(crate) async fn metric(&self, line: &str) -> u64 {
        let (_, text) = self.admin("/metrics").await;
        let found = text
            .lines()
            .find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
        found.map_or(0, |value| value.parse().unwrap())
    }

    /// One of its endpoints, where it really is.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.place)
    }
}
