//! Rules on the operator's server, in French.

use pli_contract::view::{Answered, AutoReply, Redirect, Rules, RulesSupport, SortRule, SortThen, SortWhen, Standing};

use super::{day, instant};

/// All the rules of a box.
pub(crate) fn whole(rules: &Rules) -> String {
    let mut lines = vec![match &rules.support {
        RulesSupport::Yes => "L'opérateur applique ces règles sur son serveur.".to_owned(),
        RulesSupport::NoManageSieve => {
            return "L'opérateur n'offre pas de règles sur son serveur. Elles se règlent depuis son webmail, s'il le permet."
                .to_owned();
        }
        RulesSupport::NoExtension { name } => {
            format!("L'opérateur n'applique qu'une partie des règles : il lui manque {name}.")
        }
    }];
    match &rules.standing {
        Standing::None => lines.push("Aucune règle n'est active.".to_owned()),
        Standing::Ours => {}
        Standing::Included { name } => lines.push(format!(
            "Les règles « {name} » d'un autre logiciel restent actives à côté, telles quelles."
        )),
        Standing::ForeignAlone {
            name,
            script,
            may_include,
        } => {
            lines.push(format!(
                "Les règles « {name} » d'un autre logiciel sont actives. Elles n'ont pas été touchées, et celles d'ici ne s'appliquent pas."
            ));
            if *may_include {
                lines.push("Pour ajouter celles d'ici sans rien y changer : --include".to_owned());
            }
            lines.extend(script.lines().map(|line| format!("  | {line}")));
        }
    }
    if rules.differs {
        lines.push("Attention : les règles du serveur ont été modifiées ailleurs.".to_owned());
    }
    if let Some(reply) = &rules.answer {
        lines.extend(answer(reply));
    }
    if let Some(redirection) = &rules.redirect {
        lines.push(redirect(redirection));
    }
    lines.extend(rules.sort.iter().map(sort));
    lines.join("\n")
}

fn on(enabled: bool) -> &'static str {
    if enabled { "active" } else { "arrêtée" }
}

fn answer(reply: &AutoReply) -> Vec<String> {
    let period = match (&reply.from, &reply.until) {
        (Some(from), Some(until)) => format!("du {} au {}", day(from), day(until)),
        (Some(from), None) => format!("à partir du {}", day(from)),
        (None, Some(until)) => format!("jusqu'au {}", day(until)),
        (None, None) => "sans date de fin".to_owned(),
    };
    let who = match reply.who {
        Answered::Everyone => "à tous",
        Answered::TrustSpace => "à l'espace de confiance",
        Answered::Professionals => "aux professionnels",
    };
    let mut lines = vec![format!(
        "Réponse automatique {}, {period}, {who}, au plus une fois tous les {} jours à chacun :",
        on(reply.enabled),
        reply.every_days
    )];
    if let Some(subject) = &reply.subject {
        lines.push(format!("  Objet : {subject}"));
    }
    lines.extend(reply.text.lines().map(|line| format!("  {line}")));
    lines
}

fn redirect(redirect: &Redirect) -> String {
    let copy = if redirect.keep_copy {
        "une copie reste ici"
    } else {
        "sans copie ici"
    };
    let mut text = format!("Redirection {} vers {}, {copy}", on(redirect.enabled), redirect.to);
    if let (Some(who), Some(at)) = (&redirect.confirmed_by, &redirect.confirmed_at) {
        text.push_str(&format!(", confirmée par {who} le {}", instant(at)));
    }
    if redirect.enabled {
        text.push_str("\n  Une boîte qui n'est jamais ouverte est retirée de l'annuaire après deux mois : ouvrez-la de temps en temps.");
    }
    text
}

fn sort(rule: &SortRule) -> String {
    let when = match &rule.when {
        SortWhen::Sender { text } => format!("de {text}"),
        SortWhen::SubjectPrefix { text } => format!("dont l'objet commence par « {text} »"),
        SortWhen::HasAttachment => "avec une pièce jointe".to_owned(),
    };
    let then = match &rule.then {
        SortThen::Folder { name } => format!("rangés dans « {name} »"),
        SortThen::Flag => "marqués importants".to_owned(),
    };
    format!(
        "Tri [{}] « {} » {} : messages {when}, {then}",
        rule.id,
        rule.name,
        on(rule.enabled)
    )
}
