//! What a person typed and nobody else may read.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A passphrase on its way to the engine: a text for whoever sends it, never shown by `Debug`, erased from memory when it is
/// dropped (SC.MSS: secrets are in memory only).
#[derive(Debug, Clone, Default)]
pub struct Secret(SecretString);

impl Secret {
    /// The passphrase, for what opens something with it.
    #[must_use]
    pub fn into_inner(self) -> SecretString {
        self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

/// For tests of what was sent: two secrets are the same when their texts are.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Secret {}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use crate::commands::{LoginCertificate, VaultOpen};

    #[test]
    fn a_passphrase_is_read_and_never_shown() {
        let open: VaultOpen = serde_json::from_str(r#"{ "passphrase": "quatre mots sans rapport" }"#).unwrap();
        let none: VaultOpen = serde_json::from_str(r#"{ "passphrase": null }"#).unwrap();
        assert_eq!(none.passphrase, None);
        let login: LoginCertificate =
            serde_json::from_str(r#"{ "account": 1, "passphrase": "quatre mots sans rapport" }"#).unwrap();
        assert_eq!(open.passphrase.as_ref(), Some(&login.passphrase));
        assert!(open.passphrase.is_some());
        for shown in [format!("{open:?}"), format!("{login:?}")] {
            assert!(!shown.contains("quatre"), "{shown}");
        }
    }
}
