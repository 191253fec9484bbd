//! What a verification of the journal found, in French: what is sure, where it is not, what to do, where it comes from.

use pli_contract::view::{JournalRestoration, Verification};

use super::instant;
use super::journal::traces;

/// What a verification of the journal found: what is sure, where it is not, what to do.
pub(crate) fn verification(found: &Verification) -> String {
    let mut lines = Vec::new();
    match (found.sound, &found.problem) {
        (true, _) => lines.push(match (found.first, found.last) {
            (Some(first), Some(last)) if found.count > 0 => format!(
                "Journal intact : {}, de la trace {first} à la trace {last}, chacune liée à la précédente.",
                traces(found.count)
            ),
            _ => "Journal intact : il ne contient encore aucune trace.".to_owned(),
        }),
        (false, problem) => {
            lines.push("Le journal n'est PAS intact.".to_owned());
            lines.push(broken(problem.as_deref().unwrap_or_default(), found));
            lines.push(sure(found));
            lines.push(
                "Vos messages ne sont pas touchés. À faire : n'effacez et ne modifiez rien sur ce poste, gardez les \
                 fichiers tels qu'ils sont, et prévenez le responsable de traitement."
                    .to_owned(),
            );
        }
    }
    match &found.sealed_until {
        Some(sealed) => lines.push(format!(
            "Scellé par la clé de ce poste jusqu'à la trace {}, le {}.{}",
            sealed.sequence,
            instant(&sealed.at),
            match found.unsealed {
                // Of a journal that is not intact, more cannot be said.
                _ if !found.sound => String::new(),
                0 => String::new(),
                1 => " La dernière n'est pas encore scellée.".to_owned(),
                more => format!(" Les {more} dernières ne sont pas encore scellées."),
            }
        )),
        None if found.count > 0 => lines.push("Aucun sceau n'est encore posé sur ces traces.".to_owned()),
        None => {}
    }
    if found.pruned > 0 {
        let until = found
            .pruned_until
            .map(|until| format!(", jusqu'à la trace {until}"))
            .unwrap_or_default();
        lines.push(format!(
            "Arrivées à leur terme et détruites : {}{until}. Une attestation signée en fait foi.",
            traces(found.pruned)
        ));
    }
    if found.clock_set_back > 0 {
        let places: Vec<String> = found.clock_set_back_at.iter().take(10).map(i64::to_string).collect();
        let more = if found.clock_set_back as usize > places.len() {
            "…"
        } else {
            ""
        };
        lines.push(format!(
            "L'horloge de ce poste a reculé {} fois : à la trace {}{more}. L'ordre des traces reste sûr, pas leurs heures \
             autour de là.",
            found.clock_set_back,
            places.join(", ")
        ));
    }
    lines.extend(found.restorations.iter().map(restoration));
    lines.join("\n")
}

/// Where the journal comes from: who restored it, when, from which journal.
fn restoration(restored: &JournalRestoration) -> String {
    let host = match restored.host.as_str() {
        "" => String::new(),
        host => format!(" sur le poste {host}"),
    };
    let who = match (&restored.by, &restored.by_id) {
        (Some(name), Some(id)) => format!(", par {name} ({id})"),
        (Some(one), None) | (None, Some(one)) => format!(", par {one}"),
        (None, None) if restored.trace.is_some() => ", avant que personne ne se soit identifié".to_owned(),
        (None, None) => String::new(),
    };
    let came = match restored.last {
        Some(last) => format!("jusqu'à la trace {last}"),
        None => "sans aucune trace".to_owned(),
    };
    format!(
        "Restauré le {}{host}{who} : d'après la sauvegarde du {}, {came}, du journal que scellait la clé {}. Cette clé atteste \
         celle qui scelle depuis : {}.",
        instant(&restored.restored_at),
        instant(&restored.copied_at),
        restored.from,
        restored.to
    )
}

/// What a problem is, and where.
fn broken(problem: &str, found: &Verification) -> String {
    let at = found.broken_at.unwrap_or_default();
    let until = found.broken_until.unwrap_or(at);
    let file = found.broken_file.as_deref().unwrap_or("du journal");
    // One trace or several: French agrees.
    let several = until > at;
    let agree = |one: String, more: String| if several { more } else { one };
    match problem {
        "altered" => format!("La trace {at} a été modifiée après avoir été écrite."),
        "missing" => agree(
            format!("La trace {at} a été retirée du journal."),
            format!("Les traces {at} à {until} ont été retirées du journal."),
        ),
        "inserted" => format!("La trace {at} a été ajoutée, ou renumérotée, après coup."),
        "mislabelled" => format!(
            "Ce qui sert à trouver la trace {at} ne dit pas la même chose qu'elle : un filtre pouvait la cacher. Elle-même \
             est intacte."
        ),
        "truncated" => agree(
            format!("La fin du journal a été coupée : la trace {at} n'est plus là."),
            format!("La fin du journal a été coupée : les traces {at} à {until} ne sont plus là."),
        ),
        "replaced" => format!(
            "Le fichier {file} a été remplacé : par celui d'un autre journal, d'un autre mois, ou par une copie plus ancienne."
        ),
        "rewritten" => agree(
            format!("La trace {at} a été réécrite : elle s'enchaîne, mais n'est pas celle que ce poste a scellée."),
            format!(
                "Les traces {at} à {until} ont été réécrites : elles s'enchaînent, mais ne sont pas celles que ce poste a \
                 scellées."
            ),
        ),
        "sealForged" => format!("Le sceau posé à la trace {at} n'est pas de la clé de ce poste."),
        "anchorForged" => format!(
            "L'attestation de la destruction des traces jusqu'à la trace {at} n'est pas signée par la clé de ce poste : des \
             traces ont pu être retirées avant la fin de leur conservation."
        ),
        "unreadable" if found.broken_at.is_some() => {
            format!("Le fichier {file} ne peut pas être lu à partir de la trace {at}.")
        }
        "unreadable" => format!("Le fichier {file} ne peut pas être lu."),
        "keyChanged" => {
            "La clé qui scelle ce journal n'est plus celle qui l'a scellé : ses sceaux ne prouvent plus rien."
                .to_owned()
        }
        _ => "Le journal n'est pas celui qui a été écrit.".to_owned(),
    }
}

