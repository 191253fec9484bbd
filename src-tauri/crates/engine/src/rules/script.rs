//! The forms as a Sieve script (RFC 5228). Pure: the same forms give the same script.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use pli_terms::Address;
use pli_wire::autoconfig::trust_space_patterns;

use super::forms::{Answered, AutoReply, RulesOffer, SortRule, SortThen, SortWhen};
use super::kept::Forms;
use super::writer::Writer;
use super::{guards, period};

/// The subject of an automatic reply that was given none. The subject that came is not said again: it may name a patient,
/// and a reply whose subject begins like an XDM exchange would be taken for one.
const SUBJECT: &str = "Réponse automatique";

/// What a server's Sieve can do.
#[derive(Debug, Clone, Default)]
pub(super) struct Extensions(BTreeSet<String>);

impl Extensions {
    pub(super) fn of(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// What the forms would need all together and the server lacks.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        const ALL: [&str; 6] = ["vacation", "date", "relational", "copy", "fileinto", "imap4flags"];
        ALL.into_iter().filter(|name| !self.has(name)).collect()
    }

    pub(super) fn offers(&self) -> RulesOffer {
        RulesOffer {
            answer: self.has("vacation"),
            period: self.has("vacation") && self.has("date") && self.has("relational"),
            copy: self.has("copy"),
            folders: self.has("fileinto"),
            flags: self.has("imap4flags"),
            include: self.has("include"),
        }
    }

    /// Whether all that these forms have running can run.
    pub(super) fn can_run(&self, forms: &Forms) -> bool {
        let offers = self.offers();
        let answer = forms.answer.as_ref().filter(|answer| answer.enabled);
        let has_period = answer.is_some_and(|answer| answer.from.is_some() || answer.until.is_some());
        let copies = forms
            .redirect
            .as_ref()
            .is_some_and(|form| form.enabled && form.keep_copy);
        let sorted = |wanted: fn(&SortThen) -> bool| forms.sort.iter().any(|rule| rule.enabled && wanted(&rule.then));
        (answer.is_none() || offers.answer)
            && (!has_period || offers.period)
            && (!copies || offers.copy)
            && (!sorted(|then| matches!(then, SortThen::Folder(_))) || offers.folders)
            && (!sorted(|then| matches!(then, SortThen::Flag)) || offers.flags)
            && (forms.beside.is_none() || offers.include)
    }
}

/// The script without its mark; `own` is the BAL's address, `zone` the one of its days. What cannot run
/// ([`Extensions::can_run`]) must not be asked for.
pub(super) fn compile(forms: &Forms, own: &Address, zone: &TimeZone, can: &Extensions) -> String {
    let mut made = Making {
        needs: BTreeSet::new(),
        can,
        body: Writer::default(),
    };
    if let Some(answer) = forms.answer.as_ref().filter(|answer| answer.enabled) {
        made.answer(answer, forms, own, zone);
    }
    if let Some(redirect) = forms.redirect.as_ref().filter(|redirect| redirect.enabled) {
        if redirect.keep_copy {
            made.needs.insert("copy");
        }
        let verb = if redirect.keep_copy {
            "redirect :copy "
        } else {
            "redirect "
        };
        made.body.code(verb).text(redirect.to.as_str()).code(";\r\n");
    }
    made.sort(&forms.sort);
    if let Some(beside) = &forms.beside {
        made.needs.insert("include");
        // Their script goes on by itself should it be gone (RFC 6609 §3.2).
        made.body
            .code("include :personal :optional ")
            .text(beside)
            .code(";\r\n");
    }
    if made.body.is_empty() {
        made.body.code("keep;\r\n");
    }
    let mut script = Writer::default();
    if !made.needs.is_empty() {
        script.code("require ").texts(&made.needs).code(";\r\n");
    }
    script.part(&made.body);
    script.finish()
}

/// A script being made, and the extensions it needs.
struct Making<'a> {
    needs: BTreeSet<&'static str>,
    can: &'a Extensions,
    body: Writer,
}

