//! Planning a purge: which messages of which folders, and which are left, and why (EX_GBP_3050). Planning changes nothing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::connection::Durability::Promise;
use crate::error::StoreError;
use crate::flags::{Flags, split_keywords};
use crate::id::{AccountId, FolderId, MailId, PurgeId};
use crate::purge_words::KeptWhy;
use crate::space::{DocumentKind, FILED};
use crate::store::Store;
use crate::time::Millis;

/// Domain of patients' addresses (Mon espace santé).
const PATIENTS: &str = "@patient.mssante.fr";

/// Keywords of a message that somebody has in hand; [`DONE`] ends it.
const IN_HAND: [&str; 2] = ["$PliTaken", "$PliTodo"];

/// Keyword of a message that is dealt with.
const DONE: &str = "$PliDone";

/// A report that did not come in so many days does not come any more: servers give up after four or five (RFC 5321
/// §4.5.4.1).
const REPORT_DAYS: i64 = 7;

/// A remembered purge is forgotten after so many days; the journal has the rest.
const REMEMBERED_DAYS: i64 = 366;

/// What a plan is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PurgeChoice {
    /// What was sent, out of one folder.
    Sent {
        /// The folder; none when nobody said which: the plan is empty then.
        folder: Option<FolderId>,
        /// Filed there before this moment.
        before: Timestamp,
        /// Keep what is flagged.
        keep_flagged: bool,
        /// Keep what is not known to have been delivered.
        keep_unknown_fate: bool,
        /// Keep what is with a patient and not filed yet.
        keep_unfiled: bool,
    },
    /// The bin.
    Trash {
        /// The folder; none when there is none.
        folder: Option<FolderId>,
        /// Received or sent before this moment.
        before: Timestamp,
    },
    /// These messages.
    Chosen(Vec<MailId>),
}

/// A purge to plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPurge {
    /// The account.
    pub account: AccountId,
    /// What is asked, as JSON of the caller's own.
    pub scope: String,
    /// Which messages that means.
    pub choice: PurgeChoice,
    /// Whether a copy of each stays here.
    pub keep_local: bool,
    /// Whether a schedule makes it.
    pub scheduled: bool,
    /// Why it may not begin, in a word of the caller's own; empty: it may.
    pub obstacle: &'static str,
    /// Now.
    pub at: Timestamp,
}

/// Whether keywords say that somebody has the message in hand.
#[must_use]
pub fn is_in_hand(keywords: &[String]) -> bool {
    let bears = |word: &str| keywords.iter().any(|own| own.eq_ignore_ascii_case(word));
    IN_HAND.iter().any(|word| bears(word)) && !bears(DONE)
}

impl Store {
    /// Makes a plan: a snapshot of what is to be deleted. Plans of this account that never began are forgotten (but a
    /// schedule's by a person's or the other way round, nor a schedule's of another kind of messages), and so are purges of
    /// more than a year.
    ///
    /// # Errors
    /// When the database cannot be written; [`StoreError::Json`] never in practice.
    pub fn plan_purge(&self, new: &NewPurge) -> Result<PurgeId, StoreError> {
        self.connections().write("planning a purge", Promise, |tx| {
            tx.execute(
                "DELETE FROM purge WHERE account_id = ?1 AND scheduled = ?2 AND state = 'planned'
                 AND (NOT ?2 OR substr(scope, 1, 7) = substr(?3, 1, 7))",
                params![new.account, new.scheduled, new.scope],
            )?;
            tx.execute(
                "DELETE FROM purge WHERE planned_at < ?1 AND state <> 'running'",
                [Millis(days_before(new.at, REMEMBERED_DAYS))],
            )?;
            tx.execute(
                "INSERT INTO purge (account_id, scope, keep_local, scheduled, state, obstacle, planned_at)
                 VALUES (?1, ?2, ?3, ?4, 'planned', ?5, ?6)",
                params![
                    new.account,
                    new.scope,
                    new.keep_local,
                    new.scheduled,
                    new.obstacle,
                    Millis(new.at)
                ],
            )?;
            let purge = PurgeId::from_raw(tx.last_insert_rowid());
            let mut kept = BTreeMap::new();
            for mail in candidates(tx, new)? {
                consider(tx, purge, new, mail, &mut kept)?;
            }
            let kept: Vec<(KeptWhy, u32)> = kept.into_iter().collect();
            let kept = serde_json::to_string(&kept).map_err(|source| StoreError::Json {
                doing: "planning a purge",
                source,
            })?;
            tx.execute("UPDATE purge SET kept = ?2 WHERE id = ?1", params![purge, kept])?;
            tx.execute(
                "INSERT INTO purge_folder (purge_id, folder_id, raw_name, name, uid_validity)
                 SELECT ?1, f.id, f.raw_name, f.name, f.uid_validity FROM folder f
                 WHERE f.id IN (SELECT folder_id FROM purge_message WHERE purge_id = ?1)",
                [purge],
            )?;
            Ok(purge)
        })
    }
}

