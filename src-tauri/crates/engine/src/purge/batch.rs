//! One batch of a purge, from the first look at its messages to the last word on each: the code that deletes.
//!
//! What it rests on, in this order:
//!
//! 1. a message is the planned one when folder, UIDVALIDITY, UID, Message-ID, size and date agree ([`judge`]);
//! 2. before the server is told anything of it, its step is committed and its intention is in the journal;
//! 3. marking is conditional where the server can (UNCHANGEDSINCE, RFC 7162): what changed since the look is looked at again;
//! 4. after the mark everything is looked at once more; what changed is spared, and our mark taken back;
//! 5. UID EXPUNGE names exactly what is left, and a last look tells what is gone. Its outcome is in the journal before it is
//!    committed, so that a death in between finds it there and writes no second one.
//!
//! A mark that another had set before us is known from the first look and is never taken back. A process that dies between
//! the command that marks and its answer leaves a message whose mark is ours unless somebody set the same one in that very
//! moment: should it be spared, the mark is taken back, for a message too many harms nobody.

use std::collections::{BTreeMap, BTreeSet};

use pli_store::{KeptWhy, PurgeMail, PurgeMailId, PurgeMove, PurgeStep};
use pli_terms::{ModSeq, Uid, UidSet};
use pli_wire::WireError;
use pli_wire::imap::Standing;

use super::desk::{Desk, Said, Written};
use super::hands::{Door, Hands, is_news, is_refusal};
use super::judge::{Terms, Verdict, judge};
use crate::error::EngineError;

/// How often a message that keeps changing is looked at before it is spared.
const LOOKS: u8 = 3;

/// What a run of a purge remembers between batches.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) purge: pli_store::PurgeId,
    pub(super) terms: Terms,
    /// The journal's last trace before the oldest exchange whose end is not committed.
    pub(super) journal_from: Option<u64>,
    /// Whether marks are only to be taken back: the purge was stopped.
    pub(super) take_back: bool,
    looks: BTreeMap<PurgeMailId, u8>,
}

impl Round {
    pub(super) fn new(purge: pli_store::PurgeId, terms: Terms, journal_from: Option<u64>, take_back: bool) -> Self {
        Self {
            purge,
            terms,
            journal_from,
            take_back,
            looks: BTreeMap::new(),
        }
    }

    /// Whether this message has been looked at often enough.
    fn is_weary(&mut self, id: PurgeMailId) -> bool {
        let looks = self.looks.entry(id).or_default();
        *looks = looks.saturating_add(1);
        *looks > LOOKS
    }
}

/// Works on one batch: of messages that nothing was asked about yet, or of those left half-way.
///
/// # Errors
/// What stopped it; every message of it stands where the store says.
pub(super) async fn work<S: Door, D: Desk>(
    hands: &mut Hands<'_, S>,
    desk: &D,
    round: &mut Round,
    mails: Vec<PurgeMail>,
) -> Result<(), EngineError> {
    if mails.iter().any(|mail| mail.step != PurgeStep::Planned) {
        mend(hands, desk, round, mails).await
    } else {
        begin(hands, desk, round, mails).await
    }
}

/// Decisions on a batch that are not acted upon yet.
#[derive(Default)]
struct Sorted {
    /// With their last word.
    ended: Vec<(PurgeMail, Said)>,
    /// Our marks on them are to be taken back: spared for a reason, or refused by the server.
    take_back: Vec<(PurgeMail, Option<KeptWhy>)>,
    /// Not marked, to be looked at again.
    again: Vec<PurgeMail>,
}

