//! The journal in French: traces, what a verification found, how long they are kept.

use pli_contract::view::{
    AtEnd, Checked, Collector, Exported, JournalPlace, JournalSettings, PrunePlan, Pruned, Trace,
};

use super::instant;

/// The name of an action's code; the code itself when it is not known.
pub(crate) fn action(code: &str) -> &str {
    match code {
        "connect" => "Connexion",
        "disconnect" => "Fin de connexion",
        "login" => "Authentification",
        "logout" => "Déconnexion",
        "discover" => "Découverte",
        "folders" => "Dossiers",
        "sync" => "Relève",
        "receive" => "Réception",
        "read" => "Lecture",
        "download" => "Pièce jointe",
        "search" => "Recherche",
        "send" => "Envoi",
        "append" => "Dépôt",
        "flag" => "Marquage",
        "move" => "Déplacement",
        "delete" => "Suppression",
        "quota" => "Place utilisée",
        "purge" => "Purge",
        "rule" => "Règle",
        "print" => "Impression",
        "export" => "Export",
        "file" => "Classement",
        "backup" => "Sauvegarde",
        "settings" => "Réglage",
        "lock" => "Verrouillage",
        "unlock" => "Déverrouillage",
        "start" => "Ouverture du journal",
        "collector" => "Collecteur",
        "journal_export" => "Export du journal",
        "journal_verify" => "Vérification du journal",
        "journal_prune" => "Fin de conservation",
        other => other,
    }
}

/// How many traces, with the word.
pub(super) fn traces(count: u32) -> String {
    if count < 2 {
        format!("{count} trace")
    } else {
        format!("{count} traces")
    }
}

/// What came of it, one line.
fn outcome(trace: &Trace) -> String {
    if trace.unanswered {
        "sans réponse : Pli ou le poste s'est arrêté avant de la connaître".to_owned()
    } else if trace.intended {
        "(demande)".to_owned()
    } else if trace.failed {
        format!("ÉCHEC {}", trace.response)
    } else {
        trace.response.clone()
    }
}

/// A trace in a list.
pub(crate) fn line(trace: &Trace) -> String {
    let mark = if trace.failed || trace.unanswered { "✗" } else { " " };
    let author = if trace.author.is_empty() { "-" } else { &trace.author };
    let bal = if trace.bal.is_empty() { "-" } else { &trace.bal };
    format!(
        "{:>6} {mark} {}  {author}  {bal}  {}  {}  {}",
        trace.sequence,
        instant(&trace.at),
        action(&trace.action),
        trace.request,
        outcome(trace)
    )
}

/// A trace in full.
pub(crate) fn whole(trace: &Trace) -> String {
    let mut text = format!("Trace {} : {}\n", trace.sequence, action(&trace.action));
    let mut say = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("{name} : {value}\n"));
        }
    };
    let pair = |one: &str, other: &str| match (one.is_empty(), other.is_empty()) {
        (false, false) => format!("{one}, {other}"),
        (false, true) => one.to_owned(),
        _ => other.to_owned(),
    };
    let number = |value: Option<u64>, unit: &str| value.map(|value| format!("{value} {unit}")).unwrap_or_default();
    say("Heure locale", &trace.at);
    say("Horloge", &clock(trace));
    say("Auteur", &pair(&trace.author_name, &trace.author));
    say("Identité", authenticated(&trace.authenticated));
    say("Boîte", &pair(&trace.bal, &trace.bal_kind));
    say("Demande", &trace.request);
    let folder = match &trace.folder {
        Some(name) if *name != trace.mailbox => pair(&trace.mailbox, &format!("« {name} » sur ce poste")),
        _ => trace.mailbox.clone(),
    };
    say("Dossier", &folder);
    say("Vers le dossier", &trace.target);
    say("Messages du dossier (UID)", &trace.uids);
    say("Résultat", &outcome(trace));
    say("Code amélioré", trace.enhanced.as_deref().unwrap_or_default());
    say("Durée", &format!("{} ms", trace.duration_ms));
    say("Envoyés", &number(trace.octets_out, "octets"));
    say("Reçus", &number(trace.octets_in, "octets"));
    say("Message-ID", trace.message_id.as_deref().unwrap_or_default());
    say("Identifiant dans Pli", trace.internal_id.as_deref().unwrap_or_default());
    say("Expéditeur", trace.sender.as_deref().unwrap_or_default());
    say("Destinataires", &trace.recipients.join(", "));
    say("Taille", &number(trace.size, "octets"));
    say("Poste", &pair(&trace.system, &trace.program));
    say("Nom du poste", &trace.host);
    say("Réseau", &trace.local_address);
    say("Serveur", &trace.server);
    say("Identifiant", &trace.uid);
    say("Empreinte", &trace.hash);
    say("Précédente", &trace.previous);
    text.push_str("Une trace ne contient jamais l'objet ni le contenu d'un message.");
    text
}

