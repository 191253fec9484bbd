//! Changing messages: flags, moves, deletion for good.

use imap_proto::{Response, ResponseCode};
use pli_terms::{ModSeq, Uid, UidSet, Wording};

use super::quote::quoted;
use super::responses::pairs;
use super::session::Session;
use super::{Flags, MailboxName};
use crate::WireError;
use crate::audit::Action;
use crate::trail::Request;

impl Session {
    pub(super) async fn change_flags(
        &mut self,
        uids: &UidSet,
        add: bool,
        flags: &Flags,
        unchanged_since: Option<ModSeq>,
    ) -> Result<UidSet, WireError> {
        let shown = flags.told();
        let flags = flags.write();
        if uids.is_empty() || flags == "()" {
            return Ok(UidSet::default());
        }
        let items = if add { "+FLAGS.SILENT" } else { "-FLAGS.SILENT" };
        let since = unchanged_since.filter(|_| self.capabilities.condstore());
        let condition = since.map_or_else(String::new, |modseq| format!("(UNCHANGEDSINCE {modseq}) "));
        let told = Wording::fixed("UID STORE");
        let told = match since {
            Some(modseq) => told.and("(UNCHANGEDSINCE").and(modseq).then(")"),
            None => told,
        };
        let told = told.and(items).and(&shown);
        let mut left_alone: Vec<(Uid, Uid)> = Vec::new();
        for batch in uids.batches(500, 1000) {
            let line = format!("UID STORE {batch} {condition}{items} {flags}");
            let request = Request::new(Action::ChangeFlags, told.clone()).about(&batch);
            let answer = self.command(request, "UID STORE", &line, |_| false).await?;
            left_alone.extend(ends(&answer.modified));
        }
        Ok(UidSet::from_ranges(left_alone))
    }

    pub(super) async fn move_messages(
        &mut self,
        uids: &UidSet,
        to: &MailboxName,
    ) -> Result<Vec<(Uid, Uid)>, WireError> {
        if !self.capabilities.can_move() && !self.capabilities.uidplus() {
            return Err(WireError::Missing("MOVE or UIDPLUS"));
        }
        let mut moved = Vec::new();
        for batch in uids.batches(500, 1000) {
            if self.capabilities.can_move() {
                moved.extend(self.transfer("UID MOVE", &batch, to).await?);
            } else {
                // The order matters: what cannot be copied is not deleted.
                moved.extend(self.transfer("UID COPY", &batch, to).await?);
                self.expunge_messages(&batch).await?;
            }
        }
        Ok(moved)
    }

    async fn transfer(
        &mut self,
        verb: &'static str,
        uids: &UidSet,
        to: &MailboxName,
    ) -> Result<Vec<(Uid, Uid)>, WireError> {
        let line = format!("{verb} {uids} {}", quoted(to.raw())?);
        let mut request = Request::verb(Action::Move, verb).about(uids);
        request.target = Some(to.shown().to_owned());
        let mut copied = Vec::new();
        let answer = self
            .command(request, verb, &line, |response| match response {
                // MOVE tells the new UIDs before it takes the old messages away (RFC 6851 §4.3).
                Response::Data { outcome, .. } => match &outcome.code {
                    Some(ResponseCode::CopyUid(_, from, to)) => {
                        copied = pairs(from, to);
                        true
                    }
                    _ => false,
                },
                _ => false,
            })
            .await?;
        Ok(if answer.copied.is_empty() {
            copied
        } else {
            answer.copied
        })
    }

    pub(super) async fn expunge_messages(&mut self, uids: &UidSet) -> Result<(), WireError> {
        if !self.capabilities.uidplus() {
            return Err(WireError::Missing("UIDPLUS"));
        }
        for batch in uids.batches(500, 1000) {
            self.change_flags(&batch, true, &Flags::deleted(), None).await?;
            let line = format!("UID EXPUNGE {batch}");
            let request = Request::verb(Action::Delete, "UID EXPUNGE").about(&batch);
            self.command(request, "UID EXPUNGE", &line, |_| false).await?;
        }
        Ok(())
    }
}

fn ends(set: &UidSet) -> impl Iterator<Item = (Uid, Uid)> {
    set.ranges()
        .iter()
        .filter_map(|&(a, b)| Some((Uid::new(a)?, Uid::new(b)?)))
}
