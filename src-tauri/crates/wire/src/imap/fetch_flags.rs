//! A sweep of flags: all of them, or those changed since a mod-sequence (RFC 7162 §3.1.4).

use std::collections::BTreeMap;

use imap_proto::Response;
use pli_terms::{ModSeq, Uid, UidSet, Wording};

use super::responses::{Item, uid_set};
use super::session::Session;
use super::{FlagRow, FlagSweep};
use crate::WireError;
use crate::audit::Action;
use crate::trail::Request;

/// Most rows of one sweep: ten times the largest mailbox known.
const ROWS: usize = 2_000_000;

impl Session {
    pub(super) async fn sweep_flags(
        &mut self,
        from: Uid,
        to: Option<Uid>,
        since: Option<ModSeq>,
    ) -> Result<FlagSweep, WireError> {
        if since.is_some() && !self.capabilities.condstore() {
            return Err(WireError::Missing("CONDSTORE"));
        }
        let to_text = to.map_or_else(|| "*".to_owned(), |uid| uid.to_string());
        let modseq = if self.capabilities.condstore() { " MODSEQ" } else { "" };
        let modifier = match since {
            Some(since) if self.qresync => format!(" (CHANGEDSINCE {since} VANISHED)"),
            Some(since) => format!(" (CHANGEDSINCE {since})"),
            None => String::new(),
        };
        let line = format!("UID FETCH {from}:{to_text} (UID FLAGS{modseq}){modifier}");
        let told = Wording::fixed("UID FETCH (UID FLAGS").then(modseq).then(")");
        let told = match since {
            Some(since) if self.qresync => told.and("(CHANGEDSINCE").and(since).and("VANISHED)"),
            Some(since) => told.and("(CHANGEDSINCE").and(since).then(")"),
            None => told,
        };
        let mut request = Request::new(Action::ReadHeaders, told);
        request.uids = UidSet::from_ranges([(from, to.or(Uid::new(u32::MAX)).unwrap_or(from))]);
        let mut rows: BTreeMap<Uid, FlagRow> = BTreeMap::new();
        let mut vanished: Vec<(Uid, Uid)> = Vec::new();
        let mut beyond = false;
        self.command(request, "UID FETCH", &line, |response| match response {
            Response::Fetch(_, attributes) => {
                let item = Item::read(attributes);
                let (Some(uid), Some(flags)) = (item.uid, item.flags) else {
                    return false;
                };
                // `n:*` always answers the last message, even when its UID is below n.
                if uid < from || to.is_some_and(|to| uid > to) {
                    return true;
                }
                beyond |= rows.len() >= ROWS;
                if !beyond {
                    rows.insert(
                        uid,
                        FlagRow {
                            uid,
                            flags,
                            modseq: item.modseq,
                        },
                    );
                }
                true
            }
            Response::Vanished { earlier: true, uids } => {
                let set = uid_set(uids.iter().cloned());
                vanished.extend(
                    set.ranges()
                        .iter()
                        .filter_map(|&(a, b)| Some((Uid::new(a)?, Uid::new(b)?))),
                );
                true
            }
            _ => false,
        })
        .await?;
        if beyond {
            return Err(WireError::Unreadable { during: "UID FETCH" });
        }
        Ok(FlagSweep {
            rows: rows.into_values().collect(),
            vanished: UidSet::from_ranges(vanished),
        })
    }
}
