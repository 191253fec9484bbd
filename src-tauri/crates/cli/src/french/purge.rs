//! Purges, in French: the plan, the report, what runs by itself.

use pli_contract::view::{DocumentKind, Every, Kept, KeptWhy, Purge, PurgeAbout, PurgeSchedule, PurgeState};

use super::{code, day, failure, instant, octets};

/// `1 message`, `12 messages`.
pub(crate) fn messages(count: u32) -> String {
    match count {
        0 => "aucun message".to_owned(),
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    }
}

fn about(purge: &Purge) -> String {
    match purge.scope {
        PurgeAbout::Sent { older_than_days, .. } => {
            format!("messages envoyés depuis plus de {older_than_days} jours")
        }
        PurgeAbout::Trash { older_than_days: 0 } => "corbeille".to_owned(),
        PurgeAbout::Trash { older_than_days } => format!("corbeille, plus de {older_than_days} jours"),
        PurgeAbout::Chosen => "messages choisis".to_owned(),
    }
}

fn state(state: PurgeState) -> &'static str {
    match state {
        PurgeState::Planned => "plan",
        PurgeState::Running => "en cours",
        PurgeState::Stopped => "arrêtée",
        PurgeState::Done => "terminée",
        PurgeState::Failed => "interrompue",
    }
}

/// Why a message is kept.
pub(crate) fn why(why: KeptWhy) -> &'static str {
    match why {
        KeptWhy::TooRecent => "trop récents",
        KeptWhy::Flagged => "marqués importants",
        KeptWhy::FateUnknown => "dont la remise n'est pas connue",
        KeptWhy::NotFiled => "d'un patient et pas encore classés",
        KeptWhy::Unread => "non lus",
        KeptWhy::HandledBySomebody => "pris en charge par quelqu'un",
        KeptWhy::NotStoredHere => "pas encore copiés sur ce poste",
        KeptWhy::FlaggedSince => "marqués importants entre-temps",
        KeptWhy::AnotherMessage => "dont un autre message a pris la place",
        KeptWhy::ChangedSince => "modifiés entre-temps",
    }
}

/// What a message carries.
pub(crate) fn kind(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Document => "documents de santé",
        DocumentKind::Pdf => "PDF",
        DocumentKind::Image => "images",
        DocumentKind::Other => "autres pièces jointes",
        DocumentKind::None => "sans pièce jointe",
    }
}

fn all_kept(text: &mut String, head: &str, kept: &[Kept]) {
    for kept in kept {
        text.push_str(&format!("\n  {head} : {}, {}", messages(kept.count), why(kept.why)));
    }
}

/// A plan before anything is done.
pub(crate) fn plan(purge: &Purge) -> String {
    let folder = match &purge.folder_name {
        Some(name) => format!(" (dossier « {name} »)"),
        None => String::new(),
    };
    let mut text = format!("Plan n° {} : {}{folder}", purge.id, about(purge));
    if purge.count == 0 {
        text.push_str("\n  à supprimer : aucun message");
    } else {
        text.push_str(&format!(
            "\n  à supprimer chez l'opérateur : {}, {}",
            messages(purge.count),
            octets(purge.octets)
        ));
        if let (Some(oldest), Some(newest)) = (&purge.oldest, &purge.newest) {
            text.push_str(&format!("\n  du {} au {}", day(oldest), day(newest)));
        }
    }
    for group in &purge.groups {
        text.push_str(&format!(
            "\n    {} : {}, {}",
            kind(group.kind),
            messages(group.count),
            octets(group.octets)
        ));
    }
    all_kept(&mut text, "gardés", &purge.kept);
    text.push_str(if purge.keep_local {
        "\n  une copie de chacun reste sur ce poste"
    } else {
        "\n  la copie de ce poste est supprimée aussi"
    });
    if let Some(obstacle) = purge.obstacle {
        text.push_str(&format!("\n{}", code(obstacle)));
    }
    text
}