async fn begin<S: Door, D: Desk>(
    hands: &mut Hands<'_, S>,
    desk: &D,
    round: &mut Round,
    mails: Vec<PurgeMail>,
) -> Result<(), EngineError> {
    let mut written = written(desk, round, &mails).await?;
    let known = hands.highest;
    let rows = hands.look(&uids(&mails), true).await?;
    let mut sorted = Sorted::default();
    let (mut ours, mut foreign): (Vec<(PurgeMail, Option<ModSeq>)>, Vec<PurgeMail>) = (Vec::new(), Vec::new());
    for mut mail in mails {
        if word(&written, &mail).is_some() {
            // The journal has had its last word on that try: another one is another exchange.
            mail.exchange = None;
        }
        let Some(row) = rows.get(&mail.uid) else {
            sorted.ended.push((mail, Said::Absent));
            continue;
        };
        match judge(&mail, row, round.terms) {
            Verdict::Spare { why, .. } => sorted.ended.push((mail, Said::Spared(why))),
            Verdict::Delete { marked: true } => foreign.push(mail),
            Verdict::Delete { marked: false } if is_settled(row, known) => ours.push((mail, row.modseq)),
            Verdict::Delete { marked: false } | Verdict::Unclear => {
                // It changes at this moment: the next look tells how.
                if round.is_weary(mail.id) {
                    sorted.ended.push((mail, Said::Spared(KeptWhy::ChangedSince)));
                }
            }
        }
    }
    if round.terms.keep_local {
        keep_here(desk, &mut ours, &mut foreign, &mut sorted).await?;
    }
    conclude(hands, desk, &written, std::mem::take(&mut sorted.ended)).await?;
    if ours.is_empty() && foreign.is_empty() {
        return Ok(());
    }
    let fresh = ours.iter().map(|(mail, _)| mail).chain(&foreign);
    if round.journal_from.is_none() || fresh.clone().all(|mail| mail.exchange.is_none()) {
        let head = desk.journal_head().await?;
        let purge = round.purge;
        let from = desk.store(move |store| store.set_purge_journal(purge, head)).await?;
        round.journal_from = Some(from);
    }
    let mut moves = Vec::new();
    for (mail, modseq) in &mut ours {
        let exchange = *mail.exchange.get_or_insert_with(|| desk.exchange());
        let modseq = *modseq;
        moves.push((mail.id, PurgeMove::Marking { exchange, modseq }));
    }
    for mail in &mut foreign {
        let exchange = *mail.exchange.get_or_insert_with(|| desk.exchange());
        mail.foreign = true;
        moves.push((
            mail.id,
            PurgeMove::Marked {
                exchange,
                foreign: true,
            },
        ));
    }
    desk.store(move |store| store.move_purge(&moves)).await?;
    let ours: Vec<PurgeMail> = ours.into_iter().map(|(mail, _)| mail).collect();
    intend(hands, desk, &mut written, ours.iter().chain(&foreign)).await?;
    if !ours.is_empty() {
        let left_alone = match hands.mark(&uids(&ours), known).await {
            Ok(left_alone) => left_alone,
            // Some have just gone, the others may be marked: the next look tells which.
            Err(EngineError::Wire(error)) if is_news(&error) => return Ok(()),
            Err(EngineError::Wire(error)) if is_refusal(&error) => {
                return refused_to_mark(hands, desk, &written, ours, foreign, error).await;
            }
            Err(error) => return Err(error),
        };
        let mut moves = Vec::new();
        for mail in ours {
            let Some(exchange) = mail.exchange else { continue };
            if left_alone.contains(mail.uid) {
                if round.is_weary(mail.id) {
                    sorted.ended.push((mail, Said::Spared(KeptWhy::ChangedSince)));
                } else {
                    moves.push((mail.id, PurgeMove::Again));
                }
            } else {
                moves.push((
                    mail.id,
                    PurgeMove::Marked {
                        exchange,
                        foreign: false,
                    },
                ));
                foreign.push(mail);
            }
        }
        desk.store(move |store| store.move_purge(&moves)).await?;
        conclude(hands, desk, &written, std::mem::take(&mut sorted.ended)).await?;
    }
    finish(hands, desk, round, &written, foreign).await
}

