//! One open folder of a purge's connection. Whatever is asked goes through here, so that what the server says beside its
//! answer is heard before anything else is asked: a folder that is another one by now, or a server that leaves.

use std::collections::BTreeMap;

use pli_store::PurgeFolder;
use pli_terms::{ModSeq, Uid, UidSet};
use pli_wire::WireError;
use pli_wire::imap::{ImapSession, MailboxName, Selected, Standing, Unsolicited};

use crate::error::{EngineError, PurgeProblem};

/// How often a look is taken again while messages go.
const LOOKS: u32 = 20;

/// The few of [`ImapSession`]'s calls that a purge makes: nothing else can be asked from here.
pub(super) trait Door: Send {
    /// Whether exactly what is named can be deleted.
    fn is_exact(&self) -> bool;
    /// As [`ImapSession::drain`].
    fn drain(&mut self) -> Vec<Unsolicited>;
    /// As [`ImapSession::select`], with nothing known.
    fn select(&mut self, name: &MailboxName) -> impl Future<Output = Result<Selected, WireError>> + Send;
    /// As [`ImapSession::look`].
    fn look(&mut self, uids: &UidSet, whole: bool) -> impl Future<Output = Result<Vec<Standing>, WireError>> + Send;
    /// As [`ImapSession::mark_deleted`].
    fn mark(&mut self, uids: &UidSet, since: Option<ModSeq>) -> impl Future<Output = Result<UidSet, WireError>> + Send;
    /// As [`ImapSession::unmark_deleted`].
    fn unmark(&mut self, uids: &UidSet) -> impl Future<Output = Result<(), WireError>> + Send;
    /// As [`ImapSession::expunge_marked`].
    fn expunge(&mut self, uids: &UidSet) -> impl Future<Output = Result<(), WireError>> + Send;
}

impl<S: ImapSession> Door for S {
    fn is_exact(&self) -> bool {
        self.capabilities().uidplus()
    }

    fn drain(&mut self) -> Vec<Unsolicited> {
        ImapSession::drain(self)
    }

    async fn select(&mut self, name: &MailboxName) -> Result<Selected, WireError> {
        ImapSession::select(self, name, None).await
    }

    async fn look(&mut self, uids: &UidSet, whole: bool) -> Result<Vec<Standing>, WireError> {
        ImapSession::look(self, uids, whole).await
    }

    async fn mark(&mut self, uids: &UidSet, since: Option<ModSeq>) -> Result<UidSet, WireError> {
        self.mark_deleted(uids, since).await
    }

    async fn unmark(&mut self, uids: &UidSet) -> Result<(), WireError> {
        self.unmark_deleted(uids).await
    }

    async fn expunge(&mut self, uids: &UidSet) -> Result<(), WireError> {
        self.expunge_marked(uids).await
    }
}

pub(super) struct Hands<'a, S> {
    session: &'a mut S,
    pub(super) folder: PurgeFolder,
    /// The highest mod-sequence known when the last command ended: whatever changes later has a higher one (RFC 7162 §3.1).
    /// None where the folder keeps none.
    pub(super) highest: Option<ModSeq>,
}

impl<'a, S: Door> Hands<'a, S> {
    /// Opens the folder of the plan.
    ///
    /// # Errors
    /// [`PurgeProblem::NoUidPlus`] before anything is asked; [`PurgeProblem::Stale`] when it is not the plan's folder any
    /// more; [`PurgeProblem::ReadOnly`]; what the connection met.
    pub(super) async fn open(session: &'a mut S, folder: PurgeFolder) -> Result<Self, EngineError> {
        if !session.is_exact() {
            return Err(EngineError::Purge(PurgeProblem::NoUidPlus));
        }
        let name = MailboxName::from_raw(&folder.raw_name);
        // What was said of the folder opened before is of no more interest.
        session.drain();
        let selected = match session.select(&name).await {
            Ok(selected) => selected,
            // Removed, renamed, or forbidden by now.
            Err(error) if is_refusal(&error) && !error.is_transient() => {
                return Err(EngineError::Purge(PurgeProblem::Stale));
            }
            Err(error) => return Err(error.into()),
        };
        if selected.uid_validity != Some(folder.uid_validity) {
            return Err(EngineError::Purge(PurgeProblem::Stale));
        }
        let mut hands = Self {
            session,
            folder,
            highest: selected.highest_modseq,
        };
        hands.listen()?;
        if selected.read_only || !selected.deletable {
            return Err(EngineError::Purge(PurgeProblem::ReadOnly));
        }
        Ok(hands)
    }

    /// How these messages stand; those that are not among the answers are not there.
    pub(super) async fn look(&mut self, uids: &UidSet, whole: bool) -> Result<BTreeMap<Uid, Standing>, EngineError> {
        let mut tries = 0;
        let rows = loop {
            let answer = self.session.look(uids, whole).await;
            self.listen()?;
            match answer {
                // Something went at this very moment: nothing is concluded from half an answer.
                Err(error) if is_news(&error) && tries < LOOKS => tries += 1,
                answer => break answer?,
            }
        };
        let seen = rows.iter().filter_map(|row| row.modseq).max();
        if let (Some(highest), Some(seen)) = (self.highest, seen) {
            self.highest = Some(highest.max(seen));
        }
        Ok(rows.into_iter().map(|row| (row.uid, row)).collect())
    }

    /// Marks them, unless they changed since; answers those left alone.
    pub(super) async fn mark(&mut self, uids: &UidSet, since: Option<ModSeq>) -> Result<UidSet, EngineError> {
        let answer = self.session.mark(uids, since).await;
        self.listen()?;
        Ok(answer?)
    }

    /// Takes our own marks back.
    pub(super) async fn unmark(&mut self, uids: &UidSet) -> Result<(), EngineError> {
        let answer = self.session.unmark(uids).await;
        self.listen()?;
        Ok(answer?)
    }

    /// Deletes exactly these for good, those of them that are marked.
    pub(super) async fn expunge(&mut self, uids: &UidSet) -> Result<(), EngineError> {
        let answer = self.session.expunge(uids).await;
        self.listen()?;
        Ok(answer?)
    }

    /// # Errors
    /// [`PurgeProblem::Stale`] when the UIDs known mean nothing any more; what ended the connection.
    fn listen(&mut self) -> Result<(), EngineError> {
        for said in self.session.drain() {
            match said {
                Unsolicited::UidValidity(now) if now != Some(self.folder.uid_validity) => {
                    return Err(EngineError::Purge(PurgeProblem::Stale));
                }
                Unsolicited::Bye(text) => {
                    return Err(WireError::Bye {
                        during: "purging",
                        text,
                    }
                    .into());
                }
                // Something was said and not kept: it may have been that.
                Unsolicited::Resync => return Err(WireError::Broken.into()),
                Unsolicited::UidValidity(_)
                | Unsolicited::Exists(_)
                | Unsolicited::Expunge(_)
                | Unsolicited::Vanished(_)
                | Unsolicited::Flags { .. }
                | Unsolicited::HighestModSeq(_)
                | Unsolicited::Alert(_) => {}
            }
        }
        Ok(())
    }
}

/// Whether a server says no only because some of the messages have just gone (RFC 5530 §3); the others may be done.
pub(super) fn is_news(error: &WireError) -> bool {
    matches!(error, WireError::Refused { code: Some(code), .. } if code == "EXPUNGEISSUED")
}

/// Whether the server said no, and the connection goes on.
pub(super) fn is_refusal(error: &WireError) -> bool {
    matches!(
        error,
        WireError::Refused { .. } | WireError::NotUnderstood { .. } | WireError::Name
    )
}
