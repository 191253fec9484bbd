//! The vault: where the master key lives between two runs, and how it is had back.
//!
//! In the system's keyring where there is one; else wrapped by a passphrase (Argon2id, RFC 9106, then AES-256-GCM). A
//! small file, `vault.json`, says which, and holds nothing that helps whoever copies it: the key is never on the disk in
//! the clear.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::key::{MasterKey, hex};
use crate::keyring::{self, KeyringTrouble};
use crate::pack::sync_folder;
use crate::passphrase::{self, Wrapped};
use crate::pin::{self, PinVerifier};
use crate::vault_error::VaultError;

/// The vault of one profile.
#[derive(Debug, Clone)]
pub struct Vault {
    path: PathBuf,
}

/// How a profile's key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultState {
    /// Nothing was ever kept here: choose [`Vault::create_in_keyring`] or [`Vault::create_with_passphrase`].
    Absent,
    /// In the system's keyring: [`Vault::open_from_keyring`].
    InKeyring,
    /// Under a passphrase: [`Vault::open_with_passphrase`].
    UnderPassphrase,
}

/// The newest version known: 2 has a PIN. A vault without one is written as version 1, which every program reads.
const VERSION: u32 = 2;
/// The least characters of a passphrase; the window asks for as many (`ui/src/features/first-run/passphrase.ts`).
const MINIMUM: usize = 12;

/// `vault.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    version: u32,
    /// Sixteen digits that tell this key from another, and nothing else of it.
    check: String,
    kept: Kept,
    /// What tells the right PIN from another, to whoever has the key. Version 2 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pin: Option<PinVerifier>,
    /// SHA-256 of all above, in hexadecimal: tells a damaged file from a wrong passphrase.
    digest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    /// Under this name in the keyring: profiles do not share theirs.
    Keyring {
        entry: String,
    },
    Passphrase(Wrapped),
}

