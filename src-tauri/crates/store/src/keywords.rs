//! The keywords that Pli gives a meaning to, as bits; every other keyword of a message is left as it is.

use rusqlite::{OptionalExtension, params};

use crate::connection::Durability::Mirror;
use crate::error::StoreError;
use crate::id::{FolderId, MailId};
use crate::store::Store;
use crate::word_set::word_set;

word_set! {
    /// A set of Pli's own keywords. They are IMAP keywords (RFC 9051 §2.3.2): compared without case, never shown by another
    /// program unless it shows all of them.
    Keywords {
        /// `$PliTaken`: somebody takes charge of the message.
        TAKEN = 1, "$PliTaken";
        /// `$PliTodo`: the message is to be dealt with.
        TODO = 2, "$PliTodo";
        /// `$PliDone`: the message was dealt with.
        DONE = 4, "$PliDone";
        /// `$PliFiled`: the message was filed in the patient's record.
        FILED = 8, "$PliFiled";
        /// `$PliNote`: more is known of the message's handling than a keyword says. Taken away and put back at each change
        /// of it, so that whoever follows the folder is told.
        NOTE = 16, "$PliNote";
    }
}

impl Keywords {
    /// Those that say where a message stands.
    pub const STATES: Self = Self(Self::TAKEN.0 | Self::TODO.0 | Self::DONE.0);

    /// Those among these words, in any case.
    #[must_use]
    pub fn of<T: AsRef<str>>(words: &[T]) -> Self {
        words
            .iter()
            .filter_map(|word| Self::from_name(word.as_ref()))
            .fold(Self::NONE, Self::with)
    }

    /// What both sets have.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// These words without some of Pli's keywords, then with others; every other word stays.
    pub(crate) fn applied(words: &[String], remove: Self, add: Self) -> Vec<String> {
        let gone = |word: &String| Self::from_name(word).is_some_and(|own| remove.with(add).contains(own));
        words
            .iter()
            .filter(|word| !gone(word))
            .cloned()
            .chain(add.names().map(str::to_owned))
            .collect()
    }

    /// The condition that a message has this keyword, for a table called `m`.
    pub(crate) fn condition(self) -> String {
        let each = self.names().map(|name| {
            format!(
                "instr(lower(' ' || m.keywords || ' '), ' {} ') > 0",
                name.to_ascii_lowercase()
            )
        });
        let all: Vec<String> = each.collect();
        if all.is_empty() {
            "1".to_owned()
        } else {
            all.join(" AND ")
        }
    }
}

impl Store {
    /// Whether a folder takes keywords of one's own; none before it was opened.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such folder.
    pub fn folder_keywords(&self, folder: FolderId) -> Result<Option<bool>, StoreError> {
        self.connections().read("reading a folder", |tx| {
            tx.prepare_cached("SELECT keywords FROM folder WHERE id = ?1")?
                .query_row([folder], |row| row.get(0))
                .optional()?
                .ok_or(StoreError::NotFound { what: "folder" })
        })
    }

    /// Notes whether a folder takes keywords of one's own; answers whether that is news.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn note_folder_keywords(&self, folder: FolderId, takes: bool) -> Result<bool, StoreError> {
        if self.folder_keywords(folder)? == Some(takes) {
            return Ok(false);
        }
        self.connections().write("noting what a folder takes", Mirror, |tx| {
            let changed = tx
                .prepare_cached("UPDATE folder SET keywords = ?2 WHERE id = ?1")?
                .execute(params![folder, takes])?;
            Ok(changed > 0)
        })
    }

    /// Whether a message has all of these keywords, changes made here included.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such message.
    pub fn has_keyword(&self, mail: MailId, keywords: Keywords) -> Result<bool, StoreError> {
        self.connections().read("reading a message's keywords", |tx| {
            let sql = format!("SELECT {} FROM message m WHERE m.id = ?1", keywords.condition());
            tx.prepare_cached(&sql)?
                .query_row([mail], |row| row.get(0))
                .optional()?
                .ok_or(StoreError::NotFound { what: "message" })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_come_and_go_among_others() {
        let words = ["$plitaken".to_owned(), "$Urgent".into(), "$PliNote".into()];
        assert_eq!(Keywords::of(&words), Keywords::TAKEN.with(Keywords::NOTE));
        let after = Keywords::applied(&words, Keywords::STATES, Keywords::DONE);
        assert_eq!(after, ["$Urgent", "$PliNote", "$PliDone"]);
        let again = Keywords::applied(&words, Keywords::TAKEN, Keywords::TAKEN);
        assert_eq!(again, ["$Urgent", "$PliNote", "$PliTaken"]);
        assert_eq!(Keywords::from_name("$Plitude"), None);
        assert_eq!(Keywords::from_bits(u32::MAX).names().count(), 5);
    }

    #[test]
    fn a_condition_names_nothing_but_these_words() {
        assert!(Keywords::FILED.condition().contains("' $plifiled '"));
        assert_eq!(Keywords::NONE.condition(), "1");
    }
}
