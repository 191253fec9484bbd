//! Whether a message on the server is the planned one, and may still be deleted. Pure: what is compared is what was told.

use pli_store::{Flags, KeptWhy, PurgeHere, PurgeMail, is_in_hand};
use pli_terms::MessageId;
use pli_wire::imap::Standing;

use crate::sync::rows;

/// What holds for all messages of a purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// A copy of each stays here.
    pub(super) keep_local: bool,
    /// The person chose each of them: whoever has one in hand, they saw it.
    pub(super) chosen: bool,
}

/// What is to become of a planned message that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the planned one, and nothing speaks against it. Whether it bears the mark `\Deleted`.
    Delete {
        /// Whether it is marked already.
        marked: bool,
    },
    /// It is not to be deleted. Whether it bears the mark.
    Spare {
        /// Why.
        why: KeptWhy,
        /// Whether it is marked.
        marked: bool,
    },
    /// The server did not tell enough to know.
    Unclear,
}

/// Judges one message by what the server says of it now, and by what is known of it here now.
pub(super) fn judge(mail: &PurgeMail, row: &Standing, terms: Terms) -> Verdict {
    let (Some(flags), Some(header), Some(size)) = (&row.flags, &row.header, row.size) else {
        return Verdict::Unclear;
    };
    let marked = flags.deleted;
    let spare = |why| Verdict::Spare { why, marked };
    if row.uid != mail.uid || size != mail.size || message_id(header) != mail.message_id {
        return spare(KeptWhy::AnotherMessage);
    }
    // What arrived at another moment is another message, whatever it bears.
    if row
        .received
        .is_some_and(|received| received.as_second() != mail.internal_date.as_second())
    {
        return spare(KeptWhy::AnotherMessage);
    }
    let flagged_then = mail.flags.contains(Flags::FLAGGED);
    let (_, keywords) = rows::flags(flags);
    if flags.flagged && !flagged_then {
        return spare(KeptWhy::FlaggedSince);
    }
    if !terms.chosen && is_in_hand(&keywords) {
        return spare(KeptWhy::HandledBySomebody);
    }
    match &mail.here {
        PurgeHere::Elsewhere => spare(KeptWhy::ChangedSince),
        PurgeHere::InPlace { flags, .. } if flags.contains(Flags::FLAGGED) && !flagged_then => {
            spare(KeptWhy::FlaggedSince)
        }
        PurgeHere::InPlace { keywords, .. } if !terms.chosen && is_in_hand(keywords) => {
            spare(KeptWhy::HandledBySomebody)
        }
        PurgeHere::InPlace { stored: false, .. } | PurgeHere::Unknown if terms.keep_local => {
            spare(KeptWhy::NotStoredHere)
        }
        PurgeHere::InPlace { .. } | PurgeHere::Unknown => Verdict::Delete { marked },
    }
}

