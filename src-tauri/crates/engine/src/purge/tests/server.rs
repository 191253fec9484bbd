//! A mailbox in memory that does what a test wants, with another client in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use pli_terms::{ModSeq, Uid, UidSet, UidValidity};
use pli_wire::WireError;
use pli_wire::imap::{Flags, MailboxName, Selected, Standing, SyncLevel, Unsolicited};

use super::date;
use crate::purge::hands::Door;

/// UIDVALIDITY of the plan.
pub(super) const VALIDITY: u32 = 77;

/// Who set a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Us,
    Other,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Before the command is done.
    Before,
    /// After it is done: its answer is lost.
    After,
    /// When half of it is done.
    Half,
}

/// What the other client does before a command of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Flag(u32),
    Seen(u32),
    Mark(u32),
    Unmark(u32),
    Delete(u32),
    /// Takes it in hand.
    Take(u32),
    Add,
    /// A bare EXPUNGE: whatever is marked goes.
    ExpungeAll,
    /// The folder is removed and made anew, with other messages under the same UIDs.
    Replace {
        /// Whether the server says so in the session that is open.
        told: bool,
    },
}

/// What becomes of UID EXPUNGE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expunges {
    Done,
    Refused,
    /// The server says yes and does nothing.
    Lies,
}

#[derive(Debug, Clone)]
pub(super) struct Message {
    id: String,
    size: u64,
    pub(super) marked: Option<Who>,
    flagged: bool,
    /// The number of the command before which it was flagged.
    flagged_at: usize,
    in_hand: bool,
    modseq: u64,
}

#[derive(Debug)]
pub(super) struct Server {
    pub(super) messages: BTreeMap<u32, Message>,
    pub(super) commands: usize,
    pub(super) deeds: Vec<(usize, Deed)>,
    pub(super) fault: Option<(usize, Fault)>,
    pub(super) uidplus: bool,
    pub(super) expunges: Expunges,
    pub(super) refuses_marks: bool,
    /// Whether no mark of the other's may ever be taken back: no death makes it uncertain whose it is.
    pub(super) strict: bool,
    /// Whether a change asked of a message that is gone is answered by NO, the others being changed (as Dovecot does).
    pub(super) issues: bool,
    pub(super) replaced: bool,
    /// What we deleted: UID and Message-ID.
    pub(super) expunged: Vec<(u32, String)>,
    /// What the other took away.
    pub(super) taken: BTreeSet<u32>,
    /// What must never be.
    pub(super) wrongs: Vec<String>,
    condstore: bool,
    validity: u32,
    modseq: u64,
    next: u32,
    last_look: usize,
    said: Vec<Unsolicited>,
}

impl Server {
    pub(super) fn new(count: u32, flagged: &BTreeSet<u32>) -> Self {
        let message = |uid: u32| Message {
            id: format!("<{uid}@alpha.mssante.test>"),
            size: 1_000 + u64::from(uid),
            marked: None,
            flagged: flagged.contains(&uid),
            flagged_at: 0,
            in_hand: false,
            modseq: u64::from(uid),
        };
        Self {
            messages: (1..=count).map(|uid| (uid, message(uid))).collect(),
            commands: 0,
            deeds: Vec::new(),
            fault: None,
            uidplus: true,
            expunges: Expunges::Done,
            refuses_marks: false,
            strict: true,
            issues: false,
            replaced: false,
            expunged: Vec::new(),
            taken: BTreeSet::new(),
            wrongs: Vec::new(),
            condstore: true,
            validity: VALIDITY,
            modseq: 100,
            next: count + 1,
            last_look: 0,
            said: Vec::new(),
        }
    }

    pub(super) fn with_condstore(mut self, condstore: bool) -> Self {
        self.condstore = condstore;
        self
    }

    pub(super) fn failing(mut self, at: usize, fault: Fault) -> Self {
        self.fault = Some((at, fault));
        self
    }

    pub(super) fn meeting(mut self, at: usize, deed: Deed) -> Self {
        self.deeds.push((at, deed));
        self
    }

    fn touch(&mut self, uid: u32, change: impl FnOnce(&mut Message, usize)) {
        self.modseq += 1;
        let (modseq, now) = (self.modseq, self.commands);
        if let Some(message) = self.messages.get_mut(&uid) {
            change(message, now);
            message.modseq = modseq;
        }
    }

    fn take(&mut self, uid: u32) {
        if self.messages.remove(&uid).is_some() {
            self.modseq += 1;
            self.taken.insert(uid);
        }
    }

