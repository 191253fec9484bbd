//! The smaller boxes of the local operator.

use crate::Sample;
use crate::chance::Chance;
use crate::compose::{File, Mail};
use crate::people::{CABINET, LABO, LEROY, MARTIN, SECRETARIAT, patients};
use crate::{letters, notices, patients as questions, pdf, results};

const DAY: i64 = 86_400;

/// What the box of `address` holds when the tests begin, oldest first, newest a little before `now_unix` (seconds since
/// 1970). Empty for an address that the operator does not know.
#[must_use]
pub fn for_box(address: &str, now_unix: i64) -> Vec<Sample> {
    let (count, owner) = match address {
        "dr.martin@alpha.mssante.test" => return crate::mailbox(now_unix),
        "271087511405174@patient.mssante.test" => return patient_box(now_unix),
        "dr.leroy@alpha.mssante.test" => (40, LEROY),
        "cabinet@alpha.mssante.test" => (24, CABINET),
        "secretariat@alpha.mssante.test" => (16, SECRETARIAT),
        "labo@beta.mssante.test" => (12, LABO),
        "plein@alpha.mssante.test" => return full_box(now_unix),
        _ => return Vec::new(),
    };
    let mut chance = Chance::new(address.bytes().fold(7, |sum: u64, byte| {
        u64::wrapping_add(sum.wrapping_mul(31), u64::from(byte))
    }));
    let people = patients();
    let mut out = Vec::new();
    for at in 0..count {
        let date = now_unix - (count - at) * DAY * 3 + 40_000 - chance.below(20_000) as i64;
        let patient = chance.pick(&people).clone();
        let serial = 50_000 + at as u64 + (count as u64) * 1000;
        let mut mail = match chance.below(4) {
            0 => results::result(serial, date, &patient, chance.below(3) as usize, &mut chance),
            1 => questions::question(serial, date, &patient, &mut chance),
            _ => letters::letter(serial, date, &patient, &mut chance),
        };
        if mail.from == owner {
            mail.from = MARTIN.to_owned();
        }
        mail.to = vec![owner.to_owned()];
        let flags: &[&str] = if at + 3 >= count { &[] } else { &["\\Seen"] };
        out.push(Sample::new("INBOX", flags, date + 3, mail.write()));
    }
    out.sort_by_key(|sample| sample.internal_date_unix);
    out
}

fn patient_box(now: i64) -> Vec<Sample> {
    let to = "CAMILLE ESSAIROUX <271087511405174@patient.mssante.test>";
    [
        (
            9,
            "Votre ordonnance",
            "Bonjour,\n\nVotre ordonnance est jointe. Gardez-la pour la pharmacie.\n\nDr Martin\n",
        ),
        (
            2,
            "Résultats de votre bilan",
            "Bonjour,\n\nVos résultats sont normaux. Bonne continuation.\n\nDr Martin\n",
        ),
    ]
    .into_iter()
    .map(|(days, subject, text)| {
        let mail = Mail::new(
            MARTIN,
            to,
            subject,
            now - days * DAY,
            format!("patient.{days}@alpha.mssante.test"),
        )
        .text(text)
        .header("X-MSS-MES", "FIN")
        .file(File::new("document.pdf", "application/pdf", pdf::page(subject, text)));
        Sample::new("INBOX", &[], now - days * DAY + 2, mail.write())
    })
    .collect()
}

/// A box past its quota: big old messages, and the operator's warnings.
fn full_box(now: i64) -> Vec<Sample> {
    let mut out = Vec::new();
    for at in 0..6_i64 {
        let date = now - (300 - at * 40) * DAY;
        let mut chance = Chance::new(at as u64);
        let bytes: Vec<u8> = (0..40_000).flat_map(|_| chance.next().to_le_bytes()).collect();
        let mail = Mail::new(
            SECRETARIAT,
            "plein@alpha.mssante.test",
            "Dossier numérisé",
            date,
            format!("plein.{at}@alpha.mssante.test"),
        )
        .text("Bonjour,\n\nLe dossier numérisé est joint.\n")
        .file(File::new("dossier.pdf", "application/pdf", bytes));
        out.push(Sample::new("INBOX", &["\\Seen"], date, mail.write()));
    }
    for (at, which) in [(20, 2), (10, 3)] {
        let date = now - at * DAY;
        let mut mail = notices::notice(60_000 + which as u64, which, date);
        mail.to = vec!["plein@alpha.mssante.test".to_owned()];
        out.push(Sample::new("INBOX", &[], date, mail.write()));
    }
    out
}
