//! The box of `dr.martin@alpha.mssante.test`.

use crate::Sample;
use crate::broken::{broken, forwarded};
use crate::chance::Chance;
use crate::compose::Mail;
use crate::people::{LABO, LEROY, MARTIN, Patient, patients};
use crate::{letters, newsletters, notices, patients as questions, reports, results};

const DAY: i64 = 86_400;
/// 18 months.
const SPAN_DAYS: i64 = 548;
/// A folder with accents, and one below it.
const TO_FILE: &str = "Résultats à classer";
const TO_FILE_BIOLOGY: &str = "Résultats à classer/Biologie";

/// At least 400 messages over the 18 months before `now_unix` (seconds since 1970), in `INBOX`, `Sent`, `Archive`,
/// `Drafts`, `Trash`, `Résultats à classer` and a folder below it, oldest first. The same for the same argument.
#[must_use]
pub fn mailbox(now_unix: i64) -> Vec<Sample> {
    let mut chance = Chance::new(0x4D41_5254_494E);
    let people = patients();
    let mut out = Vec::new();
    let mut serial = 0_u64;
    let mut last_result: Option<(u64, usize)> = None;
    for day in (0..SPAN_DAYS).rev() {
        // Few letters on week-ends; counted from the end, so that the box looks alive on any day.
        let events = if day % 7 > 4 {
            chance.below(2)
        } else {
            u64::from(chance.percent(78))
        };
        for event in 0..events.max(u64::from(day < 3)) {
            serial += 1;
            let date = now_unix - day * DAY - 900 - chance.below(8 * 3600) as i64 - event as i64 * 600;
            let who = chance.below(people.len() as u64) as usize;
            one(&mut out, serial, date, day, who, &people, &mut last_result, &mut chance);
        }
    }
    for which in 0..notices::COUNT {
        serial += 1;
        let date = now_unix - (which as i64 * 83 + 5) * DAY;
        out.push(Sample::new(
            "INBOX",
            &["\\Seen"],
            date,
            notices::notice(serial, which, date).write(),
        ));
    }
    drafts(&mut out, now_unix, &people);
    out.extend(broken(now_unix));
    out.sort_by_key(|sample| sample.internal_date_unix);
    out
}

#[allow(clippy::too_many_arguments)]
fn one(
    out: &mut Vec<Sample>,
    serial: u64,
    date: i64,
    day: i64,
    who: usize,
    people: &[Patient],
    last_result: &mut Option<(u64, usize)>,
    chance: &mut Chance,
) {
    let patient = &people[who];
    let new = day < 4;
    let received: &[&str] = if new { &[] } else { &["\\Seen"] };
    let put = |out: &mut Vec<Sample>, folder: &str, flags: &[&str], mail: &Mail| {
        out.push(Sample::new(folder, flags, mail.date_unix + 3, mail.write()));
    };
    let old = day > 200;
    match chance.below(100) {
        0..=23 => {
            let mail = letters::letter(serial, date, patient, chance);
            let folder = if old && chance.percent(60) { "Archive" } else { "INBOX" };
            let flags: &[&str] = if chance.percent(8) {
                &["\\Seen", "\\Flagged"]
            } else {
                received
            };
            put(out, folder, flags, &mail);
            if chance.percent(12) {
                let forward = forwarded(serial, date + 7200, &mail.write(), &mail.subject);
                out.push(Sample::new("INBOX", received, date + 7203, forward));
            }
        }
        24..=33 => out.extend(
            letters::thread(serial, date, patient, chance)
                .into_iter()
                .map(|mut sample| {
                    if new && sample.folder == "INBOX" {
                        sample.flags.clear();
                    }
                    sample
                }),
        ),
        34..=58 => {
            let which = [0, 0, 0, 1, 1, 2][chance.below(6) as usize];
            let mail = results::result(serial, date, patient, which, chance);
            if which == 0 {
                *last_result = Some((serial, who));
            }
            let folder = match (old, chance.below(5)) {
                (true, 0..=2) => "Archive",
                (_, 3) => TO_FILE,
                (_, 4) if which == 0 => TO_FILE_BIOLOGY,
                _ => "INBOX",
            };
            put(out, folder, received, &mail);
        }
        59..=61 => {
            if let Some((old_serial, owner)) = last_result.take() {
                put(
                    out,
                    "INBOX",
                    received,
                    &results::replacement(serial, old_serial, date, &people[owner], chance),
                );
            }
        }
        62..=76 => {
            let question = questions::question(serial, date, patient, chance);
            let answered = !new && chance.percent(45);
            let flags: &[&str] = if answered { &["\\Seen", "\\Answered"] } else { received };
            put(out, "INBOX", flags, &question);
            if answered {
                put(
                    out,
                    "Sent",
                    &["\\Seen"],
                    &questions::answer(&question, serial, date + 9000, chance.percent(40)),
                );
            }
        }
        77..=84 => {
            let folder = if chance.percent(25) { "Trash" } else { "INBOX" };
            put(out, folder, received, &newsletters::newsletter(serial, date, chance));
        }
        _ => sent_with_reports(out, serial, date, patient, received, chance),
    }
}