/// A plan that a schedule made and does not carry out by itself.
pub(crate) fn waits(purge: &Purge) -> String {
    format!(
        "Une purge prévue attend votre accord : rien n'a été supprimé.\n{}\nPour l'exécuter : pli purge resume {}",
        plan(purge),
        purge.id
    )
}

/// What became of a purge.
pub(crate) fn report(purge: &Purge) -> String {
    if purge.state == PurgeState::Planned {
        return plan(purge);
    }
    let mut text = format!("Purge n° {} : {}, {}", purge.id, about(purge), state(purge.state));
    text.push_str(&format!("\n  supprimés : {} sur {}", purge.done, purge.count));
    if purge.already_gone > 0 {
        text.push_str(&format!("\n  déjà absents du serveur : {}", purge.already_gone));
    }
    all_kept(&mut text, "épargnés", &purge.spared);
    if purge.left > 0 {
        text.push_str(&format!("\n  restants : {}", messages(purge.left)));
    }
    if let (Some(before), Some(after)) = (purge.quota_before, purge.quota_after) {
        text.push_str(&format!(
            "\n  place occupée : {} avant, {} après",
            octets(before),
            octets(after)
        ));
    }
    if let Some(problem) = &purge.problem {
        text.push_str(&format!("\n{}", failure(problem)));
    }
    if purge.state == PurgeState::Stopped {
        text.push_str(&format!(
            "\nElle reprendra là où elle en est : pli purge resume {}",
            purge.id
        ));
    }
    text
}

/// One line of a list.
pub(crate) fn line(purge: &Purge) -> String {
    format!(
        "{:>6}  {}  {} : {}, {} sur {}",
        purge.id,
        instant(&purge.planned_at),
        about(purge),
        state(purge.state),
        purge.done,
        messages(purge.count)
    )
}

/// How often.
pub(crate) fn every(every: Every) -> &'static str {
    match every {
        Every::Daily => "chaque jour",
        Every::Weekly => "chaque semaine",
        Every::Monthly => "chaque mois",
    }
}

/// What runs by itself.
pub(crate) fn schedule(schedule: &PurgeSchedule) -> String {
    let mut text = if schedule.enabled {
        format!(
            "Purge automatique {} des messages envoyés depuis plus de {} jours.",
            every(schedule.every),
            schedule.older_than_days
        )
    } else {
        "Pas de purge automatique.".to_owned()
    };
    let kept: Vec<&str> = [
        (schedule.keep_flagged, "ce qui est marqué important"),
        (schedule.keep_unknown_fate, "ce dont la remise n'est pas connue"),
        (schedule.keep_unfiled, "ce qui concerne un patient et n'est pas classé"),
    ]
    .into_iter()
    .filter_map(|(keeps, what)| keeps.then_some(what))
    .collect();
    if !kept.is_empty() {
        text.push_str(&format!("\n  gardés : {}", kept.join(", ")));
    }
    text.push_str(if schedule.keep_local {
        "\n  une copie reste sur ce poste"
    } else {
        "\n  la copie de ce poste est supprimée aussi"
    });
    if let Some(days) = schedule.trash_older_than_days {
        text.push_str(&format!("\n  corbeille : vidée de ce qui a plus de {days} jours"));
    }
    if let Some(last) = &schedule.last_run {
        text.push_str(&format!("\n  dernière fois : {}", instant(last)));
    }
    if let Some(next) = &schedule.next_run {
        text.push_str(&format!("\n  prochaine fois : {}", instant(next)));
    }
    if let Some(waits) = schedule.waits {
        text.push_str(&format!(
            "\nUn plan bien plus grand que le précédent attend votre accord : pli purge show {waits}, puis pli purge resume {waits}"
        ));
    }
    if schedule.fixed {
        text.push_str("\nVotre organisation a fixé ce réglage.");
    }
    text
}
