//! Where revocation lists come from.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::crl::CrlProblem;
use crate::web_pki::no_server_config;

/// The largest revocation list that is read, in bytes.
pub const MAX_CRL_BYTES: usize = 20 * 1024 * 1024;

/// How long one fetch may take in all.
const FETCH_TIMEOUT: Duration = Duration::from_secs(20);

/// The answer of a [`CrlFetch`].
pub type CrlFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, CrlProblem>> + Send + 'a>>;

/// Fetches a revocation list. The list need not be believed: its signature is checked by the caller.
pub trait CrlFetch: Send + Sync {
    /// Reads the list at `url`, at most [`MAX_CRL_BYTES`] of it.
    ///
    /// # Errors
    /// [`CrlProblem::Unreachable`] or [`CrlProblem::TooLarge`].
    fn fetch<'a>(&'a self, url: &'a str) -> CrlFuture<'a>;
}

/// Fetches by plain HTTP, as RFC 5280 §8 wants it: the list is signed, and HTTPS would need a list of its own.
#[derive(Debug)]
pub struct HttpCrlFetch {
    client: reqwest::Client,
}

impl HttpCrlFetch {
    /// A client that follows no redirection, speaks plain HTTP only and waits 20 seconds at most.
    ///
    /// # Errors
    /// [`crate::TlsError::Setup`] when the HTTP library cannot start.
    pub fn new() -> Result<Self, crate::TlsError> {
        let builder = reqwest::Client::builder();
        // A local operator is on loopback, where a proxy named by the environment does not reach.
        #[cfg(any(test, feature = "local-operator"))]
        let builder = builder.no_proxy();
        let client = builder
            .tls_backend_preconfigured(no_server_config()?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(FETCH_TIMEOUT / 2)
            .timeout(FETCH_TIMEOUT)
            .build()
            .map_err(|e| crate::TlsError::Setup(e.to_string()))?;
        Ok(Self { client })
    }

    async fn read(&self, url: &str) -> Result<Vec<u8>, CrlProblem> {
        let unreachable = |error: reqwest::Error| {
            tracing::info!(%error, "a revocation list could not be fetched");
            CrlProblem::Unreachable
        };
        let mut answer = self.client.get(url).send().await.map_err(unreachable)?;
        if !answer.status().is_success() {
            tracing::info!(
                status = answer.status().as_u16(),
                "a revocation list could not be fetched"
            );
            return Err(CrlProblem::Unreachable);
        }
        let mut list = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(unreachable)? {
            if list.len() + piece.len() > MAX_CRL_BYTES {
                return Err(CrlProblem::TooLarge);
            }
            list.extend_from_slice(&piece);
        }
        Ok(list)
    }
}

impl CrlFetch for HttpCrlFetch {
    fn fetch<'a>(&'a self, url: &'a str) -> CrlFuture<'a> {
        Box::pin(self.read(url))
    }
}
