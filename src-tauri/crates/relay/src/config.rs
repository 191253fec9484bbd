//! The settings: one TOML file. What each may be is judged in `settings`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::RelayError;

/// The whole file of settings. Paths are taken from the file's own folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The intermediary's name, as Pli knows it: `https://host[:port][/path]`, without a final slash. Plain HTTP only for a
    /// literal loopback address.
    pub issuer: String,
    /// Where it listens.
    pub listen: Listen,
    /// The provider behind it.
    pub psc: Psc,
    /// Who may use it: Pli, usually alone.
    pub clients: Vec<Client>,
    /// Its own keys.
    pub keys: Keys,
    /// What anybody may ask of it, and how fast.
    #[serde(default)]
    pub limits: Limits,
    /// How long what it gives is good for.
    #[serde(default)]
    pub lifetimes: Lifetimes,
    /// What several instances share.
    #[serde(default)]
    pub shared: Shared,
    /// What it writes to its log.
    #[serde(default)]
    pub log: Log,
}

/// Where the intermediary listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Address and port; port 0 lets the system choose.
    pub address: SocketAddr,
    /// PEM file of the certificate and its chain. Without it no TLS is spoken, which is only for a loopback address or
    /// behind the reverse proxies named in `proxies`.
    pub certificate: Option<PathBuf>,
    /// PEM file of the certificate's private key.
    pub key: Option<PathBuf>,
    /// Where health and metrics are, over plain HTTP. Nowhere when absent.
    pub admin: Option<SocketAddr>,
    /// Reverse proxies whose `X-Forwarded-For` is believed: addresses or networks (`10.0.0.0/8`).
    #[serde(default)]
    pub proxies: Vec<String>,
}

/// The provider, and how the intermediary proves who it is: a secret, or a certificate in one of two forms.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Psc {
    /// The whole URL of the provider's description: Pro Santé Connect's has a name of its own.
    pub discovery: String,
    /// The name under which the provider knows the intermediary.
    pub client_id: String,
    /// File of the client secret.
    pub secret_file: Option<PathBuf>,
    /// How the secret is sent: `post` (in the form) or `basic` (in the header).
    #[serde(default)]
    pub secret_in: SecretIn,
    /// PEM file of the client certificate and its chain (mTLS).
    pub certificate: Option<PathBuf>,
    /// PEM file of its private key.
    pub key_file: Option<PathBuf>,
    /// PKCS#12 file of the client certificate (mTLS).
    pub pkcs12: Option<PathBuf>,
    /// File of its passphrase.
    pub passphrase_file: Option<PathBuf>,
    /// PEM file of authorities that are believed for the provider besides the system's.
    pub ca: Option<PathBuf>,
    /// The scope asked for.
    #[serde(default = "default_scope")]
    pub scope: String,
    /// The lowest level of authentication, which is asked for; stronger ones of the same family are accepted.
    #[serde(default = "default_acr")]
    pub acr: String,
}

/// How a client secret is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretIn {
    /// In the form (`client_secret_post`).
    #[default]
    Post,
    /// In the header (`client_secret_basic`).
    Basic,
}

/// A public client.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its name.
    pub id: String,
    /// Where a browser may be sent back to: `http://127.0.0.1/path` or `http://[::1]/path`, any port (RFC 8252 §7.3), path exact.
    pub redirects: Vec<String>,
}

/// The intermediary's own keys, the same on every instance.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Files of 32 random octets in base64. The first seals, all open.
    pub seal: Vec<PathBuf>,
    /// PEM file (PKCS#8) of an Ed25519 or P-256 private key, or several: the first signs, all are published.
    pub sign: OneOrMany,
}

/// One file or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(PathBuf),
    /// Several, the first being the one in use.
    Many(Vec<PathBuf>),
}

impl OneOrMany {
    /// All of them.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        match self {
            Self::One(file) => std::slice::from_ref(file),
            Self::Many(files) => files,
        }
    }
}

