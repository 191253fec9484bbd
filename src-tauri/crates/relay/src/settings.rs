//! The settings, judged: each wrong one is refused by name, before anything listens.

use std::net::IpAddr;
use std::time::Duration;

use url::Url;

use crate::config::{Config, Lifetimes, Limits};
use crate::error::RelayError;
use crate::proxies::Proxies;
use crate::redirect::Redirect;
use crate::secret::is_token;

/// What the requests are answered by.
pub(crate) struct Settings {
    /// Without a final slash.
    pub(crate) issuer: String,
    /// The path in the issuer's name, empty or `/…`.
    pub(crate) base: String,
    pub(crate) clients: Vec<KnownClient>,
    pub(crate) proxies: Proxies,
    pub(crate) limits: Limits,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) scope: String,
    pub(crate) acr: String,
}

/// A public client.
pub(crate) struct KnownClient {
    pub(crate) id: String,
    redirects: Vec<Redirect>,
}

impl KnownClient {
    /// Whether a browser may be sent back to this address.
    pub(crate) fn allows(&self, address: &str) -> bool {
        self.redirects.iter().any(|redirect| redirect.allows(address))
    }
}

impl Settings {
    /// Judges the settings that need no file.
    pub(crate) fn judge(config: &Config) -> Result<Self, RelayError> {
        let (issuer, base) = issuer(&config.issuer)?;
        discovery(&config.psc.discovery)?;
        if !is_token(&config.psc.client_id, 256) {
            return Err(RelayError::setting(
                "psc.client_id",
                "it is empty or holds a strange character",
            ));
        }
        let words = |text: &str| !text.is_empty() && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
        if !words(&config.psc.scope) || !config.psc.scope.split(' ').any(|word| word == "openid") {
            return Err(RelayError::setting("psc.scope", "it must hold the word openid"));
        }
        if !is_token(&config.psc.acr, 64) {
            return Err(RelayError::setting(
                "psc.acr",
                "it is empty or holds a strange character",
            ));
        }
        let proxies = Proxies::read(&config.listen.proxies).map_err(|wrong| {
            RelayError::setting(
                "listen.proxies",
                format!("{wrong:?} is neither an address nor a network"),
            )
        })?;
        listen(config, &proxies)?;
        Ok(Self {
            issuer,
            base,
            clients: clients(config)?,
            proxies,
            limits: limits(&config.limits)?,
            lifetimes: lifetimes(&config.lifetimes)?,
            scope: config.psc.scope.clone(),
            acr: config.psc.acr.clone(),
        })
    }

    pub(crate) fn client(&self, id: &str) -> Option<&KnownClient> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// The address of one of our own endpoints.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    pub(crate) fn floor(&self) -> Duration {
        Duration::from_millis(self.limits.floor_ms)
    }
}

/// Whether secrets may be sent there: HTTPS, or plain HTTP to a literal loopback address; no user name in it.
pub(crate) fn is_acceptable(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        _ => false,
    };
    let named = url.host().is_some() && url.username().is_empty() && url.password().is_none();
    named && (url.scheme() == "https" || url.scheme() == "http" && loopback)
}

fn issuer(text: &str) -> Result<(String, String), RelayError> {
    let wrong = |problem: &str| RelayError::setting("issuer", problem);
    let url = Url::parse(text).map_err(|_| wrong("it is not a URL"))?;
    if !is_acceptable(&url) {
        return Err(wrong(
            "it must be HTTPS (plain HTTP is for a literal loopback address only)",
        ));
    }
    let canonical = url.as_str().trim_end_matches('/');
    if text != canonical {
        return Err(wrong("it must be written in the one usual way, without a final slash"));
    }
    let path = url.path().trim_end_matches('/');
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(&b));
    if url.query().is_some() || url.fragment().is_some() || !plain {
        return Err(wrong("only letters, digits and /-_. may be in its path, and no query"));
    }
    Ok((canonical.to_owned(), path.to_owned()))
}

fn discovery(text: &str) -> Result<(), RelayError> {
    let wrong = |problem: &str| RelayError::setting("psc.discovery", problem);
    let url = Url::parse(text).map_err(|_| wrong("it is not a URL"))?;
    if !is_acceptable(&url) {
        return Err(wrong(
            "it must be HTTPS (plain HTTP is for a literal loopback address only)",
        ));
    }
    if !url.path().contains("/.well-known/") {
        return Err(wrong(
            "it must be the whole URL of the provider's description: …/.well-known/…",
        ));
    }
    Ok(())
}

