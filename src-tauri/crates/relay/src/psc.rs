//! The provider behind the intermediary: its description and keys, and the requests that only the confidential client may make.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

use crate::config;
use crate::error::RelayError;
use crate::id_token::{self, Answers, Expected, IdTokenProblem, Proof};
use crate::jws::{self, Claims, JwsProblem, KeySet};
use crate::metrics::{Counter, Metrics};
use crate::psc_http::{Exchange, PscProblem, Reply};
use crate::psc_tls::{self, Credential};
use crate::secret::Secret;
use crate::settings::is_acceptable;

/// How long a description is good for.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// How long a failure to read it is believed: many requests at once do not each ask again.
const SULK: Duration = Duration::from_secs(2);
/// Keys are not read again sooner than this, whatever tokens show up.
const KEYS_AT_LEAST: Duration = Duration::from_secs(10);

/// An address that secrets may be sent to: anything else makes the description unreadable.
#[derive(Debug, Clone)]
pub(crate) struct Address(pub(crate) Url);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let url = Url::parse(&text).ok().filter(is_acceptable);
        url.map(Self).ok_or(serde::de::Error::custom("not an HTTPS address"))
    }
}

/// The part of the provider's description that is used (OpenID Connect Discovery §3).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: Address,
    token_endpoint: Address,
    userinfo_endpoint: Address,
    jwks_uri: Address,
    revocation_endpoint: Option<Address>,
    end_session_endpoint: Option<Address>,
    backchannel_authentication_endpoint: Option<Address>,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    mtls_endpoint_aliases: Aliases,
}

/// Where to ask when the client proves itself by a certificate (RFC 8705 §5).
#[derive(Debug, Clone, Default, Deserialize)]
struct Aliases {
    token_endpoint: Option<Address>,
    userinfo_endpoint: Option<Address>,
    revocation_endpoint: Option<Address>,
    backchannel_authentication_endpoint: Option<Address>,
}

/// What was read of the provider.
pub(crate) struct Description {
    pub(crate) metadata: Metadata,
    keys: KeySet,
    read_at: Instant,
}

impl Description {
    /// Whether the provider offers login by phone.
    pub(crate) fn offers_ciba(&self) -> bool {
        self.metadata.backchannel_authentication_endpoint.is_some()
    }
}

/// What changes when files change.
struct Tools {
    exchange: Exchange,
    credential: Credential,
}

/// The provider.
pub(crate) struct Psc {
    config: config::Psc,
    seconds: u64,
    tools: RwLock<Arc<Tools>>,
    description: RwLock<Option<Arc<Description>>>,
    reading: tokio::sync::Mutex<()>,
    failed: Mutex<Option<(Instant, PscProblem)>>,
    metrics: Arc<Metrics>,
}

/// A form for the provider.
pub(crate) type Form<'a> = Vec<(&'static str, &'a str)>;

impl Psc {
    pub(crate) fn new(config: &config::Psc, seconds: u64, metrics: Arc<Metrics>) -> Result<Self, RelayError> {
        let psc = Self {
            tools: RwLock::new(Arc::new(tools(config, seconds)?)),
            config: config.clone(),
            seconds,
            description: RwLock::new(None),
            reading: tokio::sync::Mutex::new(()),
            failed: Mutex::new(None),
            metrics,
        };
        Ok(psc)
    }

    /// Reads the files of the credential again.
    pub(crate) fn reload(&self) -> Result<(), RelayError> {
        let tools = Arc::new(tools(&self.config, self.seconds)?);
        *self.tools.write().unwrap_or_else(PoisonError::into_inner) = tools;
        Ok(())
    }

    /// Our name there.
    pub(crate) fn client_id(&self) -> &str {
        &self.config.client_id
    }