fn candidates(tx: &Transaction<'_>, new: &NewPurge) -> Result<Vec<MailId>, StoreError> {
    let folder = match &new.choice {
        PurgeChoice::Sent { folder, .. } | PurgeChoice::Trash { folder, .. } => *folder,
        PurgeChoice::Chosen(mails) => return Ok(mails.clone()),
    };
    let Some(folder) = folder else { return Ok(Vec::new()) };
    Ok(tx
        .prepare_cached("SELECT id FROM message WHERE folder_id = ?1 AND account_id = ?2 ORDER BY uid")?
        .query_map(params![folder, new.account], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

struct Candidate {
    folder: FolderId,
    uid: u32,
    message_id: Option<String>,
    size: i64,
    date: Timestamp,
    flags: Flags,
    keywords: Vec<String>,
    document: DocumentKind,
    patient: bool,
    sender: String,
    recipients: String,
    stored: bool,
    pending: bool,
}

/// Takes a message into the plan, or says why not. One that the server is not known to have under a UID, or that a change
/// made here takes away, is no part of any plan.
fn consider(
    tx: &Transaction<'_>,
    purge: PurgeId,
    new: &NewPurge,
    mail: MailId,
    kept: &mut BTreeMap<KeptWhy, u32>,
) -> Result<(), StoreError> {
    let found = tx
        .prepare_cached(
            "SELECT m.folder_id, m.uid, m.message_id, m.size, m.internal_date, m.flags, m.keywords, m.document, m.kind,
                    m.from_address, m.recipients, m.subject, m.body_state = 2 AND m.blob_id IS NOT NULL,
                    EXISTS (SELECT 1 FROM operation o WHERE o.mail_id = m.id)
             FROM message m JOIN folder f ON f.id = m.folder_id
             WHERE m.id = ?1 AND m.account_id = ?2 AND m.uid IS NOT NULL AND m.stale = 0
                   AND f.uid_validity IS NOT NULL AND f.role NOT IN ('all', 'flagged', 'kept')",
        )?
        .query_row(params![mail, new.account], |row| {
            let (sender, recipients): (String, String) = (row.get(9)?, row.get(10)?);
            let subject: String = row.get(11)?;
            let document: DocumentKind = row.get(7)?;
            let patients = |text: &str| text.to_ascii_lowercase().contains(PATIENTS);
            Ok(Candidate {
                folder: row.get(0)?,
                uid: row.get(1)?,
                message_id: row.get(2)?,
                size: row.get(3)?,
                date: row.get::<_, Millis>(4)?.0,
                flags: Flags::from_bits(row.get(5)?),
                keywords: split_keywords(&row.get::<_, String>(6)?),
                document,
                patient: row.get::<_, String>(8)? == "patient"
                    || document == DocumentKind::Document
                    || DocumentKind::of_headers(&subject, 0) == DocumentKind::Document
                    || patients(&recipients)
                    || patients(&sender),
                sender,
                recipients,
                stored: row.get(12)?,
                pending: row.get(13)?,
            })
        })
        .optional()?;
    let Some(found) = found else { return Ok(()) };
    if let Some(why) = why_kept(tx, new, &found)? {
        *kept.entry(why).or_insert(0) += 1;
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT OR IGNORE INTO purge_message (purge_id, mail_id, folder_id, uid, message_id, size, internal_date, flags,
             document, sender, recipients)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        purge,
        mail,
        found.folder,
        found.uid,
        found.message_id,
        found.size,
        Millis(found.date),
        found.flags.bits(),
        found.document,
        found.sender,
        found.recipients
    ])?;
    Ok(())
}

fn why_kept(tx: &Transaction<'_>, new: &NewPurge, found: &Candidate) -> Result<Option<KeptWhy>, StoreError> {
    let too_recent = |before: Timestamp| found.date >= before;
    let in_hand = || is_in_hand(&found.keywords);
    let filed = || found.keywords.iter().any(|word| word.eq_ignore_ascii_case(FILED));
    let why = match &new.choice {
        PurgeChoice::Sent { before, .. } | PurgeChoice::Trash { before, .. } if too_recent(*before) => {
            Some(KeptWhy::TooRecent)
        }
        PurgeChoice::Sent { .. } | PurgeChoice::Trash { .. } if in_hand() => Some(KeptWhy::HandledBySomebody),
        PurgeChoice::Sent {
            keep_flagged,
            keep_unknown_fate,
            keep_unfiled,
            ..
        } => {
            if *keep_flagged && found.flags.contains(Flags::FLAGGED) {
                Some(KeptWhy::Flagged)
            } else if *keep_unknown_fate && fate_is_unknown(tx, new, found)? {
                Some(KeptWhy::FateUnknown)
            } else if *keep_unfiled && found.patient && !filed() {
                Some(KeptWhy::NotFiled)
            } else {
                None
            }
        }
        // What a person chose is what they chose; what lies in the bin was put there.
        PurgeChoice::Trash { .. } | PurgeChoice::Chosen(_) => None,
    };
    Ok(match why {
        None if found.pending => Some(KeptWhy::ChangedSince),
        None if new.keep_local && !found.stored => Some(KeptWhy::NotStoredHere),
        why => why,
    })
}

/// Whether a message sent from here may still turn out not to have been delivered. What another program sent has no fate
/// here, and is not held back for it.
fn fate_is_unknown(tx: &Transaction<'_>, new: &NewPurge, found: &Candidate) -> Result<bool, StoreError> {
    let Some(message_id) = &found.message_id else {
        return Ok(false);
    };
    Ok(tx
        .prepare_cached(
            "SELECT EXISTS (
                 SELECT 1 FROM outbox o WHERE o.account_id = ?1 AND o.message_id = ?2
                 AND (o.state IN ('queued', 'sending', 'unknown')
                      OR EXISTS (SELECT 1 FROM outbox_recipient r WHERE r.outbox_id = o.id
                                 AND (r.state IN ('pending', 'unknown', 'delayed')
                                      OR (r.state = 'accepted' AND o.reports = 1 AND o.updated_at > ?3)))))",
        )?
        .query_row(
            params![new.account, message_id, Millis(days_before(new.at, REPORT_DAYS))],
            |row| row.get(0),
        )?)
}

/// So many days before; the beginning of time when there is no such moment.
fn days_before(at: Timestamp, days: i64) -> Timestamp {
    at.checked_sub(SignedDuration::from_hours(24 * days))
        .unwrap_or(Timestamp::MIN)
}
