//! The header pass: what a list needs of each message, streamed.

use std::collections::BTreeSet;

use bytes::Bytes;
use imap_proto::Response;
use pli_terms::{Uid, UidSet, Wording};
use tokio::sync::mpsc;

use super::exchange::Step;
use super::headline;
use super::responses::Item;
use super::session::Session;
use super::{FetchReport, HeaderRow};
use crate::WireError;
use crate::audit::Action;
use crate::trail::Request;

/// The fields a list, a thread and a reply need. Named one by one: servers keep them at hand, and a header of 2 MB of
/// `Received` lines stays where it is.
const FIELDS: &str = "DATE FROM SENDER REPLY-TO TO CC SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES RETURN-PATH \
                      CONTENT-TYPE AUTO-SUBMITTED LIST-ID DISPOSITION-NOTIFICATION-TO X-MSS-MES X-MSS-CODECDA X-MSS-INS \
                      X-MSS-NIL X-PRIORITY IMPORTANCE";

/// Octets of header asked for at most, a message.
const HEADER: usize = 64 << 10;

impl Session {
    pub(super) async fn stream_headers(
        &mut self,
        uids: &UidSet,
        structure: bool,
        rows: mpsc::Sender<HeaderRow>,
    ) -> Result<FetchReport, WireError> {
        if uids.is_empty() {
            return Ok(FetchReport::default());
        }
        let modseq = if self.capabilities.condstore() { " MODSEQ" } else { "" };
        let structure = if structure { " BODYSTRUCTURE" } else { "" };
        let items = format!("UID FLAGS{modseq} INTERNALDATE RFC822.SIZE{structure}");
        let line = format!("UID FETCH {uids} ({items} BODY.PEEK[HEADER.FIELDS ({FIELDS})]<0.{HEADER}>)");
        let told = Wording::fixed("UID FETCH (UID FLAGS")
            .then(modseq)
            .and("INTERNALDATE RFC822.SIZE")
            .then(structure);
        let request = Request::new(Action::ReadHeaders, told.and("BODY.PEEK[HEADER.FIELDS])")).about(uids);
        let mut running = self.start(request, "UID FETCH", &line).await?;
        let mut delivered: BTreeSet<Uid> = BTreeSet::new();
        let mut report = FetchReport::default();
        let answer = loop {
            let data = match self.step(&mut running).await {
                Ok(Step::Data(data)) => data,
                Ok(Step::Done(answer)) => break answer,
                Err(error) => return Err(self.fail(running, error)),
            };
            let Some(row) = row(data.parsed()) else {
                self.hear(data.parsed());
                continue;
            };
            if !uids.contains(row.uid) || !delivered.insert(row.uid) {
                report.strays += 1;
                continue;
            }
            report.octets += row.header.len() as u64;
            if let Some(entry) = running.pending.as_mut().and_then(|pending| pending.entry()) {
                entry
                    .messages
                    .push(headline::traced(Some(row.uid), row.size, &row.header));
            }
            drop(data);
            if rows.send(row).await.is_err() {
                return Err(self.fail(running, WireError::Abandoned));
            }
        };
        self.finish(running, answer)?;
        report.delivered = delivered.iter().copied().collect();
        report.missing = missing(uids, &report.delivered);
        Ok(report)
    }
}

/// A response that is a whole row: flags that come alone are news, not a row.
fn row(response: &Response<'_>) -> Option<HeaderRow> {
    let Response::Fetch(_, attributes) = response else {
        return None;
    };
    let item = Item::read(attributes);
    let header = item.header?;
    Some(HeaderRow {
        uid: item.uid?,
        flags: item.flags.unwrap_or_default(),
        received: item.received,
        size: item.size,
        modseq: item.modseq,
        header: Bytes::copy_from_slice(&header[..header.len().min(HEADER)]),
        attachments: item.attachments,
    })
}

/// What was asked for and did not come. Ranges are walked, not listed: a range may hold more UIDs than there are messages.
pub(super) fn missing(wanted: &UidSet, delivered: &UidSet) -> UidSet {
    let mut gaps: Vec<(Uid, Uid)> = Vec::new();
    let mut gap = |a: u64, b: u64| {
        let uid = |value: u64| u32::try_from(value).ok().and_then(Uid::new);
        if a <= b {
            gaps.extend(uid(a).zip(uid(b)));
        }
    };
    for &(start, end) in wanted.ranges() {
        let mut from = u64::from(start);
        let first = delivered.ranges().partition_point(|&(_, b)| b < start);
        for &(a, b) in delivered.ranges()[first..].iter().take_while(|&&(a, _)| a <= end) {
            gap(from, u64::from(a).saturating_sub(1));
            from = from.max(u64::from(b) + 1);
        }
        gap(from, u64::from(end));
    }
    UidSet::from_ranges(gaps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_missing_is_the_difference(
            wanted in proptest::collection::btree_set(1u32..60, 0..40),
            delivered in proptest::collection::btree_set(1u32..60, 0..40),
        ) {
            let set = |values: &BTreeSet<u32>| values.iter().filter_map(|v| Uid::new(*v)).collect::<UidSet>();
            let expected: BTreeSet<u32> = wanted.difference(&delivered).copied().collect();
            prop_assert_eq!(missing(&set(&wanted), &set(&delivered)), set(&expected));
        }
    }
}
