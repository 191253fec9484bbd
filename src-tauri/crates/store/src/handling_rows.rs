//! Keeping what was said of messages: what people say here, and what the server tells of the others.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pli_terms::{MessageId, NationalId};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::connection::Durability::{Mirror, Promise};
use crate::error::StoreError;
use crate::handling::{AuthorId, Fact, FactWhat, HandlingState, NAME_LIMIT, NOTE_LIMIT, Person};
use crate::handling::{bounded, merged, one_line, resolve, summary};
use crate::id::{AccountId, FolderId, MailId};
use crate::keywords::Keywords;
use crate::me::Left;
use crate::operation::{Change, queue_one};
use crate::store::Store;
use crate::time::Millis;

/// What somebody says of messages. What is none stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HandlingSet {
    /// Where they stand.
    pub state: Option<HandlingState>,
    /// Whom they are for, by name; empty: nobody any more.
    pub for_: Option<String>,
    /// A note, cut to one line of [`NOTE_LIMIT`] characters; empty: none any more.
    pub note: Option<String>,
}

/// What is kept of a message's handling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlingKept {
    /// Its account.
    pub account: AccountId,
    /// Everything that was said, oldest first.
    pub facts: Vec<Fact>,
    /// Pli's keywords that it has, changes made here included.
    pub keywords: Keywords,
    /// Whether the server was told what was said here; none when nothing was.
    pub entry: Option<EntryFate>,
    /// Whether its folder takes keywords; none before it was opened.
    pub folder_keywords: Option<bool>,
    /// Whether it has a Message-ID: without one it has no name that others know.
    pub named: bool,
}

/// What became of one's own entry on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryFate {
    /// The server is still to be told.
    Waiting,
    /// The server has it.
    Told,
    /// The server refuses it: it stays here.
    Refused,
}

/// An entry that the server is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingEntry {
    /// The message.
    pub message_id: String,
    /// Everything known to have been said of it.
    pub facts: Vec<Fact>,
    /// How many times the server was told in vain.
    pub attempts: u32,
}

impl Store {
    /// What is kept of a message's handling.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such message.
    pub fn handling(&self, mail: MailId) -> Result<HandlingKept, StoreError> {
        self.connections().read("reading who handles a message", |tx| {
            let found = tx
                .prepare_cached(
                    "SELECT m.account_id, m.keywords, m.message_id IS NOT NULL, f.keywords, h.facts, h.entry
                     FROM message m LEFT JOIN folder f ON f.id = m.folder_id
                     LEFT JOIN handling h ON h.account_id = m.account_id
                          AND h.message_id = coalesce(m.message_id, '#' || m.id)
                     WHERE m.id = ?1",
                )?
                .query_row([mail], |row| {
                    let words: String = row.get(1)?;
                    let facts: Option<String> = row.get(4)?;
                    let entry: Option<String> = row.get(5)?;
                    Ok(HandlingKept {
                        account: row.get(0)?,
                        facts: read(facts.as_deref()),
                        keywords: Keywords::of(&words.split(' ').collect::<Vec<_>>()),
                        entry: match entry.as_deref() {
                            Some("waiting") => Some(EntryFate::Waiting),
                            Some("told") => Some(EntryFate::Told),
                            Some("refused") => Some(EntryFate::Refused),
                            _ => None,
                        },
                        folder_keywords: row.get(3)?,
                        named: row.get(2)?,
                    })
                })
                .optional()?;
            found.ok_or(StoreError::NotFound { what: "message" })
        })
    }

