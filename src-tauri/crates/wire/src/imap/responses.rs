//! Reading what imap-proto parsed: answers, message items, sets of UIDs.

use std::ops::RangeInclusive;

use imap_proto::rfc4315::UidSetMember;
use imap_proto::{AttributeValue, BodyStructure, Capability, Outcome, ResponseCode, Status};
use jiff::Timestamp;
use pli_terms::{ModSeq, Uid, UidSet, UidValidity, Wording};

use super::Flags;
use crate::WireError;
use crate::codes;
use crate::scrub::scrub;
use crate::trail::Answered;

/// Most pairs of UIDs read from one COPYUID.
const PAIRS: usize = 100_000;

/// A command's end.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: &'static str,
    /// Response code without its arguments, in upper case.
    pub(super) code: Option<String>,
    pub(super) text: String,
    pub(super) appended: Option<(UidValidity, Uid)>,
    pub(super) copied: Vec<(Uid, Uid)>,
    /// UIDs left alone by a conditional STORE.
    pub(super) modified: UidSet,
    pub(super) read_only: bool,
    pub(super) highest_modseq: Option<ModSeq>,
}

/// Reads a tagged end.
pub(super) fn answer(status: &Status, outcome: &Outcome<'_>) -> Answer {
    let words = outcome.information.as_deref().unwrap_or_default();
    let mut answer = Answer {
        status: match status {
            Status::Ok | Status::PreAuth => "OK",
            Status::No | Status::Bye => "NO",
            Status::Bad => "BAD",
        },
        code: None,
        text: String::new(),
        appended: None,
        copied: Vec::new(),
        modified: UidSet::default(),
        read_only: false,
        highest_modseq: None,
    };
    match &outcome.code {
        Some(ResponseCode::AppendUid(validity, uids)) => {
            answer.appended = UidValidity::new(*validity).zip(expand(uids).next());
            answer.code = Some("APPENDUID".to_owned());
        }
        Some(ResponseCode::CopyUid(_, from, to)) => {
            answer.copied = pairs(from, to);
            answer.code = Some("COPYUID".to_owned());
        }
        Some(ResponseCode::ReadOnly) => {
            answer.read_only = true;
            answer.code = Some("READ-ONLY".to_owned());
        }
        Some(ResponseCode::TryCreate) => answer.code = Some("TRYCREATE".to_owned()),
        Some(ResponseCode::HighestModSeq(value)) => answer.highest_modseq = ModSeq::new(*value),
        _ => {}
    }
    let (code, rest) = split_code(words);
    if answer.code.is_none() {
        if let Some((name, arguments)) = code.map(|code| code.split_once(' ').unwrap_or((code, ""))) {
            answer.code = Some(name.chars().take(60).collect::<String>().to_ascii_uppercase());
            if name.eq_ignore_ascii_case("MODIFIED") {
                answer.modified = read_set(arguments);
            }
        }
        answer.text = scrub(rest);
    } else {
        answer.text = scrub(words);
    }
    answer
}

/// A response code that imap-proto does not know stays in front of the words.
pub(super) fn split_code(words: &str) -> (Option<&str>, &str) {
    match words.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((code, rest)) => (Some(code), rest.trim_start()),
        None => (None, words),
    }
}

impl Answer {
    /// As its trace tells it.
    pub(super) fn told(&self) -> Answered<'_> {
        Answered {
            accepted: self.status == "OK",
            code: Wording::fixed(self.status),
            detail: codes::response(self.code.as_deref()),
            text: &self.text,
        }
    }

    pub(super) fn judged(self, verb: &'static str) -> Result<Self, WireError> {
        match self.status {
            "OK" => Ok(self),
            "BAD" => Err(WireError::NotUnderstood { verb, text: self.text }),
            _ => Err(WireError::Refused {
                verb,
                code: self.code,
                text: self.text,
            }),
        }
    }
}

/// A set as IMAP writes it; what is no UID is left out.
fn read_set(text: &str) -> UidSet {
    let uid = |text: &str| text.parse().ok().and_then(Uid::new);
    UidSet::from_ranges(
        text.split(',')
            .take(PAIRS)
            .filter_map(|part| match part.split_once(':') {
                Some((a, b)) => Some((uid(a)?, uid(b)?)),
                None => uid(part).map(|one| (one, one)),
            }),
    )
}

/// A set from ranges, without listing their UIDs.
pub(super) fn uid_set(ranges: impl Iterator<Item = RangeInclusive<u32>>) -> UidSet {
    UidSet::from_ranges(ranges.filter_map(|range| {
        let (a, b) = (*range.start(), *range.end());
        Some((Uid::new(a.max(1))?, Uid::new(b)?))
    }))
}

fn expand(members: &[UidSetMember]) -> impl Iterator<Item = Uid> {
    members
        .iter()
        .flat_map(|member| match member {
            UidSetMember::Uid(uid) => *uid..=*uid,
            UidSetMember::UidRange(range) => range.clone(),
        })
        .filter_map(Uid::new)
}

