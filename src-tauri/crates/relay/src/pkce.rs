//! The proof that whoever spends is whoever began (RFC 7636), S256 only.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

/// The challenge of a verifier.
pub(crate) fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// Whether a text may be an S256 challenge: 32 octets in base64url.
pub(crate) fn is_challenge(text: &str) -> bool {
    text.len() == 43
        && BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .is_ok_and(|octets| octets.len() == 32)
}

/// Whether `verifier` is the one behind `expected`. The time taken says nothing.
pub(crate) fn proves(verifier: &str, expected: &str) -> bool {
    let well_formed = (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    // What is compared are two digests: there is nothing to learn from where they differ.
    well_formed && challenge(verifier) == expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_holds() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let expected = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(is_challenge(expected));
        assert!(proves(verifier, expected));
        assert!(!proves(expected, expected), "the plain method does not exist here");
        assert!(!proves("", &challenge("")), "too short to be a verifier");
    }
}
