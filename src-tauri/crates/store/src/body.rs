//! Bodies: the octets as received, their proof, and what is searched of them.

use pli_terms::Uid;
use rusqlite::{OptionalExtension, params};

use crate::connection::Durability::Mirror;
use crate::error::StoreError;
use crate::id::{AccountId, FolderId, MailId};
use crate::list::as_i64;
use crate::mail::{Attachment, MailKind, cut};
use crate::pack::{insert_blob, placed};
use crate::retention::{MISSING_THOUGH_OLD, bodies_from, is_only_here};
use crate::search;
use crate::space::DocumentKind;
use crate::store::Store;

/// A message's octets with what was parsed of them.
#[derive(Debug, Clone, PartialEq)]
pub struct NewBody<'a> {
    /// The message, known by its header.
    pub mail: MailId,
    /// Its octets as received.
    pub raw: &'a [u8],
    /// Its text to search.
    pub text: &'a str,
    /// Its first words, for the list.
    pub snippet: &'a str,
    /// Its attachments.
    pub attachments: &'a [Attachment],
    /// Who it comes from, now that all of it was read.
    pub kind: MailKind,
    /// The subject as people read it, when the whole message tells better than its header row did.
    pub display_subject: Option<&'a str>,
}

/// A message whose octets are not here yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingBody {
    /// The message.
    pub mail: MailId,
    /// Its folder.
    pub folder: FolderId,
    /// Its UID there.
    pub uid: Uid,
    /// Its size in octets, as the server announced it.
    pub size: u64,
}

