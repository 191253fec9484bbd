//! « Libérer de la place »: what weighs in a mailbox, by what, and which messages (EX_GBM_4470).
//!
//! Every question is answered from the index `message_space` alone; wide rows are read for one page of a list.

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Row, Transaction, params_from_iter};

use crate::error::StoreError;
use crate::id::{AccountId, FolderId, MailId};
use crate::list::{PAGE_LIMIT, as_i64};
use crate::mail::{Attachment, ListRow, ROW_COLUMNS, list_row};
use crate::store::Store;
use crate::time::Millis;
use crate::word::word;

/// The keyword of a message that was filed in a patient's record.
pub const FILED: &str = "$PliFiled";

word!(
    /// What a message holds, by the best of its attachments: later kinds win over former ones.
    DocumentKind {
        /// No attachment.
        None = "none",
        /// Attachments of no kind below, or not looked at yet.
        Other = "other",
        /// An image (DICOM included).
        Image = "image",
        /// A PDF.
        Pdf = "pdf",
        /// A health document: XDM, CDA, or another format of results.
        Document = "document",
    }
);

/// The beginning of the subject of a message that carries health documents (ECO.2.1.3).
const XDM_SUBJECT: &str = "XDM/1.0/DDM";

impl DocumentKind {
    /// What one attachment is, by its name and declared type.
    #[must_use]
    pub fn of_attachment(name: &str, mime: &str) -> Self {
        let (name, mime) = (name.to_ascii_lowercase(), mime.to_ascii_lowercase());
        let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        let xml = ["text/xml", "application/xml", "application/hl7-cda+xml"];
        if ends(&[".xml", ".cda", ".hl7", ".hpr"])
            || xml.contains(&mime.as_str())
            || (name.contains("ihe_xdm") && name.ends_with(".zip"))
        {
            Self::Document
        } else if ends(&[".pdf"]) || mime == "application/pdf" {
            Self::Pdf
        } else if mime.starts_with("image/") || mime == "application/dicom" || ends(&[".dcm"]) {
            Self::Image
        } else {
            Self::Other
        }
    }

    /// What a whole message holds. What a text shows inline, as a signature does, is no attachment.
    #[must_use]
    pub fn of_message(subject: &str, attachments: &[Attachment]) -> Self {
        let kinds = attachments
            .iter()
            .filter(|attachment| attachment.inline_cid.is_none())
            .map(|attachment| Self::of_attachment(&attachment.name, &attachment.mime));
        kinds.chain([Self::of_headers(subject, 0)]).max().unwrap_or(Self::None)
    }

    /// What a message holds as far as its headers tell.
    #[must_use]
    pub fn of_headers(subject: &str, attachments: u32) -> Self {
        let begins = subject.get(..XDM_SUBJECT.len());
        if begins.is_some_and(|begins| begins.eq_ignore_ascii_case(XDM_SUBJECT)) {
            Self::Document
        } else if attachments > 0 {
            Self::Other
        } else {
            Self::None
        }
    }
}

/// By what a mailbox's weight is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpaceBy {
    /// How long ago it was received: groups `AGES`.
    Age,
    /// How heavy a message is: groups `SIZES`.
    Size,
    /// What it holds: the words of [`DocumentKind`].
    Kind,
    /// With whom it was exchanged: addresses in lower case.
    Correspondent,
    /// Where it is: ids of folders.
    Folder,
}

/// Groups of age: a word, and the days from which a message is in it.
const AGES: [(&str, i64); 6] = [
    ("two_years", 730),
    ("year", 365),
    ("half_year", 180),
    ("quarter", 90),
    ("month", 30),
    ("recent", i64::MIN),
];

/// Groups of size: a word, and the octets from which a message is in it.
const SIZES: [(&str, u64); 5] = [
    ("huge", 10 << 20),
    ("large", 5 << 20),
    ("medium", 1 << 20),
    ("small", 100 << 10),
    ("tiny", 0),
];

/// Correspondents told apart at most: the others are one group, of an empty key.
const CORRESPONDENTS: usize = 49;

/// One group of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceGroup {
    /// What makes it a group: a word, an address, an id.
    pub key: String,
    /// How many messages.
    pub count: u64,
    /// Their octets.
    pub octets: u64,
    /// When the oldest was received.
    pub oldest: Timestamp,
    /// When the newest was received.
    pub newest: Timestamp,
    /// How many of them are filed.
    pub filed: u64,
}

/// Which messages are looked at; by default, all of the mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpaceFilter {
    /// In this folder only.
    pub folder: Option<FolderId>,
    /// Received so many days ago, or more.
    pub older_than_days: Option<u32>,
    /// Of so many octets, or more.
    pub larger_than: Option<u64>,
    /// Holding this.
    pub kind: Option<DocumentKind>,
    /// Exchanged with this address.
    pub correspondent: Option<String>,
    /// Filed ones only.
    pub filed_only: bool,
}