    /// Somebody says this of these messages: kept, and queued for the server (keywords, and the author's own entry), in one
    /// durable commit. Answers the messages that something was said of: not those of whom all of it was known already.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn handle(
        &self,
        mails: &[MailId],
        author: (&AuthorId, &Person),
        set: &HandlingSet,
        now: Timestamp,
    ) -> Result<Vec<MailId>, StoreError> {
        self.connections().write("saying who handles messages", Promise, |tx| {
            let mut changed = Vec::new();
            for mail in mails {
                if say(tx, *mail, author, set, now)? {
                    changed.push(*mail);
                }
            }
            Ok(changed)
        })
    }

    /// Entries of an account that the server is to be told, the least tried first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn handling_waiting(&self, account: AccountId, limit: u32) -> Result<Vec<WaitingEntry>, StoreError> {
        self.connections().read("listing what is to be told", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT message_id, facts, attempts FROM handling
                 WHERE account_id = ?1 AND entry = 'waiting' ORDER BY attempts, message_id LIMIT ?2",
            )?;
            let rows = statement.query_map(params![account, limit], |row| {
                let facts: String = row.get(1)?;
                Ok(WaitingEntry {
                    message_id: row.get(0)?,
                    facts: read(Some(&facts)),
                    attempts: row.get(2)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Notes what became of an entry: what was told at `facts` is told only if nothing was said since. When it was told
    /// late, after the keywords, whoever follows the folder is to be told again: that is queued.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn handling_told(
        &self,
        account: AccountId,
        told: &WaitingEntry,
        fate: EntryFate,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.connections().write("noting what was told", Promise, |tx| {
            let word = match fate {
                EntryFate::Told => "told",
                EntryFate::Refused => "refused",
                EntryFate::Waiting => {
                    tx.prepare_cached(
                        "UPDATE handling SET attempts = attempts + 1 WHERE account_id = ?1 AND message_id = ?2",
                    )?
                    .execute(params![account, told.message_id])?;
                    return Ok(());
                }
            };
            let facts = write(&told.facts)?;
            let settled = tx
                .prepare_cached(
                    "UPDATE handling SET entry = ?4, attempts = 0
                     WHERE account_id = ?1 AND message_id = ?2 AND facts = ?3 AND entry = 'waiting'",
                )?
                .execute(params![account, told.message_id, facts, word])?;
            if settled > 0 && fate == EntryFate::Told {
                for (mail, _) in mails_of(tx, account, &told.message_id)? {
                    let to_tell: bool = tx
                        .prepare_cached(
                            "SELECT EXISTS (SELECT 1 FROM message m JOIN folder f ON f.id = m.folder_id
                                            WHERE m.id = ?1 AND f.keywords IS NOT 0)
                             AND NOT EXISTS (SELECT 1 FROM operation WHERE mail_id = ?1 AND kind = 'keywords')",
                        )?
                        .query_row([mail], |row| row.get(0))?;
                    if to_tell {
                        let again = Change::Keywords {
                            add: Keywords::NOTE,
                            remove: Keywords::NOTE,
                        };
                        queue_one(tx, mail, again, None, now)?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Messages of an account of which the server may know more than is known here.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn handling_stale(&self, account: AccountId, limit: u32) -> Result<Vec<String>, StoreError> {
        self.connections().read("listing what is to be read", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT message_id FROM handling WHERE account_id = ?1 AND stale = 1 AND message_id NOT LIKE '#%'
                 ORDER BY read_at LIMIT ?2",
            )?;
            let rows = statement.query_map(params![account, limit], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Messages that somebody has to deal with, and that the server was not asked of since `before`, are to be asked of
    /// again: `limit` of them at most.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn handling_due(&self, account: AccountId, before: Timestamp, limit: u32) -> Result<(), StoreError> {
        self.connections()
            .write("looking again at who handles messages", Mirror, |tx| {
                tx.prepare_cached(
                    "UPDATE handling SET stale = 1 WHERE account_id = ?1 AND message_id IN (
                     SELECT message_id FROM handling WHERE account_id = ?1 AND stale = 0 AND read_at < ?2
                     AND summary IS NOT NULL AND json_extract(summary, '$.s') IN ('todo', 'taken')
                     ORDER BY read_at LIMIT ?3)",
                )?
                .execute(params![account, Millis(before), limit])?;
                Ok(())
            })
    }

    /// Takes what the server tells of messages: for each that was asked of, everything its other authors said. What was said
    /// here stays. Answers the folders of the messages for which something changed.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn handling_read(
        &self,
        account: AccountId,
        told: &[(String, Vec<Fact>)],
        now: Timestamp,
    ) -> Result<Vec<FolderId>, StoreError> {
        self.connections().write("storing who handles messages", Mirror, |tx| {
            let mut folders = BTreeSet::new();
            for (message_id, facts) in told {
                if take_in(tx, account, message_id, facts, now)? {
                    folders.extend(
                        mails_of(tx, account, message_id)?
                            .into_iter()
                            .filter_map(|(_, folder)| folder),
                    );
                }
            }
            Ok(folders.into_iter().collect())
        })
    }

    /// Everybody who was met in what was said of an account's messages, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn handling_people(&self, account: AccountId) -> Result<Vec<Person>, StoreError> {
        self.connections().read("listing who handles messages", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT name, id FROM handling_person WHERE account_id = ?1 ORDER BY seen_at DESC, name LIMIT 200",
            )?;
            let rows = statement.query_map([account], |row| {
                let id: Option<String> = row.get(1)?;
                Ok(Person {
                    name: row.get(0)?,
                    id: id.and_then(|id| NationalId::parse(&id).ok()),
                })
            })?;
            let mut people: Vec<Person> = rows.collect::<Result<_, _>>()?;
            people.sort_by_key(|person| person.name.to_lowercase());
            Ok(people)
        })
    }

    /// Messages that were said something of and that no folder of the account has had since `before`; those that are gone
    /// from now on are noted first. To be asked once the whole account was seen.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn handling_gone(
        &self,
        account: AccountId,
        before: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        self.connections()
            .write("looking for messages that are gone", Mirror, |tx| {
                let absent = "NOT EXISTS (SELECT 1 FROM message m WHERE m.message_id = handling.message_id
                          AND +m.account_id = handling.account_id)";
                tx.prepare_cached(&format!(
                    "UPDATE handling SET gone_at = CASE WHEN {absent} THEN coalesce(gone_at, ?2) END
                 WHERE account_id = ?1 AND message_id NOT LIKE '#%' AND (gone_at IS NOT NULL) <> ({absent})"
                ))?
                .execute(params![account, Millis(now)])?;
                let mut statement = tx.prepare_cached(
                    "SELECT message_id FROM handling WHERE account_id = ?1 AND gone_at < ?2 ORDER BY gone_at LIMIT ?3",
                )?;
                let rows = statement.query_map(params![account, Millis(before), limit], |row| row.get(0))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
    }

    /// Forgets what was said of a message that is gone.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn handling_forget(&self, account: AccountId, message_id: &str) -> Result<(), StoreError> {
        self.connections()
            .write("forgetting who handled a message", Mirror, |tx| {
                tx.prepare_cached("DELETE FROM handling WHERE account_id = ?1 AND message_id = ?2")?
                    .execute(params![account, message_id])?;
                Ok(())
            })
    }
}

/// The server told something of a message that has, or had, one of Pli's keywords: it may know more.
pub(crate) fn note_stale(tx: &Transaction<'_>, mail: MailId) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO handling (account_id, message_id, stale)
         SELECT account_id, message_id, 1 FROM message WHERE id = ?1 AND message_id IS NOT NULL
         ON CONFLICT (account_id, message_id) DO UPDATE SET stale = 1",
    )?
    .execute([mail])?;
    Ok(())
}

/// Whether one of these words is Pli's.
pub(crate) fn concerns(words: &str) -> bool {
    words
        .split(' ')
        .any(|word| word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("$Pli")))
}

