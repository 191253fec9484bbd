//! The forms as they are kept in our script's mark, on the server: any Pli reads back what another wrote. This shape is
//! read by every version to come; a change of it is a new version of the mark.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use pli_terms::Address;
use serde::{Deserialize, Serialize};

use super::forms::{Answered, AutoReply, Redirect, SortRule, SortThen, SortWhen};

/// What our script says, with what a person does not set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Forms {
    pub(super) answer: Option<AutoReply>,
    pub(super) redirect: Option<Redirect>,
    pub(super) sort: Vec<SortRule>,
    /// When the automatic reply was last put on.
    pub(super) since: Option<Timestamp>,
    /// The script of somebody else that runs with ours.
    pub(super) beside: Option<String>,
    /// The zone of the workstation that wrote it, by its IANA name: its days are of there. May be empty.
    pub(super) zone: String,
}

impl Forms {
    /// Whether anything runs by itself, theirs not counted.
    pub(super) fn runs(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.enabled)
            || self.redirect.as_ref().is_some_and(|redirect| redirect.enabled)
            || self.sort.iter().any(|rule| rule.enabled)
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<KeptAnswer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redirect: Option<KeptRedirect>,
    #[serde(default)]
    sort: Vec<KeptSort>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beside: Option<String>,
    #[serde(default)]
    zone: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptAnswer {
    enabled: bool,
    subject: Option<String>,
    text: String,
    from: Option<String>,
    until: Option<String>,
    days: u8,
    who: Who,
    addresses: Vec<Address>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Who {
    Everyone,
    TrustSpace,
    Professionals,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptRedirect {
    enabled: bool,
    to: Address,
    copy: bool,
    by: Option<String>,
    at: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptSort {
    id: String,
    name: String,
    enabled: bool,
    when: When,
    then: Then,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum When {
    Sender(String),
    Subject(String),
    Attachment,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Then {
    Folder(String),
    Flag,
}

fn told<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// `None` for what is there and is no such thing.
fn read<T: FromStr>(text: Option<String>) -> Option<Option<T>> {
    text.map_or(Some(None), |text| text.parse().ok().map(Some))
}

impl From<&Forms> for Kept {
    fn from(forms: &Forms) -> Self {
        let answer = forms.answer.clone().map(|answer| KeptAnswer {
            enabled: answer.enabled,
            subject: answer.subject,
            text: answer.text,
            from: told(answer.from),
            until: told(answer.until),
            days: answer.every_days,
            who: match answer.who {
                Answered::Everyone => Who::Everyone,
                Answered::TrustSpace => Who::TrustSpace,
                Answered::Professionals => Who::Professionals,
            },
            addresses: answer.addresses,
        });
        let redirect = forms.redirect.clone().map(|redirect| KeptRedirect {
            enabled: redirect.enabled,
            to: redirect.to,
            copy: redirect.keep_copy,
            by: redirect.confirmed_by,
            at: told(redirect.confirmed_at),
        });
        let sort = |rule: SortRule| KeptSort {
            id: rule.id,
            name: rule.name,
            enabled: rule.enabled,
            when: match rule.when {
                SortWhen::Sender(sender) => When::Sender(sender),
                SortWhen::SubjectPrefix(prefix) => When::Subject(prefix),
                SortWhen::HasAttachment => When::Attachment,
            },
            then: match rule.then {
                SortThen::Folder(folder) => Then::Folder(folder),
                SortThen::Flag => Then::Flag,
            },
        };
        Self {
            answer,
            redirect,
            sort: forms.sort.iter().cloned().map(sort).collect(),
            since: told(forms.since),
            beside: forms.beside.clone(),
            zone: forms.zone.clone(),
        }
    }
}

impl Kept {
    /// The forms; `None` for days and moments that are none.
    pub(super) fn forms(self) -> Option<Forms> {
        let answer = match self.answer {
            None => None,
            Some(kept) => Some(AutoReply {
                enabled: kept.enabled,
                subject: kept.subject,
                text: kept.text,
                from: read::<Date>(kept.from)?,
                until: read::<Date>(kept.until)?,
                every_days: kept.days,
                who: match kept.who {
                    Who::Everyone => Answered::Everyone,
                    Who::TrustSpace => Answered::TrustSpace,
                    Who::Professionals => Answered::Professionals,
                },
                addresses: kept.addresses,
            }),
        };
        let redirect = match self.redirect {
            None => None,
            Some(kept) => Some(Redirect {
                enabled: kept.enabled,
                to: kept.to,
                keep_copy: kept.copy,
                confirmed_by: kept.by,
                confirmed_at: read::<Timestamp>(kept.at)?,
            }),
        };
        let sort = |kept: KeptSort| SortRule {
            id: kept.id,
            name: kept.name,
            enabled: kept.enabled,
            when: match kept.when {
                When::Sender(sender) => SortWhen::Sender(sender),
                When::Subject(prefix) => SortWhen::SubjectPrefix(prefix),
                When::Attachment => SortWhen::HasAttachment,
            },
            then: match kept.then {
                Then::Folder(folder) => SortThen::Folder(folder),
                Then::Flag => SortThen::Flag,
            },
        };
        Some(Forms {
            answer,
            redirect,
            sort: self.sort.into_iter().map(sort).collect(),
            since: read(self.since)?,
            beside: self.beside,
            zone: self.zone,
        })
    }
}