    fn act(&mut self, deed: Deed) {
        match deed {
            Deed::Flag(uid) => self.touch(uid, |message, now| {
                message.flagged = true;
                message.flagged_at = now;
            }),
            Deed::Seen(uid) => self.touch(uid, |_, _| {}),
            // To set a mark that is there changes nothing: it stays whose it was.
            Deed::Mark(uid) => self.touch(uid, |message, _| {
                message.marked.get_or_insert(Who::Other);
            }),
            Deed::Unmark(uid) => self.touch(uid, |message, _| message.marked = None),
            Deed::Delete(uid) => self.take(uid),
            Deed::Take(uid) => self.touch(uid, |message, _| message.in_hand = true),
            Deed::Add => {
                let uid = self.next;
                self.next += 1;
                self.modseq += 1;
                let message = Message {
                    id: format!("<ajout-{uid}@beta.mssante.test>"),
                    size: 10,
                    marked: None,
                    flagged: false,
                    flagged_at: 0,
                    in_hand: false,
                    modseq: self.modseq,
                };
                self.messages.insert(uid, message);
            }
            Deed::ExpungeAll => {
                let marked: Vec<u32> = self
                    .messages
                    .iter()
                    .filter(|(_, message)| message.marked.is_some())
                    .map(|(uid, _)| *uid)
                    .collect();
                marked.into_iter().for_each(|uid| self.take(uid));
            }
            Deed::Replace { told } => {
                self.validity += 1;
                self.replaced = true;
                for (uid, message) in &mut self.messages {
                    message.id = format!("<autre-{uid}@beta.mssante.test>");
                    message.marked = None;
                }
                for uid in 1..self.next {
                    let message = Message {
                        id: format!("<autre-{uid}@beta.mssante.test>"),
                        size: 1_000 + u64::from(uid),
                        marked: None,
                        flagged: false,
                        flagged_at: 0,
                        in_hand: false,
                        modseq: u64::from(uid),
                    };
                    self.messages.entry(uid).or_insert(message);
                }
                self.expunged.clear();
                if told {
                    self.said
                        .push(Unsolicited::UidValidity(UidValidity::new(self.validity)));
                }
            }
        }
    }

    /// One command: the other client first, then the fault that is due, else what it does.
    fn command<T>(&mut self, half: impl FnOnce(&mut Self), whole: impl FnOnce(&mut Self) -> T) -> Result<T, WireError> {
        self.commands += 1;
        let now = self.commands;
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.deeds)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.deeds = later;
        due.into_iter().for_each(|(_, deed)| self.act(deed));
        let closed = WireError::Closed { during: "a test" };
        match self.fault.filter(|(at, _)| *at == now) {
            None => Ok(whole(self)),
            Some((_, Fault::Before)) => Err(closed),
            Some((_, Fault::After)) => {
                whole(self);
                Err(closed)
            }
            Some((_, Fault::Half)) => {
                half(self);
                Err(closed)
            }
        }
    }

    /// What it says of messages that were gone when it was asked to change them.
    fn issued(&self, uids: &[u32]) -> Result<(), WireError> {
        if self.issues && uids.iter().any(|uid| !self.messages.contains_key(uid)) {
            return Err(WireError::Refused {
                verb: "UID STORE",
                code: Some("EXPUNGEISSUED".to_owned()),
                text: String::new(),
            });
        }
        Ok(())
    }

    fn mark(&mut self, uids: &[u32], since: Option<ModSeq>) -> Vec<Uid> {
        let mut left_alone = Vec::new();
        self.modseq += 1;
        let modseq = self.modseq;
        for uid in uids {
            let Some(message) = self.messages.get_mut(uid) else {
                continue;
            };
            if since.is_some_and(|since| message.modseq > since.get()) {
                left_alone.extend(Uid::new(*uid));
                continue;
            }
            message.marked.get_or_insert(Who::Us);
            message.modseq = modseq;
        }
        left_alone
    }

    fn unmark(&mut self, uids: &[u32]) {
        self.modseq += 1;
        let (modseq, strict) = (self.modseq, self.strict && self.condstore);
        for uid in uids {
            let Some(message) = self.messages.get_mut(uid) else {
                continue;
            };
            if message.marked == Some(Who::Other) && strict {
                self.wrongs.push(format!("the other's mark on {uid} was taken back"));
            }
            message.marked = None;
            message.modseq = modseq;
        }
    }

    fn expunge(&mut self, uids: &[u32]) {
        for uid in uids {
            let Some(message) = self.messages.get(uid) else {
                continue;
            };
            if message.marked.is_none() {
                continue;
            }
            if message.flagged && message.flagged_at <= self.last_look {
                self.wrongs
                    .push(format!("{uid} was flagged, which was seen, and is deleted"));
            }
            self.expunged.push((*uid, message.id.clone()));
            self.messages.remove(uid);
            self.modseq += 1;
        }
    }
}

