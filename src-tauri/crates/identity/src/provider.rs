//! The identity provider, as it describes itself.

use std::sync::{Arc, PoisonError, RwLock};

use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use url::Url;

use crate::courier::Courier;
use crate::error::{IdTokenProblem, IdentityError};
use crate::http::{Answer, Http, Request};
use crate::settings::{Settings, is_acceptable};
use crate::witness::{ClockGap, Step, Witness};

/// A provider that was discovered. Cheap to clone.
#[derive(Clone)]
pub struct Provider {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    metadata: Metadata,
    keys: RwLock<CoreJsonWebKeySet>,
    courier: Courier,
}

/// The part of the discovery document that is used (OpenID Connect Discovery §3). Every address in it was checked.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) userinfo_endpoint: Url,
    pub(crate) jwks_uri: Url,
    pub(crate) revocation_endpoint: Option<Url>,
    pub(crate) end_session_endpoint: Option<Url>,
    pub(crate) backchannel_authentication_endpoint: Option<Url>,
    backchannel_token_delivery_modes_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Where an approval on the phone is asked for, when it may be polled: this machine cannot be called back.
    pub(crate) fn ciba(&self) -> Option<&Url> {
        let modes = self.backchannel_token_delivery_modes_supported.as_ref();
        let polls = modes.is_none_or(|modes| modes.iter().any(|mode| mode == "poll"));
        self.backchannel_authentication_endpoint.as_ref().filter(|_| polls)
    }
}

const DISCOVERING: &str = "reading the provider's description";
const READING_KEYS: &str = "reading the provider's keys";

impl Provider {
    /// Reads the provider's description and keys.
    ///
    /// # Errors
    /// The network's, [`IdentityError::OtherIssuer`], or [`IdentityError::Unexpected`] when the description lacks
    /// something or names an address that is not HTTPS.
    pub async fn discover(settings: &Settings, http: Arc<dyn Http>) -> Result<Self, IdentityError> {
        Self::by(settings, Courier::new(http, None)).await
    }

    /// As [`Provider::discover`], every exchange from this one on being told to `witness`.
    ///
    /// # Errors
    /// As [`Provider::discover`], and [`crate::HttpProblem::Unrecorded`] when the witness refuses.
    pub async fn discover_before(
        settings: &Settings,
        http: Arc<dyn Http>,
        witness: Arc<dyn Witness>,
    ) -> Result<Self, IdentityError> {
        Self::by(settings, Courier::new(http, Some(witness))).await
    }

    async fn by(settings: &Settings, courier: Courier) -> Result<Self, IdentityError> {
        let metadata: Metadata = get(&courier, Step::Discover, DISCOVERING, &settings.discovery).await?;
        if !speaks_for(&metadata.issuer, &settings.discovery) {
            return Err(IdentityError::OtherIssuer);
        }
        let optional = [
            &metadata.revocation_endpoint,
            &metadata.end_session_endpoint,
            &metadata.backchannel_authentication_endpoint,
        ];
        let needed = [
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &metadata.userinfo_endpoint,
            &metadata.jwks_uri,
        ];
        if !needed
            .into_iter()
            .chain(optional.into_iter().flatten())
            .all(is_acceptable)
        {
            return Err(unexpected(DISCOVERING, "an address is not HTTPS"));
        }
        let keys = get(&courier, Step::Keys, READING_KEYS, &metadata.jwks_uri).await?;
        let inner = Inner {
            settings: settings.clone(),
            metadata,
            keys: RwLock::new(keys),
            courier,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The issuer's name, as it signs its tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.inner.metadata.issuer
    }

    /// Whether the provider offers CIBA (SC.PSC.13).
    #[must_use]
    pub fn offers_ciba(&self) -> bool {
        self.inner.metadata.ciba().is_some()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.inner.metadata
    }

    pub(crate) fn courier(&self) -> &Courier {
        &self.inner.courier
    }

    /// How far the provider's clock was from the workstation's at its latest answer that said so; none without a
    /// [`Witness`], whose clock it is measured by. Only an answer of a server that TLS verified counts (or of a local
    /// operator's on loopback).
    #[must_use]
    pub fn clock_gap(&self) -> Option<ClockGap> {
        self.inner.courier.clock_gap()
    }

    pub(crate) fn keys(&self) -> CoreJsonWebKeySet {
        self.inner.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the keys again: a provider changes them from time to time.
    pub(crate) async fn renew_keys(&self) -> Result<(), IdentityError> {
        let keys: CoreJsonWebKeySet =
            get(self.courier(), Step::Keys, READING_KEYS, &self.inner.metadata.jwks_uri).await?;
        if keys.keys().is_empty() {
            return Err(IdTokenProblem::Signature.into());
        }
        *self.inner.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider")
            .field("issuer", &self.inner.metadata.issuer)
            .finish_non_exhaustive()
    }
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

async fn get<T: for<'de> Deserialize<'de>>(
    courier: &Courier,
    step: Step,
    doing: &'static str,
    url: &Url,
) -> Result<T, IdentityError> {
    let request = Request::Get {
        url: url.clone(),
        bearer: None,
    };
    let answer = courier
        .ask(step, request)
        .await
        .map_err(|problem| IdentityError::Unreachable { doing, problem })?;
    successful(doing, &answer)?;
    json(doing, &answer)
}

/// Status 200, or the error that another status means.
pub(crate) fn successful(doing: &'static str, answer: &Answer) -> Result<(), IdentityError> {
    match answer.status {
        200 => Ok(()),
        429 => Err(IdentityError::TooMany {
            doing,
            retry_after: answer.retry_after,
        }),
        500..=599 => Err(IdentityError::Unavailable {
            doing,
            status: answer.status,
        }),
        status => Err(unexpected(doing, &format!("status {status}"))),
    }
}

pub(crate) fn json<T: for<'de> Deserialize<'de>>(doing: &'static str, answer: &Answer) -> Result<T, IdentityError> {
    // serde's own message may quote a value: only where it stopped is kept.
    serde_json::from_slice(&answer.body).map_err(|e| {
        unexpected(
            doing,
            &format!("{:?} at line {} column {}", e.classify(), e.line(), e.column()),
        )
    })
}

pub(crate) fn unexpected(doing: &'static str, what: &str) -> IdentityError {
    IdentityError::Unexpected {
        doing,
        what: what.to_owned(),
    }
}