/// One message that weighs.
#[derive(Debug, Clone, PartialEq)]
pub struct SpaceRow {
    /// Its row.
    pub row: ListRow,
    /// What it holds.
    pub kind: DocumentKind,
    /// Whether it is filed.
    pub filed: bool,
}

/// A page of messages that weigh: filed ones first, then the heaviest.
#[derive(Debug, Clone, PartialEq)]
pub struct SpacePage {
    /// The page.
    pub rows: Vec<SpaceRow>,
    /// How many messages the filter lets through.
    pub total: u64,
    /// Their octets.
    pub octets: u64,
}

/// Folders whose messages are of this mailbox on its server, each message once.
const OF_SERVER: &str = "folder_id IN (SELECT f.id FROM folder f WHERE f.account_id = ?1
                         AND f.role NOT IN ('all', 'flagged', 'kept'))";

/// Whether somebody has a message in hand, or is to have it.
const IN_HAND: &str = "(instr(' ' || lower(keywords) || ' ', ' $plitaken ') > 0
                        OR instr(' ' || lower(keywords) || ' ', ' $plitodo ') > 0)";

/// Whether a message is filed. Keywords are compared whatever their case (RFC 9051 §2.3.2).
const IS_FILED: &str = "instr(' ' || lower(keywords) || ' ', ' $plifiled ') > 0";

impl Store {
    /// How many messages of a mailbox are known here, and their octets by what the server said.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn weight(&self, account: AccountId) -> Result<(u64, u64), StoreError> {
        self.connections().read("weighing a mailbox", |tx| {
            sums(tx, account, &SpaceFilter::default(), Timestamp::UNIX_EPOCH)
        })
    }

    /// What weighs in a mailbox, heaviest group first (by age: oldest first).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn space(&self, account: AccountId, by: SpaceBy, now: Timestamp) -> Result<Vec<SpaceGroup>, StoreError> {
        self.connections().read("telling what weighs", |tx| {
            let mut groups = match by {
                SpaceBy::Age => by_age(tx, account, now)?,
                SpaceBy::Size => {
                    let mut cases = String::new();
                    for (word, from) in SIZES {
                        cases.push_str(&format!(" WHEN size >= {from} THEN '{word}'"));
                    }
                    grouped(tx, account, &format!("CASE{cases} END"), &[])?
                }
                SpaceBy::Kind => grouped(tx, account, "document", &[])?,
                SpaceBy::Correspondent => grouped(tx, account, "party", &[])?,
                SpaceBy::Folder => grouped(tx, account, "CAST(folder_id AS TEXT)", &[])?,
            };
            if by == SpaceBy::Age {
                let rank = |key: &str| AGES.iter().position(|(word, _)| *word == key);
                groups.sort_by_key(|group| rank(&group.key));
            } else {
                groups.sort_by(|a, b| b.octets.cmp(&a.octets).then_with(|| a.key.cmp(&b.key)));
            }
            if by == SpaceBy::Correspondent {
                fold_rest(&mut groups);
            }
            Ok(groups)
        })
    }

    /// Messages that weigh, filed ones first, then the heaviest: `limit` (at most [`PAGE_LIMIT`]) after the first `offset`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn space_messages(
        &self,
        account: AccountId,
        filter: &SpaceFilter,
        now: Timestamp,
        offset: u64,
        limit: u32,
    ) -> Result<SpacePage, StoreError> {
        self.connections().read("listing what weighs", |tx| {
            let (total, octets) = sums(tx, account, filter, now)?;
            let (condition, mut arguments) = conditions(account, filter, now);
            arguments.push(Value::from(as_i64(u64::from(limit.min(PAGE_LIMIT)))));
            arguments.push(Value::from(as_i64(offset)));
            let sql = format!(
                "SELECT id, document, {IS_FILED} AS filed FROM message INDEXED BY message_space WHERE {condition}
                 ORDER BY filed DESC, size DESC, id DESC LIMIT ? OFFSET ?"
            );
            let found: Vec<(MailId, DocumentKind, bool)> = tx
                .prepare_cached(&sql)?
                .query_map(params_from_iter(arguments), |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?
                .collect::<Result<_, _>>()?;
            let mut wide = tx.prepare_cached(&format!("SELECT {ROW_COLUMNS} FROM message m WHERE m.id = ?1"))?;
            let rows = found
                .into_iter()
                .map(|(id, kind, filed)| {
                    let row = wide.query_row([id], list_row)?;
                    Ok(SpaceRow { row, kind, filed })
                })
                .collect::<Result<_, StoreError>>()?;
            Ok(SpacePage { rows, total, octets })
        })
    }

    /// The heaviest messages that nobody would miss — filed, read, not flagged, in nobody's hands, no draft — until `octets` would be free,
    /// `limit` at most. Heaviest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn space_to_free(&self, account: AccountId, octets: u64, limit: u32) -> Result<Vec<MailId>, StoreError> {
        self.connections().read("suggesting what to delete", |tx| {
            // 1: read; 4: flagged; 16: a draft.
            let sql = format!(
                "SELECT id, size FROM message INDEXED BY message_space
                 WHERE account_id = ?1 AND {OF_SERVER} AND {IS_FILED} AND NOT {IN_HAND} AND flags & 21 = 1
                   AND NOT EXISTS (SELECT 1 FROM folder f WHERE f.id = folder_id AND f.role = 'drafts')
                 ORDER BY size DESC, id LIMIT ?2"
            );
            let mut statement = tx.prepare_cached(&sql)?;
            let mut rows = statement.query([account.get(), i64::from(limit)])?;
            let (mut chosen, mut freed) = (Vec::new(), 0_u64);
            while freed < octets {
                let Some(row) = rows.next()? else { break };
                chosen.push(row.get(0)?);
                freed = freed.saturating_add(row.get::<_, i64>(1)?.unsigned_abs());
            }
            Ok(chosen)
        })
    }

    /// The names under which these addresses wrote or were written to, where one is known.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn names_of(&self, addresses: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        self.connections().read("naming correspondents", |tx| {
            let mut statement =
                tx.prepare_cached("SELECT name FROM correspondent WHERE address = ?1 AND name <> ''")?;
            addresses
                .iter()
                .map(|address| {
                    use rusqlite::OptionalExtension as _;
                    Ok(statement.query_row([address], |row| row.get(0)).optional()?)
                })
                .collect()
        })
    }
}

