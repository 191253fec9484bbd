//! The intermediary's own keys, as read from their files.

use ring::hmac;
use zeroize::Zeroizing;

use crate::config::Keys;
use crate::error::RelayError;
use crate::files;
use crate::jws::KeySet;
use crate::seal::{SealProblem, Sealer};
use crate::signing::Signer;

/// All of them. Replaced whole when the files change.
pub(crate) struct KeyRing {
    pub(crate) sealer: Sealer,
    pub(crate) signer: Signer,
    /// The public halves of the signer's, to know our own tokens by.
    pub(crate) own: KeySet,
    /// Under which limits are counted: no national id, no address is kept or sent to Redis as it is.
    pub(crate) counting: hmac::Key,
}

impl KeyRing {
    /// Reads the files, for the intermediary of this name.
    pub(crate) fn read(config: &Keys, issuer: &str) -> Result<Self, RelayError> {
        const SEAL: &str = "keys.seal";
        const SIGN: &str = "keys.sign";
        if config.seal.is_empty() {
            return Err(RelayError::setting(SEAL, "at least one file is needed"));
        }
        let seals = config.seal.iter().map(|path| files::seal_key(path));
        let seals: Vec<_> = seals.collect::<Result<_, _>>()?;
        let wrong = |problem: SealProblem| RelayError::setting(SEAL, problem.to_string());
        let sealer = Sealer::new(&seals, issuer).map_err(wrong)?;
        let counting = sealer.other_key("counting").map_err(wrong)?;
        let mut signing = Vec::new();
        for path in config.sign.files() {
            signing.push(SecretKey(files::private_key(SIGN, path)?));
        }
        let signer = Signer::new(signing.iter().map(|key| key.0.secret_der()))
            .map_err(|problem| RelayError::setting(SIGN, problem.to_string()))?;
        let own = serde_json::from_value(signer.published()).unwrap_or_default();
        Ok(Self {
            sealer,
            signer,
            own,
            counting: hmac::Key::new(hmac::HMAC_SHA256, counting.as_slice()),
        })
    }
}

struct SecretKey(rustls_pki_types::PrivateKeyDer<'static>);

impl Drop for SecretKey {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

/// New keys, as the files that the settings name: a seal key (base64) and a signing key (PEM).
///
/// # Errors
/// [`RelayError::System`] without random numbers.
pub fn new_keys() -> Result<(Zeroizing<String>, Zeroizing<String>), RelayError> {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    let without = |_| RelayError::System("no random numbers".to_owned());
    let mut seal = Zeroizing::new([0; 32]);
    crate::secret::fill(seal.as_mut_slice()).map_err(|problem| RelayError::System(problem.to_string()))?;
    let random = ring::rand::SystemRandom::new();
    let sign = ring::signature::Ed25519KeyPair::generate_pkcs8(&random).map_err(without)?;
    let body = Zeroizing::new(BASE64_STANDARD.encode(sign.as_ref()));
    let mut pem = Zeroizing::new(String::with_capacity(256));
    pem.push_str("-----BEGIN PRIVATE KEY-----\n");
    for line in body.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).unwrap_or_default());
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    let mut text = Zeroizing::new(BASE64_STANDARD.encode(*seal));
    text.push('\n');
    Ok((text, pem))
}