/// A connection to it.
pub(super) struct Session(pub(super) Arc<Mutex<Server>>);

fn list(uids: &UidSet) -> Vec<u32> {
    uids.ranges().iter().flat_map(|&(first, last)| first..=last).collect()
}

impl Door for Session {
    fn is_exact(&self) -> bool {
        self.0.lock().unwrap().uidplus
    }

    fn drain(&mut self) -> Vec<Unsolicited> {
        std::mem::take(&mut self.0.lock().unwrap().said)
    }

    async fn select(&mut self, _: &MailboxName) -> Result<Selected, WireError> {
        self.0.lock().unwrap().command(
            |_| {},
            |server| Selected {
                exists: 0,
                uid_validity: UidValidity::new(server.validity),
                uid_next: Uid::new(server.next),
                highest_modseq: ModSeq::new(server.modseq).filter(|_| server.condstore),
                read_only: false,
                deletable: true,
                keywords: true,
                level: SyncLevel::None,
                resumed: false,
                vanished: UidSet::default(),
                changed: Vec::new(),
            },
        )
    }

    async fn look(&mut self, uids: &UidSet, whole: bool) -> Result<Vec<Standing>, WireError> {
        let uids = list(uids);
        self.0.lock().unwrap().command(
            |_| {},
            |server| {
                server.last_look = server.commands;
                let row = |uid: &u32| {
                    let message = server.messages.get(uid)?;
                    let mut flags = Flags {
                        flagged: message.flagged,
                        deleted: message.marked.is_some(),
                        ..Flags::default()
                    };
                    if message.in_hand {
                        flags.keywords.insert("$PliTaken".to_owned());
                    }
                    let id = &message.id;
                    Some(Standing {
                        uid: Uid::new(*uid)?,
                        flags: Some(flags),
                        modseq: ModSeq::new(message.modseq).filter(|_| server.condstore),
                        size: whole.then_some(message.size),
                        received: whole.then(|| date(*uid)),
                        header: whole.then(|| Bytes::from(format!("Message-ID: {id}\r\n\r\n"))),
                    })
                };
                uids.iter().filter_map(row).collect()
            },
        )
    }

    async fn mark(&mut self, uids: &UidSet, since: Option<ModSeq>) -> Result<UidSet, WireError> {
        let uids = list(uids);
        let mut server = self.0.lock().unwrap();
        if server.refuses_marks {
            // Half of them are marked before it gives up.
            let half = uids.len() / 2;
            server.command(|_| {}, |server| drop(server.mark(&uids[..half], since)))?;
            return Err(refusal("UID STORE"));
        }
        let left_alone = server.command(
            |server| drop(server.mark(&uids[..uids.len() / 2], since)),
            |server| server.mark(&uids, since),
        )?;
        server.issued(&uids)?;
        Ok(left_alone.into_iter().collect())
    }

    async fn unmark(&mut self, uids: &UidSet) -> Result<(), WireError> {
        let uids = list(uids);
        let mut server = self.0.lock().unwrap();
        server.command(
            |server| server.unmark(&uids[..uids.len() / 2]),
            |server| server.unmark(&uids),
        )?;
        server.issued(&uids)
    }

    async fn expunge(&mut self, uids: &UidSet) -> Result<(), WireError> {
        let uids = list(uids);
        let mut server = self.0.lock().unwrap();
        match server.expunges {
            Expunges::Done => server.command(
                |server| server.expunge(&uids[..uids.len() / 2]),
                |server| server.expunge(&uids),
            ),
            Expunges::Lies => server.command(|_| {}, |_| {}),
            Expunges::Refused => server.command(|_| {}, |_| {}).and(Err(refusal("UID EXPUNGE"))),
        }
    }
}

fn refusal(verb: &'static str) -> WireError {
    WireError::Refused {
        verb,
        code: Some("NOPERM".to_owned()),
        text: String::new(),
    }
}