impl Store {
    /// Stores a batch of bodies: one sync of the disk and one commit for all of them, so give it hundreds. Messages that
    /// are gone meanwhile are left out; the ids of those stored come back.
    ///
    /// # Errors
    /// When the disk or the database refuses: then none of the batch is stored.
    pub fn store_bodies(&self, bodies: &[NewBody<'_>]) -> Result<Vec<MailId>, StoreError> {
        if bodies.is_empty() {
            return Ok(Vec::new());
        }
        let raw: Vec<&[u8]> = bodies.iter().map(|b| b.raw).collect();
        self.packs()
            .keep(self.connections(), "storing messages", Mirror, &raw, |tx, places| {
                let mut stored = Vec::with_capacity(bodies.len());
                let mut texts = Vec::with_capacity(bodies.len());
                for (body, place) in bodies.iter().zip(places) {
                    let known = tx
                        .prepare_cached(
                            "SELECT search_key, from_name, from_address, recipients, subject, blob_id
                         FROM message WHERE id = ?1",
                        )?
                        .query_row([body.mail], |row| {
                            Ok((
                                row.get::<_, i64>(0)?,
                                row.get::<_, String>(1)?,
                                row.get::<_, String>(2)?,
                                row.get::<_, String>(3)?,
                                row.get::<_, String>(4)?,
                                row.get::<_, Option<i64>>(5)?,
                            ))
                        })
                        .optional()?;
                    let Some((key, from_name, from_address, recipients, subject, former)) = known else {
                        continue;
                    };
                    let blob = insert_blob(tx, place)?;
                    tx.prepare_cached(
                        "UPDATE message SET blob_id = ?2, body_state = 2, body_error = '', snippet = ?3, kind = ?4,
                         attachment_count = ?5, display_subject = coalesce(?6, display_subject), document = ?7
                     WHERE id = ?1",
                    )?
                    .execute(params![
                        body.mail,
                        blob,
                        cut(body.snippet, 512),
                        body.kind,
                        as_i64(body.attachments.iter().filter(|a| a.inline_cid.is_none()).count() as u64),
                        body.display_subject.map(|s| cut(s, 4096)),
                        DocumentKind::of_message(&subject, body.attachments)
                    ])?;
                    if let Some(former) = former {
                        tx.prepare_cached("DELETE FROM blob WHERE id = ?1")?.execute([former])?;
                    }
                    // A body that was here before left the list of its attachments.
                    tx.prepare_cached("DELETE FROM attachment WHERE message_id = ?1")?
                        .execute([body.mail])?;
                    let mut names = String::new();
                    for attachment in body.attachments {
                        tx.prepare_cached(
                            "INSERT INTO attachment (message_id, part, name, mime, size, inline_cid)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        )?
                        .execute(params![
                            body.mail,
                            attachment.part,
                            cut(&attachment.name, 1024),
                            cut(&attachment.mime, 255),
                            as_i64(attachment.size),
                            attachment.inline_cid.as_deref().map(|c| cut(c, 1024))
                        ])?;
                        names.push_str(cut(&attachment.name, 1024));
                        names.push(' ');
                    }
                    texts.push(search::Indexed {
                        key,
                        sender: format!("{from_name} {from_address}"),
                        recipients: recipients.into(),
                        subject: subject.into(),
                        text: body.text,
                        attachments: names,
                    });
                    stored.push(body.mail);
                }
                search::index_bodies(tx, texts)?;
                Ok(stored)
            })
    }

    /// A message's octets exactly as received: decrypted, and held against their SHA-256.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the body is not here, [`StoreError::Damaged`] when a single bit changed on disk.
    pub fn raw(&self, mail: MailId) -> Result<Vec<u8>, StoreError> {
        self.blob("SELECT blob_id FROM message WHERE id = ?1", mail.get(), "message body")
    }

    /// Messages without a body, newest first, of one folder or of all folders of the account; `offset` skips those
    /// already being fetched.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn missing_bodies(
        &self,
        account: AccountId,
        folder: Option<FolderId>,
        limit: u32,
    ) -> Result<Vec<MissingBody>, StoreError> {
        self.connections().read("listing missing bodies", |tx| {
            let folders: Vec<FolderId> = match folder {
                Some(folder) => vec![folder],
                None => tx
                    .prepare_cached("SELECT id FROM folder WHERE account_id = ?1 ORDER BY role = 'inbox' DESC, id")?
                    .query_map([account], |row| row.get(0))?
                    .collect::<Result<_, _>>()?,
            };
            let from = bodies_from(tx, account)?;
            let newer = "SELECT id, uid, size FROM message WHERE folder_id = ?1 AND body_state < 2 AND uid IS NOT NULL
                 AND internal_date >= ?3 ORDER BY internal_date DESC, id DESC LIMIT ?2";
            let mut missing = Vec::new();
            for folder in folders {
                // What the retention leaves on the server, but for what is always here.
                let asked = [
                    Some((newer, from.unwrap_or(i64::MIN))),
                    from.map(|from| (MISSING_THOUGH_OLD, from)),
                ];
                for (sql, from) in asked.into_iter().flatten() {
                    let left = limit as usize - missing.len();
                    let mut statement = tx.prepare_cached(sql)?;
                    let rows = statement.query_map(params![folder, as_i64(left as u64), from], |row| {
                        Ok((row.get::<_, MailId>(0)?, row.get::<_, u32>(1)?, row.get::<_, i64>(2)?))
                    })?;
                    for row in rows {
                        let (mail, uid, size) = row?;
                        let size = size.unsigned_abs();
                        missing.extend(Uid::new(uid).map(|uid| MissingBody {
                            mail,
                            folder,
                            uid,
                            size,
                        }));
                    }
                }
            }
            Ok(missing)
        })
    }

    /// How many messages of an account have no body yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count_missing_bodies(&self, account: AccountId) -> Result<u64, StoreError> {
        self.connections().read("counting missing bodies", |tx| {
            let from = bodies_from(tx, account)?;
            let mut count: i64 = tx
                .prepare_cached(
                    "SELECT coalesce(sum((SELECT count(*) FROM message m WHERE m.folder_id = f.id
                                          AND m.body_state < 2 AND m.internal_date >= ?2)), 0)
                     FROM folder f WHERE f.account_id = ?1",
                )?
                .query_row(params![account, from.unwrap_or(i64::MIN)], |row| row.get(0))?;
            if let Some(from) = from {
                let folders: Vec<FolderId> = tx
                    .prepare_cached("SELECT id FROM folder WHERE account_id = ?1")?
                    .query_map([account], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                let mut statement = tx.prepare_cached(&format!("SELECT count(*) FROM ({MISSING_THOUGH_OLD})"))?;
                for folder in folders {
                    count += statement.query_row(params![folder, -1, from], |row| row.get::<_, i64>(0))?;
                }
            }
            Ok(count.unsigned_abs())
        })
    }

    /// Notes that a body cannot be had, and why: it is not asked for again until [`Store::retry_bodies`].
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn mark_body_failed(&self, mail: MailId, why: &str) -> Result<(), StoreError> {
        self.connections().write("noting a failed download", Mirror, |tx| {
            tx.prepare_cached("UPDATE message SET body_state = 3, body_error = ?2 WHERE id = ?1 AND body_state < 2")?
                .execute(params![mail, cut(why, 512)])?;
            Ok(())
        })
    }

    /// Puts failed bodies of an account back among those to fetch; gives how many.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn retry_bodies(&self, account: AccountId) -> Result<u64, StoreError> {
        self.connections().write("retrying failed downloads", Mirror, |tx| {
            let changed = tx.execute(
                "UPDATE message SET body_state = 0, body_error = '' WHERE account_id = ?1 AND body_state = 3",
                [account],
            )?;
            Ok(changed as u64)
        })
    }

    /// Drops a damaged body so that it is fetched again; false when no server has the message, whose octets then stay as
    /// they are.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn drop_body(&self, mail: MailId) -> Result<bool, StoreError> {
        self.connections().write("dropping a damaged message", Mirror, |tx| {
            if is_only_here(tx, mail)? {
                return Ok(false);
            }
            let blob: Option<i64> = tx
                .query_row("SELECT blob_id FROM message WHERE id = ?1", [mail], |row| row.get(0))
                .optional()?
                .flatten();
            tx.execute(
                "UPDATE message SET blob_id = NULL, body_state = 0 WHERE id = ?1",
                [mail],
            )?;
            tx.execute("DELETE FROM attachment WHERE message_id = ?1", [mail])?;
            tx.execute("DELETE FROM blob WHERE id = ?1", [blob])?;
            Ok(true)
        })
    }

    /// Octets kept in a pack, found by a query that gives a blob's id.
    pub(crate) fn blob(&self, sql: &str, id: i64, what: &'static str) -> Result<Vec<u8>, StoreError> {
        let find = || {
            self.connections().read("looking octets up", |tx| {
                tx.prepare_cached(&format!(
                    "SELECT pack_id, place, stored, length, sha256 FROM blob WHERE id = ({sql})"
                ))?
                .query_row([id], |row| placed(row, 0))
                .optional()?
                .ok_or(StoreError::NotFound { what })
            })
        };
        match self.packs().read(&find()?) {
            // A compaction moved it between the two: look again, once.
            Err(StoreError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                self.packs().read(&find()?)
            }
            other => other,
        }
    }
}
