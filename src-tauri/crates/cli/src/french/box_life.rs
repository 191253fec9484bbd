//! Life of boxes, in French.

use pli_contract::view::{BoxLife, BoxNotice};

use super::purge::messages;
use super::{day, instant, octets};

/// What is to be known of a box.
pub(crate) fn life(address: &str, life: &BoxLife) -> String {
    let mut lines = vec![match (&life.opened_at, life.days_without) {
        (Some(at), Some(0)) => format!("{address} : ouverte aujourd'hui ({})", instant(at)),
        (Some(at), Some(1)) => format!("{address} : ouverte hier ({})", instant(at)),
        (Some(at), Some(days)) => format!("{address} : ouverte il y a {days} jours ({})", instant(at)),
        _ => format!("{address} : jamais ouverte d'ici"),
    }];
    match &life.notice {
        Some(BoxNotice::Unused45 { unpublished_on }) => lines.push(format!(
            "Elle n'a pas été ouverte depuis 45 jours : sans cela, elle sera retirée de l'annuaire le {}. Pour l'ouvrir : pli sync",
            day(unpublished_on)
        )),
        Some(BoxNotice::Leaving {
            count,
            octets: weight,
            first_on,
        }) => lines.push(format!(
            "L'opérateur va supprimer {} jamais classés ({}), à partir du {}. Pour les garder ici : pli account keep {address}",
            messages(*count),
            octets(*weight),
            day(first_on)
        )),
        None => {}
    }
    let operator = &life.operator;
    lines.push(format!("Opérateur : {}", operator.name));
    if let Some(days) = operator.deletes_after_days {
        lines.push(format!("  supprime les messages reçus après {days} jours"));
    }
    if let Some(days) = operator.purges_sent_after_days {
        lines.push(format!("  supprime les messages envoyés après {days} jours"));
    }
    if let Some(address) = &operator.web_mail {
        lines.push(format!("  webmail : {address}"));
    }
    lines.extend(operator.removal.iter().map(|line| format!("  {line}")));
    lines.push(match life.retention.offline_months {
        Some(months) => {
            format!("Sur ce poste : les messages des {months} derniers mois ; les autres se relisent en ligne.")
        }
        None => "Sur ce poste : tous les messages.".to_owned(),
    });
    if life.kept_locally > 0 {
        lines.push(format!(
            "Gardés sur ce poste seulement : {}",
            messages(life.kept_locally)
        ));
    }
    lines.join("\n")
}