/// Bounds on what anybody may ask. Rates are in requests a minute, with the burst that may come at once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests a minute from one address (an IPv6 /64 counts as one).
    pub address_per_minute: u32,
    /// Requests that one address may make at once.
    pub address_burst: u32,
    /// Logins by phone a minute from one address.
    pub ciba_address_per_minute: u32,
    /// Logins by phone that one address may begin at once.
    pub ciba_address_burst: u32,
    /// Logins by phone an hour for one national id, whoever asks.
    pub ciba_person_per_hour: u32,
    /// Logins by phone for one national id that may begin at once.
    pub ciba_person_burst: u32,
    /// No answer to the beginning of a login by phone, nor to its polls, comes before this many milliseconds.
    pub floor_ms: u64,
    /// Connections held at once.
    pub connections: usize,
    /// Connections held at once from one address.
    pub connections_per_address: usize,
    /// Seconds for a TLS handshake.
    pub handshake_seconds: u64,
    /// Seconds for the head of a request, the idle time of a connection included.
    pub head_seconds: u64,
    /// Seconds for a whole request, its body and the provider's answer included.
    pub request_seconds: u64,
    /// Seconds for an answer of the provider.
    pub psc_seconds: u64,
    /// Largest head of a request, in octets (8192 at least).
    pub head_bytes: usize,
    /// Largest body of a request, in octets.
    pub body_bytes: usize,
    /// Seconds given at the end to the requests that are under way.
    pub stop_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            address_per_minute: 600,
            address_burst: 200,
            ciba_address_per_minute: 60,
            ciba_address_burst: 30,
            ciba_person_per_hour: 20,
            ciba_person_burst: 4,
            floor_ms: 600,
            connections: 4096,
            connections_per_address: 256,
            handshake_seconds: 10,
            head_seconds: 15,
            request_seconds: 30,
            psc_seconds: 10,
            head_bytes: 16 * 1024,
            body_bytes: 32 * 1024,
            stop_seconds: 10,
        }
    }
}

/// How long what the intermediary gives is good for, in seconds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lifetimes {
    /// A login in the browser, from the beginning to the provider's answer.
    pub login: u32,
    /// A code.
    pub code: u32,
    /// A login by phone. The same for everybody, known or not: the provider's own should not be shorter.
    pub ciba: u32,
    /// Seconds between two polls of a login by phone.
    pub ciba_interval: u32,
    /// The longest life of a sealed refresh token; the provider usually says less.
    pub refresh: u32,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            login: 600,
            code: 60,
            ciba: 120,
            ciba_interval: 5,
            refresh: 4 * 3600,
        }
    }
}

/// What several instances share.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// A Redis server that counts for all of them: `rediss://[user:password@]host[:port][/db]`, or `redis://`.
    pub redis: Option<String>,
    /// File holding that address instead, when it has a password in it.
    pub redis_file: Option<PathBuf>,
}

/// What is written to the log (standard error). No setting makes it hold a token or a national id.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How much.
    pub level: LogLevel,
    /// JSON, one object a line, instead of text.
    pub json: bool,
}

/// How much is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What needs a hand.
    Error,
    /// And what is not as it should be.
    Warn,
    /// And starts, stops, files read anew.
    #[default]
    Info,
    /// And each request: which, its status, how long.
    Debug,
    /// And everything.
    Trace,
}

impl LogLevel {
    /// The level's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

fn default_scope() -> String {
    "openid scope_all".to_owned()
}

fn default_acr() -> String {
    "eidas1".to_owned()
}

impl Config {
    /// Reads a file of settings.
    ///
    /// # Errors
    /// [`RelayError::File`] or [`RelayError::Toml`]. What the settings say is judged at the start.
    pub fn from_file(path: &Path) -> Result<Self, RelayError> {
        let text = std::fs::read_to_string(path).map_err(|source| RelayError::file("the settings", path, source))?;
        Self::from_toml(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads settings from a text; the paths in it are taken from `folder`.
    ///
    /// # Errors
    /// [`RelayError::Toml`].
    pub fn from_toml(text: &str, folder: &Path) -> Result<Self, RelayError> {
        // The error's own text quotes the file, where somebody may have put a secret: only its message and place are kept.
        let mut config: Self = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .and_then(|span| text.get(..span.start))
                .map_or(1, |before| before.matches('\n').count() + 1);
            RelayError::Toml(format!("line {line}: {}", error.message()))
        })?;
        config.take_paths_from(folder);
        Ok(config)
    }

    fn take_paths_from(&mut self, folder: &Path) {
        let optional = [
            &mut self.listen.certificate,
            &mut self.listen.key,
            &mut self.psc.secret_file,
            &mut self.psc.certificate,
            &mut self.psc.key_file,
            &mut self.psc.pkcs12,
            &mut self.psc.passphrase_file,
            &mut self.psc.ca,
            &mut self.shared.redis_file,
        ];
        let sign = match &mut self.keys.sign {
            OneOrMany::One(file) => std::slice::from_mut(file),
            OneOrMany::Many(files) => files.as_mut_slice(),
        };
        for path in optional.into_iter().flatten().chain(&mut self.keys.seal).chain(sign) {
            // Joining keeps an absolute path as it is.
            *path = folder.join(&path);
        }
    }
}
