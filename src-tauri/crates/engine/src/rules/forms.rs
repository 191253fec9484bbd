//! What people set, as forms: an automatic reply, a redirection, a few ways to sort (EX_GBM_4471, EX_GBM_4480). Nothing of
//! Sieve is in them.

use jiff::Timestamp;
use jiff::civil::Date;
use pli_terms::Address;

/// Whether the operator runs rules on its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RulesSupport {
    /// Yes, all of the forms.
    Yes,
    /// The operator has no ManageSieve (RFC 5804): rules are set in its own web mail, if it has any.
    NoManageSieve,
    /// Its Sieve lacks these extensions, separated by spaces: [`RulesOffer`] tells which forms it has all the same.
    NoExtension(String),
}

/// Which forms the server can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one form that a window shows or explains"
)]
pub struct RulesOffer {
    /// An automatic reply (RFC 5230).
    pub answer: bool,
    /// One with a first and a last day (RFC 5260).
    pub period: bool,
    /// A redirection that keeps a copy (RFC 3894). One that keeps none needs nothing.
    pub copy: bool,
    /// Sorting into folders (RFC 5228 §4.1).
    pub folders: bool,
    /// Flagging (RFC 5232).
    pub flags: bool,
    /// Running beside a script that somebody else wrote (RFC 6609).
    pub include: bool,
}

/// What runs on the server now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No script runs.
    None,
    /// Ours runs.
    Ours,
    /// Ours runs, and one of somebody else too: ours includes it, or it includes ours.
    Included {
        /// The other's name.
        name: String,
    },
    /// One of somebody else runs, and ours does not: it is shown, and left alone.
    ForeignAlone {
        /// Its name.
        name: String,
        /// Its text, at most 64 KiB of it.
        script: String,
        /// Whether ours can run beside it, should the person ask (RFC 6609).
        may_include: bool,
    },
}

/// The rules of a BAL, as the server had them.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// How mail is sorted, in order: the first folder that fits takes it.
    pub sort: Vec<SortRule>,
    /// When the server was read; `None` when it has no ManageSieve.
    pub read_at: Option<Timestamp>,
    /// Whether another program changed our script, or a newer version wrote it: what runs is not what these forms say.
    pub differs: bool,
    /// What was read, in a word to give back with [`RulesSet::seen`].
    pub seen: String,
}

/// Who gets an automatic reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answered {
    /// Whoever writes.
    Everyone,
    /// The trust space only.
    #[default]
    TrustSpace,
    /// The trust space without patients.
    Professionals,
}

/// An automatic reply (EX_GBM_4471; RFC 5230 under RFC 3834's rules).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoReply {
    /// Whether it runs, in its period.
    pub enabled: bool,
    /// Its subject, one line of at most 150 characters; `None`: « Réponse automatique ».
    pub subject: Option<String>,
    /// Its text, at most 5,000 characters.
    pub text: String,
    /// The first day, in the workstation's zone; `None`: at once.
    pub from: Option<Date>,
    /// The last day, which is in the period; `None`: until it is stopped.
    pub until: Option<Date>,
    /// How many days before the same person gets it again, 1 to 30.
    pub every_days: u8,
    /// Who gets it.
    pub who: Answered,
    /// The BAL's other addresses, 10 at most: what is written to them is answered too.
    pub addresses: Vec<Address>,
}

/// A redirection from one PER box to another of the same professional (EX_GBM_4480).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Whether it runs.
    pub enabled: bool,
    /// Where to.
    pub to: Address,
    /// Whether what is redirected stays in the box too.
    pub keep_copy: bool,
    /// Who confirmed that the same professional holds the target; the engine's own word, ignored when set.
    pub confirmed_by: Option<String>,
    /// When.
    pub confirmed_at: Option<Timestamp>,
}

/// One way to sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortRule {
    /// What names it, unique in the BAL; empty for a new one.
    pub id: String,
    /// Its name, one line of at most 80 characters.
    pub name: String,
    /// What it looks at.
    pub when: SortWhen,
    /// What it does.
    pub then: SortThen,
    /// Whether it runs.
    pub enabled: bool,
}

/// What a sorting rule looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortWhen {
    /// The sender: an address, or `@` and a domain.
    Sender(String),
    /// How the subject begins, at most 150 characters; ASCII letters are the same in both cases.
    SubjectPrefix(String),
    /// Whether something is attached.
    HasAttachment,
}

/// What a sorting rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortThen {
    /// Puts the message into this folder, named as on the server; made when it is missing, where the server can (RFC 5490).
    Folder(String),
    /// Flags it.
    Flag,
}

/// What a person sets: all of the forms at once, as they are to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RulesSet {
    /// The automatic reply.
    pub answer: Option<AutoReply>,
    /// The redirection.
    pub redirect: Option<Redirect>,
    /// How mail is sorted, at most 50 rules.
    pub sort: Vec<SortRule>,
    /// The person confirms that the same professional holds the redirection's target: needed each time that it begins to
    /// run, or runs to another target (EX_GBM_4480).
    pub same_person: bool,
    /// The person asks for our rules to run beside the script of somebody else that runs.
    pub include_in_foreign: bool,
    /// [`Rules::seen`] of what the person was shown; nothing is written when the server has something else by now. `None`:
    /// whatever is there.
    pub seen: Option<String>,
}

/// An automatic reply that runs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerNotice {
    /// Its last day; `None`: until it is stopped.
    pub until: Option<Date>,
    /// Whether its owner wrote since it began: time to ask whether to stop it.
    pub propose_stop: bool,
}
