//! Forms put in order before they are written: what they may hold, and what they may not.

use jiff::civil::Date;
use pli_terms::{Address, Domain};
use pli_wire::autoconfig::is_of_trust_space;

use super::forms::{AutoReply, SortRule, SortThen, SortWhen};
use super::kept::Forms;
use super::mark::hex;
use crate::error::EngineError;

/// The longest text of an automatic reply, in characters.
const TEXT: usize = 5_000;
/// The longest subject, or beginning of one.
const SUBJECT: usize = 150;
/// The longest name of a rule.
const NAME: usize = 80;
/// The longest name of a folder, of a script.
const FOLDER: usize = 250;
/// Sorting rules, at most.
const RULES: usize = 50;
/// Other addresses of a BAL, at most.
const ADDRESSES: usize = 10;
/// The longest number of days between two answers to the same person (RFC 5230 §4.1).
const DAYS: u8 = 30;

/// An automatic reply in order.
///
/// # Errors
/// [`EngineError::BadRequest`], [`EngineError::OutOfRange`].
pub(super) fn answer(mut form: AutoReply, own: &Address, today: Date) -> Result<AutoReply, EngineError> {
    form.text = text(&form.text);
    if form.text.chars().count() > TEXT {
        return Err(EngineError::OutOfRange(
            "an automatic reply has at most 5,000 characters",
        ));
    }
    if form.enabled && form.text.is_empty() {
        return Err(EngineError::BadRequest("an automatic reply needs a text"));
    }
    let subject = form
        .subject
        .as_deref()
        .map(|subject| line(subject, SUBJECT))
        .transpose()?;
    form.subject = subject.filter(|subject| !subject.is_empty());
    if form.subject.as_deref().is_some_and(looks_like_exchange) {
        return Err(EngineError::BadRequest(
            "a reply may not be taken for an exchange of documents",
        ));
    }
    if !(1..=DAYS).contains(&form.every_days) {
        return Err(EngineError::OutOfRange(
            "an automatic reply is given again after 1 to 30 days",
        ));
    }
    if form.from.zip(form.until).is_some_and(|(from, until)| until < from) {
        return Err(EngineError::OutOfRange("an absence ends after it begins"));
    }
    if form.enabled && form.until.is_some_and(|until| until < today) {
        return Err(EngineError::OutOfRange("an absence that is over cannot begin"));
    }
    if form.addresses.len() > ADDRESSES {
        return Err(EngineError::OutOfRange("a BAL has at most 10 other addresses"));
    }
    let mut known: Vec<Address> = Vec::new();
    for address in form.addresses {
        if !is_of_trust_space(&address.domain()) {
            return Err(EngineError::BadRequest("a BAL's other address is of the trust space"));
        }
        if !address.same_mailbox(own) && !known.iter().any(|one| one.same_mailbox(&address)) {
            known.push(address);
        }
    }
    form.addresses = known;
    Ok(form)
}

/// Sorting rules in order, each with an id of its own.
///
/// # Errors
/// [`EngineError::BadRequest`], [`EngineError::OutOfRange`].
pub(super) fn sort(rules: Vec<SortRule>) -> Result<Vec<SortRule>, EngineError> {
    if rules.len() > RULES {
        return Err(EngineError::OutOfRange("a BAL has at most 50 sorting rules"));
    }
    let mut ordered: Vec<SortRule> = Vec::with_capacity(rules.len());
    for mut rule in rules {
        rule.name = line(&rule.name, NAME)?;
        rule.when = match rule.when {
            SortWhen::Sender(sender) => SortWhen::Sender(self::sender(&sender)?),
            SortWhen::SubjectPrefix(prefix) => {
                let prefix = line(&prefix, SUBJECT)?;
                if prefix.is_empty() {
                    return Err(EngineError::BadRequest("how a subject begins is to be told"));
                }
                SortWhen::SubjectPrefix(prefix)
            }
            SortWhen::HasAttachment => SortWhen::HasAttachment,
        };
        if let SortThen::Folder(folder) = &rule.then {
            let folder = line(folder, FOLDER)?;
            if folder.is_empty() {
                return Err(EngineError::BadRequest("a folder is to be told"));
            }
            rule.then = SortThen::Folder(folder);
        }
        let taken = |id: &str| ordered.iter().any(|other| other.id == id);
        if !is_id(&rule.id) || taken(&rule.id) {
            rule.id = word()?;
        }
        ordered.push(rule);
    }
    Ok(ordered)
}

/// Whether forms that were read from a server could have been written by us: a server's word is nobody's.
pub(super) fn may_be_ours(forms: &Forms) -> bool {
    let one_line = |text: &str, most: usize| text.chars().count() <= most && !text.chars().any(char::is_control);
    let answer = forms.answer.as_ref().is_none_or(|form| {
        form.text.chars().count() <= TEXT
            && form.subject.as_deref().is_none_or(|subject| one_line(subject, SUBJECT))
            && (1..=DAYS).contains(&form.every_days)
            && form.addresses.len() <= ADDRESSES
    });
    let confirmed = |by: &Option<String>| by.as_deref().is_none_or(|by| one_line(by, 200));
    let redirect = forms.redirect.as_ref().is_none_or(|form| confirmed(&form.confirmed_by));
    let rule = |rule: &SortRule| {
        let when = match &rule.when {
            SortWhen::Sender(text) | SortWhen::SubjectPrefix(text) => one_line(text, 300),
            SortWhen::HasAttachment => true,
        };
        let then = !matches!(&rule.then, SortThen::Folder(folder) if !one_line(folder, FOLDER));
        is_id(&rule.id) && one_line(&rule.name, NAME) && when && then
    };
    answer
        && redirect
        && forms.sort.len() <= RULES
        && forms.sort.iter().all(rule)
        && forms.beside.as_deref().is_none_or(|name| one_line(name, FOLDER))
        && one_line(&forms.zone, 64)
}

/// A word that nobody else has, for a name: 16 hexadecimal digits.
///
/// # Errors
/// When the system gives no random numbers.
pub(super) fn word() -> Result<String, EngineError> {
    let mut octets = [0; 8];
    getrandom::fill(&mut octets).map_err(|_| EngineError::Broken("drawing a random name"))?;
    Ok(hex(&octets))
}

fn is_id(id: &str) -> bool {
    (1..=40).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Lines that end by `\n`, without control characters nor blanks at their ends.
fn text(typed: &str) -> String {
    let typed = typed.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = typed
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect();
    let lines: Vec<&str> = kept.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

fn line(typed: &str, most: usize) -> Result<String, EngineError> {
    let typed = typed.trim();
    if typed.chars().any(char::is_control) {
        return Err(EngineError::BadRequest("a name is one line"));
    }
    if typed.chars().count() > most {
        return Err(EngineError::OutOfRange("a name is too long"));
    }
    Ok(typed.to_owned())
}

fn sender(typed: &str) -> Result<String, EngineError> {
    let typed = typed.trim();
    match typed.strip_prefix('@') {
        Some(domain) => Ok(format!("@{}", Domain::parse(domain)?.as_str())),
        None => Ok(Address::parse(typed)?.as_str().to_owned()),
    }
}

/// A subject that names an exchange of documents (XDM) is read by machines.
fn looks_like_exchange(subject: &str) -> bool {
    subject.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("XDM/"))
}
