//! Results that arrive as health documents: biology, imaging, letters of discharge.

use crate::chance::Chance;
use crate::compose::{File, Mail, paris};
use crate::documents::{BIOLOGY, DISCHARGE, Document, DocumentType, IMAGING, results, xdm};
use crate::letters::id;
use crate::pdf;
use crate::people::{self, MARTIN, Patient};

struct Source {
    kind: &'static DocumentType,
    sender: &'static str,
    organisation: &'static str,
    author: (&'static str, &'static str, &'static str),
    texts: &'static [&'static str],
}

const SOURCES: [Source; 3] = [
    Source {
        kind: &BIOLOGY,
        sender: people::LABO,
        organisation: "Laboratoire des Acacias",
        author: ("899700000101", "CAMPANELLE", "MARC"),
        texts: &[
            "Prélèvement du jour à jeun, conforme.",
            "Résultats transmis par téléphone pour les valeurs critiques.",
            "Prélèvement à domicile par l'infirmière. Échantillon légèrement hémolysé : potassium à interpréter avec prudence.",
        ],
    },
    Source {
        kind: &IMAGING,
        sender: people::IMAGING,
        organisation: "Centre d'imagerie du Parc",
        author: ("899700000102", "SAUVELONG", "IRIS"),
        texts: &[
            "Indication : lombalgie persistante.\n\nTechnique : scanner lombaire sans injection.\n\nRésultat : discopathie L4-L5 et L5-S1, sans conflit radiculaire net.\n\nConclusion : pas de hernie compressive.",
            "Indication : douleur de l'hypochondre droit.\n\nTechnique : échographie abdominale.\n\nRésultat : vésicule alithiasique, voies biliaires fines, foie homogène.\n\nConclusion : examen normal.",
            "Indication : dépistage organisé.\n\nTechnique : mammographie numérique deux incidences.\n\nRésultat : densité de type B, pas de foyer suspect.\n\nConclusion : ACR 2 des deux côtés.",
            "Indication : toux.\n\nTechnique : radiographie du thorax de face.\n\nRésultat : opacité de la base gauche.\n\nConclusion : foyer infectieux probable, à contrôler dans six semaines.",
        ],
    },
    Source {
        kind: &DISCHARGE,
        sender: people::SECRETARIAT,
        organisation: "Hôpital Sainte-Aure",
        author: ("899700000103", "BEAUREGARD", "LOUIS"),
        texts: &[
            "Hospitalisation du 3 au 7 pour décompensation cardiaque.\n\nÉvolution favorable sous diurétiques. Poids de sortie : 71 kg.\n\nTraitement de sortie : furosémide 40 mg, bisoprolol 2,5 mg, ramipril 5 mg.\n\nÀ faire : ionogramme dans huit jours.",
            "Hospitalisation de jour pour bilan de chute.\n\nHypotension orthostatique retrouvée.\n\nÀ faire : revoir les antihypertenseurs, kinésithérapie d'équilibre.",
        ],
    },
];

/// A message with its archive and its PDF (ECO.2.1.1). `which` chooses among biology (0), imaging (1), discharge (2).
pub(crate) fn result(serial: u64, date: i64, patient: &Patient, which: usize, chance: &mut Chance) -> Mail {
    write(serial, date, patient, &SOURCES[which % SOURCES.len()], None, chance)
}

/// The same again, replacing the document `old` (« annule et remplace »).
pub(crate) fn replacement(serial: u64, old: u64, date: i64, patient: &Patient, chance: &mut Chance) -> Mail {
    let old_id = id("document", old);
    let mut mail = write(serial, date, patient, &SOURCES[0], Some(old), chance).answering(&old_id, &[]);
    mail.subject = mail
        .subject
        .replacen("XDM/1.0/DDM+", "[Annule et remplace] XDM/1.0/DDM+", 1);
    mail
}

fn write(
    serial: u64,
    date: i64,
    patient: &Patient,
    source: &Source,
    replaces: Option<u64>,
    chance: &mut Chance,
) -> Mail {
    let text = chance.pick::<&str>(source.texts);
    let rows = if source.kind.code == BIOLOGY.code {
        results(chance)
    } else {
        Vec::new()
    };
    let mut page_text = format!(
        "{}\n{} {} né(e) le {}\nINS {}\n\n{text}\n",
        source.organisation,
        patient.birth_name,
        patient.first_name,
        patient.birth_date(),
        patient.ins
    );
    for row in &rows {
        page_text.push_str(&format!(
            "\n{} : {} {} ({}) {}",
            row.name, row.value, row.unit, row.range, row.mark
        ));
    }
    let page = pdf::page(source.kind.label, &page_text);
    let level_one = chance.percent(30);
    let document = Document {
        kind: source.kind,
        patient,
        serial,
        date_unix: date - 1800,
        author: source.author,
        organisation: source.organisation,
        text,
        rows: &rows,
        page: level_one.then_some(page.as_slice()),
        replaces,
    };
    let archive = xdm(&[document]);
    let label: String = source.kind.label.chars().take(40).collect();
    let subject = format!(
        "XDM/1.0/DDM+{label} {} {} {}",
        patient.birth_name,
        patient.first_name,
        patient.birth_date()
    );
    let pdf_name = format!(
        "{}_{}_{}_{}_{}.pdf",
        paris(date).strftime("%Y%m%d"),
        source.kind.label.replace([' ', '\''], "-"),
        patient.birth_name,
        patient.first_name,
        10_000 + serial
    );
    let zip_name = if chance.percent(85) {
        "IHE_XDM.zip"
    } else {
        "ihe_xdm.ZIP"
    };
    let zip_type = if chance.percent(85) {
        "application/zip"
    } else {
        "application/octet-stream"
    };
    Mail::new(source.sender, MARTIN, subject, date, id("document", serial))
        .text(format!(
            "Bonjour,\n\nVeuillez trouver ci-joint : {} de {} {}, né(e) le {}.\n\nCordialement,\n{}\n",
            source.kind.label,
            patient.birth_name,
            patient.first_name,
            patient.birth_date(),
            source.organisation
        ))
        .header("X-MSS-CODECDA", source.kind.code)
        .header("X-MSS-INS", if chance.percent(80) { "O" } else { "N" })
        .header("X-MSS-NIL", "ESSAI-0001")
        .header(
            "Disposition-Notification-To",
            format!("<{}", source.sender.rsplit('<').next().unwrap_or_default()),
        )
        .file(File::new(zip_name, zip_type, archive))
        .file(File::new(pdf_name, "application/pdf", page))
}
