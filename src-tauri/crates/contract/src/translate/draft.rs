//! Drafts.

use super::{account_id, instant};
use crate::view::{Draft, DraftAttachment, DraftCheck, DraftFrom, DraftProblem, Party};

pub(crate) fn draft(draft: pli_engine::Draft) -> Draft {
    Draft {
        id: draft.id.get(),
        account: draft.account.get(),
        to: parties(draft.to),
        cc: parties(draft.cc),
        bcc: parties(draft.bcc),
        subject: draft.subject,
        text: draft.text,
        ask_reading: draft.ask_reading,
        ask_delivery: draft.ask_delivery,
        attachments: draft
            .attachments
            .into_iter()
            .map(|file| DraftAttachment {
                id: file.id.get(),
                name: file.name,
                mime: file.mime,
                size: file.size,
            })
            .collect(),
        about: draft.about.map(pli_engine::pli_store::MailId::get),
        saved_at: instant(draft.saved_at),
        revision: draft.revision,
    }
}

pub(crate) fn edit(draft: Draft) -> pli_engine::DraftEdit {
    pli_engine::DraftEdit {
        account: account_id(draft.account),
        revision: draft.revision,
        to: typed(draft.to),
        cc: typed(draft.cc),
        bcc: typed(draft.bcc),
        subject: draft.subject,
        text: draft.text,
        ask_reading: draft.ask_reading,
        ask_delivery: draft.ask_delivery,
    }
}

pub(crate) fn check(check: pli_engine::DraftCheck) -> DraftCheck {
    DraftCheck {
        size: check.size,
        limit: check.limit,
        problems: check
            .problems
            .into_iter()
            .map(|problem| match problem {
                pli_engine::DraftProblem::NoRecipient => DraftProblem::NoRecipient,
                pli_engine::DraftProblem::BadAddress(address) => DraftProblem::BadAddress { address },
                pli_engine::DraftProblem::OutsideTrustSpace(address) => DraftProblem::OutsideTrustSpace { address },
                pli_engine::DraftProblem::TooLarge => DraftProblem::TooLarge,
                pli_engine::DraftProblem::BoxFull => DraftProblem::BoxFull,
                pli_engine::DraftProblem::OtherBox { received_by } => DraftProblem::OtherBox {
                    received_by: received_by.get(),
                },
                pli_engine::DraftProblem::NoSubject => DraftProblem::NoSubject,
                pli_engine::DraftProblem::ForgottenAttachment => DraftProblem::ForgottenAttachment,
            })
            .collect(),
    }
}

impl From<DraftFrom> for pli_engine::DraftFrom {
    fn from(from: DraftFrom) -> Self {
        match from {
            DraftFrom::Blank => Self::Blank,
            DraftFrom::Reply => Self::Reply,
            DraftFrom::ReplyAll => Self::ReplyAll,
            DraftFrom::Forward => Self::Forward,
        }
    }
}

fn parties(parties: Vec<pli_engine::Party>) -> Vec<Party> {
    parties
        .into_iter()
        .map(|party| super::party(&party.name, &party.address))
        .collect()
}

/// A window shows the address as name when there is no name: it is not taken for one.
fn typed(parties: Vec<Party>) -> Vec<pli_engine::Party> {
    parties
        .into_iter()
        .map(|party| {
            let name = if party.name == party.address {
                String::new()
            } else {
                party.name
            };
            pli_engine::Party {
                name,
                address: party.address,
            }
        })
        .collect()
}
