//! The seam to the network.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use zeroize::Zeroizing;

use crate::error::IdentityError;
use crate::settings::Settings;

/// The largest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;
/// The longest wait that a server may ask for.
const LONGEST_RETRY: Duration = Duration::from_secs(3600);
/// How long one exchange may take in all.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// What is asked of the provider.
#[derive(Debug)]
pub enum Request {
    /// A GET of JSON.
    Get {
        /// Where.
        url: Url,
        /// Sent as `Authorization: Bearer`.
        bearer: Option<SecretString>,
    },
    /// A POST of a form, answered by JSON.
    Form {
        /// Where.
        url: Url,
        /// The form, URL-encoded. Shown by no `Debug`.
        body: FormBody,
    },
}

/// A form that may hold secrets: wiped when dropped, not shown.
pub struct FormBody(Zeroizing<String>);

impl FormBody {
    pub(crate) fn new(body: Zeroizing<String>) -> Self {
        Self(body)
    }

    /// The text of the form.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for FormBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormBody([REDACTED])")
    }
}

/// What the provider answered. The body is wiped when dropped.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, at most [`MAX_ANSWER_BYTES`].
    pub body: Zeroizing<Vec<u8>>,
    /// How long to wait before asking again (`Retry-After` in seconds, RFC 9110 §10.2.3), at most an hour.
    pub retry_after: Option<Duration>,
    /// The server's own time (`Date`, RFC 9110 §6.6.1): none when it says none, and when a cache kept the answer.
    pub date: Option<Timestamp>,
    /// The address that answered.
    pub peer: Option<SocketAddr>,
}

impl Request {
    /// Where.
    #[must_use]
    pub fn url(&self) -> &Url {
        match self {
            Self::Get { url, .. } | Self::Form { url, .. } => url,
        }
    }

    /// Octets of its body.
    pub(crate) fn octets(&self) -> u64 {
        match self {
            Self::Get { .. } => 0,
            Self::Form { body, .. } => body.expose().len() as u64,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpProblem {
    /// No connection, or it was cut.
    #[error("the provider cannot be reached")]
    Network,
    /// No whole answer in time.
    #[error("the provider did not answer in time")]
    TimedOut,
    /// The server at that address is not the one it should be.
    #[error("the provider's server cannot be trusted")]
    Untrusted,
    /// More than [`MAX_ANSWER_BYTES`].
    #[error("the provider's answer is too large")]
    TooLarge,
    /// The journal could not record the exchange: it was not begun, or its answer is withheld (SC.MSS/CONF.18).
    #[error("the exchange could not be recorded")]
    Unrecorded,
}

impl HttpProblem {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Network | Self::TimedOut)
    }
}

/// The answer to come.
pub type HttpFuture<'a> = Pin<Box<dyn Future<Output = Result<Answer, HttpProblem>> + Send + 'a>>;

/// Carries requests to the provider. Follows no redirection.
pub trait Http: Send + Sync {
    /// Sends one request and reads its whole answer.
    fn send(&self, request: Request) -> HttpFuture<'_>;
}

/// HTTPS by reqwest, to servers that `pli_tls::web_pki_config` believes; in builds for the local operator and when the
/// settings are its own, to its servers too.
#[derive(Debug)]
pub struct Https {
    client: reqwest::Client,
}

impl Https {
    /// A client with bounds on time and size.
    ///
    /// # Errors
    /// [`IdentityError::Tls`] when TLS cannot be prepared.
    pub fn new(settings: &Settings) -> Result<Self, IdentityError> {
        let builder = reqwest::Client::builder();
        // A local operator is on loopback, where a proxy named by the environment does not reach.
        #[cfg(any(test, feature = "local-operator"))]
        let builder = builder.no_proxy();
        #[cfg(feature = "local-operator")]
        let tls = match settings.operator() {
            Some(operator) => operator.web_config()?,
            None => pli_tls::web_pki_config()?,
        };
        #[cfg(not(feature = "local-operator"))]
        let tls = {
            let _ = settings;
            pli_tls::web_pki_config()?
        };
        let client = builder
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // A connection kept for later keeps the buffers that its last token went through.
            .pool_max_idle_per_host(0)
            .connect_timeout(EXCHANGE_TIMEOUT / 3)
            .timeout(EXCHANGE_TIMEOUT)
            .user_agent(concat!("Pli/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| pli_tls::TlsError::Setup(e.to_string()))?;
        Ok(Self { client })
    }

    async fn exchange(&self, request: Request) -> Result<Answer, HttpProblem> {
        let request = match request {
            Request::Get { url, bearer } => {
                let request = self.client.get(url);
                match bearer {
                    // reqwest marks the header as sensitive.
                    Some(token) => request.bearer_auth(token.expose_secret()),
                    None => request,
                }
            }
            Request::Form { url, body } => self
                .client
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Bytes::from_owner(OwnedForm(body))),
        };
        let mut answer = request
            .header("accept", "application/json")
            .send()
            .await
            .map_err(problem)?;
        let status = answer.status().as_u16();
        let retry_after = answer
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(|seconds: u64| Duration::from_secs(seconds).min(LONGEST_RETRY));
        let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let kept = text("age").is_some_and(|age| age.trim() != "0");
        let date = text("date").filter(|_| !kept).and_then(http_date);
        let peer = answer.remote_addr();
        // Reserved at once, so that what it holds is not copied from place to place while it grows.
        let announced = answer.content_length().unwrap_or(16 * 1024);
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        if announced > MAX_ANSWER_BYTES {
            return Err(HttpProblem::TooLarge);
        }
        let mut body = Zeroizing::new(Vec::with_capacity(announced));
        while let Some(piece) = answer.chunk().await.map_err(problem)? {
            if body.len() + piece.len() > MAX_ANSWER_BYTES {
                return Err(HttpProblem::TooLarge);
            }
            append(&mut body, &piece);
        }
        Ok(Answer {
            status,
            body,
            retry_after,
            date,
            peer,
        })
    }
}

impl Http for Https {
    fn send(&self, request: Request) -> HttpFuture<'_> {
        Box::pin(self.exchange(request))
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text.trim())
        .ok()
}

/// Appends to a text that may hold tokens: when it has to move, the old place is wiped, which a vector that grows by itself
/// does not do.
pub(crate) fn append(body: &mut Zeroizing<Vec<u8>>, piece: &[u8]) {
    if body.capacity() - body.len() < piece.len() {
        let mut larger = Zeroizing::new(Vec::with_capacity(2 * (body.len() + piece.len())));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(piece);
}

struct OwnedForm(FormBody);

impl AsRef<[u8]> for OwnedForm {
    fn as_ref(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

fn problem(error: reqwest::Error) -> HttpProblem {
    let problem = if error.is_timeout() {
        HttpProblem::TimedOut
    } else if is_tls(&error) {
        HttpProblem::Untrusted
    } else {
        HttpProblem::Network
    };
    tracing::info!(error = %error.without_url(), ?problem, "an exchange with the identity provider failed");
    problem
}

/// Whether TLS is somewhere among the causes of the error.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && pli_tls::TlsError::within(io).is_some()
        {
            return true;
        }
        cause = error.source();
    }
    false
}
