//! `pli rules`: automatic reply, redirection, sorting, on the operator's server (EX_GBM_4471, EX_GBM_4480).

use std::io::Read as _;
use std::path::Path;

use pli_contract::commands::{AccountOf, RedirectSet, RulesSet};
use pli_contract::failure::{Code, Failure};
use pli_contract::view::{Account, Answered, AutoReply, Redirect, Rules, SortRule, SortThen, SortWhen};
use pli_contract::{Served, serve};
use serde::Deserialize;

use crate::access::{self, Digits};
use crate::arguments::{Access, Answer, Confirmed, RulesVerb, WhoWord};
use crate::french;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// Octets of a file of rules or of a text at most.
const LARGEST: u64 = 1_000_000;

pub(crate) async fn run(voice: Voice, served: &Served, verb: RulesVerb) -> Result<(), Trouble> {
    let access = access_of(&verb).clone();
    let account = profile::account(served, access.account.as_deref()).await?;
    access::grant(served, std::slice::from_ref(&account), &access, Digits::Beside(voice)).await?;
    let of = || AccountOf { account: account.id };
    let rules = match verb {
        RulesVerb::Show { .. } => serve::rules_get(served, of()).await?,
        RulesVerb::Answer(Answer { stop: true, .. }) => serve::rules_stop_answer(served, of()).await?,
        verb => {
            let present = serve::rules_get(served, of()).await?;
            let set = changed(&account, present, verb)?;
            serve::rules_set(served, set).await?
        }
    };
    voice.one(&rules, french::rules::whole);
    Ok(())
}

/// How the verb logs in, and on which BAL it works.
pub(crate) fn access_of(verb: &RulesVerb) -> &Access {
    match verb {
        RulesVerb::Show { access }
        | RulesVerb::Set { access, .. }
        | RulesVerb::Answer(Answer { access, .. })
        | RulesVerb::Redirect { access, .. }
        | RulesVerb::Sort { access, .. }
        | RulesVerb::Unsort { access, .. } => access,
    }
}

/// What the rules become.
fn changed(account: &Account, present: Rules, verb: RulesVerb) -> Result<RulesSet, Trouble> {
    let mut set = RulesSet {
        account: account.id,
        answer: present.answer,
        redirect: present.redirect.map(redirection),
        sort: present.sort,
        same_person: false,
        include_in_foreign: false,
        seen: Some(present.seen),
    };
    let confirm = |set: &mut RulesSet, confirmed: &Confirmed| {
        set.same_person = confirmed.same_person;
        set.include_in_foreign = confirmed.include;
    };
    match verb {
        RulesVerb::Show { .. } => {}
        RulesVerb::Set { file, confirmed, .. } => {
            let read: Forms = serde_json::from_str(&text_of(&file)?)
                .map_err(|_| Failure::about(Code::FileUnreadable, file.display().to_string()))?;
            set.answer = read.answer;
            set.redirect = read.redirect.map(redirection);
            set.sort = read.sort;
            confirm(&mut set, &confirmed);
        }
        RulesVerb::Answer(ask) => {
            confirm(&mut set, &ask.confirmed);
            let file = ask.text_file.ok_or(Code::BadRequest)?;
            set.answer = Some(AutoReply {
                enabled: true,
                subject: ask.subject,
                text: text_of(&file)?,
                from: ask.from.map(|day| day.to_string()),
                until: ask.until.map(|day| day.to_string()),
                every_days: ask.every_days,
                who: match ask.who {
                    WhoWord::Everyone => Answered::Everyone,
                    WhoWord::Trust => Answered::TrustSpace,
                    WhoWord::Professionals => Answered::Professionals,
                },
                addresses: ask.addresses,
            });
        }
        RulesVerb::Redirect {
            to,
            no_copy,
            stop,
            confirmed,
            ..
        } => {
            confirm(&mut set, &confirmed);
            match to {
                Some(to) => {
                    set.redirect = Some(RedirectSet {
                        enabled: true,
                        to,
                        keep_copy: !no_copy,
                    });
                }
                None if stop => {
                    if let Some(redirect) = &mut set.redirect {
                        redirect.enabled = false;
                    }
                }
                None => {}
            }
        }
        RulesVerb::Sort {
            name,
            when,
            then,
            confirmed,
            ..
        } => {
            confirm(&mut set, &confirmed);
            set.sort.push(SortRule {
                id: String::new(),
                name,
                when: match (when.sender, when.subject_prefix) {
                    (Some(text), _) => SortWhen::Sender { text },
                    (None, Some(text)) => SortWhen::SubjectPrefix { text },
                    (None, None) => SortWhen::HasAttachment,
                },
                then: match then.folder {
                    Some(name) => SortThen::Folder { name },
                    None => SortThen::Flag,
                },
                enabled: true,
            });
        }
        RulesVerb::Unsort { id, confirmed, .. } => {
            confirm(&mut set, &confirmed);
            let before = set.sort.len();
            set.sort.retain(|rule| rule.id != id);
            if set.sort.len() == before {
                return Err(Failure::about(Code::NotFound, id).into());
            }
        }
    }
    Ok(set)
}

fn redirection(redirect: Redirect) -> RedirectSet {
    RedirectSet {
        enabled: redirect.enabled,
        to: redirect.to,
        keep_copy: redirect.keep_copy,
    }
}

/// What `show --json` writes, as far as it can be set.
#[derive(Deserialize)]
struct Forms {
    #[serde(default)]
    answer: Option<AutoReply>,
    #[serde(default)]
    redirect: Option<Redirect>,
    #[serde(default)]
    sort: Vec<SortRule>,
}

fn text_of(file: &Path) -> Result<String, Trouble> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(LARGEST).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(LARGEST).read_to_string(&mut text))
    };
    read.map_err(|_| Failure::about(Code::FileUnreadable, file.display().to_string()))?;
    Ok(text)
}
