//! Signatures of the provider's tokens (RFC 7515, RFC 7518), checked with the keys that it publishes or with the client secret.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde::Deserialize;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

/// The largest token that is looked at, in octets.
pub(crate) const LARGEST: usize = 16 * 1024;

/// The claims of a token.
pub(crate) type Claims = Map<String, Value>;

/// A set of public keys (RFC 7517 §5). Keys of an unknown kind are passed over.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct KeySet {
    keys: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Key {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// Why a signature is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JwsProblem {
    #[error("the token is not a signed one that can be read")]
    Malformed,
    #[error("the token is signed in a way that is not accepted")]
    Algorithm,
    #[error("the token is signed with a key that is not known")]
    UnknownKey,
    #[error("the token's signature is wrong")]
    Signature,
}

enum Public {
    Rsa(&'static RsaParameters),
    Point(&'static dyn VerificationAlgorithm, &'static str, &'static str),
}

/// Which check an algorithm's name stands for. `none` and everything unknown stand for none.
fn public(alg: &str) -> Option<Public> {
    Some(match alg {
        "RS256" => Public::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        "RS384" => Public::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
        "RS512" => Public::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
        "PS256" => Public::Rsa(&signature::RSA_PSS_2048_8192_SHA256),
        "PS384" => Public::Rsa(&signature::RSA_PSS_2048_8192_SHA384),
        "PS512" => Public::Rsa(&signature::RSA_PSS_2048_8192_SHA512),
        "ES256" => Public::Point(&signature::ECDSA_P256_SHA256_FIXED, "EC", "P-256"),
        "ES384" => Public::Point(&signature::ECDSA_P384_SHA384_FIXED, "EC", "P-384"),
        "EdDSA" => Public::Point(&signature::ED25519, "OKP", "Ed25519"),
        _ => return None,
    })
}

/// The claims of a token whose signature is right. `secret` is the client secret, when there is one: the key of HS256 and its
/// like, which no public key ever stands in for.
pub(crate) fn verify(token: &str, keys: &KeySet, secret: Option<&str>) -> Result<Claims, JwsProblem> {
    use JwsProblem::{Algorithm, Malformed, Signature, UnknownKey};
    if token.len() > LARGEST {
        return Err(Malformed);
    }
    let (signed, mark) = token.rsplit_once('.').ok_or(Malformed)?;
    let (head, body) = signed.split_once('.').ok_or(Malformed)?;
    let header: Header = json(head)?;
    if header.crit.is_some() {
        return Err(Algorithm);
    }
    let mark = decode(mark)?;
    let keyed = match header.alg.as_str() {
        "HS256" => Some(hmac::HMAC_SHA256),
        "HS384" => Some(hmac::HMAC_SHA384),
        "HS512" => Some(hmac::HMAC_SHA512),
        _ => None,
    };
    if let Some(algorithm) = keyed {
        let secret = secret.ok_or(Algorithm)?;
        hmac::verify(&hmac::Key::new(algorithm, secret.as_bytes()), signed.as_bytes(), &mark).map_err(|_| Signature)?;
        return json(body);
    }
    let algorithm = public(&header.alg).ok_or(Algorithm)?;
    let mut tried = false;
    for key in keys.keys.iter().filter_map(|key| Key::deserialize(key).ok()) {
        let fits = match (&header.kid, &key.kid) {
            (Some(wanted), Some(known)) => wanted == known,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let meant = key.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && key.alg.as_deref().is_none_or(|alg| alg == header.alg);
        if !fits || !meant {
            continue;
        }
        match check(&algorithm, &key, signed.as_bytes(), &mark) {
            Some(true) => return json(body),
            Some(false) => tried = true,
            None => {}
        }
    }
    Err(if tried { Signature } else { UnknownKey })
}

/// Whether the signature is right; `None` when the key is of another kind.
fn check(algorithm: &Public, key: &Key, signed: &[u8], mark: &[u8]) -> Option<bool> {
    let number = |text: &Option<String>| decode(text.as_deref()?).ok();
    match algorithm {
        Public::Rsa(parameters) => {
            if key.kty != "RSA" {
                return None;
            }
            let (n, e) = (number(&key.n)?, number(&key.e)?);
            Some(RsaPublicKeyComponents { n, e }.verify(parameters, signed, mark).is_ok())
        }
        Public::Point(algorithm, kty, crv) => {
            if key.kty != *kty || key.crv.as_deref() != Some(*crv) {
                return None;
            }
            let mut point = number(&key.x)?;
            if *kty == "EC" {
                point.insert(0, 4);
                point.extend(number(&key.y)?);
            }
            Some(UnparsedPublicKey::new(*algorithm, point).verify(signed, mark).is_ok())
        }
    }
}

fn decode(text: &str) -> Result<Vec<u8>, JwsProblem> {
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| JwsProblem::Malformed)
}

fn json<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, JwsProblem> {
    serde_json::from_slice(&decode(text)?).map_err(|_| JwsProblem::Malformed)
}

/// Whether two texts are the same; where they differ is not told by the time it takes.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