/// What a stop, a lost connection or a death left half-way.
async fn mend<S: Door, D: Desk>(
    hands: &mut Hands<'_, S>,
    desk: &D,
    round: &mut Round,
    mails: Vec<PurgeMail>,
) -> Result<(), EngineError> {
    let mut written = written(desk, round, &mails).await?;
    let rows = hands.look(&uids(&mails), true).await?;
    let (mut sorted, mut marked) = (Sorted::default(), Vec::new());
    for mail in mails {
        let Some(row) = rows.get(&mail.uid) else {
            // Until a mark was known to be there, it cannot have been us who deleted it; nor once we had spared it.
            let said = match word(&written, &mail) {
                Some(false) => Said::Absent,
                None if mail.step == PurgeStep::Marking || !is_intended(&written, &mail) => Said::Absent,
                _ => Said::Gone,
            };
            sorted.ended.push((mail, said));
            continue;
        };
        if mail.step == PurgeStep::Unmarking {
            let why = mail.why;
            sorted.take_back.push((mail, why));
            continue;
        }
        let foreign = mail.foreign;
        let marked_by_us = !foreign && row.flags.as_ref().is_none_or(|flags| flags.deleted);
        match judge(&mail, row, round.terms) {
            // It was spared, and the journal says so.
            _ if word(&written, &mail).is_some() => spare(&mut sorted, mail, KeptWhy::ChangedSince, marked_by_us),
            Verdict::Spare { why, .. } => spare(&mut sorted, mail, why, marked_by_us),
            Verdict::Unclear if round.is_weary(mail.id) => {
                spare(&mut sorted, mail, KeptWhy::ChangedSince, marked_by_us);
            }
            Verdict::Unclear => {}
            Verdict::Delete { marked: true } if round.take_back && !foreign => sorted.take_back.push((mail, None)),
            Verdict::Delete { marked: true } if round.take_back => sorted.ended.push((mail, Said::PutOff)),
            Verdict::Delete { marked: true } => marked.push(mail),
            // Its mark was there, and somebody took it away.
            Verdict::Delete { marked: false } if mail.step == PurgeStep::Marked => {
                sorted.ended.push((mail, Said::Spared(KeptWhy::ChangedSince)));
            }
            // The command never arrived, or its mark was taken away: the message is as it was before, or not.
            Verdict::Delete { marked: false } if mail.modseq.is_none() || mail.modseq == row.modseq => {
                sorted.again.push(mail);
            }
            Verdict::Delete { marked: false } => sorted.ended.push((mail, Said::Spared(KeptWhy::ChangedSince))),
        }
    }
    conclude(hands, desk, &written, std::mem::take(&mut sorted.ended)).await?;
    take_back(hands, desk, &written, sorted.take_back).await?;
    let mut moves: Vec<(PurgeMailId, PurgeMove)> =
        sorted.again.iter().map(|mail| (mail.id, PurgeMove::Again)).collect();
    for mail in &marked {
        let (Some(exchange), foreign) = (mail.exchange, mail.foreign) else {
            continue;
        };
        moves.push((mail.id, PurgeMove::Marked { exchange, foreign }));
    }
    desk.store(move |store| store.move_purge(&moves)).await?;
    intend(hands, desk, &mut written, marked.iter()).await?;
    finish(hands, desk, round, &written, marked).await
}

/// Everything here bears the mark, and its intention is written: what is still as planned is deleted for good.
async fn finish<S: Door, D: Desk>(
    hands: &mut Hands<'_, S>,
    desk: &D,
    round: &mut Round,
    written: &Written,
    mails: Vec<PurgeMail>,
) -> Result<(), EngineError> {
    if mails.is_empty() {
        return Ok(());
    }
    // What was done here meanwhile counts as much as what was done there.
    let ids: Vec<PurgeMailId> = mails.iter().map(|mail| mail.id).collect();
    let mails = desk.store(move |store| store.purge_mails(&ids)).await?;
    let rows = hands.look(&uids(&mails), true).await?;
    let (mut sorted, mut doomed) = (Sorted::default(), Vec::new());
    for mail in mails {
        let Some(row) = rows.get(&mail.uid) else {
            // By our mark, whoever expunged; or by another's alone.
            let said = if mail.foreign { Said::Absent } else { Said::Gone };
            sorted.ended.push((mail, said));
            continue;
        };
        let marked_by_us = !mail.foreign && row.flags.as_ref().is_none_or(|flags| flags.deleted);
        match judge(&mail, row, round.terms) {
            Verdict::Delete { marked: true } => doomed.push(mail),
            Verdict::Spare { why, .. } => spare(&mut sorted, mail, why, marked_by_us),
            Verdict::Delete { marked: false } | Verdict::Unclear => {
                spare(&mut sorted, mail, KeptWhy::ChangedSince, marked_by_us);
            }
        }
    }
    conclude(hands, desk, written, std::mem::take(&mut sorted.ended)).await?;
    take_back(hands, desk, written, sorted.take_back).await?;
    if doomed.is_empty() {
        return Ok(());
    }
    let refusal = match hands.expunge(&uids(&doomed)).await {
        Ok(()) => None,
        // What is left then is looked at again.
        Err(EngineError::Wire(error)) if is_news(&error) => return Ok(()),
        Err(EngineError::Wire(error)) if is_refusal(&error) => Some(error),
        Err(error) => return Err(error),
    };
    let rows = hands.look(&uids(&doomed), false).await?;
    let (mut ended, mut left) = (Vec::new(), Vec::new());
    let mut refused = refusal.is_some();
    for mail in doomed {
        match rows.get(&mail.uid) {
            None => ended.push((mail, Said::Gone)),
            // Somebody took the mark back at the last moment.
            Some(row) if row.flags.as_ref().is_some_and(|flags| !flags.deleted) => {
                ended.push((mail, Said::Spared(KeptWhy::ChangedSince)));
            }
            Some(_) => {
                refused = true;
                if mail.foreign {
                    ended.push((mail, Said::Refused));
                } else {
                    left.push((mail, None));
                }
            }
        }
    }
    conclude(hands, desk, written, ended).await?;
    take_back(hands, desk, written, left).await?;
    match refusal {
        Some(error) => Err(error.into()),
        // It said yes and did not: the next ones would fare no better.
        None if refused => Err(not_done().into()),
        None => Ok(()),
    }
}

