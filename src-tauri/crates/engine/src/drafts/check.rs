//! What would happen if a draft left now (MSS/va1.13, the trust space).

use std::sync::Arc;

use jiff::Timestamp;
use pli_store::{AccountId, DraftId, Store, StoreError};
use pli_terms::Address;
use pli_wire::autoconfig::is_of_trust_space;

use super::forgotten::announces_attachment;
use super::{Draft, DraftCheck, DraftProblem};
use crate::core::Core;
use crate::error::EngineError;
use crate::{Engine, limits, quota};

/// Octets of the header fields that every message has.
const HEADER: u64 = 900;
/// Octets of one part's own header, with its boundary.
const PART: u64 = 300;

impl Engine {
    /// What would happen if it left now. What the operator would say of its size and of the BAL's room is asked when it is
    /// not known, or not lately; five seconds at most for each.
    ///
    /// # Errors
    /// [`EngineError::Store`] when it is gone.
    pub async fn draft_check(&self, id: DraftId) -> Result<DraftCheck, EngineError> {
        ask_ahead(&self.core, id).await?;
        let now = self.core.now();
        self.core
            .with_store(move |store| {
                let draft = Draft::from(store.draft(id)?);
                known(store, &draft, now).map(|known| check(&draft, known))
            })
            .await
    }
}

/// What is known of an operator's word on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ahead {
    /// The largest message that it takes.
    pub(super) limit: Option<u64>,
    /// Whether the BAL has no room for this one.
    pub(super) full: bool,
    /// Another BAL that received what it answers, unless that was confirmed.
    pub(super) other_box: Option<AccountId>,
}

pub(super) fn known(store: &Store, draft: &Draft, now: Timestamp) -> Result<Ahead, StoreError> {
    let other_box = draft
        .received_by
        .filter(|by| *by != draft.account && !draft.other_box_confirmed);
    Ok(Ahead {
        other_box: other_box.filter(|by| store.account(*by).is_ok()),
        limit: limits::known(store, draft.account)?,
        full: quota::refuses(store, draft.account, encoded(draft), now)?,
    })
}

/// Has what the operator would say at hand before it is needed.
///
/// # Errors
/// [`EngineError::Store`] when the draft is gone.
pub(super) async fn ask_ahead(core: &Arc<Core>, id: DraftId) -> Result<(), EngineError> {
    let draft = Draft::from(core.with_store(move |store| store.draft(id)).await?);
    tokio::join!(
        limits::learn(core, draft.account, encoded(&draft)),
        quota::fresh_enough(core, draft.account)
    );
    Ok(())
}

/// The problems of a draft, worst first.
pub(super) fn check(draft: &Draft, known: Ahead) -> DraftCheck {
    let mut problems = Vec::new();
    let all: Vec<&str> = draft
        .to
        .iter()
        .chain(&draft.cc)
        .chain(&draft.bcc)
        .map(|party| party.address.as_str())
        .collect();
    if all.is_empty() {
        problems.push(DraftProblem::NoRecipient);
    }
    let mut outside = Vec::new();
    for typed in all {
        match Address::parse(typed) {
            Err(_) => problems.push(DraftProblem::BadAddress(typed.to_owned())),
            Ok(address) if !is_of_trust_space(&address.domain()) => {
                outside.push(DraftProblem::OutsideTrustSpace(address.as_str().to_owned()));
            }
            Ok(_) => {}
        }
    }
    problems.append(&mut outside);
    let size = encoded(draft);
    let limit = known.limit;
    if limit.is_some_and(|limit| size > limit) {
        problems.push(DraftProblem::TooLarge);
    }
    if known.full {
        problems.push(DraftProblem::BoxFull);
    }
    if let Some(received_by) = known.other_box {
        problems.push(DraftProblem::OtherBox { received_by });
    }
    if draft.subject.trim().is_empty() {
        problems.push(DraftProblem::NoSubject);
    }
    if draft.attachments.is_empty() && announces_attachment(&draft.text) {
        problems.push(DraftProblem::ForgottenAttachment);
    }
    DraftCheck { size, limit, problems }
}

