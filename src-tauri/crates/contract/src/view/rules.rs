//! Rules on the operator's server: automatic reply, redirection, sorting (EX_GBM_4471, EX_GBM_4480).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Day, Instant};

/// Whether the operator runs rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum RulesSupport {
    /// Yes.
    Yes,
    /// The operator has no ManageSieve (RFC 5804).
    NoManageSieve,
    /// It lacks extensions of Sieve: [`RulesOffer`] tells which forms it has all the same.
    NoExtension {
        /// Their names, separated by spaces.
        name: String,
    },
}

/// Which forms the server can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one form that a window shows or explains"
)]
pub struct RulesOffer {
    /// An automatic reply.
    pub answer: bool,
    /// One with a first and a last day.
    pub period: bool,
    /// A redirection that keeps a copy.
    pub copy: bool,
    /// Sorting into folders.
    pub folders: bool,
    /// Flagging.
    pub flags: bool,
    /// Running beside somebody else's rules.
    pub include: bool,
}

/// What runs on the server now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum Standing {
    /// Nothing.
    None,
    /// Our rules.
    Ours,
    /// Our rules, and those of somebody else, which were there before.
    Included {
        /// The name of the others.
        name: String,
    },
    /// Those of somebody else: shown, and left alone.
    ForeignAlone {
        /// Its name.
        name: String,
        /// Its text, at most 64 KiB.
        script: String,
        /// Whether ours may run beside it, should the person ask (RFC 6609).
        may_include: bool,
    },
}

/// The rules of a BAL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// Whether the operator runs rules.
    pub support: RulesSupport,
    /// Which forms it can run.
    pub offers: RulesOffer,
    /// What runs there.
    pub standing: Standing,
    /// The automatic reply.
    pub answer: Option<AutoReply>,
    /// The redirection.
    pub redirect: Option<Redirect>,
    /// How mail is sorted, in order.
    pub sort: Vec<SortRule>,
    /// When the server was read.
    pub read_at: Option<Instant>,
    /// Whether the server's copy of our rules was changed elsewhere.
    pub differs: bool,
    /// What was read, in a word to give back when the rules are set.
    pub seen: String,
}

/// Who gets an automatic reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Answered {
    /// Everybody who may write to the box.
    Everyone,
    /// The trust space only.
    TrustSpace,
    /// Professionals only, no patient.
    Professionals,
}

/// An automatic reply (RFC 5230 under RFC 3834's rules).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AutoReply {
    /// Whether it runs.
    pub enabled: bool,
    /// Its subject; `null`: the server's usual one.
    pub subject: Option<String>,
    /// Its text.
    pub text: String,
    /// The first day; `null`: now.
    pub from: Option<Day>,
    /// The last day; `null`: until it is stopped.
    pub until: Option<Day>,
    /// Days before the same person gets it again, 1 to 30.
    pub every_days: u8,
    /// Who gets it.
    pub who: Answered,
    /// The box's other addresses: what is written to them is answered too.
    pub addresses: Vec<String>,
}

/// A redirection to another personal box of the same professional (EX_GBM_4480).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Redirect {
    /// Whether it runs.
    pub enabled: bool,
    /// Where to.
    pub to: String,
    /// Whether a copy stays.
    pub keep_copy: bool,
    /// Who confirmed that the same professional holds the target.
    pub confirmed_by: Option<String>,
    /// When.
    pub confirmed_at: Option<Instant>,
}

/// One sorting rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SortRule {
    /// What names it, unique in the box; empty for a new one.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it looks at.
    pub when: SortWhen,
    /// What it does.
    pub then: SortThen,
    /// Whether it runs.
    pub enabled: bool,
}

/// What a sorting rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is", deny_unknown_fields)]
pub enum SortWhen {
    /// The sender's address, or `@domain`.
    Sender {
        /// As typed.
        text: String,
    },
    /// The first words of the subject.
    SubjectPrefix {
        /// As typed.
        text: String,
    },
    /// Whether something is attached.
    HasAttachment,
}

/// What a sorting rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is", deny_unknown_fields)]
pub enum SortThen {
    /// Puts the message into a folder, made when it is not there and the server can.
    Folder {
        /// Its whole name.
        name: String,
    },
    /// Flags it.
    Flag,
}

/// An automatic reply that runs now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AnswerNotice {
    /// Its last day; `null`: until it is stopped.
    pub until: Option<Day>,
    /// Whether its owner wrote since it began: it is time to ask whether to stop it.
    pub propose_stop: bool,
}