impl Making<'_> {
    /// Whether the server has it; the script needs it then.
    fn has(&mut self, extension: &'static str) -> bool {
        let has = self.can.has(extension);
        if has {
            self.needs.insert(extension);
        }
        has
    }

    fn answer(&mut self, answer: &AutoReply, forms: &Forms, own: &Address, zone: &TimeZone) {
        let envelope = self.has("envelope");
        self.needs.insert("vacation");
        let (start, end) = period::bounds(answer.from, answer.until, zone);
        if start.is_some() || end.is_some() {
            self.needs.extend(["date", "relational"]);
        }
        let mine: Vec<&str> = std::iter::once(own)
            .chain(&answer.addresses)
            .map(Address::as_str)
            .collect();
        let body = &mut self.body;
        body.code("if allof (\r\n    ");
        period::write(body, start, end);
        who(body, answer.who, envelope);
        body.code("not ");
        guards::write(body, &mine, envelope);
        body.code("\r\n) {\r\n    vacation :days ")
            .number(u32::from(answer.every_days));
        // Another absence is told again to whom the last one was told; a corrected text is not.
        let since = forms.since.map_or(0, |since| since.as_second());
        body.code(" :handle ").text(&format!("pli-{since}"));
        // Whichever address was written to, it is this BAL that answers.
        body.code(" :from ").text(own.as_str());
        body.code(" :subject ")
            .text(answer.subject.as_deref().unwrap_or(SUBJECT));
        body.code(" :addresses ").texts(&mine);
        body.code("\r\n        ").text(&answer.text).code(";\r\n}\r\n");
    }

    /// Flags first: a folder's copy carries them (RFC 5232 §4).
    fn sort(&mut self, rules: &[SortRule]) {
        let running = || rules.iter().filter(|rule| rule.enabled);
        for rule in running().filter(|rule| rule.then == SortThen::Flag) {
            self.needs.insert("imap4flags");
            self.body.code("if ");
            self.when(&rule.when);
            self.body.code(" {\r\n    addflag \"\\\\Flagged\";\r\n}\r\n");
        }
        let mut verb = "if ";
        for rule in running() {
            let SortThen::Folder(folder) = &rule.then else { continue };
            self.needs.insert("fileinto");
            let creates = self.has("mailbox");
            self.body.code(verb);
            self.when(&rule.when);
            self.body.code(if creates {
                " {\r\n    fileinto :create "
            } else {
                " {\r\n    fileinto "
            });
            self.body.text(folder).code(";\r\n}\r\n");
            verb = "elsif ";
        }
    }

    fn when(&mut self, when: &SortWhen) {
        match when {
            SortWhen::Sender(sender) => match sender.strip_prefix('@') {
                Some(domain) => self.body.code("address :domain :is \"From\" ").text(domain),
                None => self.body.code("address :is \"From\" ").text(sender),
            },
            SortWhen::SubjectPrefix(prefix) => self.body.code("header :matches \"Subject\" ").beginning(prefix),
            SortWhen::HasAttachment if self.has("mime") => self.body.code(
                // Where there is no such parameter, some servers compare nothing at all, which is no name.
                "anyof (header :mime :anychild :param \"filename\" :matches \"Content-Disposition\" \"?*\",\r\n    \
                 header :mime :anychild :param \"name\" :matches \"Content-Type\" \"?*\")",
            ),
            // What a server without RFC 5703 can tell: attachments make a message mixed.
            SortWhen::HasAttachment => self.body.code("header :contains \"Content-Type\" \"multipart/mixed\""),
        };
    }
}

/// Writes the test of who is answered, with a comma after it. The answer goes to the return path: it is looked at too.
fn who(script: &mut Writer, who: Answered, envelope: bool) {
    if who == Answered::Everyone {
        return;
    }
    let trusted: Vec<String> = trust_space_patterns(None);
    script
        .code("address :domain :matches \"From\" ")
        .texts(&trusted)
        .code(",\r\n    ");
    if envelope {
        script
            .code("envelope :domain :matches \"from\" ")
            .texts(&trusted)
            .code(",\r\n    ");
    }
    if who == Answered::Professionals {
        let patients = trust_space_patterns(Some("patient"));
        script
            .code("not address :domain :matches \"From\" ")
            .texts(&patients)
            .code(",\r\n    ");
        if envelope {
            script
                .code("not envelope :domain :matches \"from\" ")
                .texts(&patients)
                .code(",\r\n    ");
        }
    }
}
