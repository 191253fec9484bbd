//! Where the journal of traces keeps its own small secret: what destroys a period's key must be able to forget for good.
//!
//! In the system's keyring where the profile's key is there too: then a copy of the profile's files lacks it. Else in a
//! file, sealed (AES-256-GCM) under a key derived from the master key: then a copy of the whole folder holds it, for
//! whoever has the passphrase. What the secret is made of is the journal's business.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::key::{DerivedKey, MasterKey, Purpose, hex};
use crate::keyring::{self, KeyringTrouble};
use crate::vault::write_whole;
use crate::vault_error::VaultError;

const VERSION: u32 = 1;
/// Octets of a secret, at most: the smallest of the systems' keyrings takes 2,560.
const LONGEST: usize = 512;
/// Octets of the file, at most.
const LARGEST: u64 = 16 * 1024;
const LABEL: &[u8] = b"pli/1/journal-secret";

/// The place of one profile's journal secret.
#[derive(Debug)]
pub struct JournalSecret {
    path: PathBuf,
    key: DerivedKey,
    keyring: bool,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    kept: Kept,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    /// Under this name in the keyring.
    Keyring { entry: String },
    /// Here.
    Sealed {
        /// 12 octets, base64.
        nonce: String,
        /// The secret and a tag of 16 octets, base64.
        secret: String,
    },
}

impl JournalSecret {
    /// The place in this folder, for the profile of this key. `keyring` says whether new secrets go to the system's keyring:
    /// true for a profile whose own key is there.
    #[must_use]
    pub fn at(dir: &Path, key: &MasterKey, keyring: bool) -> Self {
        Self {
            path: dir.join("journal.json"),
            key: key.derive(Purpose::JournalSecret),
            keyring,
        }
    }

    /// Whether a copy of all files of the profile lacks the secret.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.keyring
    }

    /// The secret; none when none was ever kept. Blocks as long as the keyring takes.
    ///
    /// # Errors
    /// What the keyring says, [`VaultError::KeyMissing`] when it was emptied; [`VaultError::Damaged`],
    /// [`VaultError::NewerVersion`], [`VaultError::File`].
    pub fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let Some(kept) = self.kept()? else { return Ok(None) };
        let secret = match &kept {
            Kept::Keyring { entry } => keyring::get(entry)?,
            Kept::Sealed { nonce, secret } => self.unseal(nonce, secret)?,
        };
        if secret.len() > LONGEST {
            return Err(damaged());
        }
        if self.keyring != matches!(kept, Kept::Keyring { .. }) {
            // The profile's key moved since: its journal's secret follows.
            self.keep(&secret)?;
        }
        Ok(Some(secret))
    }

    /// Keeps another secret, at most 512 octets, instead of the one there was, which is gone when this returns. Cut in the
    /// middle, one of the two is there.
    ///
    /// # Errors
    /// What the keyring says, [`VaultError::File`], [`VaultError::Random`].
    pub fn keep(&self, secret: &[u8]) -> Result<(), VaultError> {
        if secret.len() > LONGEST {
            return Err(VaultError::Damaged {
                what: "the journal's secret is too long",
            });
        }
        let former = self.kept()?;
        if !self.keyring {
            let (nonce, secret) = self.seal(secret)?;
            self.write(Kept::Sealed { nonce, secret })?;
            if let Some(Kept::Keyring { entry }) = former {
                let _ = keyring::remove(&entry);
            }
            return Ok(());
        }
        if let Some(Kept::Keyring { entry }) = former {
            return Ok(keyring::set(&entry, secret)?);
        }
        let mut name = [0u8; 8];
        getrandom::fill(&mut name).map_err(|_| VaultError::Random)?;
        let entry = format!("journal-{}", hex(&name));
        keyring::set(&entry, secret)?;
        // Some keyrings accept and keep nothing: look before relying on it.
        if keyring::get(&entry)?.as_slice() != secret {
            return Err(VaultError::Keyring("it gave another secret back".to_owned()));
        }
        self.write(Kept::Keyring { entry })
    }

    /// Forgets the secret: what hangs on it can never be read again.
    ///
    /// # Errors
    /// What the keyring or the file system says.
    pub fn destroy(&self) -> Result<(), VaultError> {
        let Some(kept) = self.kept()? else { return Ok(()) };
        if let Kept::Keyring { entry } = kept {
            match keyring::remove(&entry) {
                Ok(()) | Err(KeyringTrouble::NoEntry) => {}
                Err(trouble) => return Err(trouble.into()),
            }
        }
        std::fs::remove_file(&self.path).map_err(|e| self.file("forgetting the journal's secret", e))
    }

    fn kept(&self) -> Result<Option<Kept>, VaultError> {
        use std::io::Read as _;
        let mut text = Vec::new();
        match std::fs::File::open(&self.path).and_then(|file| file.take(LARGEST).read_to_end(&mut text)) {
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(self.file("reading the journal's secret", e)),
        }
        let file: File = serde_json::from_slice(&text).map_err(|_| damaged())?;
        if file.version > VERSION {
            return Err(VaultError::NewerVersion {
                found: file.version,
                known: VERSION,
            });
        }
        Ok(Some(file.kept))
    }

    fn write(&self, kept: Kept) -> Result<(), VaultError> {
        let file = File { version: VERSION, kept };
        let text = serde_json::to_vec_pretty(&file).map_err(|_| damaged())?;
        write_whole(&self.path, &text).map_err(|e| self.file("keeping the journal's secret", e))
    }

    fn seal(&self, secret: &[u8]) -> Result<(String, String), VaultError> {
        let mut nonce = [0u8; 12];
        getrandom::fill(&mut nonce).map_err(|_| VaultError::Random)?;
        let mut sealed = Zeroizing::new(Vec::with_capacity(secret.len() + 16));
        sealed.extend_from_slice(secret);
        self.cipher()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(LABEL), &mut *sealed)
            .map_err(|_| damaged())?;
        Ok((STANDARD.encode(nonce), STANDARD.encode(sealed.as_slice())))
    }

    fn unseal(&self, nonce: &str, secret: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let nonce = STANDARD.decode(nonce).ok().and_then(|nonce| nonce.try_into().ok());
        let nonce: [u8; 12] = nonce.ok_or_else(damaged)?;
        let mut sealed = Zeroizing::new(STANDARD.decode(secret).map_err(|_| damaged())?);
        let length = self
            .cipher()?
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(LABEL), &mut sealed)
            .map_err(|_| damaged())?
            .len();
        sealed.truncate(length);
        Ok(sealed)
    }

    fn cipher(&self) -> Result<LessSafeKey, VaultError> {
        let key = UnboundKey::new(&AES_256_GCM, self.key.as_bytes()).map_err(|_| damaged())?;
        Ok(LessSafeKey::new(key))
    }

    fn file(&self, doing: &'static str, source: std::io::Error) -> VaultError {
        VaultError::File {
            doing,
            path: self.path.clone(),
            source,
        }
    }
}

