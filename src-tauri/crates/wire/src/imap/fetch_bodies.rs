//! Whole messages, byte for byte, streamed: small ones many to a command, large ones by pieces.

use std::collections::BTreeSet;

use bytes::Bytes;
use imap_proto::Response;
use pli_terms::{Uid, UidSet, Wording};
use tokio::sync::mpsc;

use super::exchange::{Heard, Step};
use super::fetch_headers::missing;
use super::responses::Item;
use super::session::Session;
use super::{BodyPiece, BodyRequest, FetchReport};
use crate::WireError;
use crate::audit::{Action, TracedMessage};
use crate::trail::Request;

/// From this size on, a message is fetched by pieces: a piece is the most that memory holds of it.
const LARGE: u64 = 1 << 20;

/// Octets of a piece.
const PIECE: u64 = 512 << 10;

/// Largest message fetched: beyond it the server is not believed.
const LARGEST: u64 = 1 << 30;

/// A message's octets inside the response that brought them: handed on without a copy.
struct Brought(Heard);

impl AsRef<[u8]> for Brought {
    fn as_ref(&self) -> &[u8] {
        let Response::Fetch(_, attributes) = self.0.parsed() else {
            return &[];
        };
        Item::read(attributes).body.map_or(&[], |(_, bytes)| bytes)
    }
}

impl Session {
    pub(super) async fn stream_bodies(
        &mut self,
        wanted: &[BodyRequest],
        pieces: mpsc::Sender<BodyPiece>,
    ) -> Result<FetchReport, WireError> {
        let large = |request: &&BodyRequest| request.size.is_none_or(|size| size >= LARGE);
        let small: UidSet = wanted
            .iter()
            .filter(|request| !large(request))
            .map(|request| request.uid)
            .collect();
        let mut report = FetchReport::default();
        let mut delivered: BTreeSet<Uid> = BTreeSet::new();
        for batch in small.batches(500, 1000) {
            self.stream_small(&batch, &pieces, &mut delivered, &mut report).await?;
        }
        for request in wanted.iter().filter(large) {
            if !delivered.contains(&request.uid) && self.stream_large(request.uid, &pieces, &mut report).await? {
                delivered.insert(request.uid);
            }
        }
        report.delivered = delivered.into_iter().collect();
        report.missing = missing(&wanted.iter().map(|request| request.uid).collect(), &report.delivered);
        Ok(report)
    }

    async fn stream_small(
        &mut self,
        uids: &UidSet,
        pieces: &mpsc::Sender<BodyPiece>,
        delivered: &mut BTreeSet<Uid>,
        report: &mut FetchReport,
    ) -> Result<(), WireError> {
        let line = format!("UID FETCH {uids} (UID BODY.PEEK[])");
        let request = Request::verb(Action::ReadMessages, "UID FETCH (UID BODY.PEEK[])").about(uids);
        let mut running = self.start(request, "UID FETCH", &line).await?;
        let answer = loop {
            let data = match self.step(&mut running).await {
                Ok(Step::Data(data)) => data,
                Ok(Step::Done(answer)) => break answer,
                Err(error) => return Err(self.fail(running, error)),
            };
            let Some((uid, length)) = brought(&data) else {
                self.hear(data.parsed());
                continue;
            };
            if !uids.contains(uid) || !delivered.insert(uid) {
                report.strays += 1;
                continue;
            }
            report.octets += length;
            if let Some(entry) = running.pending.as_mut().and_then(|pending| pending.entry()) {
                let traced = TracedMessage {
                    uid: Some(uid),
                    size: Some(length),
                    ..TracedMessage::default()
                };
                entry.messages.push(traced);
            }
            let piece = BodyPiece {
                uid,
                offset: 0,
                bytes: Bytes::from_owner(Brought(data)),
                last: true,
            };
            if pieces.send(piece).await.is_err() {
                return Err(self.fail(running, WireError::Abandoned));
            }
        };
        self.finish(running, answer)?;
        Ok(())
    }

    /// One message by pieces. Answers whether it was there.
    async fn stream_large(
        &mut self,
        uid: Uid,
        pieces: &mpsc::Sender<BodyPiece>,
        report: &mut FetchReport,
    ) -> Result<bool, WireError> {
        let set: UidSet = [uid].into_iter().collect();
        let mut offset = 0_u64;
        while offset < LARGEST {
            let line = format!("UID FETCH {uid} (UID BODY.PEEK[]<{offset}.{PIECE}>)");
            let told = Wording::fixed("UID FETCH (UID BODY.PEEK[]<")
                .then(offset)
                .then(".")
                .then(PIECE)
                .then(">)");
            let request = Request::new(Action::ReadMessages, told).about(&set);
            let mut running = self.start(request, "UID FETCH", &line).await?;
            let mut piece: Option<Bytes> = None;
            let answer = loop {
                let data = match self.step(&mut running).await {
                    Ok(Step::Data(data)) => data,
                    Ok(Step::Done(answer)) => break answer,
                    Err(error) => return Err(self.fail(running, error)),
                };
                match brought(&data) {
                    Some((found, length)) if found == uid && length <= PIECE && piece.is_none() => {
                        piece = Some(Bytes::from_owner(Brought(data)));
                    }
                    Some(_) => report.strays += 1,
                    None => self.hear(data.parsed()),
                }
            };
            self.finish(running, answer)?;
            // Gone, if not even a first piece comes; cut by the server, if a later one does not: not delivered.
            let Some(bytes) = piece else { return Ok(false) };
            let length = bytes.len() as u64;
            let last = length < PIECE;
            report.octets += length;
            if pieces
                .send(BodyPiece {
                    uid,
                    offset,
                    bytes,
                    last,
                })
                .await
                .is_err()
            {
                return Err(WireError::Abandoned);
            }
            if last {
                return Ok(true);
            }
            offset += length;
        }
        Ok(false)
    }
}

/// The UID and length of a response that brings a body.
fn brought(data: &Heard) -> Option<(Uid, u64)> {
    let Response::Fetch(_, attributes) = data.parsed() else {
        return None;
    };
    let item = Item::read(attributes);
    Some((item.uid?, item.body?.1.len() as u64))
}