/// The message's size once written: Base64 in lines of 76 for files, quoted-printable at worst for the text.
fn encoded(draft: &Draft) -> u64 {
    let text: u64 = draft
        .text
        .bytes()
        .map(|byte| if byte.is_ascii() && byte != b'=' { 1 } else { 3 })
        .sum();
    let parties = draft.to.iter().chain(&draft.cc);
    let names: u64 = parties
        .map(|party| (party.name.len() * 2 + party.address.len() + 8) as u64)
        .sum();
    let files: u64 = draft
        .attachments
        .iter()
        .map(|file| PART + (file.name.len() * 3) as u64 + file.size.div_ceil(57) * 78)
        .sum();
    HEADER + names + (draft.subject.len() * 2) as u64 + text + text / 70 * 3 + files
}

#[cfg(test)]
mod tests {
    use super::super::{DraftFile, Party};
    use super::*;
    use jiff::Timestamp;
    use pli_store::{AccountId, DraftAttachmentId};

    fn draft(to: &[&str]) -> Draft {
        Draft {
            id: DraftId::from_raw(1),
            account: AccountId::from_raw(1),
            to: to
                .iter()
                .map(|address| Party {
                    name: String::new(),
                    address: (*address).to_owned(),
                })
                .collect(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: "Avis".to_owned(),
            text: "Bonjour".to_owned(),
            ask_reading: false,
            ask_delivery: true,
            about: None,
            received_by: None,
            other_box_confirmed: false,
            attachments: Vec::new(),
            saved_at: Timestamp::UNIX_EPOCH,
            revision: 1,
        }
    }

    fn up_to(limit: u64) -> Ahead {
        Ahead {
            limit: Some(limit),
            full: false,
            other_box: None,
        }
    }

    #[test]
    fn nothing_leaves_the_trust_space() {
        let found = check(&draft(&["a@chu.mssante.fr", "b@gmail.com", "c"]), Ahead::default());
        assert_eq!(
            found.problems,
            [
                DraftProblem::BadAddress("c".to_owned()),
                DraftProblem::OutsideTrustSpace("b@gmail.com".to_owned())
            ]
        );
        assert!(!found.may_leave());
        assert_eq!(
            check(&draft(&[]), Ahead::default()).problems,
            [DraftProblem::NoRecipient]
        );
    }

    #[test]
    fn warnings_let_it_leave() {
        let mut draft = draft(&["a@chu.mssante.fr"]);
        draft.subject = " ".to_owned();
        draft.text = "Voir ci-joint.".to_owned();
        let found = check(&draft, up_to(1_000_000));
        assert_eq!(
            found.problems,
            [DraftProblem::NoSubject, DraftProblem::ForgottenAttachment]
        );
        assert!(found.may_leave());
    }

    #[test]
    fn a_file_counts_as_it_is_written() {
        let mut draft = draft(&["a@chu.mssante.fr"]);
        let id = DraftAttachmentId::from_raw(1);
        draft.attachments = vec![DraftFile {
            id,
            name: "a.pdf".into(),
            mime: "application/pdf".into(),
            size: 1_000_000,
        }];
        let found = check(&draft, up_to(1_200_000));
        assert!(found.size > 1_368_000 && found.size < 1_375_000, "{}", found.size);
        assert_eq!(found.problems, [DraftProblem::TooLarge]);
        let full = Ahead {
            limit: Some(1_200_000),
            full: true,
            other_box: None,
        };
        assert_eq!(
            check(&draft, full).problems,
            [DraftProblem::TooLarge, DraftProblem::BoxFull]
        );
    }

    #[test]
    fn a_full_box_is_told_and_does_not_forbid() {
        let full = Ahead {
            limit: None,
            full: true,
            other_box: None,
        };
        let found = check(&draft(&["a@chu.mssante.fr"]), full);
        assert_eq!(found.problems, [DraftProblem::BoxFull]);
        assert!(found.may_leave());
    }
}
