//! The PIN of a profile whose key is in the system's keyring.
//!
//! A PIN is short: whoever could try all of them against a file would have it in minutes, Argon2id or not. So the file
//! holds nothing to try against without the key: HMAC-SHA256, under a key derived from the master key, of
//! Argon2id(PIN, salt). With the keyring open one has the key, and needs no PIN to read the store: the PIN keeps away the
//! person who finds the workstation's session open, and [`crate::Attempts`] the one who tries PINs by hand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::key::{MasterKey, Purpose};
use crate::passphrase::{COSTS, Costs, stretch};
use crate::vault_error::VaultError;

/// The fewest characters of a PIN; the window asks for as many.
const MINIMUM: usize = 4;
/// The most: enough for a phrase.
const MAXIMUM: usize = 64;

/// What tells the right PIN, as `vault.json` keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PinVerifier {
    #[serde(flatten)]
    costs: Costs,
    /// 16 octets, base64.
    salt: String,
    /// 32 octets, base64.
    verifier: String,
}

pub(crate) fn verifier(key: &MasterKey, pin: &SecretString) -> Result<PinVerifier, VaultError> {
    match pin.expose_secret().chars().count() {
        count if count < MINIMUM => return Err(VaultError::PinTooShort { minimum: MINIMUM }),
        count if count > MAXIMUM => return Err(VaultError::PinTooLong { maximum: MAXIMUM }),
        _ => {}
    }
    let mut salt = [0u8; 16];
    getrandom::fill(&mut salt).map_err(|_| VaultError::Random)?;
    let stretched = stretch(&COSTS, &salt, pin)?;
    let tag = hmac::sign(&sealing_key(key), stretched.as_slice());
    Ok(PinVerifier {
        costs: COSTS,
        salt: STANDARD.encode(salt),
        verifier: STANDARD.encode(tag.as_ref()),
    })
}

pub(crate) fn verify(known: &PinVerifier, key: &MasterKey, pin: &SecretString) -> Result<(), VaultError> {
    let damaged = |_| VaultError::Damaged { what: "vault.json" };
    let salt = STANDARD.decode(&known.salt).map_err(damaged)?;
    let tag = STANDARD.decode(&known.verifier).map_err(damaged)?;
    let stretched = stretch(&known.costs, &salt, pin)?;
    hmac::verify(&sealing_key(key), stretched.as_slice(), &tag).map_err(|_| VaultError::WrongPin)
}

fn sealing_key(key: &MasterKey) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key.derive(Purpose::Pin).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_alone_tells_nothing_of_the_pin() {
        let (key, other) = (MasterKey::from_bytes([1; 32]), MasterKey::from_bytes([2; 32]));
        let pin = SecretString::from("4831");
        let known = verifier(&key, &pin).unwrap();
        verify(&known, &key, &pin).unwrap();
        let wrong = verify(&known, &key, &SecretString::from("4832"));
        assert!(matches!(wrong, Err(VaultError::WrongPin)));
        // Whoever has the file, the salt and the right PIN, but another key, is told the same as with a wrong PIN: there
        // is nothing to try PINs against.
        assert!(matches!(verify(&known, &other, &pin), Err(VaultError::WrongPin)));
        // Neither what Argon2id gives, nor a plain digest of it, stands in the file.
        let salt = STANDARD.decode(&known.salt).unwrap();
        let stretched = stretch(&COSTS, &salt, &pin).unwrap();
        let digest = ring::digest::digest(&ring::digest::SHA256, stretched.as_slice());
        let kept = STANDARD.decode(&known.verifier).unwrap();
        assert_ne!(kept.as_slice(), stretched.as_slice());
        assert_ne!(kept.as_slice(), digest.as_ref());
        // The same PIN twice does not look the same.
        assert_ne!(verifier(&key, &pin).unwrap(), known);
    }

    #[test]
    fn a_pin_has_four_to_sixty_four_characters() {
        let key = MasterKey::from_bytes([1; 32]);
        let of = |text: &str| verifier(&key, &SecretString::from(text.to_owned()));
        assert!(matches!(of("été"), Err(VaultError::PinTooShort { minimum: 4 })));
        assert!(matches!(
            of(&"é".repeat(65)),
            Err(VaultError::PinTooLong { maximum: 64 })
        ));
        assert!(of("étés").is_ok());
        assert!(of(&"é".repeat(64)).is_ok());
    }
}
