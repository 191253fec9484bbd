//! Secrets of our own making, and how they are compared and written.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::error::IdentityError;

/// 256 random bits in URL-safe base64: 43 characters, which PKCE allows as a verifier (RFC 7636 §4.1).
pub(crate) fn random() -> Result<SecretString, IdentityError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut()).map_err(|_| IdentityError::Randomness)?;
    Ok(SecretString::from(BASE64_URL_SAFE_NO_PAD.encode(*bytes)))
}

/// The `S256` challenge of a PKCE verifier (RFC 7636 §4.2).
pub(crate) fn challenge(verifier: &SecretString) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret()))
}

/// Whether the two texts are the same, in a time that says nothing of where they differ.
pub(crate) fn same(known: &SecretString, given: &str) -> bool {
    known.expose_secret().as_bytes().ct_eq(given.as_bytes()).into()
}

/// A number from 0 to 255, for spreading moments.
pub(crate) fn dice() -> Result<u8, IdentityError> {
    let mut byte = [0];
    getrandom::fill(&mut byte).map_err(|_| IdentityError::Randomness)?;
    Ok(byte[0])
}

/// Two digits, each pair as likely as any other.
pub(crate) fn two_digits() -> Result<String, IdentityError> {
    loop {
        // 200 is the largest multiple of 100 in a byte: above it, some pairs would come more often.
        let byte = dice()?;
        if byte < 200 {
            return Ok(format!("{:02}", byte % 100));
        }
    }
}

/// Whether this is a bearer token as RFC 6750 §2.1 writes them, of at most 16 KB.
///
/// Tokens are put into HTTP headers and SASL messages: one with a line end or a control character could say more there
/// than a token may.
pub(crate) fn is_token(text: &str) -> bool {
    (1..=16 * 1024).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b))
}

/// `application/x-www-form-urlencoded`, wiped when dropped.
pub(crate) fn form(pairs: &[(&str, &str)]) -> Zeroizing<String> {
    // With room for every byte to be escaped, the text never moves and leaves no copy behind.
    let room = pairs
        .iter()
        .map(|(name, value)| 3 * (name.len() + value.len()) + 2)
        .sum();
    let mut text = url::form_urlencoded::Serializer::new(String::with_capacity(room));
    text.extend_pairs(pairs);
    Zeroizing::new(text.finish())
}
