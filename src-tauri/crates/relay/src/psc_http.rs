//! One HTTP exchange with the provider: bounded in time and size, no redirection followed.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder};
use rustls::ClientConfig;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use crate::error::RelayError;

/// The largest answer that is read, in octets.
const LARGEST: usize = 256 * 1024;

/// What the provider answered. The body is wiped when dropped.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Whether the body is a signed token rather than JSON.
    pub(crate) is_jwt: bool,
    /// Seconds that it wants to be left alone.
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Reply {
    /// The class of its status, for the metrics.
    pub(crate) fn class(&self) -> &'static str {
        match self.status {
            200..=299 => "2xx",
            300..=399 => "3xx",
            429 => "429",
            400..=499 => "4xx",
            _ => "5xx",
        }
    }

    /// The body of a good answer.
    pub(crate) fn json<T: for<'de> Deserialize<'de>>(&self) -> Result<T, PscProblem> {
        if self.status != 200 {
            return Err(PscProblem::Unexpected("a status that is not 200"));
        }
        serde_json::from_slice(&self.body).map_err(|_| PscProblem::Unexpected("an answer that cannot be read"))
    }

    /// The error code of a refusal (RFC 6749 §5.2), as one of those that are known; empty when there is none.
    pub(crate) fn error(&self) -> String {
        #[derive(Deserialize)]
        struct Refusal {
            error: String,
        }
        let code = serde_json::from_slice::<Refusal>(&self.body).map(|refusal| refusal.error);
        code.unwrap_or_default()
            .chars()
            .filter(|c| c.is_ascii_lowercase() || *c == '_')
            .take(64)
            .collect()
    }
}

/// Why there is no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PscProblem {
    #[error("the provider cannot be reached")]
    Network,
    #[error("the provider did not answer in time")]
    TimedOut,
    #[error("the provider's server is not the one it should be, or refused our certificate")]
    Tls,
    #[error("the provider's answer is too large")]
    TooLarge,
    #[error("the provider does not offer this")]
    NotOffered,
    #[error("the provider answered something unexpected: {0}")]
    Unexpected(&'static str),
}

impl PscProblem {
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::TimedOut => "timeout",
            Self::Tls => "tls",
            Self::TooLarge => "too_large",
            Self::NotOffered => "not_offered",
            Self::Unexpected(_) => "unexpected",
        }
    }
}

/// Sends requests.
pub(crate) struct Exchange {
    client: Client,
}

impl Exchange {
    /// `alone`: the provider is on this machine, where no proxy of the environment reaches.
    pub(crate) fn new(tls: ClientConfig, patience: Duration, alone: bool) -> Result<Self, RelayError> {
        let builder = Client::builder();
        let builder = if alone { builder.no_proxy() } else { builder };
        let client = builder
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(patience.min(Duration::from_secs(5)))
            .timeout(patience)
            // Shorter than what servers keep: a request is not sent into a connection that is being closed.
            .pool_idle_timeout(Duration::from_secs(4))
            .user_agent(concat!("pli-relay/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| RelayError::Tls(error.to_string()))?;
        Ok(Self { client })
    }

    pub(crate) async fn get(&self, url: Url, authorization: Option<&str>) -> Result<Reply, PscProblem> {
        self.send(self.client.get(url), authorization).await
    }

    pub(crate) async fn post(
        &self,
        url: Url,
        form: Zeroizing<String>,
        authorization: Option<&str>,
    ) -> Result<Reply, PscProblem> {
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from_owner(OwnedForm(form)));
        self.send(request, authorization).await
    }

    async fn send(&self, request: RequestBuilder, authorization: Option<&str>) -> Result<Reply, PscProblem> {
        let request = match authorization {
            Some(text) => {
                let mut value = HeaderValue::from_str(text).map_err(|_| PscProblem::Unexpected("our own header"))?;
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
            None => request,
        };
        let mut answer = request
            .header("accept", "application/json, application/jwt")
            .send()
            .await
            .map_err(|error| problem(&error))?;
        let status = answer.status().as_u16();
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let is_jwt = header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/jwt"));
        let retry_after = header(RETRY_AFTER).and_then(|seconds| seconds.parse().ok());
        let announced = usize::try_from(answer.content_length().unwrap_or(16 * 1024)).unwrap_or(usize::MAX);
        if announced > LARGEST {
            return Err(PscProblem::TooLarge);
        }
        let mut body = Zeroizing::new(Vec::with_capacity(announced));
        while let Some(piece) = answer.chunk().await.map_err(|error| problem(&error))? {
            if body.len() + piece.len() > LARGEST {
                return Err(PscProblem::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Reply {
            status,
            is_jwt,
            retry_after,
            body,
        })
    }
}

struct OwnedForm(Zeroizing<String>);

impl AsRef<[u8]> for OwnedForm {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The kind of failure. The error's own text may hold an address with a token in it: it is written nowhere.
fn problem(error: &reqwest::Error) -> PscProblem {
    if error.is_timeout() {
        return PscProblem::TimedOut;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(found) = cause {
        let inner = found.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if found.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return PscProblem::Tls;
        }
        cause = found.source();
    }
    PscProblem::Network
}
