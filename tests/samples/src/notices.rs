//! What the operator itself writes: quarantine, removed attachments, quota, welcome.

use crate::compose::Mail;
use crate::people::{MARTIN, POSTMASTER};

const NOTICES: [(&str, &str); 6] = [
    (
        "Message mis en quarantaine",
        "Bonjour,\n\nUn message adressé à votre boîte contenait un fichier suspect. Il a été placé en quarantaine et ne vous sera pas remis.\n\n\
Expéditeur : facturation@beta.mssante.test\nObjet : Relevé\nMotif : macro détectée\n\nVous pouvez demander son examen au support pendant sept jours.\n",
    ),
    (
        "Pièce jointe supprimée : planning.xlsm",
        "Bonjour,\n\nLa pièce jointe « planning.xlsm » d'un message de secretariat@alpha.mssante.test a été supprimée car elle contenait un programme malveillant.\n\
Le reste du message vous a été remis.\n",
    ),
    (
        "Votre boîte a atteint 80 % de son quota",
        "Bonjour,\n\nVotre boîte occupe 1,6 Go sur 2 Go. À 100 %, vous ne pourrez plus ni recevoir ni envoyer.\n",
    ),
    (
        "Votre boîte a atteint 90 % de son quota",
        "Bonjour,\n\nVotre boîte occupe 1,8 Go sur 2 Go. À 100 %, vous ne pourrez plus ni recevoir ni envoyer.\n",
    ),
    (
        "Bienvenue dans votre messagerie sécurisée",
        "Bonjour,\n\nVotre boîte est ouverte. Elle figure dans l'annuaire national.\n",
    ),
    (
        "Maintenance de la messagerie",
        "Bonjour,\n\nLe service sera interrompu dimanche de 2 h à 4 h.\n",
    ),
];

/// How many different notices there are.
pub(crate) const COUNT: usize = NOTICES.len();

/// A notice of the operator.
pub(crate) fn notice(serial: u64, which: usize, date: i64) -> Mail {
    let (subject, text) = NOTICES[which % COUNT];
    Mail::new(
        POSTMASTER,
        MARTIN,
        subject,
        date,
        format!("avis.{serial:05}@alpha.mssante.test"),
    )
    .text(text)
    .header("Auto-Submitted", "auto-generated")
}
