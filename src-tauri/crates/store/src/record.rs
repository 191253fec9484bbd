//! One encrypted record: how octets look inside a pack.
//!
//! `"PLI1"`, 24 random octets, the plain length (u64, little endian), then chunks of 256 KiB, each sealed with
//! AES-256-GCM. Each record has a key of its own, HKDF of the raw-file key with the random octets, so that nonces (the
//! chunk's number) are unique without any counter that a crash or a restored backup could turn back. The header is
//! authenticated with every chunk: a chunk cannot be cut off, moved, or given to another record. Nothing in a record
//! depends on where it stands, so that packs are compacted by copying.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::error::StoreError;
use crate::key::{DerivedKey, expand};

const MAGIC: &[u8; 4] = b"PLI1";
const SALT: usize = 24;
const HEADER: usize = 4 + SALT + 8;
const TAG: usize = 16;
const CHUNK: usize = 256 * 1024;

/// How many octets `length` plain octets take once sealed.
pub(crate) fn sealed_length(length: usize) -> usize {
    HEADER + length + TAG * length.div_ceil(CHUNK).max(1)
}

/// Seals `plain` at the end of `out`.
pub(crate) fn seal(key: &DerivedKey, plain: &[u8], out: &mut Vec<u8>) -> Result<(), StoreError> {
    let mut header = [0u8; HEADER];
    header[..4].copy_from_slice(MAGIC);
    getrandom::fill(&mut header[4..4 + SALT])?;
    header[4 + SALT..].copy_from_slice(&(plain.len() as u64).to_le_bytes());
    let cipher = cipher(key, &header);
    out.reserve(sealed_length(plain.len()));
    out.extend_from_slice(&header);
    let mut number = 0;
    let mut rest = plain;
    loop {
        let (chunk, after) = rest.split_at(rest.len().min(CHUNK));
        let start = out.len();
        out.extend_from_slice(chunk);
        let tag = cipher
            .as_ref()
            .and_then(|cipher| {
                cipher
                    .seal_in_place_separate_tag(nonce(number), Aad::from(&header), &mut out[start..])
                    .ok()
            })
            .ok_or(StoreError::Invalid {
                what: "the record could not be encrypted",
            })?;
        out.extend_from_slice(tag.as_ref());
        rest = after;
        number += 1;
        if rest.is_empty() {
            return Ok(());
        }
    }
}

/// Opens a record; `None` when a single bit of it is not what was sealed.
pub(crate) fn open(key: &DerivedKey, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
    let header: [u8; HEADER] = sealed.get(..HEADER)?.try_into().ok()?;
    if &header[..4] != MAGIC {
        return None;
    }
    let length = usize::try_from(u64::from_le_bytes(header[4 + SALT..].try_into().ok()?)).ok()?;
    if length > sealed.len() || sealed.len() != sealed_length(length) {
        return None;
    }
    let cipher = cipher(key, &header)?;
    let mut plain = Vec::with_capacity(length);
    for (number, chunk) in sealed[HEADER..].chunks_mut(CHUNK + TAG).enumerate() {
        let opened = cipher
            .open_in_place(nonce(number as u64), Aad::from(&header), chunk)
            .ok()?;
        plain.extend_from_slice(opened);
    }
    Some(plain)
}

fn cipher(key: &DerivedKey, header: &[u8; HEADER]) -> Option<LessSafeKey> {
    let own = expand(key.as_bytes(), &[b"record", &header[4..4 + SALT]]);
    UnboundKey::new(&AES_256_GCM, own.as_slice()).ok().map(LessSafeKey::new)
}

fn nonce(number: u64) -> Nonce {
    let mut octets = [0; 12];
    octets[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{MasterKey, Purpose};
    use proptest::prelude::*;

    fn key() -> DerivedKey {
        MasterKey::from_bytes([3; 32]).derive(Purpose::RawFiles)
    }

    #[test]
    fn sizes_around_a_chunk_come_back() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let plain: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let mut sealed = Vec::new();
            seal(&key(), &plain, &mut sealed).unwrap();
            assert_eq!(sealed.len(), sealed_length(length));
            assert_eq!(open(&key(), sealed).unwrap(), plain);
        }
    }

    #[test]
    fn the_same_octets_are_never_sealed_alike() {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        seal(&key(), b"same", &mut a).unwrap();
        seal(&key(), b"same", &mut b).unwrap();
        assert_ne!(a[HEADER..], b[HEADER..]);
    }

    proptest! {
        #[test]
        fn any_flipped_bit_cut_or_swap_is_seen(
            plain in proptest::collection::vec(any::<u8>(), 0..2000), at in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let mut sealed = Vec::new();
            seal(&key(), &plain, &mut sealed).unwrap();
            let mut flipped = sealed.clone();
            flipped[at.index(sealed.len())] ^= 1 << bit;
            prop_assert!(open(&key(), flipped).is_none());
            let cut = sealed[..at.index(sealed.len())].to_vec();
            prop_assert!(open(&key(), cut).is_none());
            prop_assert!(open(&MasterKey::from_bytes([4; 32]).derive(Purpose::RawFiles), sealed).is_none());
        }
    }

    #[test]
    fn chunks_do_not_change_places() {
        let plain = [vec![1u8; CHUNK], vec![2u8; CHUNK]].concat();
        let mut sealed = Vec::new();
        seal(&key(), &plain, &mut sealed).unwrap();
        let (first, second) = (HEADER..HEADER + CHUNK + TAG, HEADER + CHUNK + TAG..sealed.len());
        let swapped = [&sealed[..HEADER], &sealed[second], &sealed[first]].concat();
        assert!(open(&key(), swapped).is_none());
    }
}
