//! The names of folders behind their pseudonyms, while the folders are still known here.

use std::collections::BTreeMap;

use pli_store::DerivedKey;
use pli_terms::FolderWord;
use pli_trace::Record;

use super::JournalTrace;
use crate::core::Core;

/// The folders of each BAL, by the word that a trace has for them.
pub(super) struct Names {
    names: BTreeMap<(String, String), String>,
}

impl Names {
    /// Those of this profile. A store that cannot be read leaves the pseudonyms.
    pub(super) fn of(core: &Core) -> Self {
        let mut names = BTreeMap::new();
        let (Ok(store), Ok(key)) = (core.store(), core.folder_key()) else {
            return Self { names };
        };
        for account in store.accounts().unwrap_or_default() {
            let bal = account.settings.address.as_str().to_lowercase();
            for folder in store.folders(account.id).unwrap_or_default() {
                if let Some(word) = pseudonym(&folder.server.name, &key) {
                    names.insert((bal.clone(), word), folder.server.name);
                }
            }
        }
        Self { names }
    }

    pub(super) fn trace(&mut self, record: Record) -> JournalTrace {
        let bal = record.entry.bal.as_ref().map(|bal| bal.address.as_str().to_lowercase());
        let named = |word: &str| {
            let key = (bal.clone()?, word.to_owned());
            self.names.get(&key).cloned()
        };
        JournalTrace {
            folder: named(record.entry.request.mailbox.as_str()),
            target: named(record.entry.request.target.as_str()),
            record,
        }
    }
}

/// The word of a folder whose name a trace does not bear.
fn pseudonym(name: &str, key: &DerivedKey) -> Option<String> {
    let word = FolderWord::of(name, key.as_bytes());
    (word.as_str() != name).then(|| word.as_str().to_owned())
}