fn damaged() -> VaultError {
    VaultError::Damaged {
        what: "the journal's secret",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(dir: &Path, key: u8) -> JournalSecret {
        JournalSecret::at(dir, &MasterKey::from_bytes([key; 32]), false)
    }

    #[test]
    fn a_secret_in_a_file_comes_back_under_its_key_alone() {
        let dir = tempfile::tempdir().unwrap();
        let here = place(dir.path(), 7);
        assert!(here.load().unwrap().is_none() && !here.is_outside());
        here.keep(b"first").unwrap();
        here.keep(b"second").unwrap();
        assert_eq!(here.load().unwrap().unwrap().as_slice(), b"second");
        assert!(matches!(place(dir.path(), 8).load(), Err(VaultError::Damaged { .. })));
        assert!(here.keep(&[0; LONGEST + 1]).is_err());
        let text = std::fs::read_to_string(dir.path().join("journal.json")).unwrap();
        assert!(!text.contains(&STANDARD.encode(b"second")), "{text}");
        here.destroy().unwrap();
        assert!(here.load().unwrap().is_none());
    }

    #[test]
    fn what_is_no_such_file_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let here = place(dir.path(), 7);
        for text in [
            &b"{}"[..],
            b"",
            &[b'x'; 40_000],
            br#"{"version":1,"kept":{"sealed":{"nonce":"AA==","secret":""}}}"#,
        ] {
            std::fs::write(dir.path().join("journal.json"), text).unwrap();
            assert!(matches!(here.load(), Err(VaultError::Damaged { .. })));
        }
        std::fs::write(
            dir.path().join("journal.json"),
            br#"{"version":9,"kept":{"keyring":{"entry":"a"}}}"#,
        )
        .unwrap();
        assert!(matches!(here.load(), Err(VaultError::NewerVersion { found: 9, .. })));
    }
}