/// What is known of the clock's truth.
fn clock(trace: &Trace) -> String {
    let mut parts = Vec::new();
    match trace.synchronised {
        Some(true) => parts.push("synchronisée".to_owned()),
        Some(false) => parts.push("NON synchronisée".to_owned()),
        None => parts.push("synchronisation inconnue".to_owned()),
    }
    if let Some(gap) = trace.gap_ms {
        parts.push(format!("écart mesuré avec un serveur : {gap} ms"));
    }
    if let Some(back) = trace.set_back_ms {
        parts.push(format!("elle venait de reculer de {back} ms"));
    }
    parts.join(", ")
}

fn authenticated(code: &str) -> &str {
    match code {
        "code" => "Pro Santé Connect",
        "ciba" => "Pro Santé Connect (deux chiffres)",
        "certificate" => "Certificat",
        "none" => "Sans identité",
        other => other,
    }
}

/// An export that was written.
pub(crate) fn exported(exported: &Exported) -> String {
    format!(
        "{} : {}\nManifeste signé : {}\nEmpreinte de la clé : {}\nGardez les deux fichiers ensemble. Pour les vérifier, sur \
         n'importe quel poste : pli traces verify {}",
        exported.file,
        traces(exported.count),
        exported.manifest,
        exported.fingerprint,
        exported.file
    )
}

/// What the check of an export found.
pub(crate) fn checked(checked: &Checked) -> String {
    let mut lines = Vec::new();
    if checked.sound {
        lines.push(format!(
            "Export intact : {} contient {}, et c'est bien ce qui a été exporté.",
            checked.file,
            traces(checked.count)
        ));
        lines.push(match checked.depth.as_str() {
            "chain" => {
                "Vérifiés : la signature, le fichier, chaque trace, et que chacune est liée à la précédente.".to_owned()
            }
            "records" => {
                "Vérifiés : la signature, le fichier et chaque trace. Un extrait ne montre pas qu'il n'en manque pas."
                    .to_owned()
            }
            _ => "Vérifiés : la signature et le fichier, octet par octet.".to_owned(),
        });
    } else {
        lines.push("L'export n'est PAS intact.".to_owned());
        lines.push(unsound(
            checked.problem.as_deref().unwrap_or_default(),
            checked.broken_line,
        ));
        lines.push(
            "À faire : ne vous y fiez pas, gardez les deux fichiers tels qu'ils sont, et demandez un nouvel export au \
             responsable de traitement."
                .to_owned(),
        );
    }
    let by = match (&checked.by_id, checked.by.is_empty()) {
        (Some(id), false) => format!(" par {} ({id})", checked.by),
        (Some(id), true) => format!(" par {id}"),
        (None, false) => format!(" par {}", checked.by),
        (None, true) => String::new(),
    };
    let who = checked
        .at
        .as_ref()
        .map(|at| format!("Exporté le {}{by}.", instant(at)))
        .unwrap_or_default();
    let period = match (&checked.since, &checked.until) {
        (Some(since), Some(until)) => format!("Période demandée : du {} au {}.", instant(since), instant(until)),
        (Some(since), None) => format!("Période demandée : depuis le {}.", instant(since)),
        (None, Some(until)) => format!("Période demandée : jusqu'au {}.", instant(until)),
        (None, None) if checked.everything => "Période demandée : tout le journal.".to_owned(),
        (None, None) => String::new(),
    };
    let span = match (checked.first, checked.last) {
        (Some(first), Some(last)) => format!("Traces {first} à {last} du journal {}.", checked.journal),
        _ if checked.journal.is_empty() => String::new(),
        _ => format!("Journal {}.", checked.journal),
    };
    let pruned = match checked.pruned {
        0 => String::new(),
        count => format!("Arrivées à leur terme et détruites auparavant : {}.", traces(count)),
    };
    lines.extend([who, period, span, pruned].into_iter().filter(|line| !line.is_empty()));
    if checked.vouched {
        lines.push(format!("Signé par la clé attendue : {}.", checked.fingerprint));
    } else if !checked.fingerprint.is_empty() {
        lines.push(format!(
            "Empreinte de la clé : {}. Comparez-la à celle que donne le poste d'origine (pli traces settings), reçue par un \
             autre chemin que ces fichiers : sans cela, rien ne dit de quel poste ils viennent.",
            checked.fingerprint
        ));
    }
    lines.join("\n")
}