/// A letter that was sent, and what came back about it.
fn sent_with_reports(
    out: &mut Vec<Sample>,
    serial: u64,
    date: i64,
    patient: &Patient,
    flags: &[&str],
    chance: &mut Chance,
) {
    let id = format!("envoi.{serial:05}@alpha.mssante.test");
    let subject = format!("Avis pour {} {}", patient.birth_name, patient.first_name);
    let unknown = "dr.inconnu@beta.mssante.test";
    let mut mail = Mail::new(MARTIN, LABO, subject.clone(), date, id.clone())
        .text(format!(
            "Bonjour,\n\nMerci de me donner votre avis sur {}, né(e) le {}.\n\nDr Claire Martin\n",
            patient.spoken(),
            patient.birth_date()
        ))
        .header("Disposition-Notification-To", "<dr.martin@alpha.mssante.test>");
    let failed = chance.percent(35);
    if failed {
        mail = mail.cc(unknown);
    }
    out.push(Sample::new("Sent", &["\\Seen"], date, mail.write()));
    let ok = ("labo@beta.mssante.test", "delivered", "2.0.0", "250 2.0.0 Saved");
    let lost: reports::Fate<'_> = match chance.below(4) {
        0 => (unknown, "failed", "5.2.2", "552 5.2.2 Mailbox is full"),
        1 => (unknown, "delayed", "4.4.1", "421 4.4.1 Connection timed out"),
        2 => (unknown, "failed", "5.7.1", "550 5.7.1 Delivery not authorized"),
        _ => (unknown, "failed", "5.1.1", "550 5.1.1 User does not exist"),
    };
    let fates = if failed { vec![ok, lost] } else { vec![ok] };
    let report = reports::delivery(serial, date + 60, &id, &subject, &fates);
    out.push(Sample::new("INBOX", flags, date + 63, report));
    if chance.percent(60) {
        let what = chance.pick(&[
            "manual-action/MDN-sent-manually; displayed",
            "automatic-action/MDN-sent-automatically; processed",
            "automatic-action/MDN-sent-automatically; processed/Error: 902^Identifiant patient inconnu",
        ]);
        let from = if chance.percent(50) { LABO } else { LEROY };
        out.push(Sample::new(
            "INBOX",
            flags,
            date + 4000,
            reports::disposition(serial, date + 3998, from, &id, &subject, what),
        ));
    }
}

fn drafts(out: &mut Vec<Sample>, now: i64, people: &[Patient]) {
    for (at, (to, subject, text)) in [
        (
            LABO,
            "Demande de bilan complémentaire",
            "Bonjour,\n\nMerci d'ajouter une ferritine au bilan de ",
        ),
        (
            LEROY,
            "Remplacement du mois prochain",
            "Paul,\n\nPourrais-tu prendre mes visites du jeudi ?",
        ),
        (LABO, "", "Bonjour,"),
    ]
    .into_iter()
    .enumerate()
    {
        let date = now - 7200 - at as i64 * DAY;
        let text = if at == 0 {
            format!("{text}{}.", people[4].spoken())
        } else {
            text.to_owned()
        };
        let mail = Mail::new(MARTIN, to, subject, date, format!("brouillon.{at}@alpha.mssante.test")).text(text);
        out.push(Sample::new("Drafts", &["\\Draft", "\\Seen"], date, mail.write()));
    }
}
