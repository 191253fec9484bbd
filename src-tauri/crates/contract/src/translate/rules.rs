//! Rules on the operator's server.

use jiff::civil::Date;
use pli_engine as engine;
use pli_engine::pli_terms::Address;

use super::instant;
use crate::commands::{RedirectSet, RulesSet};
use crate::failure::{Code, Failure};
use crate::view::{
    AnswerNotice, Answered, AutoReply, Redirect, Rules, RulesOffer, RulesSupport, SortRule, SortThen, SortWhen,
    Standing,
};

pub(crate) fn rules(rules: engine::Rules) -> Rules {
    Rules {
        support: match rules.support {
            engine::RulesSupport::Yes => RulesSupport::Yes,
            engine::RulesSupport::NoManageSieve => RulesSupport::NoManageSieve,
            engine::RulesSupport::NoExtension(name) => RulesSupport::NoExtension { name },
        },
        offers: RulesOffer {
            answer: rules.offers.answer,
            period: rules.offers.period,
            copy: rules.offers.copy,
            folders: rules.offers.folders,
            flags: rules.offers.flags,
            include: rules.offers.include,
        },
        standing: match rules.standing {
            engine::Standing::None => Standing::None,
            engine::Standing::Ours => Standing::Ours,
            engine::Standing::Included { name } => Standing::Included { name },
            engine::Standing::ForeignAlone {
                name,
                script,
                may_include,
            } => Standing::ForeignAlone {
                name,
                script,
                may_include,
            },
        },
        answer: rules.answer.map(answer),
        redirect: rules.redirect.map(|redirect| Redirect {
            enabled: redirect.enabled,
            to: redirect.to.as_str().to_owned(),
            keep_copy: redirect.keep_copy,
            confirmed_by: redirect.confirmed_by,
            confirmed_at: redirect.confirmed_at.map(instant),
        }),
        sort: rules.sort.into_iter().map(sort).collect(),
        read_at: rules.read_at.map(instant),
        differs: rules.differs,
        seen: rules.seen,
    }
}

fn answer(answer: engine::AutoReply) -> AutoReply {
    AutoReply {
        enabled: answer.enabled,
        subject: answer.subject,
        text: answer.text,
        from: answer.from.map(|day| day.to_string()),
        until: answer.until.map(|day| day.to_string()),
        every_days: answer.every_days,
        who: match answer.who {
            engine::Answered::Everyone => Answered::Everyone,
            engine::Answered::TrustSpace => Answered::TrustSpace,
            engine::Answered::Professionals => Answered::Professionals,
        },
        addresses: answer
            .addresses
            .iter()
            .map(|address| address.as_str().to_owned())
            .collect(),
    }
}

fn sort(rule: engine::SortRule) -> SortRule {
    SortRule {
        id: rule.id,
        name: rule.name,
        when: match rule.when {
            engine::SortWhen::Sender(text) => SortWhen::Sender { text },
            engine::SortWhen::SubjectPrefix(text) => SortWhen::SubjectPrefix { text },
            engine::SortWhen::HasAttachment => SortWhen::HasAttachment,
        },
        then: match rule.then {
            engine::SortThen::Folder(name) => SortThen::Folder { name },
            engine::SortThen::Flag => SortThen::Flag,
        },
        enabled: rule.enabled,
    }
}

/// What a window says of rules; texts are bounded by the engine, which knows what a server takes.
pub(crate) fn rules_of(set: RulesSet) -> Result<engine::RulesSet, Failure> {
    Ok(engine::RulesSet {
        answer: set.answer.map(answer_of).transpose()?,
        redirect: set.redirect.map(redirect_of).transpose()?,
        sort: set.sort.into_iter().map(sort_of).collect(),
        same_person: set.same_person,
        include_in_foreign: set.include_in_foreign,
        seen: set.seen,
    })
}

fn answer_of(answer: AutoReply) -> Result<engine::AutoReply, Failure> {
    Ok(engine::AutoReply {
        enabled: answer.enabled,
        subject: answer.subject,
        text: answer.text,
        from: answer.from.as_deref().map(day_of).transpose()?,
        until: answer.until.as_deref().map(day_of).transpose()?,
        every_days: answer.every_days,
        who: match answer.who {
            Answered::Everyone => engine::Answered::Everyone,
            Answered::TrustSpace => engine::Answered::TrustSpace,
            Answered::Professionals => engine::Answered::Professionals,
        },
        addresses: answer
            .addresses
            .iter()
            .map(|typed| address_of(typed))
            .collect::<Result<_, _>>()?,
    })
}

fn redirect_of(redirect: RedirectSet) -> Result<engine::Redirect, Failure> {
    Ok(engine::Redirect {
        enabled: redirect.enabled,
        to: address_of(&redirect.to)?,
        keep_copy: redirect.keep_copy,
        // The engine's own word.
        confirmed_by: None,
        confirmed_at: None,
    })
}

fn sort_of(rule: SortRule) -> engine::SortRule {
    engine::SortRule {
        id: rule.id,
        name: rule.name,
        when: match rule.when {
            SortWhen::Sender { text } => engine::SortWhen::Sender(text),
            SortWhen::SubjectPrefix { text } => engine::SortWhen::SubjectPrefix(text),
            SortWhen::HasAttachment => engine::SortWhen::HasAttachment,
        },
        then: match rule.then {
            SortThen::Folder { name } => engine::SortThen::Folder(name),
            SortThen::Flag => engine::SortThen::Flag,
        },
        enabled: rule.enabled,
    }
}

fn day_of(text: &str) -> Result<Date, Failure> {
    text.parse().map_err(|_| Failure::about(Code::BadRequest, "day"))
}

fn address_of(text: &str) -> Result<Address, Failure> {
    Address::parse(text.trim()).map_err(|_| Failure::new(Code::BadAddress))
}

pub(crate) fn notice(notice: engine::AnswerNotice) -> AnswerNotice {
    AnswerNotice {
        until: notice.until.map(|day| day.to_string()),
        propose_stop: notice.propose_stop,
    }
}