/// Old and new UIDs, in the order both sets are written (RFC 4315 §3).
pub(super) fn pairs(from: &[UidSetMember], to: &[UidSetMember]) -> Vec<(Uid, Uid)> {
    expand(from).zip(expand(to)).take(PAIRS).collect()
}

pub(super) fn capability(capability: &Capability<'_>) -> String {
    match capability {
        Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
        Capability::Auth(mechanism) => format!("AUTH={mechanism}"),
        Capability::Atom(name) => name.to_string(),
    }
}

/// What a FETCH response tells of one message, bodies left aside.
#[derive(Debug, Default)]
pub(super) struct Item<'a> {
    pub(super) uid: Option<Uid>,
    pub(super) flags: Option<Flags>,
    pub(super) modseq: Option<ModSeq>,
    pub(super) size: Option<u64>,
    pub(super) received: Option<Timestamp>,
    pub(super) attachments: Option<bool>,
    /// A header section, or the message's.
    pub(super) header: Option<&'a [u8]>,
    /// The whole message (or a piece of it) and where it begins.
    pub(super) body: Option<(u64, &'a [u8])>,
}

impl<'a> Item<'a> {
    pub(super) fn read(attributes: &'a [AttributeValue<'a>]) -> Self {
        let mut item = Self::default();
        for attribute in attributes {
            match attribute {
                AttributeValue::Uid(uid) => item.uid = Uid::new(*uid),
                AttributeValue::Flags(flags) => item.flags = Some(Flags::read(flags.iter().map(AsRef::as_ref))),
                AttributeValue::ModSeq(value) => item.modseq = ModSeq::new(*value),
                AttributeValue::Rfc822Size(size) => item.size = Some(u64::from(*size)),
                AttributeValue::InternalDate(text) => item.received = internal_date(text),
                AttributeValue::BodyStructure(structure) => item.attachments = Some(has_attachments(structure)),
                AttributeValue::BodySection {
                    section: Some(_), data, ..
                } => {
                    item.header = Some(data.as_deref().unwrap_or_default());
                }
                AttributeValue::BodySection {
                    section: None,
                    index,
                    data,
                } => {
                    item.body = Some((u64::from(index.unwrap_or(0)), data.as_deref().unwrap_or_default()));
                }
                _ => {}
            }
        }
        item
    }
}

/// `17-Jul-2026 02:44:25 +0200`; the day may begin with a space.
fn internal_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim())
        .ok()?
        .to_timestamp()
        .ok()
}

/// Whether a part is one that people would call an attachment.
fn has_attachments(structure: &BodyStructure<'_>) -> bool {
    let common = match structure {
        BodyStructure::Multipart { bodies, .. } => return bodies.iter().any(has_attachments),
        BodyStructure::Basic { common, .. } => common,
        BodyStructure::Text { common, .. } => common,
        BodyStructure::Message { .. } => return true,
    };
    let disposition = common
        .disposition
        .as_ref()
        .map(|disposition| disposition.ty.to_ascii_lowercase());
    match disposition.as_deref() {
        Some("attachment") => true,
        Some("inline") | None => {
            let kind = common.ty.ty.to_ascii_lowercase();
            let subtype = common.ty.subtype.to_ascii_lowercase();
            kind == "application" && !subtype.ends_with("signature") && !subtype.starts_with("ms-tnef")
        }
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_with_a_leading_space_or_not_at_all() {
        assert_eq!(
            internal_date(" 1-Jan-2026 10:00:00 +0100").unwrap().to_string(),
            "2026-01-01T09:00:00Z"
        );
        assert_eq!(internal_date("31-Feb-2026 10:00:00 +0100"), None);
        assert_eq!(internal_date(""), None);
    }

    #[test]
    fn a_code_that_the_parser_does_not_know_is_still_read() {
        let outcome = Outcome {
            code: None,
            information: Some("[OVERQUOTA] Quota exceeded (mailbox full)".into()),
        };
        let answer = answer(&Status::No, &outcome);
        assert_eq!(
            (answer.code.as_deref(), answer.text.as_str()),
            (Some("OVERQUOTA"), "Quota exceeded (mailbox full)")
        );
        assert!(answer.judged("APPEND").unwrap_err().is_over_quota());
    }

    #[test]
    fn modified_uids_are_read() {
        let outcome = Outcome {
            code: None,
            information: Some("[MODIFIED 7,9:10,x] Conditional STORE failed".into()),
        };
        assert_eq!(answer(&Status::Ok, &outcome).modified.to_string(), "7,9:10");
    }

    #[test]
    fn a_range_of_all_uids_is_not_listed() {
        assert_eq!(uid_set([1..=u32::MAX].into_iter()).len(), u64::from(u32::MAX));
        assert!(
            pairs(
                &[UidSetMember::UidRange(1..=u32::MAX)],
                &[UidSetMember::UidRange(1..=u32::MAX)]
            )
            .len()
                <= PAIRS
        );
    }
}
