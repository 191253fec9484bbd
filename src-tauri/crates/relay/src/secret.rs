//! Texts that are wiped when dropped and shown by nobody.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A token, a code, a verifier. Written out only into a seal.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// 32 random octets in base64url: a `state`, a nonce, a PKCE verifier (RFC 7636 §4.1).
    pub(crate) fn random() -> Result<Self, NoRandomness> {
        let mut octets = Zeroizing::new([0; 32]);
        fill(octets.as_mut_slice())?;
        Ok(Self::new(BASE64_URL_SAFE_NO_PAD.encode(*octets)))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret([REDACTED])")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// The system gives no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub(crate) struct NoRandomness;

/// Fills `octets` with random ones.
pub(crate) fn fill(octets: &mut [u8]) -> Result<(), NoRandomness> {
    SystemRandom::new().fill(octets).map_err(|_| NoRandomness)
}

/// Whether a text may be a token on the wire (RFC 6750 §2.1 and RFC 6749 appendix A): visible ASCII, 1 to `longest` octets.
pub(crate) fn is_token(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}
