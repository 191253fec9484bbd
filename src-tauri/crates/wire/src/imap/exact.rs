//! Deleting exactly what was planned, and nothing else (EX_GBP_3050): what messages are and how they stand, marking them,
//! taking the marks back, and UID EXPUNGE of exactly these (RFC 4315). Whoever asks keeps a trace for each message; here one
//! trace tells of all the UIDs of a command.

use std::collections::BTreeMap;

use bytes::Bytes;
use imap_proto::Response;
use pli_terms::{ModSeq, Uid, UidSet, Wording};

use super::responses::Item;
use super::session::Session;
use super::{Flags, Standing};
use crate::WireError;
use crate::audit::Action;
use crate::trail::Request;

/// UIDs of one command, at most, and octets that their set takes.
const COMMAND: (usize, usize) = (500, 4_000);

/// Octets kept of a Message-ID field: longer ones name nothing.
const HEADER: usize = 4 << 10;

impl Session {
    pub(super) async fn look(&mut self, uids: &UidSet, whole: bool) -> Result<Vec<Standing>, WireError> {
        let modseq = if self.capabilities.condstore() { " MODSEQ" } else { "" };
        let proof = if whole {
            " RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
        } else {
            ""
        };
        let told = Wording::fixed("UID FETCH (UID FLAGS").then(modseq);
        let told = if whole {
            told.and("RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        } else {
            told.then(")")
        };
        let mut rows: BTreeMap<Uid, Standing> = BTreeMap::new();
        for batch in uids.batches(COMMAND.0, COMMAND.1) {
            let line = format!("UID FETCH {batch} (UID FLAGS{modseq}{proof})");
            let request = Request::new(Action::Examine, told.clone()).about(&batch);
            self.command(request, "UID FETCH", &line, |response| {
                let Response::Fetch(_, attributes) = response else {
                    return false;
                };
                let item = Item::read(attributes);
                let Some(uid) = item.uid.filter(|uid| batch.contains(*uid)) else {
                    return false;
                };
                // Several answers about one message make one row, the last word on its flags counting.
                take(rows.entry(uid).or_insert_with(|| Standing::unknown(uid)), &item);
                true
            })
            .await?;
        }
        Ok(rows.into_values().collect())
    }

    /// Marks, or takes marks back; answers what was left alone because it changed since.
    pub(super) async fn mark(
        &mut self,
        uids: &UidSet,
        on: bool,
        unchanged_since: Option<ModSeq>,
    ) -> Result<UidSet, WireError> {
        if !self.capabilities.uidplus() {
            return Err(WireError::Missing("UIDPLUS"));
        }
        let since = unchanged_since.filter(|_| self.capabilities.condstore());
        let condition = since.map_or_else(String::new, |modseq| format!("(UNCHANGEDSINCE {modseq}) "));
        let items = if on { "+FLAGS.SILENT" } else { "-FLAGS.SILENT" };
        let told = Wording::fixed("UID STORE");
        let told = match since {
            Some(modseq) => told.and("(UNCHANGEDSINCE").and(modseq).then(")"),
            None => told,
        };
        let told = told.and(items).and(&Flags::deleted().told());
        let flags = Flags::deleted().write();
        let mut left_alone: Vec<(Uid, Uid)> = Vec::new();
        for batch in uids.batches(COMMAND.0, COMMAND.1) {
            let line = format!("UID STORE {batch} {condition}{items} {flags}");
            let request = Request::new(Action::Mark, told.clone()).about(&batch);
            let answer = self.command(request, "UID STORE", &line, |_| false).await?;
            left_alone.extend(
                answer
                    .modified
                    .ranges()
                    .iter()
                    .filter_map(|&(first, last)| Some((Uid::new(first)?, Uid::new(last)?))),
            );
        }
        Ok(UidSet::from_ranges(left_alone))
    }

    pub(super) async fn expunge_exactly(&mut self, uids: &UidSet) -> Result<(), WireError> {
        if !self.capabilities.uidplus() {
            return Err(WireError::Missing("UIDPLUS"));
        }
        for batch in uids.batches(COMMAND.0, COMMAND.1) {
            let line = format!("UID EXPUNGE {batch}");
            let request = Request::verb(Action::Purge, "UID EXPUNGE").about(&batch);
            self.command(request, "UID EXPUNGE", &line, |_| false).await?;
        }
        Ok(())
    }
}

fn take(row: &mut Standing, item: &Item<'_>) {
    if item.flags.is_some() {
        row.flags.clone_from(&item.flags);
    }
    row.modseq = item.modseq.or(row.modseq);
    row.size = item.size.or(row.size);
    row.received = item.received.or(row.received);
    if let Some(header) = item.header {
        row.header = Some(Bytes::copy_from_slice(&header[..header.len().min(HEADER)]));
    }
}
