//! The intermediary's own signature on id tokens: Ed25519 (RFC 8037) or P-256 (RFC 7518 §3.4).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

/// Signs with the first key, publishes all.
pub(crate) struct Signer {
    keys: Vec<SigningKey>,
}

struct SigningKey {
    pair: Pair,
    id: String,
    public: Value,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

/// The key is of another kind, or cannot sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 or P-256 private key in PKCS#8")]
pub(crate) struct UnusableKey;

impl Signer {
    /// A signer with these private keys (PKCS#8 DER), of which there must be one.
    pub(crate) fn new<'a>(keys: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, UnusableKey> {
        let keys: Vec<_> = keys.into_iter().map(SigningKey::read).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(UnusableKey);
        }
        Ok(Self { keys })
    }

    /// The public halves (RFC 7517 §5).
    pub(crate) fn published(&self) -> Value {
        let keys: Vec<&Value> = self.keys.iter().map(|key| &key.public).collect();
        json!({ "keys": keys })
    }

    /// The algorithms in use, for the description.
    pub(crate) fn algorithms(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.keys.iter().map(|key| key.pair.algorithm()).collect();
        names.dedup();
        names
    }

    /// A signed token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> Result<String, UnusableKey> {
        let key = self.keys.first().ok_or(UnusableKey)?;
        let header = json!({ "alg": key.pair.algorithm(), "kid": key.id, "typ": "JWT" });
        let mut token = BASE64_URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let signature = key.pair.sign(token.as_bytes())?;
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl SigningKey {
    fn read(der: &[u8]) -> Result<Self, UnusableKey> {
        let pair = match Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            Ok(pair) => Pair::Ed25519(pair),
            Err(_) => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new())
                .map(Pair::P256)
                .map_err(|_| UnusableKey)?,
        };
        let text = |octets: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(octets);
        // The members in alphabetical order: what the thumbprint is taken of (RFC 7638).
        let mut public = match &pair {
            Pair::Ed25519(pair) => json!({ "crv": "Ed25519", "kty": "OKP", "x": text(pair.public_key().as_ref()) }),
            Pair::P256(pair) => {
                let point = pair.public_key().as_ref().get(1..65).ok_or(UnusableKey)?;
                let (x, y) = point.split_at(32);
                json!({ "crv": "P-256", "kty": "EC", "x": text(x), "y": text(y) })
            }
        };
        let id = text(digest(&SHA256, public.to_string().as_bytes()).as_ref());
        if let Some(members) = public.as_object_mut() {
            members.insert("kid".to_owned(), id.clone().into());
            members.insert("use".to_owned(), "sig".into());
            members.insert("alg".to_owned(), pair.algorithm().into());
        }
        Ok(Self { pair, id, public })
    }
}

impl Pair {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, UnusableKey> {
        match self {
            Self::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Self::P256(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| UnusableKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::ECDSA_P256_SHA256_FIXED_SIGNING;

    use super::*;
    use crate::jws::{JwsProblem, KeySet, verify};

    fn keys() -> [Vec<u8>; 2] {
        let random = SystemRandom::new();
        [
            Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref().to_vec(),
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                .unwrap()
                .as_ref()
                .to_vec(),
        ]
    }

    #[test]
    fn what_is_signed_is_believed_by_whoever_reads_the_published_keys() {
        for key in keys() {
            let signer = Signer::new([key.as_slice()]).unwrap();
            let published: KeySet = serde_json::from_value(signer.published()).unwrap();
            let token = signer.sign(&json!({ "sub": "x" })).unwrap();
            assert_eq!(verify(&token, &published, None).unwrap()["sub"], "x");
            let (signed, mark) = token.rsplit_once('.').unwrap();
            let altered = format!("{}.{mark}", signed.replace("eyJzdWIiOiJ4In0", "eyJzdWIiOiJ5In0"));
            assert_eq!(verify(&altered, &published, None), Err(JwsProblem::Signature));
            // A public key is no secret: it must not pass for one.
            assert_eq!(
                verify(&token, &KeySet::default(), Some("x")),
                Err(JwsProblem::UnknownKey)
            );
        }
    }

    #[test]
    fn after_a_rotation_the_older_key_is_still_published() {
        let [one, other] = keys();
        let old = Signer::new([one.as_slice()]).unwrap().sign(&json!({})).unwrap();
        let both = Signer::new([other.as_slice(), one.as_slice()]).unwrap();
        let published: KeySet = serde_json::from_value(both.published()).unwrap();
        assert!(verify(&old, &published, None).is_ok());
        assert_eq!(both.algorithms(), ["ES256", "EdDSA"]);
    }

    #[test]
    fn unsigned_and_strangely_signed_tokens_are_refused() {
        let token = |header: Value| {
            let text = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.AAAA", text(header), text(json!({ "sub": "x" })))
        };
        let none = KeySet::default();
        assert_eq!(
            verify(&token(json!({ "alg": "none" })), &none, Some("s")),
            Err(JwsProblem::Algorithm)
        );
        assert_eq!(
            verify(&token(json!({ "alg": "HS256" })), &none, None),
            Err(JwsProblem::Algorithm)
        );
        assert_eq!(
            verify(&token(json!({ "alg": "HS256" })), &none, Some("s")),
            Err(JwsProblem::Signature)
        );
        let critical = json!({ "alg": "HS256", "crit": ["b64"] });
        assert_eq!(verify(&token(critical), &none, Some("s")), Err(JwsProblem::Algorithm));
        for strange in ["", ".", "..", "a.b.c", "e30.e30.", &"x".repeat(LARGEST + 1)] {
            assert!(verify(strange, &none, Some("s")).is_err());
        }
    }

    use crate::jws::LARGEST;
}
