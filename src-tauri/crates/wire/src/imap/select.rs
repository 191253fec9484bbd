//! Opening a folder: plainly, with CONDSTORE, or with QRESYNC (RFC 7162 §3.2.5).

use std::collections::BTreeMap;

use imap_proto::{MailboxDatum, Response, ResponseCode};
use pli_terms::{ModSeq, Uid, UidSet, UidValidity, Wording};

use super::quote::quoted;
use super::responses::{Item, split_code, uid_set};
use super::session::Session;
use super::{FlagRow, Known, MailboxName, Selected, SyncLevel, Unsolicited};
use crate::WireError;
use crate::audit::Action;
use crate::trail::Request;

/// Longest set of known UIDs sent with QRESYNC: without it the server tells of every UID it knows to be gone, and of new
/// messages as well.
const KNOWN_UIDS: usize = 1000;

impl Session {
    pub(super) async fn select_folder(
        &mut self,
        mailbox: &MailboxName,
        known: Option<&Known>,
    ) -> Result<Selected, WireError> {
        let level = match (self.qresync, self.capabilities.condstore()) {
            (true, _) => SyncLevel::Qresync,
            (false, true) => SyncLevel::Condstore,
            (false, false) => SyncLevel::None,
        };
        let told = Wording::fixed("SELECT");
        let told = match (level, known) {
            (SyncLevel::Qresync, Some(known)) => {
                let known = told.and("(QRESYNC (").then(known.uid_validity).and(known.modseq);
                known.then("))")
            }
            (SyncLevel::None, _) => told,
            _ => told.and("(CONDSTORE)"),
        };
        let parameters = match (level, known) {
            (SyncLevel::Qresync, Some(known)) => {
                let uids = known.uids.to_string();
                let uids = if uids.is_empty() || uids.len() > KNOWN_UIDS {
                    String::new()
                } else {
                    format!(" {uids}")
                };
                format!(" (QRESYNC ({} {}{uids}))", known.uid_validity, known.modseq)
            }
            (SyncLevel::None, _) => String::new(),
            _ => " (CONDSTORE)".to_owned(),
        };
        let line = format!("SELECT {}{parameters}", quoted(mailbox.raw())?);
        let request = Request::new(Action::OpenFolder, told).in_mailbox(Some(mailbox.shown()));
        // Whatever becomes of it, the folder selected before is closed (RFC 3501 §6.3.1).
        self.selected = None;
        let mut told = Told::default();
        let answer = self
            .command(request, "SELECT", &line, |response| told.read(response))
            .await?;
        self.selected = Some(mailbox.clone());
        for item in told.said {
            self.said.push(item);
        }
        let resumed = level == SyncLevel::Qresync
            && told.highest_modseq.is_some()
            && known.is_some_and(|known| told.uid_validity == Some(known.uid_validity));
        Ok(Selected {
            exists: told.exists,
            uid_validity: told.uid_validity,
            uid_next: told.uid_next,
            highest_modseq: told.highest_modseq.or(answer.highest_modseq),
            read_only: answer.read_only,
            deletable: !told.undeletable,
            keywords: told.keywords,
            // A folder without mod-sequences (NOMODSEQ) has no help to give, whatever the server can.
            level: if told.highest_modseq.is_some() {
                level
            } else {
                SyncLevel::None
            },
            resumed,
            vanished: if resumed {
                UidSet::from_ranges(told.vanished)
            } else {
                UidSet::default()
            },
            changed: if resumed {
                told.changed.into_values().collect()
            } else {
                Vec::new()
            },
        })
    }
}

/// What SELECT tells.
#[derive(Debug, Default)]
struct Told {
    exists: u32,
    uid_validity: Option<UidValidity>,
    uid_next: Option<Uid>,
    highest_modseq: Option<ModSeq>,
    keywords: bool,
    /// Whether PERMANENTFLAGS leaves `\Deleted` out.
    undeletable: bool,
    vanished: Vec<(Uid, Uid)>,
    changed: BTreeMap<Uid, FlagRow>,
    said: Vec<Unsolicited>,
}

impl Told {
    fn read(&mut self, response: &Response<'_>) -> bool {
        match response {
            Response::MailboxData(MailboxDatum::Exists(count)) => self.exists = *count,
            Response::MailboxData(MailboxDatum::Recent(_) | MailboxDatum::Flags(_)) => {}
            Response::Vanished { uids, .. } => {
                let set = uid_set(uids.iter().cloned());
                self.vanished.extend(
                    set.ranges()
                        .iter()
                        .filter_map(|&(a, b)| Some((Uid::new(a)?, Uid::new(b)?))),
                );
            }
            Response::Fetch(sequence, attributes) => {
                let item = Item::read(attributes);
                match (item.uid, item.flags) {
                    (Some(uid), Some(flags)) => {
                        self.changed.insert(
                            uid,
                            FlagRow {
                                uid,
                                flags,
                                modseq: item.modseq,
                            },
                        );
                    }
                    (None, Some(flags)) => {
                        let modseq = item.modseq;
                        self.said.push(Unsolicited::Flags {
                            sequence: *sequence,
                            uid: None,
                            flags,
                            modseq,
                        });
                    }
                    _ => {}
                }
            }
            Response::Data { outcome, .. } => match &outcome.code {
                Some(ResponseCode::UidValidity(value)) => self.uid_validity = UidValidity::new(*value),
                Some(ResponseCode::UidNext(value)) => self.uid_next = Uid::new(*value),
                Some(ResponseCode::HighestModSeq(value)) => self.highest_modseq = ModSeq::new(*value),
                Some(ResponseCode::PermanentFlags(flags)) => {
                    self.keywords = flags.iter().any(|flag| flag == "\\*");
                    self.undeletable = !flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Deleted"));
                }
                Some(ResponseCode::Unseen(_)) => {}
                None => {
                    let words = outcome.information.as_deref().unwrap_or_default();
                    // CLOSED parts what was said of the folder before from what is said of this one.
                    if split_code(words)
                        .0
                        .is_some_and(|code| code.eq_ignore_ascii_case("CLOSED"))
                    {
                        *self = Self::default();
                    }
                }
                _ => return false,
            },
            _ => return false,
        }
        true
    }
}