fn say(
    tx: &Transaction<'_>,
    mail: MailId,
    (author, person): (&AuthorId, &Person),
    set: &HandlingSet,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let known = tx
        .prepare_cached(
            "SELECT m.account_id, m.message_id, coalesce(m.message_id, '#' || m.id), m.keywords, f.keywords,
                    f.role IS NOT 'kept'
             FROM message m LEFT JOIN folder f ON f.id = m.folder_id WHERE m.id = ?1",
        )?
        .query_row([mail], |row| {
            Ok((
                row.get::<_, AccountId>(0)?,
                row.get::<_, Option<String>>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, Option<bool>>(4)?,
                row.get::<_, bool>(5)?,
            ))
        })
        .optional()?;
    let Some((account, message_id, name, words, takes, elsewhere)) = known else {
        return Ok(false);
    };
    let facts = stored(tx, account, &name)?;
    // Later than whatever it answers, even when somebody's clock is ahead.
    let after = facts.iter().map(|fact| fact.at.as_millisecond() + 1).max();
    let at = Timestamp::from_millisecond(now.as_millisecond().max(after.unwrap_or(i64::MIN))).unwrap_or(now);
    let keywords = Keywords::of(&words.split(' ').collect::<Vec<_>>());
    let said = news(tx, account, &facts, keywords, author, set)?;
    if said.is_empty() {
        return Ok(false);
    }
    meet(tx, account, person, now)?;
    let said = said.into_iter().map(|what| Fact {
        by: person.clone(),
        author: author.clone(),
        what,
        at,
    });
    let all = bounded(facts.into_iter().chain(said).collect());
    // What is on this workstation alone is spoken of here alone.
    let entry = if message_id.is_some() && elsewhere {
        "waiting"
    } else {
        "none"
    };
    keep(tx, account, &name, &all)?;
    tx.prepare_cached("UPDATE handling SET entry = ?3, attempts = 0 WHERE account_id = ?1 AND message_id = ?2")?
        .execute(params![account, name, entry])?;
    if takes == Some(false) {
        return Ok(true);
    }
    let state = set.state.map(|_| resolve(&all, Keywords::NONE).state.keyword());
    // Every copy of the message in this account stands where it stands; the one named comes first.
    let mut mails = vec![mail];
    if let Some(message_id) = &message_id {
        mails.extend(
            mails_of(tx, account, message_id)?
                .into_iter()
                .map(|(other, _)| other)
                .filter(|one| *one != mail),
        );
    }
    for mail in mails {
        let change = Change::Keywords {
            add: state.unwrap_or_default().with(Keywords::NOTE),
            remove: state
                .map_or(Keywords::NONE, |state| Keywords::STATES.without(state))
                .with(Keywords::NOTE),
        };
        queue_one(tx, mail, change, None, now)?;
    }
    Ok(true)
}

