//! A session put away while the program is locked: its tokens are unreadable without a key that is elsewhere. In memory only
//! (ECO.1.2.5).

use jiff::{SignedDuration, Timestamp};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::error::IdentityError;
use crate::person::Person;
use crate::session::{AuthenticationMethod, Session};
use crate::token_endpoint::Tokens;

/// What these octets are, so that nothing else sealed under the same key is taken for them.
const KIND: &[u8] = b"pli session 1";
/// Room beside the tokens for what JSON writes around them, and for a subject, in octets. A longer one only moves the text.
const ROOM: usize = 4096;

/// A session whose tokens only the key they were sealed with opens again (AES-256-GCM). Who it is of and until when it may
/// be resumed stay readable.
pub struct SealedSession {
    nonce: [u8; NONCE_LEN],
    sealed: Vec<u8>,
    person: Person,
    method: AuthenticationMethod,
    expires_at: Timestamp,
    refresh_expires_at: Option<Timestamp>,
    refresh_life: Option<SignedDuration>,
    started_at: Timestamp,
    due_at: Timestamp,
    ceiling: Timestamp,
    first_refresh_life: Option<SignedDuration>,
    ends_at: Timestamp,
    over_at: Timestamp,
}

/// What is written before it is sealed.
#[derive(Serialize)]
struct Written<'a> {
    subject: &'a str,
    access: &'a str,
    refresh: Option<&'a str>,
    id_token: Option<&'a str>,
}

/// The same, read again.
#[derive(Deserialize)]
struct Read {
    subject: String,
    access: String,
    refresh: Option<String>,
    id_token: Option<String>,
}

impl Drop for Read {
    fn drop(&mut self) {
        self.subject.zeroize();
        self.access.zeroize();
        self.refresh.zeroize();
        self.id_token.zeroize();
    }
}

impl Session {
    /// Puts the session away under this key. The session itself goes on until it is dropped.
    ///
    /// # Errors
    /// [`IdentityError::Randomness`]; [`IdentityError::Sealed`] when it cannot be written.
    pub fn seal(&self, key: &[u8; 32]) -> Result<SealedSession, IdentityError> {
        let written = Written {
            subject: &self.subject,
            access: self.tokens.access.expose_secret(),
            refresh: self.tokens.refresh.as_ref().map(ExposeSecret::expose_secret),
            id_token: self.tokens.id_token.as_ref().map(ExposeSecret::expose_secret),
        };
        // Tokens hold nothing that JSON escapes: with room for everything the text never moves and leaves no copy behind.
        let tokens = [Some(written.access), written.refresh, written.id_token];
        let tokens: usize = tokens.into_iter().flatten().map(str::len).sum();
        let mut text = Zeroizing::new(Vec::with_capacity(tokens + ROOM));
        serde_json::to_writer(&mut *text, &written).map_err(|_| IdentityError::Sealed)?;
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| IdentityError::Randomness)?;
        let tag = under(key)?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(KIND), &mut text)
            .map_err(|_| IdentityError::Sealed)?;
        Ok(SealedSession {
            nonce,
            sealed: [text.as_slice(), tag.as_ref()].concat(),
            person: self.person.clone(),
            method: self.method,
            expires_at: self.tokens.expires_at,
            refresh_expires_at: self.tokens.refresh_expires_at,
            refresh_life: self.tokens.refresh_life,
            started_at: self.started_at,
            due_at: self.due_at,
            ceiling: self.ceiling,
            first_refresh_life: self.first_refresh_life,
            ends_at: self.ends_at,
            over_at: self.over_at(),
        })
    }
}

impl SealedSession {
    /// Opens the session again.
    ///
    /// # Errors
    /// [`IdentityError::Sealed`] under another key, or when the octets are not what was sealed.
    pub fn open(self, key: &[u8; 32]) -> Result<Session, IdentityError> {
        let mut text = Zeroizing::new(self.sealed);
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let opened = under(key)?
            .open_in_place(nonce, Aad::from(KIND), &mut text)
            .map_err(|_| IdentityError::Sealed)?;
        let mut read: Read = serde_json::from_slice(opened).map_err(|_| IdentityError::Sealed)?;
        Ok(Session {
            person: self.person,
            method: self.method,
            subject: std::mem::take(&mut read.subject),
            tokens: Tokens {
                access: SecretString::from(std::mem::take(&mut read.access)),
                expires_at: self.expires_at,
                refresh: read.refresh.take().map(SecretString::from),
                refresh_expires_at: self.refresh_expires_at,
                refresh_life: self.refresh_life,
                id_token: read.id_token.take().map(SecretString::from),
            },
            started_at: self.started_at,
            due_at: self.due_at,
            ceiling: self.ceiling,
            first_refresh_life: self.first_refresh_life,
            ends_at: self.ends_at,
        })
    }

    /// Whose session it is.
    #[must_use]
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// Whether opening it is of no use any more at `now`: only a new login helps.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.over_at
    }

    /// The octets that were sealed, for a test that spoils them.
    #[cfg(test)]
    pub(crate) fn octets(&mut self) -> &mut Vec<u8> {
        &mut self.sealed
    }
}

impl std::fmt::Debug for SealedSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedSession")
            .field("national_id", &self.person.national_id)
            .field("over_at", &self.over_at)
            .finish_non_exhaustive()
    }
}

fn under(key: &[u8; 32]) -> Result<LessSafeKey, IdentityError> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| IdentityError::Sealed)?;
    Ok(LessSafeKey::new(key))
}
