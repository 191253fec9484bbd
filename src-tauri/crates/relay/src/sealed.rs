//! What the seals hold.

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A login in the browser: travels as the provider's `state`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SealedLogin {
    pub(crate) client: String,
    pub(crate) redirect: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
    /// Ours, towards the provider.
    pub(crate) verifier: Secret,
    /// Ours, towards the provider.
    pub(crate) own_nonce: Secret,
}

/// The code for Pli.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SealedCode {
    pub(crate) code: Secret,
    pub(crate) login: SealedLogin,
}

/// The refresh token for Pli.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SealedRefresh {
    pub(crate) token: Secret,
    pub(crate) subject: String,
    pub(crate) client: String,
}

/// A login by phone: travels as `auth_req_id`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SealedAuthRequest {
    /// The provider's; none for a person that it does not know.
    pub(crate) request: Option<Secret>,
    pub(crate) client: String,
    pub(crate) challenge: String,
}

/// The provider's id token, for the day of the logout.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SealedHint {
    pub(crate) id_token: Secret,
}
