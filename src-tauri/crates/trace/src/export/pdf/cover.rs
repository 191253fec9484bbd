//! The report's first page: who asked for what, what the journal holds, what the report proves and what it does not.

use std::collections::BTreeMap;

use super::Context;
use crate::entry::{Action, Record};
use crate::export::french;
use crate::verify::hex;

/// The report's title.
pub(super) const TITLE: &str = "Rapport des traces, pour une demande judiciaire";
/// The title of the table.
pub(super) const TRACES: &str = "Les traces";

/// A part of the first page.
pub(super) enum Part {
    /// The title of a section.
    Section(&'static str),
    /// A paragraph.
    Text(String),
    /// Something and its name.
    Field(&'static str, String),
    /// How many traces of each action.
    Counts(Vec<Count>),
}

/// The traces of one action.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Count {
    pub(super) action: &'static str,
    pub(super) all: u64,
    pub(super) failed: u64,
    pub(super) unanswered: u64,
}

/// The first page of the report of these traces.
pub(super) fn parts(records: &[Record], context: &Context<'_>) -> Vec<Part> {
    let counts = counts(records);
    let mut parts = vec![Part::Text(
        "Ce document présente les traces qu'un poste de messagerie sécurisée de santé (MSSanté) a gardées des actions \
         faites sur ses boîtes aux lettres : qui a fait quoi, quand, ce qui a été demandé au serveur et ce qu'il a répondu."
            .to_owned(),
    )];
    parts.push(Part::Section("La demande"));
    let about = context.about;
    parts.push(Part::Field("Établi par", requester(context)));
    let offset = about.at.offset().seconds();
    parts.push(Part::Field("Établi le", moment(about.at.timestamp(), offset)));
    parts.push(Part::Field(
        "Au moyen de",
        format!("{}, sur le poste {}", about.software, about.host),
    ));
    parts.push(Part::Field("Période demandée", period(context, offset)));
    parts.push(Part::Field("Autres filtres", filters(context)));
    parts.push(Part::Section("Ce que le journal contient"));
    parts.push(Part::Field("Traces retenues", kept(records, &counts)));
    if let (Some(first), Some(last)) = (
        records.iter().min_by_key(|record| record.entry.at),
        records.iter().max_by_key(|record| record.entry.at),
    ) {
        parts.push(Part::Field(
            "De la première à la dernière",
            format!(
                "{} – {}",
                french::local(first.entry.at, first.entry.utc_offset),
                french::local(last.entry.at, last.entry.utc_offset)
            ),
        ));
    }
    parts.push(Part::Field("Fin de conservation", pruned(context, offset)));
    parts.push(Part::Field("Journal", hex(&context.source.journal)));
    parts.push(Part::Field("Empreinte de sa clé", context.source.fingerprint()));
    parts.push(Part::Field("Dernier sceau", sealed(context, offset)));
    parts.push(Part::Section("Ce que ce rapport prouve, et ce qu'il ne prouve pas"));
    for sentence in PROOF {
        parts.push(Part::Text((*sentence).to_owned()));
    }
    if !counts.is_empty() {
        parts.push(Part::Section("Les traces retenues, par action"));
        parts.push(Part::Counts(counts));
    }
    parts
}

fn requester(context: &Context<'_>) -> String {
    let by = &context.about.by;
    if by.name.is_empty() && by.national_id.is_none() {
        return "personne n'était authentifié sur ce poste".to_owned();
    }
    let id = by.national_id.as_ref().map(|id| format!(", identifiant national {id}"));
    let method = french::authentication(by.method);
    format!("{}{} ({method})", by.name, id.unwrap_or_default())
}

const PROOF: &[&str] = &[
    "1. Ce fichier est accompagné de son manifeste (même nom, suivi de « .manifeste.json »), signé par la clé de ce poste : si un \
     seul octet de l'un ou de l'autre a changé, la commande « pli traces verify » le dit, sur n'importe quelle machine et sans \
     les données de Pli.",
    "2. Chaque trace porte l'empreinte SHA-256 de celle qui la précède, et le journal est scellé par cette clé à intervalles \
     réguliers : sur le poste, une trace modifiée, retirée ou ajoutée se voit à la vérification du journal.",
    "3. Les heures sont celles de l'horloge du poste ; ce que l'on savait alors de son exactitude, et tout recul de cette horloge, \
     sont notés avec chaque trace.",
    "4. Il ne prouve pas à qui est la clé : comparez son empreinte, ci-dessus, à celle que l'on relève sur le poste ou que l'on \
     tient d'une autre voie ; qui détient à la fois le poste, déverrouillé, et cette clé pourrait signer un autre journal.",
    "5. Aucune trace ne contient l'objet, le texte ni les pièces jointes d'un message ; « Sans réponse » veut dire que le résultat \
     d'une demande n'est jamais parvenu au poste, et que l'on ignore si le serveur l'a exécutée.",
    "Ce rapport montre tout ce qui est tracé ; l'export JSON Lines y ajoute les octets exacts de chaque trace, pour recalculer les \
     empreintes.",
];

fn counts(records: &[Record]) -> Vec<Count> {
    let mut by_action: BTreeMap<usize, Count> = BTreeMap::new();
    for record in records {
        let action = record.entry.action;
        let place = Action::ALL.iter().position(|one| *one == action).unwrap_or_default();
        let count = by_action.entry(place).or_insert(Count {
            action: french::action(action),
            ..Count::default()
        });
        count.all += 1;
        count.failed += u64::from(record.entry.is_failure());
        count.unanswered += u64::from(record.unanswered);
    }
    by_action.into_values().collect()
}

fn kept(records: &[Record], counts: &[Count]) -> String {
    let failed: u64 = counts.iter().map(|count| count.failed).sum();
    let unanswered: u64 = counts.iter().map(|count| count.unanswered).sum();
    let mut out = french::counted(records.len() as u64, "trace", "traces");
    if failed > 0 {
        out.push_str(&format!(
            ", dont {}",
            french::counted(failed, "échec ou refus", "échecs ou refus")
        ));
    }
    if unanswered > 0 {
        let between = if failed > 0 { " et" } else { ", dont" };
        out.push_str(&format!("{between} {} sans réponse", french::number(unanswered)));
    }
    out
}

fn period(context: &Context<'_>, offset: i32) -> String {
    let day = |at| french::local(at, offset);
    match (context.filter.from, context.filter.until) {
        (None, None) => "tout ce que le journal garde".to_owned(),
        (Some(from), None) => format!("à partir du {}", day(from)),
        (None, Some(until)) => format!("avant le {}", day(until)),
        (Some(from), Some(until)) => format!("du {}, inclus, au {}, exclu", day(from), day(until)),
    }
}

fn filters(context: &Context<'_>) -> String {
    let filter = context.filter;
    let mut out = Vec::new();
    if let Some(bal) = &filter.bal {
        out.push(format!("boîte {bal}"));
    }
    if let Some(author) = &filter.author {
        out.push(format!("auteur n°\u{a0}{author}"));
    }
    if let Some(action) = filter.action {
        out.push(format!("action « {} »", french::action(action)));
    }
    if filter.failures_only {
        out.push("échecs et refus seuls".to_owned());
    }
    if let Some(correspondent) = &filter.correspondent {
        out.push(format!("correspondant dont l'adresse contient « {correspondent} »"));
    }
    if let Some(message) = &filter.message {
        out.push(format!("message {message}"));
    }
    if filter.intentions {
        out.push("demandes comprises, et non leurs seuls résultats".to_owned());
    }
    if out.is_empty() {
        "aucun".to_owned()
    } else {
        out.join(" ; ")
    }
}

fn pruned(context: &Context<'_>, offset: i32) -> String {
    let source = &context.source;
    match source.anchors.last() {
        None => "aucune trace n'a encore été détruite".to_owned(),
        Some(last) => format!(
            "{} au terme de leur durée de conservation, en {} ; la dernière fois le {}, jusqu'à la trace n°\u{a0}{}",
            french::counted(source.pruned(), "trace détruite", "traces détruites"),
            french::counted(source.anchors.len() as u64, "fois", "fois"),
            moment(last.at, offset),
            french::number(last.last.0)
        ),
    }
}

fn sealed(context: &Context<'_>, offset: i32) -> String {
    match &context.source.seal {
        None => "aucun encore".to_owned(),
        Some(seal) => format!(
            "le {}, jusqu'à la trace n°\u{a0}{}",
            moment(seal.at, offset),
            french::number(seal.sequence.0)
        ),
    }
}

/// A moment to the second, with its offset.
fn moment(at: jiff::Timestamp, offset: i32) -> String {
    let local = french::local(at, offset);
    let second = local.split_once(',').map_or(local.as_str(), |(second, _)| second);
    format!("{second} ({})", french::zone(offset))
}
