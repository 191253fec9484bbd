//! The words of a purge (EX_GBP_3050): how far it has come, where each of its messages stands, why one is kept.

use crate::word::word;

word!(
    /// How far a purge has come.
    PurgeState {
        /// Its plan is made; nothing is deleted.
        Planned = "planned",
        /// It goes on, or goes on again by itself once it can.
        Running = "running",
        /// Stopped by the person, or by what only they can mend: it goes on where it was when they say so.
        Stopped = "stopped",
        /// Every message of its plan has come to an end.
        Done = "done",
        /// It ended before its plan was done, and does not go on.
        Failed = "failed",
    }
);

word!(
    /// Where a message of a purge's plan stands. Each is committed before the step that it announces.
    PurgeStep {
        /// Nothing was asked of the server about it.
        Planned = "planned",
        /// The server is being told to mark it; whether it did is not known. Until now nobody had marked it.
        Marking = "marking",
        /// It bears the mark: ours, or another's that was there before ([`PurgeMail::foreign`](crate::PurgeMail)). It is
        /// being deleted for good.
        Marked = "marked",
        /// It is spared, and the server is being told to take our mark back.
        Unmarking = "unmarking",
        /// Deleted by this purge.
        Gone = "gone",
        /// Gone already when its turn came.
        Absent = "absent",
        /// Spared: it changed meanwhile.
        Spared = "spared",
    }
);

word!(
    /// Why a message is kept.
    KeptWhy {
        /// Not old enough.
        TooRecent = "too_recent",
        /// Flagged.
        Flagged = "flagged",
        /// Not known to have been delivered.
        FateUnknown = "fate_unknown",
        /// With a patient, and not filed yet.
        NotFiled = "not_filed",
        /// Not read.
        Unread = "unread",
        /// Somebody has it in hand.
        HandledBySomebody = "handled_by_somebody",
        /// Asked to be kept here, and its body is not here yet.
        NotStoredHere = "not_stored_here",
        /// Flagged since the plan was made.
        FlaggedSince = "flagged_since",
        /// Another message has its place on the server.
        AnotherMessage = "another_message",
        /// Changed meanwhile, here or by another program: moved, filed, or its mark taken back.
        ChangedSince = "changed_since",
    }
);

impl PurgeStep {
    /// Whether nothing more is to be done about it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Gone | Self::Absent | Self::Spared)
    }
}