    /// What is known of the provider, without asking.
    pub(crate) fn known(&self) -> Option<Arc<Description>> {
        self.description.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the provider's description was read not long ago.
    pub(crate) fn is_ready(&self) -> bool {
        self.known().is_some_and(|known| known.read_at.elapsed() < FRESH * 2)
    }

    /// What is known of the provider, read again when it is old. An old one is better than none.
    pub(crate) async fn description(&self) -> Result<Arc<Description>, PscProblem> {
        if let Some(known) = self.known().filter(|known| known.read_at.elapsed() < FRESH) {
            return Ok(known);
        }
        self.read(FRESH).await
    }

    /// Reads the description unless somebody else just did. Never twice at once.
    async fn read(&self, older_than: Duration) -> Result<Arc<Description>, PscProblem> {
        let _alone = self.reading.lock().await;
        let known = self.known();
        if let Some(known) = known.as_ref().filter(|known| known.read_at.elapsed() < older_than) {
            return Ok(Arc::clone(known));
        }
        let recent = self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let outcome = match recent.filter(|(at, _)| at.elapsed() < SULK) {
            Some((_, problem)) => Err(problem),
            None => self.read_now().await,
        };
        match outcome {
            Ok(new) => {
                let new = Arc::new(new);
                *self.description.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&new));
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Ok(new)
            }
            Err(problem) => {
                tracing::warn!(%problem, "the provider's description cannot be read");
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), problem.clone()));
                known.ok_or(problem)
            }
        }
    }

    async fn read_now(&self) -> Result<Description, PscProblem> {
        let tools = self.tools();
        let address = Url::parse(&self.config.discovery).map_err(|_| PscProblem::Unexpected("its address"))?;
        let counted = |outcome| self.counted("discovery", outcome);
        let metadata: Metadata = counted(tools.exchange.get(address.clone(), None).await)?.json()?;
        if !speaks_for(&metadata.issuer, &address) {
            return Err(PscProblem::Unexpected("its description is another provider's"));
        }
        let keys: KeySet = counted(tools.exchange.get(metadata.jwks_uri.0.clone(), None).await)?.json()?;
        Ok(Description {
            metadata,
            keys,
            read_at: Instant::now(),
        })
    }

    /// A request to the token endpoint.
    pub(crate) async fn token(&self, form: Form<'_>) -> Result<Reply, PscProblem> {
        let known = self.description().await?;
        let (plain, alias) = (
            &known.metadata.token_endpoint,
            &known.metadata.mtls_endpoint_aliases.token_endpoint,
        );
        let url = self.place(plain, alias);
        self.post("token", url, form).await
    }

    /// Begins a login by phone.
    pub(crate) async fn begin(&self, form: Form<'_>) -> Result<Reply, PscProblem> {
        let known = self.description().await?;
        let metadata = &known.metadata;
        let Some(plain) = &metadata.backchannel_authentication_endpoint else {
            return Err(PscProblem::NotOffered);
        };
        let url = self.place(
            plain,
            &metadata.mtls_endpoint_aliases.backchannel_authentication_endpoint,
        );
        self.post("ciba", url, form).await
    }

    /// Takes a token back.
    pub(crate) async fn revoke(&self, form: Form<'_>) -> Result<Reply, PscProblem> {
        let known = self.description().await?;
        let metadata = &known.metadata;
        let Some(plain) = &metadata.revocation_endpoint else {
            return Err(PscProblem::NotOffered);
        };
        let url = self.place(plain, &metadata.mtls_endpoint_aliases.revocation_endpoint);
        self.post("revocation", url, form).await
    }

    /// Ends the person's session. By POST, the token is in no log of addresses; not every provider has it, though all should.
    pub(crate) async fn end_session(&self, id_token: &Secret) -> Result<Reply, PscProblem> {
        let known = self.description().await?;
        let Some(Address(url)) = &known.metadata.end_session_endpoint else {
            return Err(PscProblem::NotOffered);
        };
        let pairs = [("id_token_hint", id_token.expose()), ("client_id", self.client_id())];
        let exchange = &self.tools().exchange;
        let sent = exchange.post(url.clone(), encoded(pairs.into_iter()), None).await;
        if sent.as_ref().is_ok_and(|reply| [404, 405].contains(&reply.status)) {
            let mut url = url.clone();
            url.query_pairs_mut().extend_pairs(pairs);
            return self.counted("end_session", exchange.get(url, None).await);
        }
        self.counted("end_session", sent)
    }

    /// Who the bearer is.
    pub(crate) async fn userinfo(&self, bearer: &Secret) -> Result<Reply, PscProblem> {
        let known = self.description().await?;
        let (plain, alias) = (
            &known.metadata.userinfo_endpoint,
            &known.metadata.mtls_endpoint_aliases.userinfo_endpoint,
        );
        let url = self.place(plain, alias);
        let header = Zeroizing::new(format!("Bearer {}", bearer.expose()));
        let sent = self.tools().exchange.get(url, Some(&header)).await;
        self.counted("userinfo", sent)
    }

    /// Checks the signature of something that the provider signed; a key not known yet has the keys read again.
    pub(crate) async fn verify(&self, token: &str) -> Result<Claims, JwsProblem> {
        let known = self.description().await.map_err(|_| JwsProblem::UnknownKey)?;
        let tools = self.tools();
        match jws::verify(token, &known.keys, tools.credential.secret()) {
            Err(JwsProblem::UnknownKey) => {
                let known = self.read(KEYS_AT_LEAST).await.map_err(|_| JwsProblem::UnknownKey)?;
                jws::verify(token, &known.keys, tools.credential.secret())
            }
            outcome => outcome,
        }
    }

    /// Checks an id token of the provider.
    pub(crate) async fn prove(
        &self,
        token: &Secret,
        answers: Answers<'_>,
        now: Timestamp,
    ) -> Result<Proof, IdTokenProblem> {
        let claims = self.verify(token.expose()).await?;
        let known = self.known().ok_or(IdTokenProblem::Issuer)?;
        let expected = Expected {
            issuer: &known.metadata.issuer,
            audience: self.client_id(),
            acr: &self.config.acr,
            answers,
        };
        id_token::check(&claims, &expected, now)
    }

    fn tools(&self) -> Arc<Tools> {
        Arc::clone(&self.tools.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn place(&self, plain: &Address, alias: &Option<Address>) -> Url {
        match (&self.tools().credential, alias) {
            (Credential::Certificate, Some(alias)) => alias.0.clone(),
            _ => plain.0.clone(),
        }
    }

    async fn post(&self, what: &'static str, url: Url, mut form: Form<'_>) -> Result<Reply, PscProblem> {
        let tools = self.tools();
        let mut header = None;
        match &tools.credential {
            Credential::Post(secret) => {
                form.push(("client_id", self.client_id()));
                form.push(("client_secret", secret.expose()));
            }
            Credential::Basic(secret) => header = Some(basic(self.client_id(), secret)),
            Credential::Certificate => form.push(("client_id", self.client_id())),
        }
        let body = encoded(form.into_iter());
        let sent = tools
            .exchange
            .post(url, body, header.as_deref().map(String::as_str))
            .await;
        self.counted(what, sent)
    }

    fn counted(&self, what: &'static str, outcome: Result<Reply, PscProblem>) -> Result<Reply, PscProblem> {
        let label = match &outcome {
            Ok(reply) => reply.class(),
            Err(problem) => problem.label(),
        };
        self.metrics.count(Counter::Provider, [what, label]);
        if let Err(problem) = &outcome {
            tracing::warn!(endpoint = what, %problem, "the provider did not answer as it should");
        }
        outcome
    }
}

fn tools(config: &config::Psc, seconds: u64) -> Result<Tools, RelayError> {
    let (credential, tls) = psc_tls::prepare(config)?;
    let exchange = Exchange::new(
        tls,
        Duration::from_secs(seconds),
        config.discovery.starts_with("http://"),
    )?;
    Ok(Tools { exchange, credential })
}

/// `client_secret_basic` (RFC 6749 §2.3.1): each half URL-encoded first.
fn basic(id: &str, secret: &Secret) -> Zeroizing<String> {
    let encode = |text: &str| -> Zeroizing<String> { Zeroizing::new(byte_serialize(text.as_bytes()).collect()) };
    let both = Zeroizing::new(format!("{}:{}", *encode(id), *encode(secret.expose())));
    Zeroizing::new(format!(
        "Basic {}",
        *Zeroizing::new(BASE64_STANDARD.encode(both.as_bytes()))
    ))
}

fn encoded<'a>(pairs: impl Iterator<Item = (&'static str, &'a str)>) -> Zeroizing<String> {
    // Reserved at once: what grows leaves copies of itself behind.
    let mut form = url::form_urlencoded::Serializer::new(String::with_capacity(16 * 1024));
    form.extend_pairs(pairs);
    Zeroizing::new(form.finish())
}

/// Whether the document at this address may speak for `issuer`: the address is the issuer's followed by `/.well-known/`
/// and a name, of which only the name may differ from the standard (OpenID Connect Discovery §4.3).
fn speaks_for(issuer: &str, address: &Url) -> bool {
    address
        .as_str()
        .strip_prefix(issuer.trim_end_matches('/'))
        .and_then(|rest| rest.strip_prefix("/.well-known/"))
        .is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_speaks_for_its_own_issuer_only() {
        let address = Url::parse("https://psc.test/realms/x/.well-known/wallet-openid-configuration").unwrap();
        assert!(speaks_for("https://psc.test/realms/x", &address));
        assert!(speaks_for("https://psc.test/realms/x/", &address));
        for other in [
            "https://psc.test",
            "https://psc.test/realms",
            "https://autre.test/realms/x",
            "",
        ] {
            assert!(!speaks_for(other, &address), "{other}");
        }
    }

    #[test]
    fn the_header_of_a_secret_is_encoded_twice() {
        let header = basic("pli relais", &Secret::new("é:%".to_owned()));
        let text = BASE64_STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(text, b"pli+relais:%C3%A9%3A%25");
    }
}
