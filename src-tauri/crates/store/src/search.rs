//! Search: every word must be found, the last one may be unfinished, newest first.
//!
//! The index holds words and no text (contentless FTS5). Its row ids grow with the date, so that the newest fifty come
//! out first without sorting twenty thousand hits. Accents, case, œ and æ are folded by one function for what is
//! indexed and for what is asked, which also leaves only letters, digits and spaces: a question has no syntax that
//! could break or inject anything.

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::error::StoreError;
use crate::list::{Scope, scope_folders};
use crate::mail::{ListRow, ROW_COLUMNS, list_row};
use crate::store::Store;

/// More text of one message is not indexed, in octets.
const INDEXED_TEXT: usize = 256 * 1024;
/// More words of one question are not looked at.
const QUESTION_WORDS: usize = 16;
/// Bits of a search key below the second of its date.
const KEY_BITS: u32 = 20;

/// What of a message is searched.
pub(crate) struct Indexed<'a> {
    pub(crate) from_name: &'a str,
    pub(crate) from_address: &'a str,
    pub(crate) recipients: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) text: &'a str,
    pub(crate) attachments: &'a str,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The rows, newest first.
    pub rows: Vec<ListRow>,
    /// Whether there are older ones beyond the limit.
    pub more: bool,
}

impl Store {
    /// The newest `limit` messages of a scope that hold every word of `question` in their sender, recipients, subject,
    /// text or attachment names. The last word matches what it begins, unless a space follows it.
    ///
    /// # Errors
    /// When the database cannot be read. No question is an error.
    pub fn search(&self, question: &str, scope: Scope, limit: u32) -> Result<Found, StoreError> {
        let Some(query) = to_query(question) else { return Ok(Found { rows: Vec::new(), more: false }) };
        self.connections().read("searching", |tx| {
            let folders = if scope == Scope::Everything { None } else { Some(scope_folders(tx, scope)?) };
            let mut hits = tx.prepare_cached("SELECT rowid FROM search WHERE search MATCH ?1 ORDER BY rowid DESC")?;
            let mut place =
                tx.prepare_cached("SELECT id, folder_id FROM message WHERE search_key = ?1 AND folder_id IS NOT NULL")?;
            let mut wide = tx.prepare_cached(&format!("SELECT {ROW_COLUMNS} FROM message m WHERE m.id = ?1"))?;
            let mut found = Found { rows: Vec::new(), more: false };
            let mut keys = hits.query([&query])?;
            while let Some(hit) = keys.next()? {
                let key: i64 = hit.get(0)?;
                let here = place.query_row([key], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?))).optional()?;
                let Some((id, folder)) = here else { continue };
                if folders.as_ref().is_some_and(|folders| !folders.contains(&folder)) {
                    continue;
                }
                if found.rows.len() >= limit as usize {
                    found.more = true;
                    break;
                }
                found.rows.push(wide.query_row([id], list_row)?);
            }
            Ok(found)
        })
    }
}

/// A key that is not taken, whose order is that of the dates.
pub(crate) fn new_key(tx: &Transaction<'_>, date: Timestamp) -> Result<i64, StoreError> {
    let first = date.as_second().max(0) << KEY_BITS;
    let end = first + (1 << KEY_BITS);
    let last: Option<i64> = tx
        .prepare_cached("SELECT max(search_key) FROM message WHERE search_key >= ?1 AND search_key < ?2")?
        .query_row([first, end], |row| row.get(0))?;
    // A million messages of the same second spill into the next.
    Ok(last.map_or(first, |key| key + 1))
}

/// Indexes a message for the first time.
pub(crate) fn index(tx: &Transaction<'_>, key: i64, message: &Indexed<'_>) -> Result<(), StoreError> {
    let sender = format!("{} {}", message.from_name, message.from_address);
    tx.prepare_cached(
        "INSERT INTO search (rowid, sender, recipients, subject, body, attachments) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        key,
        fold(&sender),
        fold(message.recipients),
        fold(message.subject),
        fold(crate::mail::cut(message.text, INDEXED_TEXT)),
        fold(message.attachments)
    ])?;
    Ok(())
}

/// Indexes a message again, now with its text.
pub(crate) fn index_again(tx: &Transaction<'_>, key: i64, message: &Indexed<'_>) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([key])?;
    index(tx, key, message)
}

/// Lower case without accents, œ as oe and æ as ae, everything but letters and digits as spaces.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        // The tokenizer lowers ASCII and splits at its punctuation by itself.
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for c in c.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
            match c {
                'œ' => out.push_str("oe"),
                'æ' => out.push_str("ae"),
                'ß' => out.push_str("ss"),
                c if c.is_alphanumeric() => out.push(c),
                _ => out.push(' '),
            }
        }
    }
    Cow::Owned(out)
}

/// The words of a question as FTS5 strings; `None` when it has none.
fn to_query(question: &str) -> Option<String> {
    let question = crate::mail::cut(question, 1024);
    let folded = fold(question);
    let words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(QUESTION_WORDS).collect();
    let unfinished = folded.ends_with(char::is_alphanumeric);
    let (last, others) = words.split_last()?;
    let mut query = others.iter().fold(String::new(), |query, word| query + "\"" + word + "\" ");
    query = query + "\"" + last + "\"";
    if unfinished {
        query.push('*');
    }
    Some(query)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accents_case_and_ligatures_fold() {
        assert_eq!(fold("Œdème"), "oedeme");
        assert_eq!(fold("CŒUR d\u{2019}Æsculape"), "CoeUR d aesculape");
        assert_eq!(fold("e\u{301}te\u{301}"), "ete");
        assert_eq!(fold("ﬁbrose №"), "fibrose no");
    }

    #[test]
    fn a_question_has_no_syntax() {
        assert_eq!(to_query("cré").unwrap(), "\"cre\"*");
        assert_eq!(to_query("cré ").unwrap(), "\"cre\"");
        assert_eq!(to_query("a OR \"b NEAR(c) subject:d* -e").unwrap(), "\"a\" \"OR\" \"b\" \"NEAR\" \"c\" \"subject\" \"d\" \"e\"*");
        assert_eq!(to_query("l'hôpital").unwrap(), "\"l\" \"hopital\"*");
        assert_eq!(to_query(" \"*^:-' "), None);
    }

    proptest! {
        #[test]
        fn only_quoted_words_reach_the_index(question in "\\PC{0,60}") {
            if let Some(query) = to_query(&question) {
                for word in query.split(' ') {
                    let word = word.strip_suffix('*').unwrap_or(word);
                    let inner = word.strip_prefix('"').and_then(|w| w.strip_suffix('"')).unwrap();
                    prop_assert!(inner.chars().all(char::is_alphanumeric) && !inner.is_empty());
                }
            }
        }
    }
}