/// Read in the very way in which the plan's was.
fn message_id(header: &[u8]) -> Option<MessageId> {
    let id = pli_message::parse_headers(header).message_id?;
    MessageId::parse(id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use pli_store::{DocumentKind, FolderId, MailId, PurgeMailId, PurgeStep};
    use pli_terms::{ModSeq, Uid};
    use pli_wire::imap::Flags as WireFlags;

    const TERMS: Terms = Terms {
        keep_local: false,
        chosen: false,
    };

    fn mail() -> PurgeMail {
        PurgeMail {
            id: PurgeMailId::from_raw(1),
            mail: MailId::from_raw(1),
            folder: FolderId::from_raw(1),
            uid: Uid::new(7).unwrap(),
            message_id: MessageId::parse("<sept@alpha.mssante.test>"),
            size: 1_000,
            internal_date: Timestamp::from_second(1_700_000_000).unwrap(),
            flags: Flags::SEEN,
            kind: DocumentKind::None,
            sender: String::new(),
            recipients: String::new(),
            step: PurgeStep::Planned,
            foreign: false,
            modseq: None,
            exchange: None,
            why: None,
            here: PurgeHere::InPlace {
                flags: Flags::SEEN,
                keywords: Vec::new(),
                stored: true,
            },
        }
    }

    fn row() -> Standing {
        Standing {
            uid: Uid::new(7).unwrap(),
            flags: Some(WireFlags::seen()),
            modseq: ModSeq::new(3),
            size: Some(1_000),
            received: Timestamp::from_second(1_700_000_000).ok(),
            header: Some((&b"Message-ID: <sept@alpha.mssante.test>\r\n\r\n"[..]).into()),
        }
    }

    fn spared(why: KeptWhy) -> Verdict {
        Verdict::Spare { why, marked: false }
    }

    #[test]
    fn only_the_planned_message_unchanged_is_deleted() {
        assert_eq!(judge(&mail(), &row(), TERMS), Verdict::Delete { marked: false });
        let another: [&dyn Fn(&mut Standing); 5] = [
            &|row| row.uid = Uid::new(8).unwrap(),
            &|row| row.size = Some(1_001),
            &|row| row.received = Timestamp::from_second(1_700_000_001).ok(),
            &|row| row.header = Some((&b"Message-ID: <huit@alpha.mssante.test>\r\n\r\n"[..]).into()),
            &|row| row.header = Some((&b"\r\n"[..]).into()),
        ];
        for change in another {
            let mut row = row();
            change(&mut row);
            assert_eq!(judge(&mail(), &row, TERMS), spared(KeptWhy::AnotherMessage));
        }
        let mut without = mail();
        without.message_id = None;
        assert_eq!(judge(&without, &row(), TERMS), spared(KeptWhy::AnotherMessage));
    }

    #[test]
    fn what_the_server_does_not_tell_is_never_taken_for_consent() {
        let silences: [&dyn Fn(&mut Standing); 3] = [&|row| row.flags = None, &|row| row.header = None, &|row| {
            row.size = None
        }];
        for silence in silences {
            let mut row = row();
            silence(&mut row);
            assert_eq!(judge(&mail(), &row, TERMS), Verdict::Unclear);
        }
    }

    #[test]
    fn a_flag_set_since_by_anybody_anywhere_spares() {
        let flagged = WireFlags {
            flagged: true,
            ..WireFlags::default()
        };
        let mut there = row();
        there.flags = Some(flagged);
        assert_eq!(judge(&mail(), &there, TERMS), spared(KeptWhy::FlaggedSince));
        let mut here = mail();
        here.here = PurgeHere::InPlace {
            flags: Flags::FLAGGED,
            keywords: Vec::new(),
            stored: true,
        };
        assert_eq!(judge(&here, &row(), TERMS), spared(KeptWhy::FlaggedSince));
        here.flags = Flags::FLAGGED;
        assert_eq!(
            judge(&here, &there, TERMS),
            Verdict::Delete { marked: false },
            "as planned"
        );
    }

    #[test]
    fn what_is_in_hand_moved_or_not_here_is_spared() {
        let mut there = row();
        let mut flags = WireFlags::seen();
        flags.keywords.insert("$PliTaken".to_owned());
        there.flags = Some(flags.clone());
        assert_eq!(judge(&mail(), &there, TERMS), spared(KeptWhy::HandledBySomebody));
        let chosen = Terms { chosen: true, ..TERMS };
        assert_eq!(judge(&mail(), &there, chosen), Verdict::Delete { marked: false });
        flags.keywords.insert("$PliDone".to_owned());
        there.flags = Some(flags);
        assert_eq!(judge(&mail(), &there, TERMS), Verdict::Delete { marked: false });
        let mut moved = mail();
        moved.here = PurgeHere::Elsewhere;
        assert_eq!(judge(&moved, &row(), TERMS), spared(KeptWhy::ChangedSince));
        let keep = Terms {
            keep_local: true,
            ..TERMS
        };
        assert_eq!(judge(&mail(), &row(), keep), Verdict::Delete { marked: false });
        moved.here = PurgeHere::Unknown;
        assert_eq!(judge(&moved, &row(), keep), spared(KeptWhy::NotStoredHere));
        assert_eq!(judge(&moved, &row(), TERMS), Verdict::Delete { marked: false });
    }
}
