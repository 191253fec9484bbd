//! The seal: how everything that must survive between two requests travels, so that nothing has to be kept.
//!
//! `version ‖ key id ‖ 24 random octets ‖ AES-256-GCM(expiry ‖ length ‖ JSON ‖ zeros)`, in base64url. The key and the nonce of each seal
//! are derived from the key file by HKDF-SHA-256 with those random octets, so that no number of seals wears a key out. The
//! kind of thing and the intermediary's name are authenticated: a code is no refresh token, and nothing of one name serves at another.
//! The content is padded to the next power of two, at least the kind's own, so that lengths tell nothing.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::secret::fill;

const VERSION: u8 = 1;
const RANDOM: usize = 24;
const KEY_ID: usize = 4;
const HEAD: usize = 1 + KEY_ID + RANDOM;
const TAG: usize = 16;
/// Expiry, then the length of what follows.
const INNER_HEAD: usize = 8 + 4;
/// The largest content, padding included.
const LARGEST: usize = 32 * 1024;

/// What a seal holds. Each is good for its own purpose only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A login in the browser, while the person is at the provider.
    State,
    /// A code for Pli.
    Code,
    /// A refresh token for Pli.
    Refresh,
    /// A login by phone.
    AuthRequest,
    /// The provider's own id token, within ours.
    Hint,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Code => "code",
            Self::Refresh => "refresh",
            Self::AuthRequest => "auth_req",
            Self::Hint => "hint",
        }
    }

    /// The least size of the content: what most of the kind fit in.
    fn smallest(self) -> usize {
        match self {
            Self::State => 1024,
            Self::Code | Self::Refresh | Self::AuthRequest | Self::Hint => 2048,
        }
    }

    /// The largest size of the content. A login by phone has one size only: a decoy is as large as any.
    fn largest(self) -> usize {
        match self {
            Self::AuthRequest => self.smallest(),
            _ => LARGEST,
        }
    }
}

/// Why a seal cannot be made, or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealProblem {
    /// Not made by us for this purpose, or altered.
    #[error("not a seal of ours for this purpose")]
    Unreadable,
    /// Its time is over.
    #[error("the seal has expired")]
    Expired,
    /// What is to be sealed is larger than its kind may be.
    #[error("too large to be sealed")]
    TooLarge,
    /// No random numbers.
    #[error("the system gives no random numbers")]
    Randomness,
}

/// A key file's content: 32 octets.
pub(crate) type SealKey = Zeroizing<[u8; 32]>;

/// Makes and opens seals. The first key seals, all open.
pub(crate) struct Sealer {
    keys: Vec<(Prk, [u8; KEY_ID])>,
    name: String,
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// `N` octets of `prk` for a purpose.
fn derive<const N: usize>(prk: &Prk, purpose: &[&[u8]]) -> Result<Zeroizing<[u8; N]>, SealProblem> {
    let mut octets = Zeroizing::new([0; N]);
    prk.expand(purpose, Length(N))
        .and_then(|okm| okm.fill(octets.as_mut_slice()))
        .map_err(|_| SealProblem::Unreadable)?;
    Ok(octets)
}

impl Sealer {
    /// A sealer with these keys, of which there must be one, for the intermediary of this name.
    pub(crate) fn new(keys: &[SealKey], name: &str) -> Result<Self, SealProblem> {
        let keys = keys
            .iter()
            .map(|key| {
                let prk = Salt::new(HKDF_SHA256, b"pli-relay").extract(key.as_slice());
                let id = derive::<KEY_ID>(&prk, &[b"key id"])?;
                Ok((prk, *id))
            })
            .collect::<Result<_, SealProblem>>()?;
        Ok(Self {
            keys,
            name: name.to_owned(),
        })
    }

