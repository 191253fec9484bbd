//! Enhanced status codes (RFC 3463) in French, for the person who wrote the message (EX_GBM_4460).

use crate::report::Action;

/// Each code with what happened and what to do. `x` stands for any class.
const SENTENCES: [(&str, &str); 33] = [
    (
        "x.1.0",
        "L'adresse du destinataire n'est pas acceptée. Vérifiez-la dans l'annuaire, puis renvoyez le message.",
    ),
    (
        "x.1.1",
        "Ce destinataire n'existe pas chez son opérateur. Vérifiez l'adresse dans l'annuaire : elle a pu changer.",
    ),
    (
        "x.1.2",
        "Le domaine de cette adresse n'existe pas. Vérifiez ce qui suit le signe @.",
    ),
    (
        "x.1.3",
        "L'adresse est mal écrite. Corrigez-la, puis renvoyez le message.",
    ),
    (
        "x.1.4",
        "Cette adresse correspond à plusieurs destinataires. Choisissez la bonne dans l'annuaire.",
    ),
    (
        "x.1.6",
        "Le destinataire a changé d'adresse. Cherchez la nouvelle dans l'annuaire.",
    ),
    (
        "x.1.8",
        "Votre adresse d'expéditeur n'est pas reconnue. Prévenez votre opérateur.",
    ),
    (
        "x.1.10",
        "Ce domaine ne reçoit pas de messages. Cherchez une autre adresse dans l'annuaire.",
    ),
    (
        "x.2.0",
        "La boîte du destinataire n'accepte pas ce message pour le moment.",
    ),
    (
        "x.2.1",
        "La boîte du destinataire est fermée ou suspendue. Joignez cette personne par un autre moyen.",
    ),
    (
        "x.2.2",
        "La boîte du destinataire est pleine : elle ne reçoit plus rien. Prévenez-le par un autre moyen.",
    ),
    (
        "x.2.3",
        "Le message est trop volumineux pour ce destinataire. Allégez les pièces jointes, puis renvoyez-le.",
    ),
    (
        "x.2.4",
        "La liste de diffusion n'a pas pu être servie. Écrivez directement à ses membres.",
    ),
    ("x.3.0", "Le serveur du destinataire a rencontré une difficulté."),
    (
        "x.3.1",
        "Le serveur du destinataire n'a plus de place. Réessayez plus tard.",
    ),
    (
        "x.3.2",
        "Le serveur du destinataire n'accepte pas de messages pour le moment. Réessayez plus tard.",
    ),
    (
        "x.3.4",
        "Le message est trop volumineux pour le serveur du destinataire. Allégez les pièces jointes.",
    ),
    (
        "x.3.5",
        "Le serveur du destinataire est mal réglé. Prévenez votre opérateur.",
    ),
    ("x.4.1", "Le serveur du destinataire ne répond pas."),
    ("x.4.2", "La connexion avec le serveur du destinataire a été coupée."),
    (
        "x.4.4",
        "Aucun chemin ne mène au serveur du destinataire. Vérifiez le domaine de l'adresse.",
    ),
    (
        "x.4.6",
        "Le message tourne en rond entre des serveurs. Prévenez votre opérateur.",
    ),
    (
        "x.4.7",
        "Le message n'a pas pu être remis dans le délai prévu. Renvoyez-le, ou joignez le destinataire autrement.",
    ),
    (
        "x.5.3",
        "Il y a trop de destinataires. Envoyez le message en plusieurs fois.",
    ),
    (
        "x.5.4",
        "Le serveur du destinataire a refusé la demande de suivi. Prévenez votre opérateur.",
    ),
    (
        "x.6.0",
        "Le contenu du message n'a pas été accepté. Vérifiez les pièces jointes.",
    ),
    (
        "x.6.1",
        "Le type d'une pièce jointe n'est pas accepté par le destinataire.",
    ),
    ("x.7.0", "Le message a été refusé pour une raison de sécurité."),
    (
        "x.7.1",
        "Vous n'êtes pas autorisé à écrire à ce destinataire, ou son opérateur a refusé le message.",
    ),
    ("x.7.2", "Vous n'êtes pas autorisé à écrire à cette liste."),
    (
        "x.7.8",
        "Votre connexion n'a pas été reconnue par le serveur. Reconnectez-vous, puis renvoyez le message.",
    ),
    (
        "x.7.23",
        "L'opérateur du destinataire n'a pas reconnu le vôtre. Prévenez votre opérateur.",
    ),
    (
        "x.7.27",
        "Votre adresse d'expéditeur ne reçoit pas de messages. Prévenez votre opérateur.",
    ),
];

/// A sentence for an enhanced status code and what became of the message: what happened, and what to do.
///
/// An unknown or empty code gives the sentence of its class or of the action; never an empty text.
#[must_use]
pub fn explain_status(code: &str, action: Action) -> String {
    match action {
        Action::Delivered => return "Remis dans la boîte du destinataire.".to_owned(),
        Action::Relayed => {
            return "Transmis à l'opérateur du destinataire, qui ne confirme pas la remise.".to_owned();
        }
        Action::Expanded => return "Transmis aux membres de la liste.".to_owned(),
        Action::Failed | Action::Delayed | Action::Unknown => {}
    }
    let late = action == Action::Delayed || (action == Action::Unknown && code.starts_with('4'));
    let tail = code
        .split_once('.')
        .map(|(_, tail)| format!("x.{tail}"))
        .unwrap_or_default();
    let exact = SENTENCES
        .iter()
        .find(|(known, _)| *known == tail)
        .map(|(_, sentence)| *sentence);
    let subject = tail.split('.').nth(1).unwrap_or_default();
    let sentence = exact.unwrap_or(match subject {
        "1" => "L'adresse du destinataire n'est pas acceptée. Vérifiez-la dans l'annuaire.",
        "2" => "La boîte du destinataire n'accepte pas ce message.",
        "3" => "Le serveur du destinataire n'accepte pas ce message.",
        "4" => "Le serveur du destinataire n'a pas pu être joint.",
        "5" => "Les serveurs ne se sont pas compris. Prévenez votre opérateur.",
        "6" => "Le contenu du message n'a pas été accepté. Vérifiez les pièces jointes.",
        "7" => "Le message a été refusé pour une raison de sécurité ou de droits.",
        _ if late => "Le serveur ne dit pas pourquoi.",
        _ => "Le message n'a pas été remis, et le serveur ne dit pas pourquoi. Joignez le destinataire autrement.",
    });
    if late {
        format!("Remise retardée : le serveur continue d'essayer, ne renvoyez pas le message. {sentence}")
    } else {
        sentence.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_says_something_and_the_usual_ones_say_it_plainly() {
        assert!(explain_status("5.1.1", Action::Failed).contains("n'existe pas"));
        assert!(explain_status("5.2.2", Action::Failed).contains("pleine"));
        assert!(explain_status("4.2.2", Action::Delayed).starts_with("Remise retardée"));
        assert!(explain_status("5.7.999", Action::Failed).contains("sécurité"));
        for code in ["", "9.9.9", "5", "5.", "x"] {
            assert!(!explain_status(code, Action::Failed).is_empty());
            assert!(!explain_status(code, Action::Unknown).is_empty());
        }
        assert!(explain_status("2.0.0", Action::Relayed).contains("ne confirme pas"));
    }
}
