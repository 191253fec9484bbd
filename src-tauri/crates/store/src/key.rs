//! The keys: one master key of 256 bits, and one derived key for each use (HKDF-SHA256, RFC 5869).

use ring::hkdf;
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::StoreError;

/// Boxed, so that moving a key moves a pointer: a moved array would stay behind on the stack, where nobody wipes it.
type Octets = Box<Zeroizing<[u8; 32]>>;

/// The 256-bit key that everything at rest hangs on. Wiped from memory when dropped, never printed.
#[derive(Clone)]
pub struct MasterKey(Octets);

/// A 256-bit key for one use, derived from the master key. Wiped from memory when dropped, never printed.
#[derive(Clone)]
pub struct DerivedKey(Octets);

/// What a derived key serves: two uses never share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The mail database.
    Database,
    /// The encrypted files of raw messages.
    RawFiles,
    /// The journal of traces.
    Journal,
    /// A value that tells a wrong key from a damaged file; it reveals nothing of the others.
    Check,
    /// The login's session while the program is locked: kept in memory only, sealed.
    Session,
    /// What tells the right PIN from another.
    Pin,
    /// The journal's own secret, where no keyring keeps it.
    JournalSecret,
    /// The pseudonyms of folders in traces.
    Folders,
}

impl MasterKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`StoreError::Random`] when the system gives no random bytes.
    pub fn generate() -> Result<Self, StoreError> {
        let mut bytes = Octets::default();
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The key made of these bytes; the caller's own copy is wiped.
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let mut own = Octets::default();
        own.copy_from_slice(&bytes);
        bytes.zeroize();
        Self(own)
    }

    /// The key made of these 32 octets; none when there are more or fewer.
    pub(crate) fn from_octets(octets: &[u8]) -> Option<Self> {
        let mut own = Octets::default();
        if octets.len() != own.len() {
            return None;
        }
        own.copy_from_slice(octets);
        Some(Self(own))
    }

    /// The key of one use.
    #[must_use]
    pub fn derive(&self, purpose: Purpose) -> DerivedKey {
        let label: &[u8] = match purpose {
            Purpose::Database => b"pli/1/database",
            Purpose::RawFiles => b"pli/1/raw-files",
            Purpose::Journal => b"pli/1/journal",
            Purpose::Check => b"pli/1/check",
            Purpose::Session => b"pli/1/session",
            Purpose::Pin => b"pli/1/pin",
            Purpose::JournalSecret => b"pli/1/journal-secret",
            Purpose::Folders => b"pli/1/folders",
        };
        let bytes = expand(&self.0, &[label]);
        DerivedKey(bytes)
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// 16 hexadecimal digits that tell this key from another.
    pub(crate) fn check(&self) -> String {
        hex(&self.derive(Purpose::Check).as_bytes()[..8])
    }
}

impl DerivedKey {
    /// A key of these octets, which nothing was derived from: that of a copy.
    pub(crate) fn of(octets: &[u8; 32]) -> Self {
        let mut own = Octets::default();
        own.copy_from_slice(octets);
        Self(own)
    }

    /// The bytes, for the library that encrypts with them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl std::fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DerivedKey(…)")
    }
}

/// HKDF-Expand of a key that is already uniform (RFC 5869 §3.3): one HMAC, a microsecond.
pub(crate) fn expand(key: &[u8; 32], info: &[&[u8]]) -> Octets {
    let mut out = Octets::default();
    let prk = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, key);
    // Neither call can fail: 32 octets are the hash's own length.
    if let Ok(okm) = prk.expand(info, hkdf::HKDF_SHA256) {
        let _ = okm.fill(out.as_mut_slice());
    }
    out
}

/// Writes over the stack below the caller, where what was just called may have left keys: ciphers are values, their keys
/// within, and a value that is moved stays behind.
#[inline(never)]
pub(crate) fn sweep_stack() {
    let mut room = [0u8; 32 * 1024];
    room.zeroize();
    std::hint::black_box(&mut room);
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    push_hex(&mut text, bytes);
    text
}

/// Digit by digit: a formatter would leave some of them in buffers of its own.
pub(crate) fn push_hex(text: &mut String, bytes: &[u8]) {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    text.extend(digits.map(|digit| char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_use_has_a_key_of_its_own() {
        let master = MasterKey::from_bytes([7; 32]);
        let purposes = [
            Purpose::Database,
            Purpose::RawFiles,
            Purpose::Journal,
            Purpose::Check,
            Purpose::Session,
            Purpose::Pin,
            Purpose::JournalSecret,
            Purpose::Folders,
        ];
        let keys = purposes.map(|purpose| *master.derive(purpose).as_bytes());
        for (index, key) in keys.iter().enumerate() {
            assert_ne!(key, &[0; 32]);
            assert_ne!(key, &[7; 32]);
            assert!(!keys[..index].contains(key));
        }
        assert_eq!(keys[0], *master.derive(Purpose::Database).as_bytes());
    }

    #[test]
    fn keys_are_not_printed() {
        let master = MasterKey::from_bytes([0x41; 32]);
        assert_eq!(
            format!("{master:?} {:?}", master.derive(Purpose::Check)),
            "MasterKey(…) DerivedKey(…)"
        );
    }
}