/// What of this was not said by this author already, or is not so any more.
fn news(
    tx: &Transaction<'_>,
    account: AccountId,
    facts: &[Fact],
    keywords: Keywords,
    author: &AuthorId,
    set: &HandlingSet,
) -> Result<Vec<FactWhat>, StoreError> {
    let now = resolve(facts, keywords);
    let last_state = facts
        .iter()
        .filter(|fact| fact.author == *author)
        .filter_map(|fact| match &fact.what {
            FactWhat::State(state) => Some((fact.at, *state)),
            _ => None,
        })
        .max_by_key(|(at, _)| *at)
        .map(|(_, state)| state);
    let mut said = Vec::new();
    if let Some(state) = set.state {
        // Nobody's word stands for another's: who takes what is taken says so too.
        let nothing = state == HandlingState::None && now.state == state;
        if now.state != state || (last_state != Some(state) && !nothing) {
            said.push(FactWhat::State(state));
        }
    }
    if let Some(name) = &set.for_ {
        let name = one_line(name, NAME_LIMIT);
        let person = if name.is_empty() {
            None
        } else {
            Some(called(tx, account, &name)?)
        };
        if now.for_ != person {
            said.push(FactWhat::For(person));
        }
    }
    if let Some(note) = &set.note {
        let note = one_line(note, NOTE_LIMIT);
        if now.note.clone().unwrap_or_default() != note {
            said.push(FactWhat::Note(note));
        }
    }
    Ok(said)
}

