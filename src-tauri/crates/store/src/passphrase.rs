//! The master key wrapped by a passphrase: Argon2id (RFC 9106) makes a key of it, AES-256-GCM wraps.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::key::{MasterKey, sweep_stack};
use crate::vault_error::VaultError;

/// RFC 9106 §4, second recommended choice, with one lane: 64 MiB, three passes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// A file that asks for more is not ours, and must not take the machine's memory.
const MEMORY_LIMIT_KIB: u32 = 1024 * 1024;
const PASSES_LIMIT: u32 = 32;
const LANES_LIMIT: u32 = 16;

/// What each guess costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Costs {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Costs {
    /// As a backup's header writes them: three u32, little endian.
    pub(crate) fn octets(self) -> [u8; 12] {
        let mut out = [0; 12];
        for (place, word) in out.chunks_mut(4).zip([self.memory_kib, self.passes, self.lanes]) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    /// Read back; none for what is no 12 octets.
    pub(crate) fn from_octets(octets: &[u8]) -> Option<Self> {
        let word = |place: usize| {
            let octets = octets.get(place * 4..place * 4 + 4)?;
            Some(u32::from_le_bytes(octets.try_into().ok()?))
        };
        Some(Self {
            memory_kib: word(0)?,
            passes: word(1)?,
            lanes: word(2)?,
        })
    }
}

/// What each guess costs from now on.
pub(crate) const COSTS: Costs = Costs {
    memory_kib: MEMORY_KIB,
    passes: PASSES,
    lanes: LANES,
};

/// A wrapped key, as `vault.json` keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wrapped {
    #[serde(flatten)]
    costs: Costs,
    /// 16 octets, base64.
    salt: String,
    /// 12 octets, base64.
    nonce: String,
    /// 32 octets and a tag of 16, base64.
    key: String,
}

pub(crate) fn wrap(key: &MasterKey, passphrase: &SecretString) -> Result<Wrapped, VaultError> {
    let wrapped = wrapped(key, passphrase);
    sweep_stack();
    wrapped
}

pub(crate) fn unwrap(wrapped: &Wrapped, passphrase: &SecretString) -> Result<MasterKey, VaultError> {
    let key = unwrapped(wrapped, passphrase);
    sweep_stack();
    key
}

#[inline(never)]
fn wrapped(key: &MasterKey, passphrase: &SecretString) -> Result<Wrapped, VaultError> {
    let (mut salt, mut nonce) = ([0u8; 16], [0u8; 12]);
    getrandom::fill(&mut salt).map_err(|_| VaultError::Random)?;
    getrandom::fill(&mut nonce).map_err(|_| VaultError::Random)?;
    let cipher = cipher(&COSTS, &salt, passphrase)?;
    let mut sealed = Zeroizing::new(key.expose().to_vec());
    cipher
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(LABEL), &mut *sealed)
        .map_err(|_| VaultError::Damaged {
            what: "the key cannot be wrapped",
        })?;
    Ok(Wrapped {
        costs: COSTS,
        salt: STANDARD.encode(salt),
        nonce: STANDARD.encode(nonce),
        key: STANDARD.encode(sealed.as_slice()),
    })
}

#[inline(never)]
fn unwrapped(wrapped: &Wrapped, passphrase: &SecretString) -> Result<MasterKey, VaultError> {
    let damaged = || VaultError::Damaged { what: "vault.json" };
    let salt = STANDARD.decode(&wrapped.salt).map_err(|_| damaged())?;
    let nonce: [u8; 12] = STANDARD
        .decode(&wrapped.nonce)
        .ok()
        .and_then(|n| n.try_into().ok())
        .ok_or_else(damaged)?;
    let mut sealed = Zeroizing::new(STANDARD.decode(&wrapped.key).map_err(|_| damaged())?);
    let cipher = cipher(&wrapped.costs, &salt, passphrase)?;
    // The file's own digest has been checked: what does not open is the passphrase's fault.
    let opened = cipher
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(LABEL), &mut sealed)
        .map_err(|_| VaultError::WrongPassphrase)?;
    MasterKey::from_octets(opened).ok_or_else(damaged)
}

const LABEL: &[u8] = b"pli/1/wrapped-master-key";

/// 32 octets of a secret that a person typed.
pub(crate) fn stretch(costs: &Costs, salt: &[u8], secret: &SecretString) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let damaged = || VaultError::Damaged { what: "vault.json" };
    if costs.memory_kib > MEMORY_LIMIT_KIB || costs.passes > PASSES_LIMIT || costs.lanes > LANES_LIMIT {
        return Err(damaged());
    }
    let params = Params::new(costs.memory_kib, costs.passes, costs.lanes, Some(32)).map_err(|_| damaged())?;
    let mut key = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(secret.expose_secret().as_bytes(), salt, key.as_mut_slice())
        .map_err(|_| damaged())?;
    Ok(key)
}

fn cipher(costs: &Costs, salt: &[u8], passphrase: &SecretString) -> Result<LessSafeKey, VaultError> {
    let key = stretch(costs, salt, passphrase)?;
    let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| VaultError::Damaged {
        what: "the key cannot be wrapped",
    })?;
    Ok(LessSafeKey::new(key))
}
