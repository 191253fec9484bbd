//! Letters between colleagues, and the exchanges they start.

use crate::Sample;
use crate::chance::Chance;
use crate::compose::{File, Mail, paris};
use crate::letters_tables::SPECIALTIES;
use crate::pdf;
use crate::people::{MARTIN, Patient};

/// One letter, with a PDF every second time.
pub(crate) fn letter(serial: u64, date: i64, patient: &Patient, chance: &mut Chance) -> Mail {
    let specialty = chance.pick(&SPECIALTIES);
    let text = body(specialty, patient, chance);
    let subject = format!("{} — {} {}", specialty.subject, patient.birth_name, patient.first_name);
    let mut mail = Mail::new(specialty.sender, MARTIN, subject, date, id("courrier", serial)).text(text.clone());
    if chance.percent(50) {
        let name = format!(
            "{}_courrier_{}_{}.pdf",
            paris(date).strftime("%Y%m%d"),
            patient.birth_name,
            patient.first_name
        );
        mail = mail.file(File::new(name, "application/pdf", pdf::page(specialty.subject, &text)));
    }
    if chance.percent(30) {
        mail = mail.header("Disposition-Notification-To", "<accuses@beta.mssante.test>");
    }
    mail
}

fn body(specialty: &crate::letters_tables::Specialty, patient: &Patient, chance: &mut Chance) -> String {
    let hello = chance.pick(&[
        "Chère consœur,",
        "Cher confrère, chère consœur,",
        "Bonjour Claire,",
        "Docteur,",
    ]);
    let thanks = chance.pick(&[
        "Merci de m'avoir confié",
        "J'ai vu ce jour en consultation",
        "Je te remercie de m'avoir adressé",
        "Je vous donne des nouvelles de",
    ]);
    let end = chance.pick(&[
        "Bien confraternellement,",
        "Avec mes meilleures salutations confraternelles,",
        "Amitiés,",
        "Je reste à votre disposition pour en parler.",
    ]);
    let signature = specialty
        .sender
        .split(" <")
        .next()
        .unwrap_or_default()
        .replace('_', " ");
    format!(
        "{hello}\n\n{thanks} {}, né{} le {}, {}.\n\n{}\n\nAu total : {}\n\n{end}\n\n{signature}\n",
        patient.spoken(),
        if patient.sex == 'F' { "e" } else { "" },
        patient.birth_date(),
        chance.pick(specialty.reasons),
        chance.pick(specialty.findings),
        chance.pick(specialty.conclusions),
    )
}

/// A letter, the answers to it, and the answers' answers: received ones in the inbox, sent ones in `Sent`.
pub(crate) fn thread(serial: u64, date: i64, patient: &Patient, chance: &mut Chance) -> Vec<Sample> {
    let first = letter(serial, date, patient, chance);
    let (other, subject) = (first.from.clone(), first.subject.clone());
    let mut chain: Vec<String> = Vec::new();
    let mut parent = first.id.clone();
    let mut quoted = first.text.clone();
    let mut when = date;
    let mut out = vec![Sample::new("INBOX", &["\\Seen", "\\Answered"], date, first.write())];
    let turns = 1 + chance.below(4);
    for turn in 0..turns {
        when += 3600 + chance.below(40 * 3600) as i64;
        let mine = turn % 2 == 0;
        let (from, to, folder) = if mine {
            (MARTIN, other.as_str(), "Sent")
        } else {
            (other.as_str(), MARTIN, "INBOX")
        };
        let answer = chance.pick(&ANSWERS);
        let line = paris(when - 3000).strftime("%d/%m/%Y à %H:%M").to_string();
        let text = format!("{answer}\n\nLe {line}, vous avez écrit :\n{}", quote(&quoted));
        let own_id = format!(
            "fil-{serial}-{turn}@{}",
            if mine {
                "alpha.mssante.test"
            } else {
                "beta.mssante.test"
            }
        );
        let mail = Mail::new(from, to, format!("Re: {subject}"), when, own_id.clone())
            .text(text.clone())
            .answering(&parent, &chain);
        out.push(Sample::new(folder, &["\\Seen"], when, mail.write()));
        chain.push(parent);
        parent = own_id;
        quoted = text;
    }
    out
}

const ANSWERS: [&str; 8] = [
    "Merci pour ce retour rapide. Je la revois la semaine prochaine et je vous tiens au courant.",
    "Bien reçu. J'ai modifié l'ordonnance en conséquence, le patient est prévenu.",
    "Entendu. Peut-on avancer le rendez-vous ? La douleur s'est aggravée depuis lundi.",
    "Je vous remercie. Le dernier bilan est joint au dossier, la créatinine est à 94 µmol/l.",
    "C'est noté de mon côté. Un créneau vous est réservé jeudi à 11 h 15.",
    "Merci beaucoup. La famille demande si l'hospitalisation de jour reste prévue.",
    "D'accord pour ce traitement. Je ferai contrôler le potassium dans dix jours.",
    "Je n'ai pas encore reçu l'imagerie, pourriez-vous la renvoyer ?",
];

pub(crate) fn quote(text: &str) -> String {
    text.lines()
        .map(|line| {
            if line.starts_with('>') {
                format!(">{line}\n")
            } else {
                format!("> {line}\n")
            }
        })
        .collect()
}

/// A `Message-ID` without brackets that depends on nothing but its argument.
pub(crate) fn id(kind: &str, serial: u64) -> String {
    format!("{kind}.{serial:05}@beta.mssante.test")
}
