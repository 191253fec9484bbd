//! What patients write, through Mon espace santé.

use crate::chance::Chance;
use crate::compose::Mail;
use crate::people::{MARTIN, Patient};

const QUESTIONS: [(&str, &str); 12] = [
    (
        "Question sur mon traitement",
        "Bonjour docteur,\n\nDepuis que j'ai commencé les nouveaux comprimés j'ai la tête qui tourne le matin. Dois-je continuer ?\n\nMerci",
    ),
    (
        "Renouvellement d'ordonnance",
        "Bonjour,\n\nIl me reste une semaine de traitement et je n'ai pas de rendez-vous avant le mois prochain. Est-ce possible de renouveler ?\n\nCordialement",
    ),
    (
        "Résultats de la prise de sang",
        "Bonjour Docteur\nj'ai reçu les résultats du labo, il y a un chiffre en gras pour le potassium, est ce que c'est grave\nmerci d'avance",
    ),
    (
        "Certificat pour le sport",
        "Bonjour,\nMon fils a besoin d'un certificat pour le club de judo avant samedi. Peut-on passer sans rendez-vous ?",
    ),
    (
        "Rendez-vous annulé",
        "Bonjour docteur,\n\nJe ne pourrai pas venir jeudi, je garde mes petits-enfants. Je rappelle le secrétariat.\n\nBonne journée",
    ),
    (
        "Vaccin",
        "Bonjour,\nAi-je bien fait le rappel du tétanos ? Je ne retrouve plus mon carnet.",
    ),
    (
        "Arrêt de travail",
        "Bonjour, mon employeur me demande une prolongation. La douleur à l'épaule ne passe pas malgré la kiné.",
    ),
    (
        "Tension",
        "Bonjour docteur,\nvoici mes mesures de la semaine :\nlundi 14/8\nmardi 15/9\nmercredi 13/8\njeudi 16/9\nvendredi 14/9",
    ),
    (
        "Compte rendu de l'hôpital",
        "Bonjour,\n\nJe suis sortie hier. On m'a dit que vous recevriez le compte rendu. L'avez-vous eu ?",
    ),
    (
        "Merci",
        "Bonjour docteur, je voulais juste vous remercier pour votre écoute. Tout va mieux.",
    ),
    ("[FIN]", "Merci, c'est tout bon pour moi."),
    (
        "Photo de ma cheville",
        "Bonjour,\nComme convenu je vous envoie la photo. Le bleu descend vers le pied.\nFaut-il refaire une radio ?",
    ),
];

/// A patient's message.
pub(crate) fn question(serial: u64, date: i64, patient: &Patient, chance: &mut Chance) -> Mail {
    let (subject, text) = chance.pick(&QUESTIONS);
    let signed = format!(
        "{text}\n\n{} {}\n",
        patient.first_name,
        patient.used_name.as_ref().unwrap_or(&patient.birth_name)
    );
    let mail = Mail::new(
        &patient.mailbox(),
        MARTIN,
        *subject,
        date,
        format!("mes.{serial:05}@patient.mssante.test"),
    )
    .text(signed);
    if *subject == "[FIN]" {
        mail.header("X-MSS-MES", "FIN")
    } else {
        mail
    }
}

/// The practitioner's answer, which may close the exchange (ECO.2.2.8).
pub(crate) fn answer(question: &Mail, serial: u64, date: i64, closes: bool) -> Mail {
    let mail = Mail::new(
        MARTIN,
        &question.from,
        format!("Re : {}", question.subject),
        date,
        format!("reponse.{serial:05}@alpha.mssante.test"),
    )
    .text("Bonjour,\n\nC'est noté. Gardez le traitement jusqu'à la consultation, et appelez le cabinet si cela s'aggrave.\n\nDr Martin\n")
    .answering(&question.id, &question.references);
    if closes { mail.header("X-MSS-MES", "FIN") } else { mail }
}