fn conditions(account: AccountId, filter: &SpaceFilter, now: Timestamp) -> (String, Vec<Value>) {
    let mut sql = format!("account_id = ?1 AND {OF_SERVER}");
    let mut arguments = vec![Value::from(account.get())];
    let mut and = |condition: &str, value: Value| {
        sql.push_str(" AND ");
        sql.push_str(condition);
        arguments.push(value);
    };
    if let Some(folder) = filter.folder {
        and("folder_id = ?", Value::from(folder.get()));
    }
    if let Some(days) = filter.older_than_days {
        and("internal_date <= ?", Value::from(before(now, i64::from(days))));
    }
    if let Some(octets) = filter.larger_than {
        and("size >= ?", Value::from(as_i64(octets)));
    }
    if let Some(kind) = filter.kind {
        and("document = ?", Value::from(kind.as_str().to_owned()));
    }
    if let Some(address) = &filter.correspondent {
        and("party = ?", Value::from(address.to_ascii_lowercase()));
    }
    if filter.filed_only {
        sql.push_str(&format!(" AND {IS_FILED}"));
    }
    (sql, arguments)
}

fn sums(
    tx: &Transaction<'_>,
    account: AccountId,
    filter: &SpaceFilter,
    now: Timestamp,
) -> Result<(u64, u64), StoreError> {
    let (condition, arguments) = conditions(account, filter, now);
    let sql = format!("SELECT count(*), total(size) FROM message INDEXED BY message_space WHERE {condition}");
    Ok(tx.prepare_cached(&sql)?.query_row(params_from_iter(arguments), |row| {
        Ok((row.get::<_, i64>(0)?.unsigned_abs(), octets(row, 1)?))
    })?)
}

/// `total` answers a float, so that no sum of hostile sizes overflows; exact up to 2⁵³ octets.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sum of sizes, cut at the largest number"
)]
fn octets(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, f64>(column)? as u64)
}

