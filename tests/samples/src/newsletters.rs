//! Newsletters and invitations in HTML: styles, tables, remote pictures, inline pictures.

use crate::chance::Chance;
use crate::compose::{File, Mail};
use crate::people::MARTIN;

const TOPICS: [(&str, &str); 8] = [
    (
        "La lettre de la CPTS des Deux Rives",
        "Soins non programmés : le planning de garde du trimestre est en ligne. La réunion de coordination aura lieu jeudi à 20 h.",
    ),
    (
        "Formation : insuffisance cardiaque au cabinet",
        "Deux soirées, six cas cliniques, une attestation. Inscription avant la fin du mois.",
    ),
    (
        "Veille sanitaire régionale",
        "Le nombre de syndromes grippaux augmente. Pensez à la vaccination des personnes fragiles.",
    ),
    (
        "Votre messagerie évolue",
        "Une maintenance est prévue dimanche de 2 h à 4 h. Aucun message ne sera perdu.",
    ),
    (
        "Rencontres ville-hôpital",
        "Le service de gériatrie de l'hôpital Sainte-Aure présente sa nouvelle ligne téléphonique directe.",
    ),
    (
        "Actualités du médicament",
        "Rupture d'approvisionnement en amoxicilline pédiatrique : conduite à tenir et solutions de remplacement.",
    ),
    (
        "Dépistage organisé : vos indicateurs",
        "Le taux de participation au dépistage colorectal progresse de deux points sur le territoire.",
    ),
    (
        "Enquête : votre usage de la télé-expertise",
        "Dix questions, trois minutes. Vos réponses restent anonymes.",
    ),
];

/// A pixel, then a green square: a PNG small enough to be written here.
pub(crate) const PICTURE: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 6,
    0, 0, 0, 0x1F, 0x15, 0xC4, 0x89, 0, 0, 0, 13, b'I', b'D', b'A', b'T', 0x78, 0x9C, 0x63, 0x60, 0xF8, 0x5F, 0x0F, 0,
    2, 0x85, 1, 0x80, 0xEB, 0x47, 0xBA, 0x92, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];

/// A newsletter.
pub(crate) fn newsletter(serial: u64, date: i64, chance: &mut Chance) -> Mail {
    let (title, text) = chance.pick(&TOPICS);
    let html = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{title}</title><style>body{{background:#eef url('https://images.exemple.test/fond.png')}}\
h1{{color:#155}}</style></head><body bgcolor=\"#eeeeff\"><table width=\"600\" align=\"center\" cellpadding=\"12\" style=\"background-color:#fff;border:1px solid #cde\">\
<tr><td><img src=\"cid:logo.{serial}@beta.mssante.test\" width=\"48\" height=\"48\" alt=\"Logo\"></td><td><h1 style=\"font-size:20px;margin:0\">{title}</h1></td></tr>\
<tr><td colspan=\"2\"><p>Chères consœurs, chers confrères,</p><p>{text}</p><ul><li>Pour en savoir plus : <a href=\"https://cpts.exemple.test/lettre/{serial}\">lire la suite</a></li>\
<li>Agenda : <a href=\"https://cpts.exemple.test/agenda\">cpts.exemple.test/agenda</a></li></ul>\
<img src=\"https://images.exemple.test/photo-{serial}.jpg\" width=\"560\" alt=\"Photographie\"></td></tr></table>\
<p style=\"font-size:11px;color:#777;text-align:center\"><a href=\"https://cpts.exemple.test/desinscription?x={serial}\">Se désinscrire</a></p>\
<img src=\"https://suivi.exemple.test/ouvert.gif?m={serial}\" width=\"1\" height=\"1\" alt=\"\"></body></html>"
    );
    let mut logo = File::new("logo.png", "image/png", PICTURE.to_vec());
    logo.cid = Some(format!("logo.{serial}@beta.mssante.test"));
    Mail::new(
        "CPTS des Deux Rives <lettre@beta.mssante.test>",
        MARTIN,
        *title,
        date,
        format!("lettre.{serial:05}@beta.mssante.test"),
    )
    .text(format!(
        "{title}\n\n{text}\n\nhttps://cpts.exemple.test/lettre/{serial}\n"
    ))
    .html(html)
    .file(logo)
    .header("List-Id", "Lettre de la CPTS <lettre.cpts.beta.mssante.test>")
    .header(
        "List-Unsubscribe",
        format!("<https://cpts.exemple.test/desinscription?x={serial}>"),
    )
    .header("Precedence", "bulk")
}