/// Spares a message: at once, or once our mark is taken back.
fn spare(sorted: &mut Sorted, mail: PurgeMail, why: KeptWhy, marked_by_us: bool) {
    if marked_by_us {
        sorted.take_back.push((mail, Some(why)));
    } else {
        sorted.ended.push((mail, Said::Spared(why)));
    }
}

/// Whether the journal has its intention.
fn is_intended(written: &Written, mail: &PurgeMail) -> bool {
    mail.exchange.is_some_and(|own| written.intended.contains(&own))
}

/// What the journal says of it already: whether it is deleted.
fn word(written: &Written, mail: &PurgeMail) -> Option<bool> {
    mail.exchange.and_then(|own| written.ended.get(&own).copied())
}

/// The server does not mark: whatever of it was done is undone.
async fn refused_to_mark<S: Door, D: Desk>(
    hands: &mut Hands<'_, S>,
    desk: &D,
    written: &Written,
    ours: Vec<PurgeMail>,
    foreign: Vec<PurgeMail>,
    error: WireError,
) -> Result<(), EngineError> {
    let rows = hands.look(&uids(&ours), false).await?;
    let mut sorted = Sorted::default();
    sorted
        .ended
        .extend(foreign.into_iter().map(|mail| (mail, Said::Refused)));
    for mail in ours {
        match rows.get(&mail.uid) {
            None => sorted.ended.push((mail, Said::Absent)),
            Some(row) if row.flags.as_ref().is_some_and(|flags| !flags.deleted) => {
                sorted.ended.push((mail, Said::Refused));
            }
            Some(_) => sorted.take_back.push((mail, None)),
        }
    }
    conclude(hands, desk, written, sorted.ended).await?;
    take_back(hands, desk, written, sorted.take_back).await?;
    Err(error.into())
}

/// Takes our own marks back, and then says so.
async fn take_back<S: Door, D: Desk>(
    hands: &mut Hands<'_, S>,
    desk: &D,
    written: &Written,
    mails: Vec<(PurgeMail, Option<KeptWhy>)>,
) -> Result<(), EngineError> {
    let mails: Vec<_> = mails.into_iter().filter(|(mail, _)| !mail.foreign).collect();
    if mails.is_empty() {
        return Ok(());
    }
    let moves: Vec<_> = mails
        .iter()
        .map(|(mail, why)| (mail.id, PurgeMove::Unmarking(*why)))
        .collect();
    desk.store(move |store| store.move_purge(&moves)).await?;
    let set: UidSet = mails.iter().map(|(mail, _)| mail.uid).collect();
    match hands.unmark(&set).await {
        Ok(()) => {}
        // Some have just gone: their marks are taken back once more, until all are known to be.
        Err(EngineError::Wire(error)) if is_news(&error) => return Ok(()),
        Err(error) => return Err(error),
    }
    let ended = mails
        .into_iter()
        .map(|(mail, why)| (mail, why.map_or(Said::PutOff, Said::Spared)))
        .collect();
    conclude(hands, desk, written, ended).await
}

