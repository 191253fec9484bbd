//! What the data controller knows of its own operators, besides what is public (`box_life/operators.toml`): how long they
//! keep messages, whom to write to (EX_GBM_6021).

use serde::Deserialize;

/// Operators that one policy may describe.
const MOST: usize = 100;
/// Days or months that an operator keeps messages, at most.
const LONGEST: u32 = 3_650;
/// Lines of advice, and characters of one.
const LINES: usize = 12;
const LINE: usize = 400;

/// An operator, recognised by the domains of its BALs or the names of its servers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyOperator {
    /// Its name.
    pub name: String,
    /// The domains of its BALs or servers; what stands below one is meant too.
    pub domains: Vec<String>,
    /// Labels that stand in its servers' names: `mailiz` in `imap.mailiz.mssante.fr`.
    pub labels: Vec<String>,
    /// Days after which it deletes received messages.
    pub deletes_after_days: Option<u32>,
    /// Months of the calendar after which it deletes them; told as 30 days each.
    pub deletes_after_months: Option<u32>,
    /// Days after which it deletes sent messages, where that is sooner.
    pub purges_sent_after_days: Option<u32>,
    /// The address of its web mail, in https.
    pub web_mail: Option<String>,
    /// How to have a BAL removed or an entry corrected, in French, before the general way.
    pub removal: Vec<String>,
}

impl PolicyOperator {
    /// What is wrong with it, if anything.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let named = (1..=80).contains(&self.name.chars().count()) && !self.name.chars().any(char::is_control);
        if !named {
            return Some("an operator has a name of 1 to 80 characters");
        }
        if self.domains.is_empty() && self.labels.is_empty() {
            return Some("an operator has domains or labels");
        }
        if self
            .domains
            .iter()
            .any(|domain| pli_terms::Domain::parse(domain).is_err())
        {
            return Some("domains are names like chu-exemple.mssante.fr");
        }
        let label = |label: &String| !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !self.labels.iter().all(label) {
            return Some("labels are words like mailiz");
        }
        let times = [
            self.deletes_after_days,
            self.deletes_after_months,
            self.purges_sent_after_days,
        ];
        if times.into_iter().flatten().any(|time| !(1..=LONGEST).contains(&time)) {
            return Some("an operator keeps messages for 1 to 3650 days");
        }
        if self.deletes_after_days.is_some() && self.deletes_after_months.is_some() {
            return Some("days or months, not both");
        }
        if self.web_mail.as_ref().is_some_and(|at| !is_https(at)) {
            return Some("web_mail is an https address");
        }
        let line = |line: &String| (1..=LINE).contains(&line.chars().count()) && !line.chars().any(char::is_control);
        if self.removal.len() > LINES || !self.removal.iter().all(line) {
            return Some("removal has at most 12 lines of 400 characters");
        }
        None
    }
}

/// The operators of a policy, or what is wrong with one of them.
pub(super) fn read(
    given: Vec<toml::Spanned<PolicyOperator>>,
    at: impl Fn(usize, &str) -> String,
) -> Result<Vec<PolicyOperator>, String> {
    let mut operators = Vec::new();
    for one in given {
        let start = one.span().start;
        let operator = one.into_inner();
        if let Some(fault) = operator.fault() {
            return Err(at(start, fault));
        }
        if operators.len() == MOST {
            return Err(at(start, "a policy describes 100 operators at most"));
        }
        operators.push(operator);
    }
    Ok(operators)
}

fn is_https(address: &str) -> bool {
    address.len() <= 200 && url::Url::parse(address).is_ok_and(|url| url.scheme() == "https" && url.host().is_some())
}