fn listen(config: &Config, proxies: &Proxies) -> Result<(), RelayError> {
    let listen = &config.listen;
    match (&listen.certificate, &listen.key) {
        (Some(_), Some(_)) => Ok(()),
        (Some(_), None) => Err(RelayError::setting(
            "listen.key",
            "the certificate's private key is missing",
        )),
        (None, Some(_)) => Err(RelayError::setting(
            "listen.certificate",
            "the key's certificate is missing",
        )),
        (None, None) if is_here(listen.address.ip()) || !proxies.is_empty() => Ok(()),
        (None, None) => Err(RelayError::setting(
            "listen.certificate",
            "without it, listen on a loopback address or name the reverse proxies that hold the certificate",
        )),
    }
}

fn is_here(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn clients(config: &Config) -> Result<Vec<KnownClient>, RelayError> {
    if config.clients.is_empty() {
        return Err(RelayError::setting("clients", "at least one is needed: [[clients]]"));
    }
    let mut known: Vec<KnownClient> = Vec::new();
    for client in &config.clients {
        let plain = client
            .id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !plain || !(1..=64).contains(&client.id.len()) {
            let problem = format!("{:?}: only letters, digits and -_. (1 to 64)", client.id);
            return Err(RelayError::setting("clients.id", problem));
        }
        if known.iter().any(|other| other.id == client.id) {
            return Err(RelayError::setting(
                "clients.id",
                format!("{} is there twice", client.id),
            ));
        }
        if client.redirects.is_empty() {
            return Err(RelayError::setting(
                "clients.redirects",
                format!("{} has none", client.id),
            ));
        }
        let redirects = client.redirects.iter().map(|text| {
            Redirect::registered(text).ok_or_else(|| {
                let problem = format!("{text:?} is not http://127.0.0.1/path or http://[::1]/path, without a port");
                RelayError::setting("clients.redirects", problem)
            })
        });
        known.push(KnownClient {
            id: client.id.clone(),
            redirects: redirects.collect::<Result<_, _>>()?,
        });
    }
    Ok(known)
}

fn limits(limits: &Limits) -> Result<Limits, RelayError> {
    let counts = [
        ("limits.address_per_minute", limits.address_per_minute),
        ("limits.address_burst", limits.address_burst),
        ("limits.ciba_address_per_minute", limits.ciba_address_per_minute),
        ("limits.ciba_address_burst", limits.ciba_address_burst),
        ("limits.ciba_person_per_hour", limits.ciba_person_per_hour),
        ("limits.ciba_person_burst", limits.ciba_person_burst),
    ];
    for (setting, count) in counts {
        bounded(setting, u64::from(count), 1, 60_000)?;
    }
    bounded("limits.floor_ms", limits.floor_ms, 0, 5_000)?;
    bounded("limits.connections", limits.connections as u64, 1, 1_000_000)?;
    bounded(
        "limits.connections_per_address",
        limits.connections_per_address as u64,
        1,
        1_000_000,
    )?;
    bounded("limits.handshake_seconds", limits.handshake_seconds, 1, 120)?;
    bounded("limits.head_seconds", limits.head_seconds, 1, 120)?;
    bounded("limits.request_seconds", limits.request_seconds, 1, 120)?;
    bounded("limits.psc_seconds", limits.psc_seconds, 1, 60)?;
    bounded("limits.stop_seconds", limits.stop_seconds, 0, 120)?;
    bounded("limits.head_bytes", limits.head_bytes as u64, 8 * 1024, 1024 * 1024)?;
    bounded("limits.body_bytes", limits.body_bytes as u64, 16 * 1024, 1024 * 1024)?;
    if limits.psc_seconds.saturating_mul(1000).saturating_add(limits.floor_ms) > limits.request_seconds * 1000 {
        return Err(RelayError::setting(
            "limits.request_seconds",
            "it must leave room for an answer of the provider (limits.psc_seconds and limits.floor_ms)",
        ));
    }
    Ok(limits.clone())
}

fn lifetimes(lifetimes: &Lifetimes) -> Result<Lifetimes, RelayError> {
    bounded("lifetimes.login", u64::from(lifetimes.login), 1, 3600)?;
    bounded("lifetimes.code", u64::from(lifetimes.code), 1, 600)?;
    bounded("lifetimes.ciba", u64::from(lifetimes.ciba), 1, 600)?;
    bounded("lifetimes.ciba_interval", u64::from(lifetimes.ciba_interval), 1, 60)?;
    bounded("lifetimes.refresh", u64::from(lifetimes.refresh), 1, 24 * 3600)?;
    Ok(lifetimes.clone())
}

fn bounded(setting: &'static str, value: u64, least: u64, most: u64) -> Result<(), RelayError> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(RelayError::setting(
            setting,
            format!("{value} is not between {least} and {most}"),
        ))
    }
}