/// Writes the intention of each, where the journal does not have it yet.
async fn intend<S: Door, D: Desk>(
    hands: &Hands<'_, S>,
    desk: &D,
    written: &mut Written,
    mails: impl Iterator<Item = &PurgeMail>,
) -> Result<(), EngineError> {
    let new = mails.filter(|mail| mail.exchange.is_some_and(|own| !written.intended.contains(&own)));
    let said: Vec<_> = new.map(|mail| (mail.clone(), Said::Intended)).collect();
    let begun: Vec<u64> = said.iter().filter_map(|(mail, _)| mail.exchange).collect();
    desk.write(&hands.folder, said).await?;
    written.intended.extend(begun);
    Ok(())
}

/// The last word on each of these: first in the journal, where something had been begun, then in the store.
async fn conclude<S: Door, D: Desk>(
    hands: &Hands<'_, S>,
    desk: &D,
    written: &Written,
    ended: Vec<(PurgeMail, Said)>,
) -> Result<(), EngineError> {
    if ended.is_empty() {
        return Ok(());
    }
    let moves: Vec<_> = ended
        .iter()
        .filter_map(|(mail, said)| Some((mail.id, last_move(*said)?)))
        .collect();
    let told = ended
        .into_iter()
        // What was never said to begin has no end.
        .filter(|(mail, _)| is_intended(written, mail) && word(written, mail).is_none())
        .collect();
    desk.write(&hands.folder, told).await?;
    desk.store(move |store| store.move_purge(&moves)).await?;
    Ok(())
}

fn last_move(said: Said) -> Option<PurgeMove> {
    match said {
        Said::Gone => Some(PurgeMove::Gone),
        Said::Absent => Some(PurgeMove::Absent),
        Said::Spared(why) => Some(PurgeMove::Spared(why)),
        Said::Refused | Said::PutOff | Said::Lost => Some(PurgeMove::Back),
        Said::Intended => None,
    }
}

/// The copies that are to stay here are kept before anything is asked of the server; what cannot be kept is spared.
async fn keep_here<D: Desk>(
    desk: &D,
    ours: &mut Vec<(PurgeMail, Option<ModSeq>)>,
    foreign: &mut Vec<PurgeMail>,
    sorted: &mut Sorted,
) -> Result<(), EngineError> {
    let now = desk.now();
    let mails: Vec<_> = ours
        .iter()
        .map(|(mail, _)| mail)
        .chain(&*foreign)
        .map(|mail| mail.mail)
        .collect();
    let kept = desk.store(move |store| store.keep_locally(&mails, now)).await?;
    let kept: BTreeSet<_> = kept.kept.into_iter().collect();
    let spare = |mail: PurgeMail| (mail, Said::Spared(KeptWhy::NotStoredHere));
    let lost = ours.extract_if(.., |(mail, _)| !kept.contains(&mail.mail));
    sorted.ended.extend(lost.map(|(mail, _)| spare(mail)));
    let lost = foreign.extract_if(.., |mail| !kept.contains(&mail.mail));
    sorted.ended.extend(lost.map(spare));
    Ok(())
}

/// What the journal has of these already: asked only where something had been begun.
async fn written<D: Desk>(desk: &D, round: &Round, mails: &[PurgeMail]) -> Result<Written, EngineError> {
    let begun: BTreeSet<u64> = mails.iter().filter_map(|mail| mail.exchange).collect();
    if begun.is_empty() {
        return Ok(Written::default());
    }
    desk.written_since(round.journal_from.unwrap_or(0), begun).await
}

/// Whether a conditional mark would notice every change made to this message from its look on.
fn is_settled(row: &Standing, known: Option<ModSeq>) -> bool {
    match (known, row.modseq) {
        (None, _) => true,
        (Some(known), Some(own)) => own <= known,
        (Some(_), None) => false,
    }
}

fn uids(mails: &[PurgeMail]) -> UidSet {
    mails.iter().map(|mail| -> Uid { mail.uid }).collect()
}

fn not_done() -> WireError {
    WireError::Refused {
        verb: "UID EXPUNGE",
        code: None,
        text: String::new(),
    }
}