/// Somebody by the name that was typed: who is known by it has an id.
fn called(tx: &Transaction<'_>, account: AccountId, name: &str) -> Result<Person, StoreError> {
    let known = tx
        .prepare_cached("SELECT name, id FROM handling_person WHERE account_id = ?1 AND name = ?2")?
        .query_row(params![account, name], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
        })
        .optional()?;
    Ok(match known {
        Some((name, id)) => Person {
            name,
            id: id.and_then(|id| NationalId::parse(&id).ok()),
        },
        None => Person {
            name: name.to_owned(),
            id: None,
        },
    })
}

fn take_in(
    tx: &Transaction<'_>,
    account: AccountId,
    message_id: &str,
    told: &[Fact],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let known = stored(tx, account, message_id)?;
    let all = merged(&known, told);
    tx.prepare_cached("UPDATE handling SET stale = 0, read_at = ?3 WHERE account_id = ?1 AND message_id = ?2")?
        .execute(params![account, message_id, Millis(now)])?;
    if all == known {
        return Ok(false);
    }
    for fact in told {
        meet(tx, account, &fact.by, now)?;
        if let FactWhat::For(Some(person)) = &fact.what {
            meet(tx, account, person, now)?;
        }
    }
    keep(tx, account, message_id, &all)?;
    tx.prepare_cached("UPDATE handling SET stale = 0, read_at = ?3 WHERE account_id = ?1 AND message_id = ?2")?
        .execute(params![account, message_id, Millis(now)])?;
    Ok(true)
}

fn keep(tx: &Transaction<'_>, account: AccountId, name: &str, facts: &[Fact]) -> Result<(), StoreError> {
    let left = Left::of(facts).map_err(unkept)?;
    let summary = summary(facts).map(|summary| serde_json::to_string(&summary));
    tx.prepare_cached(
        "INSERT INTO handling (account_id, message_id, facts, summary, said, who_todo, who_taken, who_else)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (account_id, message_id) DO UPDATE SET facts = excluded.facts, summary = excluded.summary,
             said = excluded.said, who_todo = excluded.who_todo, who_taken = excluded.who_taken,
             who_else = excluded.who_else",
    )?
    .execute(params![
        account,
        name,
        write(facts)?,
        summary.transpose().map_err(unkept)?,
        left.said,
        left.todo,
        left.taken,
        left.other
    ])?;
    Ok(())
}

fn stored(tx: &Transaction<'_>, account: AccountId, name: &str) -> Result<Vec<Fact>, StoreError> {
    let text: Option<String> = tx
        .prepare_cached("SELECT facts FROM handling WHERE account_id = ?1 AND message_id = ?2")?
        .query_row(params![account, name], |row| row.get(0))
        .optional()?;
    Ok(read(text.as_deref()))
}

fn read(text: Option<&str>) -> Vec<Fact> {
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

fn write(facts: &[Fact]) -> Result<String, StoreError> {
    serde_json::to_string(facts).map_err(unkept)
}

fn unkept(source: serde_json::Error) -> StoreError {
    StoreError::Json {
        doing: "keeping who handles a message",
        source,
    }
}

/// Every message of an account with this Message-ID, with its folder.
fn mails_of(
    tx: &Transaction<'_>,
    account: AccountId,
    message_id: &str,
) -> Result<Vec<(MailId, Option<FolderId>)>, StoreError> {
    let Some(id) = MessageId::parse(message_id) else {
        return Ok(Vec::new());
    };
    Ok(tx
        .prepare_cached(
            "SELECT id, folder_id FROM message WHERE message_id = ?2 AND +account_id = ?1
             AND folder_id IS NOT NULL ORDER BY id LIMIT 20",
        )?
        .query_map(params![account, id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?)
}

/// Remembers somebody, so that their name can be chosen.
fn meet(tx: &Transaction<'_>, account: AccountId, person: &Person, now: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO handling_person (account_id, name, id, seen_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account_id, name) DO UPDATE SET id = coalesce(excluded.id, id), seen_at = excluded.seen_at",
    )?
    .execute(params![
        account,
        person.name,
        person.id.as_ref().map(NationalId::as_str),
        Millis(now)
    ])?;
    Ok(())
}