/// What is sure all the same.
fn sure(found: &Verification) -> String {
    match (found.first, found.broken_at) {
        (Some(first), Some(at)) if at > first + 1 => format!("Sûr : les traces {first} à {} sont intactes.", at - 1),
        (Some(first), Some(at)) if at == first + 1 => format!("Sûr : la trace {first} est intacte."),
        _ => "Rien d'autre ne peut être tenu pour sûr dans ce journal.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use pli_contract::view::Sealed;

    use super::*;

    fn found(problem: Option<&str>, at: Option<i64>, until: Option<i64>) -> Verification {
        Verification {
            sound: problem.is_none(),
            count: 12,
            first: Some(1),
            last: Some(12),
            since: None,
            at: "2026-11-22T06:00:00.000+01:00".into(),
            sealed_until: Some(Sealed {
                sequence: 10,
                at: "2026-11-22T05:55:00.000+01:00".into(),
            }),
            unsealed: 2,
            clock_set_back: 0,
            clock_set_back_at: Vec::new(),
            pruned: 0,
            pruned_until: None,
            broken_at: at,
            broken_until: until,
            broken_file: None,
            problem: problem.map(str::to_owned),
            restorations: Vec::new(),
        }
    }

    #[test]
    fn a_sound_journal_says_how_far_it_is_sealed() {
        assert_eq!(
            verification(&found(None, None, None)),
            "Journal intact : 12 traces, de la trace 1 à la trace 12, chacune liée à la précédente.\n\
             Scellé par la clé de ce poste jusqu'à la trace 10, le 22/11/2026 05:55. Les 2 dernières ne sont pas encore scellées."
        );
    }

    #[test]
    fn a_restored_journal_says_who_when_and_from_which() {
        let mut found = found(None, None, None);
        let mut restored = JournalRestoration {
            copied_at: "2026-11-20T18:00:00.000+01:00".into(),
            restored_at: "2026-11-21T08:30:00.000+01:00".into(),
            last: Some(9),
            from: "aaaa".into(),
            to: "bbbb".into(),
            trace: Some(10),
            by: None,
            by_id: None,
            host: "accueil".into(),
        };
        found.restorations = vec![restored.clone()];
        let said = verification(&found);
        let line = said.lines().last().unwrap();
        assert_eq!(
            line,
            "Restauré le 21/11/2026 08:30 sur le poste accueil, avant que personne ne se soit identifié : d'après la \
             sauvegarde du 20/11/2026 18:00, jusqu'à la trace 9, du journal que scellait la clé aaaa. Cette clé atteste \
             celle qui scelle depuis : bbbb."
        );
        restored.by = Some("MARTIN Claire".into());
        restored.by_id = Some("899700000018".into());
        assert!(restoration(&restored).contains("par MARTIN Claire (899700000018)"));
        // Its trace may have come to its end.
        restored = JournalRestoration {
            trace: None,
            by: None,
            by_id: None,
            host: String::new(),
            ..restored
        };
        assert!(restoration(&restored).starts_with("Restauré le 21/11/2026 08:30 : d'après"));
    }

    #[test]
    fn each_problem_has_its_own_sentence_with_the_place_what_is_sure_and_what_to_do() {
        let words = [
            "altered",
            "missing",
            "inserted",
            "mislabelled",
            "truncated",
            "replaced",
            "rewritten",
            "sealForged",
            "anchorForged",
            "unreadable",
            "keyChanged",
        ];
        let said: Vec<String> = words
            .iter()
            .map(|word| verification(&found(Some(word), Some(7), Some(9))))
            .collect();
        for (word, text) in words.iter().zip(&said) {
            assert!(
                text.contains("PAS intact") && text.contains("responsable de traitement"),
                "{word}: {text}"
            );
            assert!(text.contains("Sûr : les traces 1 à 6 sont intactes."), "{word}: {text}");
        }
        let different: std::collections::BTreeSet<_> = said.iter().collect();
        assert_eq!(different.len(), words.len());
        assert!(said[1].contains("Les traces 7 à 9 ont été retirées du journal."));
        let one = verification(&found(Some("missing"), Some(7), Some(7)));
        assert!(one.contains("La trace 7 a été retirée du journal."), "{one}");
    }
}
