//! What a draft holds.

use jiff::Timestamp;
use pli_store::{AccountId, DraftAttachmentId, DraftId, MailId};
use serde_json::{Value, json};

/// A person or organisation at an address, as typed or as found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Party {
    /// The name; may be empty.
    pub name: String,
    /// The address, not checked.
    pub address: String,
}

/// Where a draft starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftFrom {
    /// Nothing.
    Blank,
    /// An answer to the sender.
    Reply,
    /// An answer to all.
    ReplyAll,
    /// A message passed on.
    Forward,
}

/// What a person changes in a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftEdit {
    /// The BAL it will leave from.
    pub account: AccountId,
    /// The revision this edit was made on.
    pub revision: u32,
    /// `To`.
    pub to: Vec<Party>,
    /// `Cc`.
    pub cc: Vec<Party>,
    /// `Bcc`.
    pub bcc: Vec<Party>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// Whether a reading report is asked for.
    pub ask_reading: bool,
    /// Whether delivery reports are asked for.
    pub ask_delivery: bool,
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id.
    pub id: DraftId,
    /// The BAL it will leave from.
    pub account: AccountId,
    /// `To`.
    pub to: Vec<Party>,
    /// `Cc`.
    pub cc: Vec<Party>,
    /// `Bcc`: never written into the message.
    pub bcc: Vec<Party>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// Whether a reading report is asked for (ECO.2.3.2).
    pub ask_reading: bool,
    /// Whether delivery reports are asked for (ECO.2.3.1).
    pub ask_delivery: bool,
    /// The message it answers or forwards.
    pub about: Option<MailId>,
    /// For an answer: the BAL that received what it answers.
    pub received_by: Option<AccountId>,
    /// Whether a person confirmed that it leaves from another BAL than that one.
    pub other_box_confirmed: bool,
    /// Its files.
    pub attachments: Vec<DraftFile>,
    /// When it was last stored.
    pub saved_at: Timestamp,
    /// Grows at each save.
    pub revision: u32,
}

/// A file of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFile {
    /// Its id.
    pub id: DraftAttachmentId,
    /// Its name, safe for every disk.
    pub name: String,
    /// The type it is declared as.
    pub mime: String,
    /// Its octets.
    pub size: u64,
}

/// What would happen if a draft left now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftCheck {
    /// Octets once encoded.
    pub size: u64,
    /// The operator's limit (MSS/va1.13), as its server last told it.
    pub limit: Option<u64>,
    /// What stands in the way, worst first.
    pub problems: Vec<DraftProblem>,
}

impl DraftCheck {
    /// Whether nothing but warnings was found.
    #[must_use]
    pub fn may_leave(&self) -> bool {
        self.problems.iter().all(DraftProblem::is_warning)
    }
}

/// Something to correct, or to know, before a draft leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftProblem {
    /// No recipient.
    NoRecipient,
    /// Not an address, as typed.
    BadAddress(String),
    /// Outside the trust space.
    OutsideTrustSpace(String),
    /// Larger than the operator takes (SMTP SIZE, [`DraftCheck::limit`]).
    TooLarge,
    /// The BAL is full, or has no room for the copy of this message (EX_GBM_4470): a warning, since operators differ in what
    /// they then refuse.
    BoxFull,
    /// It answers a message that another BAL received: to be confirmed ([`crate::Engine::draft_confirm_box`]).
    OtherBox {
        /// The BAL that received it.
        received_by: AccountId,
    },
    /// No subject: a warning.
    NoSubject,
    /// A file is announced and there is none: a warning.
    ForgottenAttachment,
}

impl DraftProblem {
    /// Whether the draft may leave all the same.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::BoxFull | Self::NoSubject | Self::ForgottenAttachment)
    }
}

impl Party {
    /// The name, or the address when there is none.
    #[must_use]
    pub fn shown(&self) -> &str {
        if self.name.is_empty() {
            &self.address
        } else {
            &self.name
        }
    }

    /// As the store keeps a recipient: what a person would type.
    pub(crate) fn typed(&self) -> String {
        // A `<` in a name would be taken for the beginning of the address.
        let name = self.name.replace(['<', '>'], " ");
        match name.trim() {
            "" => self.address.trim().to_owned(),
            name => format!("{name} <{}>", self.address.trim()),
        }
    }

    /// Reads what [`Party::typed`] wrote.
    pub(crate) fn read(typed: &str) -> Self {
        match typed.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => Self {
                name: name.trim().to_owned(),
                address: address.trim().to_owned(),
            },
            None => Self {
                name: String::new(),
                address: typed.trim().to_owned(),
            },
        }
    }
}

pub(crate) fn typed(parties: &[Party]) -> Vec<String> {
    parties.iter().map(Party::typed).collect()
}

fn parties(typed: &[String]) -> Vec<Party> {
    typed.iter().map(|text| Party::read(text)).collect()
}

/// What the store keeps beside the fields it knows.
pub(crate) fn extra(ask_delivery: bool) -> Value {
    json!({ "askDelivery": ask_delivery })
}

/// The same with another wish; the rest stays.
pub(crate) fn with_delivery(mut extra: Value, ask_delivery: bool) -> Value {
    extra["askDelivery"] = json!(ask_delivery);
    extra
}

/// The same of an answer to what this BAL received.
pub(crate) fn with_received_by(mut extra: Value, account: AccountId) -> Value {
    extra["receivedBy"] = json!(account.get());
    extra
}

/// The same once a person confirmed that it leaves from this BAL.
pub(crate) fn with_confirmed(mut extra: Value, account: AccountId) -> Value {
    extra["confirmedBal"] = json!(account.get());
    extra
}

fn account_in(extra: &Value, name: &str) -> Option<AccountId> {
    extra.get(name).and_then(Value::as_i64).map(AccountId::from_raw)
}

impl From<pli_store::Draft> for Draft {
    fn from(stored: pli_store::Draft) -> Self {
        let content = stored.content;
        Self {
            id: stored.id,
            account: stored.account,
            to: parties(&content.to),
            cc: parties(&content.cc),
            bcc: parties(&content.bcc),
            subject: content.subject,
            text: content.text,
            ask_reading: content.ask_read_report,
            ask_delivery: content
                .extra
                .get("askDelivery")
                .and_then(Value::as_bool)
                .unwrap_or(true),
            about: content.reply_to.or(content.forward_of),
            received_by: account_in(&content.extra, "receivedBy"),
            other_box_confirmed: account_in(&content.extra, "confirmedBal") == Some(stored.account),
            attachments: stored
                .attachments
                .into_iter()
                .map(|file| DraftFile {
                    id: file.id,
                    name: file.name,
                    mime: file.mime,
                    size: file.size,
                })
                .collect(),
            saved_at: stored.updated_at,
            revision: u32::try_from(stored.revision).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_recipient_comes_back_as_it_was_typed(name in "[A-Za-zé .,'-]{0,20}", address in "[a-z@.]{1,20}") {
            let party = Party { name: name.trim().to_owned(), address };
            prop_assert_eq!(Party::read(&party.typed()), party);
        }
    }
}