/// What is not as it should be in an export.
fn unsound(problem: &str, line: Option<i64>) -> String {
    let place = line.map(|line| format!(" à la ligne {line}")).unwrap_or_default();
    match problem {
        "manifestUnreadable" => "Le manifeste n'est pas de ceux que Pli écrit, ou il est abîmé.".to_owned(),
        "manifestForged" => {
            "Le manifeste n'est pas signé par la clé qu'il nomme : il a été modifié, ou fabriqué.".to_owned()
        }
        "anotherKey" => "Le manifeste est signé, mais par une autre clé que celle que vous attendez.".to_owned(),
        "anotherFile" => "Le manifeste est celui d'un autre fichier.".to_owned(),
        "changed" => "Le fichier a été modifié depuis l'export.".to_owned(),
        "shortened" => "Le fichier a été coupé : sa fin manque.".to_owned(),
        "lengthened" => "Quelque chose a été ajouté au fichier depuis l'export.".to_owned(),
        "recordAltered" => format!("Une trace n'est pas celle qui a été écrite{place}."),
        "chainBroken" => format!("Une trace ne suit pas la précédente{place} : il en manque, ou il en a été ajouté."),
        "miscounted" => "Le fichier ne contient pas le nombre de traces que dit le manifeste.".to_owned(),
        "sealForged" => "Le sceau que cite le manifeste n'est pas de ce journal.".to_owned(),
        "anchorForged" => "L'attestation de destruction que cite le manifeste n'est pas de ce journal.".to_owned(),
        _ => format!("Ce fichier n'est pas ce qui a été exporté{place}."),
    }
}

/// How long traces are kept.
pub(crate) fn settings(settings: &JournalSettings) -> String {
    let fixed = |fixed: bool| if fixed { " (fixé par votre organisation)" } else { "" };
    let mut lines = vec![
        format!(
            "Traces : gardées {} mois{}",
            settings.months,
            fixed(settings.months_fixed)
        ),
        format!(
            "Journal technique : gardé {} mois{}",
            settings.technical_months,
            fixed(settings.technical_fixed)
        ),
        format!(
            "À leur terme : {}{}",
            at_end(settings.at_end),
            fixed(settings.at_end_fixed)
        ),
    ];
    if let Some(since) = &settings.since {
        lines.push(format!("Plus ancienne trace : {}", instant(since)));
    }
    if let Some(next) = &settings.next_expiry {
        lines.push(format!("Prochaine fin de conservation : {}", instant(next)));
    }
    if settings.expiry_waits {
        lines.push(
            "L'heure de ce poste n'est pas sûre : rien n'est détruit tant qu'elle ne l'est pas. Réglez-la.".to_owned(),
        );
    }
    lines.push(format!("Empreinte de la clé qui scelle : {}", settings.fingerprint));
    lines.push(match settings.place {
        JournalPlace::Keyring => "Clés du journal : dans le trousseau de ce poste".to_owned(),
        JournalPlace::File => {
            "Clés du journal : dans un fichier chiffré du profil, faute de trousseau sur ce poste".to_owned()
        }
    });
    match &settings.collector {
        Some(found) => lines.push(collector(found)),
        None => lines.push("Collecteur de l'organisation : aucun".to_owned()),
    }
    lines.join("\n")
}

fn collector(collector: &Collector) -> String {
    let mut text = format!("Collecteur de l'organisation : {}", collector.address);
    if let Some(confirmed) = &collector.last_confirmed {
        text.push_str(&format!(
            ", confirmé jusqu'à la trace {} le {}",
            confirmed.sequence,
            instant(&confirmed.at)
        ));
    }
    if collector.waiting > 0 {
        text.push_str(&format!(", en attente : {}", traces(collector.waiting)));
    }
    if collector.missing > 0 {
        text.push_str(&format!(
            ", arrivées à leur terme avant d'avoir pu partir : {}",
            traces(collector.missing)
        ));
    }
    if let Some(trouble) = &collector.trouble {
        text.push_str(&format!("\n  {trouble}"));
    }
    text
}

fn at_end(at_end: AtEnd) -> &'static str {
    match at_end {
        AtEnd::Destroy => "détruites",
        AtEnd::Anonymise => "remplacées par des comptes anonymes, puis détruites",
    }
}

/// What a destruction would take.
pub(crate) fn plan(plan: &PrunePlan, end: AtEnd) -> String {
    match (&plan.since, &plan.until) {
        (Some(since), Some(until)) if plan.count > 0 => format!(
            "À détruire : {}, du {} au {}. Elles seront {}. Une attestation signée restera, et le reste du journal se \
             vérifiera toujours.",
            traces(plan.count),
            instant(since),
            instant(until),
            at_end(end)
        ),
        _ => "Aucune trace n'est antérieure à cette date : rien n'est à détruire.".to_owned(),
    }
}

/// What a destruction took.
pub(crate) fn pruned(pruned: &Pruned) -> String {
    match pruned.count {
        0 => "Rien n'a été détruit.".to_owned(),
        1 => "1 trace a été détruite. Une attestation signée en fait foi.".to_owned(),
        count => format!("{count} traces ont été détruites. Une attestation signée en fait foi."),
    }
}

#[cfg(test)]
mod tests {
    use pli_engine::pli_trace::Action;

    use super::*;

    #[test]
    fn every_action_has_a_french_name() {
        for known in Action::ALL {
            assert_ne!(action(known.as_str()), known.as_str());
        }
    }
}