fn grouped(tx: &Transaction<'_>, account: AccountId, key: &str, more: &[Value]) -> Result<Vec<SpaceGroup>, StoreError> {
    let sql = group_by(key);
    let mut arguments = vec![Value::from(account.get())];
    arguments.extend_from_slice(more);
    let mut statement = tx.prepare_cached(&sql)?;
    let groups = statement
        .query_map(params_from_iter(arguments), |row| {
            Ok(SpaceGroup {
                key: row.get(0)?,
                count: row.get::<_, i64>(1)?.unsigned_abs(),
                octets: octets(row, 2)?,
                oldest: row.get::<_, Millis>(3)?.0,
                newest: row.get::<_, Millis>(4)?.0,
                filed: row.get::<_, i64>(5)?.unsigned_abs(),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(groups)
}

fn group_by(key: &str) -> String {
    format!(
        "SELECT {key} AS what, count(*), total(size), min(internal_date), max(internal_date), sum({IS_FILED})
         FROM message INDEXED BY message_space WHERE account_id = ?1 AND {OF_SERVER} GROUP BY what"
    )
}

fn by_age(tx: &Transaction<'_>, account: AccountId, now: Timestamp) -> Result<Vec<SpaceGroup>, StoreError> {
    let (mut cases, mut bounds) = (String::new(), Vec::new());
    for (word, days) in AGES {
        if days == i64::MIN {
            cases.push_str(&format!(" ELSE '{word}'"));
        } else {
            bounds.push(Value::from(before(now, days)));
            cases.push_str(&format!(" WHEN internal_date <= ?{} THEN '{word}'", bounds.len() + 1));
        }
    }
    grouped(tx, account, &format!("CASE{cases} END"), &bounds)
}

fn before(now: Timestamp, days: i64) -> i64 {
    let span = SignedDuration::from_hours(days.saturating_mul(24).clamp(0, 24 * 365 * 1000));
    now.checked_sub(span).unwrap_or(Timestamp::MIN).as_millisecond()
}

/// A mailbox may have thousands of correspondents: beyond the heaviest, they are one group.
fn fold_rest(groups: &mut Vec<SpaceGroup>) {
    if groups.len() <= CORRESPONDENTS {
        return;
    }
    // An empty key already stands for those who are not known.
    let rest: Vec<SpaceGroup> = groups.drain(CORRESPONDENTS..).collect();
    let mut one: Option<SpaceGroup> = None;
    let unknown = groups.iter().position(|group| group.key.is_empty());
    for group in unknown.map(|at| groups.remove(at)).into_iter().chain(rest) {
        one = Some(match one.take() {
            None => SpaceGroup {
                key: String::new(),
                ..group
            },
            Some(sum) => SpaceGroup {
                key: String::new(),
                count: sum.count + group.count,
                octets: sum.octets.saturating_add(group.octets),
                oldest: sum.oldest.min(group.oldest),
                newest: sum.newest.max(group.newest),
                filed: sum.filed + group.filed,
            },
        });
    }
    groups.extend(one);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wide_row_is_read_to_tell_what_weighs() {
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        crate::migration::migrate(&mut connection).unwrap();
        let filter = SpaceFilter {
            folder: Some(FolderId::from_raw(1)),
            older_than_days: Some(1),
            larger_than: Some(1),
            kind: Some(DocumentKind::Pdf),
            correspondent: Some(String::new()),
            filed_only: true,
        };
        let (condition, arguments) = conditions(AccountId::from_raw(1), &filter, Timestamp::UNIX_EPOCH);
        let filtered =
            format!("SELECT id, document, {IS_FILED} FROM message INDEXED BY message_space WHERE {condition}");
        let mut asked = vec![(filtered, arguments)];
        for key in ["document", "party", "folder_id", "size > 3", "internal_date > 3"] {
            asked.push((group_by(key), vec![Value::from(1)]));
        }
        for (sql, arguments) in asked {
            let plan: Vec<String> = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap()
                .query_map(params_from_iter(arguments), |row| row.get(3))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            let of_message: Vec<&String> = plan.iter().filter(|step| step.contains(" message ")).collect();
            assert!(!of_message.is_empty());
            assert!(
                of_message
                    .iter()
                    .all(|step| step.contains("COVERING INDEX message_space")),
                "{plan:?}"
            );
        }
    }

    #[test]
    fn the_best_of_what_a_message_holds_is_its_kind() {
        let file = |name: &str, mime: &str, inline: bool| Attachment {
            part: "2".to_owned(),
            name: name.to_owned(),
            mime: mime.to_owned(),
            size: 1,
            inline_cid: inline.then(|| "logo".to_owned()),
        };
        let kind = |files: &[Attachment]| DocumentKind::of_message("Avis", files);
        assert_eq!(kind(&[]), DocumentKind::None);
        assert_eq!(kind(&[file("logo.png", "image/png", true)]), DocumentKind::None);
        assert_eq!(kind(&[file("a.docx", "application/x", false)]), DocumentKind::Other);
        let both = [
            file("a.PDF", "application/octet-stream", false),
            file("r.jpg", "image/jpeg", false),
        ];
        assert_eq!(kind(&both), DocumentKind::Pdf);
        assert_eq!(
            kind(&[file("IHE_XDM.ZIP", "application/zip", false)]),
            DocumentKind::Document
        );
        assert_eq!(
            kind(&[file("photos.zip", "application/zip", false)]),
            DocumentKind::Other
        );
        assert_eq!(kind(&[file("cr.xml", "text/xml", false)]), DocumentKind::Document);
        assert_eq!(DocumentKind::of_message("XDM/1.0/DDM+CR", &[]), DocumentKind::Document);
        assert_eq!(DocumentKind::of_headers("xdm/1.0/ddm", 0), DocumentKind::Document);
        assert_eq!(DocumentKind::of_headers("éééééééé", 2), DocumentKind::Other);
    }
}
