//! Search: every word must be found, the last one may be unfinished, newest first.
//!
//! The index holds words and no text (contentless FTS5). Its row ids grow with the date, so that the newest fifty come
//! out first without sorting twenty thousand hits. Accents, case, œ and æ are folded by one function for what is
//! indexed and for what is asked, which also leaves only letters, digits and spaces: a question has no syntax that
//! could break or inject anything. FTS5's own `unicode61` is not used: it splits at letters younger than its tables, knows
//! neither œ nor æ, and would have to agree with what splits the question.

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::error::StoreError;
use crate::list::{Scope, scope_folders};
use crate::mail::{ListRow, NewMessage, ROW_COLUMNS, cut, list_row};
use crate::mirror::TEXT_LIMIT;
use crate::store::Store;

/// More text of one message is not indexed, in octets.
const INDEXED_TEXT: usize = 256 * 1024;
/// More words of one question are not looked at.
const QUESTION_WORDS: usize = 16;
/// The longest beginning of a word that the index holds: `prefix` in the schema.
const INDEXED_PREFIX: usize = 3;
/// Bits of a search key below the second of its date.
const KEY_BITS: u32 = 20;

/// What of a message is searched.
pub(crate) struct Indexed<'a> {
    pub(crate) key: i64,
    pub(crate) sender: String,
    pub(crate) recipients: Cow<'a, str>,
    pub(crate) subject: Cow<'a, str>,
    pub(crate) text: &'a str,
    pub(crate) attachments: String,
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
        let Some(query) = to_query(question) else {
            return Ok(Found {
                rows: Vec::new(),
                more: false,
            });
        };
        self.connections().read("searching", |tx| {
            let folders = if scope == Scope::Everything {
                None
            } else {
                Some(scope_folders(tx, scope)?)
            };
            let gathers = gathers(&query);
            let order = if gathers { "" } else { "DESC" };
            let mut hits = tx.prepare_cached(&format!(
                "SELECT rowid FROM search WHERE search MATCH ?1 ORDER BY rowid {order}"
            ))?;
            let mut place =
                tx.prepare_cached("SELECT id, folder_id FROM message WHERE search_key = ?1 AND folder_id IS NOT NULL")?;
            let mut wide = tx.prepare_cached(&format!("SELECT {ROW_COLUMNS} FROM message m WHERE m.id = ?1"))?;
            let mut found = Found {
                rows: Vec::new(),
                more: false,
            };
            let mut keys = hits.query([&query])?;
            let mut gathered: Vec<i64> = Vec::new();
            while gathers && let Some(hit) = keys.next()? {
                gathered.push(hit.get(0)?);
            }
            loop {
                let key = if gathers {
                    gathered.pop()
                } else {
                    keys.next()?.map(|hit| hit.get(0)).transpose()?
                };
                let Some(key) = key else { break };
                let here = place
                    .query_row([key], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))
                    .optional()?;
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

/// Indexes messages whose headers alone are known.
pub(crate) fn index_headers(tx: &Transaction<'_>, rows: Vec<(i64, &NewMessage)>) -> Result<(), StoreError> {
    let messages = rows.into_iter().map(|(key, row)| Indexed {
        key,
        sender: format!("{} {}", row.from_name, row.from_address),
        recipients: Cow::Borrowed(&row.recipients),
        subject: Cow::Borrowed(&row.subject),
        text: "",
        attachments: String::new(),
    });
    write(tx, messages.collect(), false)
}

/// Indexes messages again, now with their text.
pub(crate) fn index_bodies(tx: &Transaction<'_>, messages: Vec<Indexed<'_>>) -> Result<(), StoreError> {
    write(tx, messages, true)
}

/// In the order of the keys: FTS5 gathers a batch in memory as long as its row ids grow, and writes a segment at each
/// one that does not. Newest first, as messages come, that is a segment for each message: a hundred times slower.
fn write(tx: &Transaction<'_>, mut messages: Vec<Indexed<'_>>, again: bool) -> Result<(), StoreError> {
    messages.sort_unstable_by_key(|message| message.key);
    let mut remove = tx.prepare_cached("DELETE FROM search WHERE rowid = ?1")?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO search (rowid, sender, recipients, subject, body, attachments) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for message in &messages {
        if again {
            remove.execute([message.key])?;
        }
        insert.execute(params![
            message.key,
            fold(cut(&message.sender, 2 * TEXT_LIMIT)),
            fold(cut(&message.recipients, TEXT_LIMIT)),
            fold(cut(&message.subject, TEXT_LIMIT)),
            fold(cut(message.text, INDEXED_TEXT)),
            fold(&message.attachments)
        ])?;
    }
    Ok(())
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
    let question = cut(question, 1024);
    let folded = fold(question);
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .take(QUESTION_WORDS)
        .collect();
    let unfinished = folded.ends_with(char::is_alphanumeric);
    let (last, others) = words.split_last()?;
    let mut query = others
        .iter()
        .fold(String::new(), |query, word| query + "\"" + word + "\" ");
    query = query + "\"" + last + "\"";
    if unfinished {
        query.push('*');
    }
    Some(query)
}

/// Whether FTS5 gathers every hit of the last word before the first comes out: it begins words and has more characters
/// than the prefix index knows. Such a list is read forwards and turned here: backwards, FTS5 grows its table of places
/// by eight at each step, and every step now wipes the former table; 20,000 hits took 100 ms instead of one.
fn gathers(query: &str) -> bool {
    let begins = query.strip_suffix("\"*").and_then(|rest| rest.rsplit_once('"'));
    begins.is_some_and(|(_, word)| word.len() > INDEXED_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_beginning_of_a_long_word_gathers() {
        let gathered = |question: &str| gathers(&to_query(question).unwrap());
        assert!(gathered("toux") && gathered("a toux"));
        assert!(!gathered("toux ") && !gathered("tou") && !gathered("toux a"));
    }

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
        assert_eq!(
            to_query("a OR \"b NEAR(c) subject:d* -e").unwrap(),
            "\"a\" \"OR\" \"b\" \"NEAR\" \"c\" \"subject\" \"d\" \"e\"*"
        );
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
