//! The master key wrapped by a passphrase: Argon2id (RFC 9106) makes a key of it, AES-256-GCM wraps.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::key::MasterKey;
use crate::vault::VaultError;

/// RFC 9106 §4, second recommended choice, with one lane: 64 MiB, three passes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// A file that asks for more is not ours, and must not take the machine's memory.
const MEMORY_LIMIT_KIB: u32 = 1024 * 1024;
const PASSES_LIMIT: u32 = 32;
const LANES_LIMIT: u32 = 16;

/// A wrapped key, as `vault.json` keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wrapped {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    /// 16 octets, base64.
    salt: String,
    /// 12 octets, base64.
    nonce: String,
    /// 32 octets and a tag of 16, base64.
    key: String,
}

pub(crate) fn wrap(key: &MasterKey, passphrase: &SecretString) -> Result<Wrapped, VaultError> {
    let (mut salt, mut nonce) = ([0u8; 16], [0u8; 12]);
    getrandom::fill(&mut salt).map_err(|_| VaultError::Random)?;
    getrandom::fill(&mut nonce).map_err(|_| VaultError::Random)?;
    let cipher = cipher((MEMORY_KIB, PASSES, LANES), &salt, passphrase)?;
    let mut sealed = Zeroizing::new(key.expose().to_vec());
    cipher
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(LABEL), &mut *sealed)
        .map_err(|_| VaultError::Damaged {
            what: "the key cannot be wrapped",
        })?;
    Ok(Wrapped {
        memory_kib: MEMORY_KIB,
        passes: PASSES,
        lanes: LANES,
        salt: STANDARD.encode(salt),
        nonce: STANDARD.encode(nonce),
        key: STANDARD.encode(sealed.as_slice()),
    })
}

pub(crate) fn unwrap(wrapped: &Wrapped, passphrase: &SecretString) -> Result<MasterKey, VaultError> {
    let damaged = || VaultError::Damaged { what: "vault.json" };
    if wrapped.memory_kib > MEMORY_LIMIT_KIB || wrapped.passes > PASSES_LIMIT || wrapped.lanes > LANES_LIMIT {
        return Err(damaged());
    }
    let salt = STANDARD.decode(&wrapped.salt).map_err(|_| damaged())?;
    let nonce: [u8; 12] = STANDARD
        .decode(&wrapped.nonce)
        .ok()
        .and_then(|n| n.try_into().ok())
        .ok_or_else(damaged)?;
    let mut sealed = Zeroizing::new(STANDARD.decode(&wrapped.key).map_err(|_| damaged())?);
    let cipher = cipher((wrapped.memory_kib, wrapped.passes, wrapped.lanes), &salt, passphrase)?;
    // The file's own digest has been checked: what does not open is the passphrase's fault.
    let opened = cipher
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(LABEL), &mut sealed)
        .map_err(|_| VaultError::WrongPassphrase)?;
    let key: Zeroizing<[u8; 32]> = Zeroizing::new((&*opened).try_into().map_err(|_| damaged())?);
    Ok(MasterKey::from_bytes(*key))
}

const LABEL: &[u8] = b"pli/1/wrapped-master-key";

fn cipher(costs: (u32, u32, u32), salt: &[u8], passphrase: &SecretString) -> Result<LessSafeKey, VaultError> {
    let damaged = |_| VaultError::Damaged { what: "vault.json" };
    let params = Params::new(costs.0, costs.1, costs.2, Some(32)).map_err(damaged)?;
    let mut key = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose_secret().as_bytes(), salt, key.as_mut_slice())
        .map_err(damaged)?;
    let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| VaultError::Damaged {
        what: "the key cannot be wrapped",
    })?;
    Ok(LessSafeKey::new(key))
}