    /// 32 octets of the first key for another purpose than sealing.
    pub(crate) fn other_key(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>, SealProblem> {
        let (prk, _) = self.keys.first().ok_or(SealProblem::Unreadable)?;
        derive(prk, &[b"other ", purpose.as_bytes()])
    }

    /// Seals `content` until `expires`.
    pub(crate) fn seal<T: Serialize>(
        &self,
        kind: Kind,
        content: &T,
        expires: Timestamp,
    ) -> Result<String, SealProblem> {
        let (prk, id) = self.keys.first().ok_or(SealProblem::Unreadable)?;
        // Reserved at once: what grows leaves copies of itself behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(kind.largest() + TAG));
        plain.extend_from_slice(&expires.as_second().to_be_bytes());
        plain.extend_from_slice(&[0; 4]);
        serde_json::to_writer(&mut *plain, content).map_err(|_| SealProblem::TooLarge)?;
        let length = u32::try_from(plain.len() - INNER_HEAD).map_err(|_| SealProblem::TooLarge)?;
        if plain.len() > kind.largest() {
            return Err(SealProblem::TooLarge);
        }
        plain
            .get_mut(8..INNER_HEAD)
            .ok_or(SealProblem::TooLarge)?
            .copy_from_slice(&length.to_be_bytes());
        let padded = plain.len().next_power_of_two().max(kind.smallest());
        plain.resize(padded, 0);

        let mut head = [0; HEAD];
        let (first, random) = head.split_at_mut(1 + KEY_ID);
        fill(random).map_err(|_| SealProblem::Randomness)?;
        if let Some((version, place)) = first.split_first_mut() {
            *version = VERSION;
            place.copy_from_slice(id);
        }
        let (key, nonce) = self.keys_of(prk, kind, random)?;
        let tag = key
            .seal_in_place_separate_tag(nonce, Aad::from(self.bound(kind, &head)), &mut plain)
            .map_err(|_| SealProblem::TooLarge)?;
        let mut whole = Vec::with_capacity(HEAD + plain.len() + TAG);
        whole.extend_from_slice(&head);
        whole.extend_from_slice(&plain);
        whole.extend_from_slice(tag.as_ref());
        Ok(BASE64_URL_SAFE_NO_PAD.encode(whole))
    }

    /// Opens a seal of this kind, if its time is not over at `now`.
    pub(crate) fn open<T: DeserializeOwned>(&self, kind: Kind, text: &str, now: Timestamp) -> Result<T, SealProblem> {
        use SealProblem::Unreadable;
        if text.len() > (LARGEST + HEAD + TAG) * 4 / 3 + 4 {
            return Err(Unreadable);
        }
        let mut whole = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| Unreadable)?);
        if whole.len() < HEAD + TAG {
            return Err(Unreadable);
        }
        let (head, sealed) = whole.split_at_mut(HEAD);
        let (first, random) = head.split_at(1 + KEY_ID);
        let (version, id) = first.split_first().ok_or(Unreadable)?;
        if *version != VERSION {
            return Err(Unreadable);
        }
        let (prk, _) = self.keys.iter().find(|(_, known)| known == id).ok_or(Unreadable)?;
        let (key, nonce) = self.keys_of(prk, kind, random)?;
        let plain = key
            .open_in_place(nonce, Aad::from(self.bound(kind, head)), sealed)
            .map_err(|_| Unreadable)?;
        let (expires, rest) = plain.split_first_chunk::<8>().ok_or(Unreadable)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(Unreadable)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Unreadable)?;
        let content = rest.get(..length).ok_or(Unreadable)?;
        if i64::from_be_bytes(*expires) <= now.as_second() {
            return Err(SealProblem::Expired);
        }
        serde_json::from_slice(content).map_err(|_| Unreadable)
    }

    fn keys_of(&self, prk: &Prk, kind: Kind, random: &[u8]) -> Result<(LessSafeKey, Nonce), SealProblem> {
        let both = derive::<44>(prk, &[b"seal ", kind.name().as_bytes(), random])?;
        let (key, nonce) = both.split_at(32);
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| SealProblem::Unreadable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealProblem::Unreadable)?;
        Ok((LessSafeKey::new(key), nonce))
    }

    /// What is authenticated besides the content.
    fn bound(&self, kind: Kind, head: &[u8]) -> Vec<u8> {
        [head, kind.name().as_bytes(), b"\0", self.name.as_bytes()].concat()
    }
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
