//! What the store knows of the messages that a trace names (EX_GDT_5050): their ids, addresses and size; never a subject.

use pli_terms::{Address, BalKind, MessageId, Uid, UidSet, UidValidity};
use rusqlite::{OptionalExtension, Row, params};

use crate::error::StoreError;
use crate::id::{AccountId, FolderId, MailId};
use crate::mail::parse_id;
use crate::recipient_line::read_recipients;
use crate::store::Store;

/// The most recipients told of a received message: anybody can write thousands into its header.
const RECIPIENTS: usize = 100;

/// A folder by its account's address and its shown name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedFolder {
    /// Its account.
    pub account: AccountId,
    /// Its id.
    pub folder: FolderId,
    /// Its UIDVALIDITY as it was last opened.
    pub uid_validity: Option<UidValidity>,
}

/// A message as a trace names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedMail {
    /// The message.
    pub mail: MailId,
    /// Its account.
    pub account: AccountId,
    /// Its account's address.
    pub bal: Address,
    /// Its account's kind.
    pub kind: BalKind,
    /// The shown name of the folder it is in; none while its removal waits for the server.
    pub folder: Option<String>,
    /// That folder's UIDVALIDITY.
    pub uid_validity: Option<UidValidity>,
    /// Its UID there; none while a move waits for the server.
    pub uid: Option<Uid>,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// Its sender, when it is an address.
    pub from: Option<Address>,
    /// Its recipients, the first 100.
    pub to: Vec<Address>,
    /// Its size on the server, in octets.
    pub size: u64,
}

/// A message by its place on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedUid {
    /// Its UID.
    pub uid: Uid,
    /// The message.
    pub mail: MailId,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// Its sender, when it is an address.
    pub from: Option<Address>,
    /// Its size on the server, in octets.
    pub size: u64,
}

impl Store {
    /// A folder by its account's address and its shown name; none when it is not known.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn traced_folder(&self, account: &Address, name: &str) -> Result<Option<TracedFolder>, StoreError> {
        self.connections().read("looking a folder up", |tx| {
            let found = tx
                .prepare_cached(
                    "SELECT f.account_id, f.id, f.uid_validity FROM folder f JOIN account a ON a.id = f.account_id
                     WHERE a.address = ?1 AND f.name = ?2",
                )?
                .query_row(params![account.as_str(), name], |row| {
                    Ok(TracedFolder {
                        account: row.get(0)?,
                        folder: row.get(1)?,
                        uid_validity: row.get::<_, Option<u32>>(2)?.and_then(UidValidity::new),
                    })
                })
                .optional()?;
            Ok(found)
        })
    }

    /// The messages of these UIDs of a folder that are known, ascending by UID, `most` at most; those that a queued move or
    /// removal already took away here included.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn traced_uids(&self, folder: FolderId, uids: &UidSet, most: usize) -> Result<Vec<TracedUid>, StoreError> {
        self.connections().read("looking UIDs up", |tx| {
            let mut here = tx.prepare_cached(
                "SELECT uid, id, message_id, from_address, size FROM message
                 WHERE folder_id = ?1 AND uid BETWEEN ?2 AND ?3 ORDER BY uid LIMIT ?4",
            )?;
            let mut leaving = tx.prepare_cached(
                "SELECT o.uid, m.id, m.message_id, m.from_address, m.size
                 FROM operation o JOIN message m ON m.id = o.mail_id
                 WHERE o.folder_id = ?1 AND o.uid BETWEEN ?2 AND ?3 ORDER BY o.uid LIMIT ?4",
            )?;
            let mut found = std::collections::BTreeMap::new();
            for &(first, last) in uids.ranges() {
                let left = i64::try_from(most.saturating_sub(found.len())).unwrap_or(i64::MAX);
                for statement in [&mut leaving, &mut here] {
                    let rows = statement.query_map(params![folder, first, last, left], traced_uid)?;
                    for row in rows {
                        found.extend(row?.map(|traced| (traced.uid, traced)));
                    }
                }
            }
            Ok(found.into_values().take(most).collect())
        })
    }

    /// These messages as a trace names them, in the order asked; those that are gone are left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn traced_mails(&self, mails: &[MailId]) -> Result<Vec<TracedMail>, StoreError> {
        self.connections().read("naming messages for a trace", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT m.id, m.account_id, a.address, a.kind, f.name, f.uid_validity, m.uid, m.message_id,
                        m.from_address, m.recipients, m.size
                 FROM message m JOIN account a ON a.id = m.account_id LEFT JOIN folder f ON f.id = m.folder_id
                 WHERE m.id = ?1",
            )?;
            let mut found = Vec::with_capacity(mails.len());
            for mail in mails {
                found.extend(statement.query_row([mail], traced_mail).optional()?.flatten());
            }
            Ok(found)
        })
    }
}

fn traced_uid(row: &Row<'_>) -> rusqlite::Result<Option<TracedUid>> {
    let Some(uid) = Uid::new(row.get(0)?) else {
        return Ok(None);
    };
    Ok(Some(TracedUid {
        uid,
        mail: row.get(1)?,
        message_id: parse_id(row.get(2)?),
        from: Address::parse(&row.get::<_, String>(3)?).ok(),
        size: row.get::<_, i64>(4)?.unsigned_abs(),
    }))
}

fn traced_mail(row: &Row<'_>) -> rusqlite::Result<Option<TracedMail>> {
    let Ok(bal) = Address::parse(&row.get::<_, String>(2)?) else {
        return Ok(None);
    };
    let recipients: String = row.get(9)?;
    Ok(Some(TracedMail {
        mail: row.get(0)?,
        account: row.get(1)?,
        bal,
        kind: row.get::<_, String>(3)?.parse().unwrap_or(BalKind::Per),
        folder: row.get(4)?,
        uid_validity: row.get::<_, Option<u32>>(5)?.and_then(UidValidity::new),
        uid: row.get::<_, Option<u32>>(6)?.and_then(Uid::new),
        message_id: parse_id(row.get(7)?),
        from: Address::parse(&row.get::<_, String>(8)?).ok(),
        to: read_recipients(&recipients)
            .iter()
            .filter_map(|(_, address)| Address::parse(address).ok())
            .take(RECIPIENTS)
            .collect(),
        size: row.get::<_, i64>(10)?.unsigned_abs(),
    }))
}
