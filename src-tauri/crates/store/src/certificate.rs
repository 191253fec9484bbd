//! Client certificates: the PKCS#12 file of an account that logs in with one (boxes of organisations and applications),
//! and its passphrase.
//!
//! The file is in the encrypted store. Its passphrase is in the system's keyring where there is one, under a name of its
//! own that the store knows; else in the store, which is then under the person's passphrase.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::connection::Durability::Promise;
use crate::error::StoreError;
use crate::id::AccountId;
use crate::key::hex;
use crate::keyring::{self, KeyringTrouble};
use crate::store::Store;
use crate::time::Millis;
use crate::vault_error::VaultError;

/// More is no certificate: a chain of a few, with its key, is some kilobytes.
const LONGEST: usize = 1024 * 1024;

/// A client certificate with its key, as its file holds them.
#[derive(Clone)]
pub struct Certificate {
    /// The PKCS#12 file, under its own passphrase; at most 1 MiB.
    pub pkcs12: Zeroizing<Vec<u8>>,
    /// Whose it is, as people read it.
    pub subject: String,
    /// When it ends.
    pub not_after: Timestamp,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// Where a passphrase is kept.
enum Place {
    Keyring(String),
    Store(SecretString),
}

impl Store {
    /// Keeps the certificate of an account and its passphrase, instead of the ones it had. The passphrase goes to the
    /// system's keyring when `in_keyring` says that this profile uses one and it is there; else to the store. Blocks as
    /// long as the keyring asks the person.
    ///
    /// # Errors
    /// [`VaultError::Store`] (no such account, a file of more than 1 MiB, the disk), or what the keyring says when it is
    /// locked or refuses; the former certificate still holds then.
    pub fn certificate_put(
        &self,
        account: AccountId,
        certificate: &Certificate,
        passphrase: &SecretString,
        in_keyring: bool,
    ) -> Result<(), VaultError> {
        if certificate.pkcs12.len() > LONGEST {
            return Err(VaultError::Store(StoreError::Invalid {
                what: "a certificate's file has at most 1 MiB",
            }));
        }
        self.account(account)?;
        let former = self.certificate_place(account)?;
        let entry = if in_keyring { keep_in_keyring(passphrase)? } else { None };
        let within = entry.is_none().then(|| passphrase.expose_secret());
        let written = self.connections().write("keeping a certificate", Promise, |tx| {
            tx.execute(
                "INSERT OR REPLACE INTO certificate (account_id, pkcs12, subject, not_after, entry, passphrase)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    account,
                    certificate.pkcs12.as_slice(),
                    certificate.subject,
                    Millis(certificate.not_after),
                    entry,
                    within
                ],
            )?;
            Ok(())
        });
        // Whichever of the two nothing points to any more.
        let orphan = match (&written, former) {
            (Ok(()), Some(Place::Keyring(former))) => Some(former),
            (Err(_), _) => entry,
            _ => None,
        };
        if let Some(entry) = orphan {
            let _ = keyring::remove(&entry);
        }
        Ok(written?)
    }

    /// The certificate of an account, if it has one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn certificate(&self, account: AccountId) -> Result<Option<Certificate>, StoreError> {
        self.connections().read("reading a certificate", |tx| {
            Ok(tx
                .query_row(
                    "SELECT pkcs12, subject, not_after FROM certificate WHERE account_id = ?1",
                    [account],
                    |row| {
                        Ok(Certificate {
                            pkcs12: Zeroizing::new(row.get(0)?),
                            subject: row.get(1)?,
                            not_after: row.get::<_, Millis>(2)?.0,
                        })
                    },
                )
                .optional()?)
        })
    }

    /// The passphrase of an account's certificate, if it has one. Blocks as long as the keyring asks the person.
    ///
    /// # Errors
    /// [`VaultError::Store`], or what the keyring says: [`VaultError::KeyMissing`] when it was emptied, and the
    /// passphrase has to be asked for again.
    pub fn certificate_passphrase(&self, account: AccountId) -> Result<Option<SecretString>, VaultError> {
        match self.certificate_place(account)? {
            None => Ok(None),
            Some(Place::Store(passphrase)) => Ok(Some(passphrase)),
            Some(Place::Keyring(entry)) => {
                let octets = keyring::get(&entry)?;
                let text = std::str::from_utf8(&octets).map_err(|_| VaultError::Damaged {
                    what: "the keyring holds something else than a passphrase",
                })?;
                Ok(Some(SecretString::from(text)))
            }
        }
    }

    /// Forgets the certificate of an account and its passphrase; nothing to do when it has none.
    ///
    /// # Errors
    /// [`VaultError::Store`]. A passphrase that a closed keyring does not give up opens nothing any more.
    pub fn certificate_remove(&self, account: AccountId) -> Result<(), VaultError> {
        let place = self.certificate_place(account)?;
        self.connections().write("forgetting a certificate", Promise, |tx| {
            tx.execute("DELETE FROM certificate WHERE account_id = ?1", [account])?;
            Ok(())
        })?;
        if let Some(Place::Keyring(entry)) = place {
            let _ = keyring::remove(&entry);
        }
        Ok(())
    }

    fn certificate_place(&self, account: AccountId) -> Result<Option<Place>, StoreError> {
        self.connections().read("reading a certificate", |tx| {
            let place = tx
                .query_row(
                    "SELECT entry, passphrase FROM certificate WHERE account_id = ?1",
                    [account],
                    |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?)),
                )
                .optional()?;
            Ok(match place {
                Some((Some(entry), _)) => Some(Place::Keyring(entry)),
                Some((None, Some(passphrase))) => Some(Place::Store(SecretString::from(passphrase))),
                _ => None,
            })
        })
    }
}

/// The name it has in the keyring; none when there is no keyring.
fn keep_in_keyring(passphrase: &SecretString) -> Result<Option<String>, VaultError> {
    let mut name = [0u8; 8];
    getrandom::fill(&mut name).map_err(|_| VaultError::Random)?;
    let entry = hex(&name);
    let secret = passphrase.expose_secret().as_bytes();
    match keyring::set(&entry, secret) {
        Ok(()) => {}
        Err(KeyringTrouble::Absent(_)) => return Ok(None),
        Err(trouble) => return Err(trouble.into()),
    }
    // Some keyrings accept and keep nothing: look before relying on it.
    if keyring::get(&entry)?.as_slice() != secret {
        return Err(VaultError::Keyring("it gave another secret back".to_owned()));
    }
    Ok(Some(entry))
}