impl Vault {
    /// The vault of the profile in this folder.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        Self {
            path: dir.join("vault.json"),
        }
    }

    /// How the key is kept. Asks nothing of the keyring nor of the person.
    ///
    /// # Errors
    /// [`VaultError::Damaged`], [`VaultError::NewerVersion`], [`VaultError::File`].
    pub fn state(&self) -> Result<VaultState, VaultError> {
        Ok(match self.header()? {
            None => VaultState::Absent,
            Some(Header {
                kept: Kept::Keyring { .. },
                ..
            }) => VaultState::InKeyring,
            Some(Header {
                kept: Kept::Passphrase(_),
                ..
            }) => VaultState::UnderPassphrase,
        })
    }

    /// Whether the system's keyring would keep a key now. Asks the person nothing; blocks as long as the keyring takes to
    /// answer.
    ///
    /// # Errors
    /// What the keyring says: absent and locked are told apart.
    pub fn look_at_keyring() -> Result<(), VaultError> {
        Ok(keyring::look()?)
    }

    /// Makes a key and keeps it in the system's keyring. Blocks as long as the keyring asks the person.
    ///
    /// # Errors
    /// [`VaultError::Exists`], or what the keyring says: absent, locked and refused are told apart.
    pub fn create_in_keyring(&self) -> Result<MasterKey, VaultError> {
        self.must_be_absent()?;
        let key = MasterKey::generate()?;
        self.put_in_keyring(&key, None)?;
        Ok(key)
    }

    /// Makes a key and keeps it under a passphrase of at least 12 characters. Takes a fraction of a second and 64 MB by
    /// design: so does each guess.
    ///
    /// # Errors
    /// [`VaultError::Exists`], [`VaultError::PassphraseTooShort`], [`VaultError::File`].
    pub fn create_with_passphrase(&self, passphrase: &SecretString) -> Result<MasterKey, VaultError> {
        self.must_be_absent()?;
        let key = MasterKey::generate()?;
        self.put_under_passphrase(&key, passphrase)?;
        Ok(key)
    }

    /// Has the key back from the system's keyring. Blocks as long as the keyring asks the person.
    ///
    /// # Errors
    /// What the keyring says; [`VaultError::KeyMissing`] when it was emptied; [`VaultError::NotThisWay`].
    pub fn open_from_keyring(&self) -> Result<MasterKey, VaultError> {
        let Some(header) = self.header()? else {
            return Err(VaultError::NotThisWay);
        };
        let Kept::Keyring { entry } = &header.kept else {
            return Err(VaultError::NotThisWay);
        };
        let octets = keyring::get(entry)?;
        let key = MasterKey::from_octets(&octets).ok_or(VaultError::Damaged {
            what: "the keyring holds something else than a key",
        })?;
        self.checked(&header, key, VaultError::KeyMissing)
    }

    /// Asks for a PIN from now on besides the keyring, instead of the one there was: 4 to 64 characters. For a key that
    /// is in the keyring only; a passphrase needs no PIN beside it. What is written lets nobody without the key tell the
    /// right PIN from another. Takes a fraction of a second and 64 MB by design.
    ///
    /// # Errors
    /// [`VaultError::PinTooShort`], [`VaultError::PinTooLong`], [`VaultError::NotThisWay`] for a key kept otherwise,
    /// [`VaultError::File`]; the former PIN still holds then.
    pub fn set_pin(&self, key: &MasterKey, pin: &SecretString) -> Result<(), VaultError> {
        let header = self.must_be_of(key)?;
        if !matches!(header.kept, Kept::Keyring { .. }) {
            return Err(VaultError::NotThisWay);
        }
        let verifier = pin::verifier(key, pin)?;
        self.write(key, header.kept, Some(verifier))
    }

    /// Asks for no PIN any more.
    ///
    /// # Errors
    /// [`VaultError::NotThisWay`] for another vault's key, [`VaultError::File`]; the PIN still holds then.
    pub fn remove_pin(&self, key: &MasterKey) -> Result<(), VaultError> {
        let header = self.must_be_of(key)?;
        self.write(key, header.kept, None)
    }

    /// Whether a PIN is asked for. Asks nothing of the keyring nor of the person. `false` too for a vault that cannot be
    /// read: opening it then says why.
    #[must_use]
    pub fn has_pin(&self) -> bool {
        matches!(self.header(), Ok(Some(Header { pin: Some(_), .. })))
    }

    /// Has the key back from the system's keyring, if the PIN is the right one too. Does not count the tries:
    /// [`crate::Attempts::guard`] does. Blocks as long as the keyring asks the person, then a fraction of a second.
    ///
    /// # Errors
    /// [`VaultError::WrongPin`]; what [`Vault::open_from_keyring`] says; [`VaultError::NotThisWay`] without a PIN.
    pub fn open_with_pin(&self, pin: &SecretString) -> Result<MasterKey, VaultError> {
        let Some(Header {
            pin: Some(verifier), ..
        }) = self.header()?
        else {
            return Err(VaultError::NotThisWay);
        };
        let key = self.open_from_keyring()?;
        pin::verify(&verifier, &key, pin)?;
        Ok(key)
    }

    /// Has the key back with the passphrase.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], [`VaultError::Damaged`], [`VaultError::NotThisWay`].
    pub fn open_with_passphrase(&self, passphrase: &SecretString) -> Result<MasterKey, VaultError> {
        let Some(header) = self.header()? else {
            return Err(VaultError::NotThisWay);
        };
        let Kept::Passphrase(wrapped) = &header.kept else {
            return Err(VaultError::NotThisWay);
        };
        let key = passphrase::unwrap(wrapped, passphrase)?;
        self.checked(
            &header,
            key,
            VaultError::Damaged {
                what: "the key is another one",
            },
        )
    }

    /// Keeps the key under another passphrase, or under one instead of the keyring.
    ///
    /// # Errors
    /// [`VaultError::PassphraseTooShort`], [`VaultError::File`]; the former way still holds then.
    pub fn move_under_passphrase(&self, key: &MasterKey, passphrase: &SecretString) -> Result<(), VaultError> {
        let former = self.must_be_of(key)?;
        self.put_under_passphrase(key, passphrase)?;
        if let Kept::Keyring { entry } = former.kept {
            // Left there it would still open the profile; that it cannot be removed now does not undo the change.
            let _ = keyring::remove(&entry);
        }
        Ok(())
    }

    /// Keeps the key in the system's keyring instead of under a passphrase.
    ///
    /// # Errors
    /// What the keyring says; the passphrase still holds then.
    pub fn move_to_keyring(&self, key: &MasterKey) -> Result<(), VaultError> {
        let former = self.must_be_of(key)?;
        self.put_in_keyring(key, former.pin)?;
        if let Kept::Keyring { entry } = former.kept {
            let _ = keyring::remove(&entry);
        }
        Ok(())
    }

    /// Forgets the key: whatever was stored under it can never be read again.
    ///
    /// # Errors
    /// What the keyring or the file system says.
    pub fn destroy(&self) -> Result<(), VaultError> {
        let Some(header) = self.header()? else { return Ok(()) };
        if let Kept::Keyring { entry } = &header.kept {
            match keyring::remove(entry) {
                Ok(()) | Err(KeyringTrouble::NoEntry) => {}
                Err(trouble) => return Err(trouble.into()),
            }
        }
        std::fs::remove_file(&self.path).map_err(|e| self.file("forgetting the key", e))
    }

    fn put_in_keyring(&self, key: &MasterKey, pin: Option<PinVerifier>) -> Result<(), VaultError> {
        let mut name = [0u8; 8];
        getrandom::fill(&mut name).map_err(|_| VaultError::Random)?;
        let entry = hex(&name);
        keyring::set(&entry, key.expose())?;
        // Some keyrings accept and keep nothing: look before relying on it.
        if keyring::get(&entry)?.as_slice() != key.expose() {
            return Err(VaultError::Keyring("it gave another secret back".to_owned()));
        }
        self.write(key, Kept::Keyring { entry }, pin)
    }

    fn put_under_passphrase(&self, key: &MasterKey, passphrase: &SecretString) -> Result<(), VaultError> {
        use secrecy::ExposeSecret as _;
        if passphrase.expose_secret().chars().count() < MINIMUM {
            return Err(VaultError::PassphraseTooShort { minimum: MINIMUM });
        }
        let wrapped = passphrase::wrap(key, passphrase)?;
        self.write(key, Kept::Passphrase(wrapped), None)
    }

    fn must_be_absent(&self) -> Result<(), VaultError> {
        if self.header()?.is_some() {
            Err(VaultError::Exists)
        } else {
            Ok(())
        }
    }

    fn must_be_of(&self, key: &MasterKey) -> Result<Header, VaultError> {
        let header = self.header()?.ok_or(VaultError::NotThisWay)?;
        if header.check == key.check() {
            Ok(header)
        } else {
            Err(VaultError::NotThisWay)
        }
    }

    fn checked(&self, header: &Header, key: MasterKey, otherwise: VaultError) -> Result<MasterKey, VaultError> {
        if header.check == key.check() {
            Ok(key)
        } else {
            Err(otherwise)
        }
    }

    fn header(&self) -> Result<Option<Header>, VaultError> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(self.file("reading the vault", e)),
        };
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let damaged = VaultError::Damaged { what: "vault.json" };
        if let Ok(Version { version: found }) = serde_json::from_slice(&text)
            && found > VERSION
        {
            return Err(VaultError::NewerVersion { found, known: VERSION });
        }
        match serde_json::from_slice::<Header>(&text) {
            Ok(header) if header.digest == digest(&header) => Ok(Some(header)),
            _ => Err(damaged),
        }
    }

    fn write(&self, key: &MasterKey, kept: Kept, pin: Option<PinVerifier>) -> Result<(), VaultError> {
        let mut header = Header {
            version: if pin.is_some() { VERSION } else { 1 },
            check: key.check(),
            kept,
            pin,
            digest: String::new(),
        };
        header.digest = digest(&header);
        let text = serde_json::to_vec_pretty(&header).map_err(|_| VaultError::Damaged { what: "vault.json" })?;
        write_whole(&self.path, &text).map_err(|e| self.file("writing the vault", e))
    }

    fn file(&self, doing: &'static str, source: std::io::Error) -> VaultError {
        VaultError::File {
            doing,
            path: self.path.clone(),
            source,
        }
    }
}

/// Writes a file that is the former one or the new one at any moment, and the new one, durably, when this returns.
pub(crate) fn write_whole(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let draft = path.with_extension("json.new");
    std::fs::create_dir_all(dir)?;
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(text)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    sync_folder(dir)
}

fn digest(header: &Header) -> String {
    let kept = serde_json::to_vec(&header.kept).unwrap_or_default();
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(&header.version.to_le_bytes());
    context.update(header.check.as_bytes());
    context.update(&kept);
    if let Some(pin) = &header.pin {
        context.update(&serde_json::to_vec(pin).unwrap_or_default());
    }
    hex(context.finish().as_ref())
}
