//! What a trace calls a folder: its name when it is one that every mailbox has, else a word that only this workstation can
//! turn back into it. People file by patient, so that a folder's name may be a person's.

use ring::hmac;

use crate::wording::sealed;

/// The usual names, in lower case: special uses (RFC 6154) as servers and programs call them, in English and French.
const USUAL: &[&str] = &[
    "inbox",
    "sent",
    "sent items",
    "sent messages",
    "sent mail",
    "envoyés",
    "envoyes",
    "éléments envoyés",
    "messages envoyés",
    "courrier envoyé",
    "drafts",
    "draft",
    "brouillons",
    "brouillon",
    "trash",
    "bin",
    "deleted",
    "deleted items",
    "deleted messages",
    "corbeille",
    "éléments supprimés",
    "messages supprimés",
    "junk",
    "junk e-mail",
    "junk email",
    "spam",
    "indésirables",
    "courrier indésirable",
    "messages indésirables",
    "pourriel",
    "pourriels",
    "archive",
    "archives",
    "outbox",
    "boîte d'envoi",
    "boîte de réception",
    "courrier entrant",
    "templates",
    "modèles",
    "notes",
    "all",
    "all mail",
    "tous les messages",
    "flagged",
    "starred",
    "important",
    "quarantine",
    "quarantaine",
    "traités",
    "à traiter",
];

/// Characters that part the levels of a folder's name.
const LEVELS: [char; 3] = ['/', '.', '\\'];

/// The longest name that is looked at for being usual, in octets.
const LONGEST: usize = 100;

/// What a trace calls a folder.
///
/// A name all of whose levels are usual ones (`INBOX`, `INBOX/Envoyés`, `Trash`) stays; any other becomes `dossier-` and 12
/// hexadecimal digits, the same for the same name under the same key.
///
/// ```
/// use pli_terms::FolderWord;
/// let key = [7; 32];
/// assert_eq!(FolderWord::of("INBOX.Sent", &key).as_str(), "INBOX.Sent");
/// let patient = FolderWord::of("Patients/DUPONT Jeanne", &key);
/// assert!(patient.is_pseudonym() && patient.as_str().len() == "dossier-".len() + 12);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FolderWord(String);

impl FolderWord {
    /// What begins the word of a folder whose name is not told.
    pub const PREFIX: &'static str = "dossier-";

    /// The word for the folder of this decoded name, under a key that never leaves the workstation's keyring.
    #[must_use]
    pub fn of(name: &str, key: &[u8; 32]) -> Self {
        if is_usual(name) {
            return Self(name.to_owned());
        }
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), name.as_bytes());
        let mut word = String::from(Self::PREFIX);
        for octet in tag.as_ref().iter().take(6) {
            word.push_str(&format!("{octet:02x}"));
        }
        Self(word)
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for a name that is not told.
    #[must_use]
    pub fn is_pseudonym(&self) -> bool {
        self.0.starts_with(Self::PREFIX)
    }
}

fn is_usual(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST
        && name.split(LEVELS).all(|level| {
            let level = level.to_lowercase().replace('’', "'");
            USUAL.contains(&level.as_str())
        })
}

impl std::fmt::Display for FolderWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl sealed::Part for &FolderWord {
    fn write(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [42; 32];

    #[test]
    fn usual_folders_are_called_by_their_name() {
        for name in [
            "INBOX",
            "INBOX/Éléments envoyés",
            "Corbeille",
            "INBOX.Drafts",
            "Boîte d’envoi",
        ] {
            let word = FolderWord::of(name, &KEY);
            assert_eq!((word.as_str(), word.is_pseudonym()), (name, false));
        }
    }

    #[test]
    fn a_person_s_folder_is_told_apart_and_not_told() {
        let names = [
            "DUPONT Jeanne",
            "INBOX/DUPONT Jeanne",
            "Sent/2 54 12",
            "",
            "INBOX/",
            "dossier-000000000000",
        ];
        for (place, name) in names.iter().enumerate() {
            let word = FolderWord::of(name, &KEY);
            assert!(word.is_pseudonym(), "{name}");
            assert_eq!(word, FolderWord::of(name, &KEY));
            assert_ne!(word, FolderWord::of(name, &[43; 32]));
            for other in &names[..place] {
                assert_ne!(word, FolderWord::of(other, &KEY));
            }
        }
    }

    proptest! {
        #[test]
        fn a_word_is_usual_or_twelve_digits(name in ".{0,80}") {
            let word = FolderWord::of(&name, &KEY);
            let digits = word.as_str().strip_prefix(FolderWord::PREFIX);
            let pseudonym = digits.is_some_and(|digits| digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
            prop_assert!(pseudonym || is_usual(&name));
        }
    }
}
