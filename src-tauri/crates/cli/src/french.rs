//! The sentence of each code: what happened, what is safe, what to do.

pub(crate) mod backup;
pub(crate) mod box_life;
pub(crate) mod handling;
pub(crate) mod journal;
pub(crate) mod purge;
pub(crate) mod room;
pub(crate) mod rules;
pub(crate) mod verified;

use pli_contract::failure::{Code, Failure};
use pli_contract::view::{Certificate, Fate, OutgoingState, SessionState};

/// The sentence of a failure, with what it is about and the server's own words.
pub(crate) fn failure(failure: &Failure) -> String {
    let mut text = code(failure.code).to_owned();
    if let Some(about) = &failure.about {
        text.push_str(&about_of(failure.code, about));
    }
    if let Some(server) = &failure.server {
        text.push_str(&format!("\nRéponse du serveur : {server}"));
    }
    text
}

/// What a code speaks of, in the words it needs.
fn about_of(code: Code, about: &str) -> String {
    let seconds = about.parse().ok();
    match (code, seconds) {
        (Code::TooManyAttempts | Code::WaitBeforeRetry, Some(seconds)) => format!(" Attendez {}.", duration(seconds)),
        (Code::WeakPin, _) => String::new(),
        (Code::ExportTooLarge, Some(bound)) => format!(" Au plus : {bound} traces."),
        (Code::OutOfRange, _) => match about {
            "months" => " Les traces se gardent de 1 à 240 mois.".to_owned(),
            "technicalMonths" => " Le journal technique se garde de 6 à 12 mois.".to_owned(),
            "before" => " Cette date n'est pas encore passée.".to_owned(),
            "retentionMonths" => " De 1 à 240 mois.".to_owned(),
            "days" => " De 0 à 3650 jours.".to_owned(),
            "answerText" => " Une réponse automatique a 5000 caractères au plus.".to_owned(),
            "answerEvery" => " La même personne la reçoit à nouveau après 1 à 30 jours.".to_owned(),
            "answerPeriod" => " Une absence finit après avoir commencé.".to_owned(),
            "answerOver" => " Cette absence est déjà finie.".to_owned(),
            "answerAddresses" => " 10 autres adresses au plus.".to_owned(),
            "sortRules" => " 50 règles de tri au plus.".to_owned(),
            "name" => " Ce nom est trop long.".to_owned(),
            "value" => String::new(),
            "keep" => " On garde de 1 à 100 sauvegardes.".to_owned(),
            other => format!(" [{other}]"),
        },
        (Code::OtherPerson, _) => format!(" Ce profil est celui de {about}."),
        _ => format!(" [{about}]"),
    }
}

/// Seconds as a person says them.
fn duration(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// A client certificate: until when, and what is due.
pub(crate) fn certificate(certificate: &Certificate) -> String {
    let day = instant(&certificate.not_after);
    let day = day.split(' ').next().unwrap_or_default();
    match (certificate.notice, certificate.days_left) {
        (Some(0), _) => format!("certificat expiré depuis le {day} : renouvelez-le auprès de l'ANS"),
        (Some(_), 0 | 1) => {
            format!("certificat valable jusqu'au {day}, c'est presque fini : renouvelez-le auprès de l'ANS")
        }
        (Some(_), days) => {
            format!("certificat valable encore {days} jours, jusqu'au {day} : renouvelez-le auprès de l'ANS")
        }
        (None, _) => format!("certificat valable jusqu'au {day}"),
    }
}

/// The sentence of a code.
pub(crate) fn code(code: Code) -> &'static str {
    match code {
        Code::BadRequest => "La demande n'a pas été comprise. Rien n'a été fait.",
        Code::NotFound => "Cela n'existe pas, ou n'existe plus. Rien n'a été fait.",
        Code::Internal => {
            "Une erreur interne s'est produite. Ce qui était enregistré est intact. Recommencez ; si cela se répète, prévenez l'assistance."
        }
        Code::VaultLocked => {
            "Le profil est verrouillé. Ce qu'il contient est intact. Donnez la phrase de passe (PLI_PASSPHRASE_FILE) ou ouvrez le trousseau."
        }
        Code::Locked => "Le profil est verrouillé. Ce qu'il contient est intact. Déverrouillez-le : pli unlock.",
        Code::WrongPin => {
            "Le code PIN n'est pas le bon. Rien n'est effacé, quel que soit le nombre d'essais. Recommencez, ou identifiez-vous : pli login."
        }
        Code::WeakPin => "Le code PIN doit avoir de 4 à 64 caractères. Il n'a pas changé. Choisissez-en un autre.",
        Code::WaitBeforeRetry => "Trop d'essais de suite. Rien n'est effacé, quel que soit le nombre d'essais.",
        Code::PolicyUnreadable => {
            "Les réglages fixés par votre organisation ne peuvent pas être lus : Pli ne s'ouvre pas. Ce qui est enregistré est intact. Prévenez la personne qui s'occupe de votre informatique."
        }
        Code::WrongPassphrase => {
            "La phrase de passe n'est pas la bonne. Rien n'a été modifié. Vérifiez-la et recommencez."
        }
        Code::WeakPassphrase => "La phrase de passe est trop courte. Choisissez-en une plus longue.",
        Code::KeyringAbsent => "Ce poste n'a pas de trousseau. Indiquez une phrase de passe (PLI_PASSPHRASE_FILE).",
        Code::KeyringLocked => {
            "Le trousseau du poste est verrouillé. Ce qui est enregistré est intact. Déverrouillez-le et recommencez."
        }
        Code::KeyringRefused => {
            "Le trousseau du poste a refusé l'accès. Ce qui est enregistré est intact. Autorisez Pli et recommencez."
        }
        Code::KeyLost => {
            "Le trousseau du poste n'a plus la clé de ce profil : ce qui est enregistré ici ne peut plus être lu. Rien n'est perdu chez l'opérateur. Restaurez le trousseau, ou commencez un nouveau profil (PLI_HOME)."
        }
        Code::InUse => {
            "Pli est déjà ouvert sur ce profil. Rien n'a été fait. Fermez l'autre, ou indiquez un autre profil (PLI_HOME)."
        }
        Code::StoreDamaged => {
            "Le profil est abîmé, ou n'est pas un profil de Pli. Le courrier reste chez l'opérateur. Prévenez l'assistance."
        }
        Code::StoreNewer => {
            "Ce profil a été écrit par une version plus récente de Pli. Il est intact. Mettez Pli à jour."
        }
        Code::DiskFull => {
            "Le disque est plein. Ce qui était enregistré est intact. Libérez de la place et recommencez."
        }
        Code::DiskReadOnly => {
            "Le disque ne peut pas être écrit. Ce qui était enregistré est intact. Vérifiez les droits du dossier."
        }
        Code::JournalUnwritable => {
            "Le journal des traces ne peut pas être écrit : l'action n'a donc pas eu lieu. Vérifiez le disque et recommencez."
        }
        Code::BadAddress => "Ce n'est pas une adresse. Rien n'a été fait.",
        Code::OutsideTrustSpace => {
            "Cette adresse n'appartient pas à l'espace de confiance MSSanté. Rien ne lui a été envoyé."
        }
        Code::AccountExists => "Cette BAL est déjà configurée.",
        Code::NoServers => {
            "Aucun serveur n'est publié pour ce domaine. Vérifiez l'adresse, ou interrogez votre opérateur."
        }
        Code::Unreachable => {
            "Le réseau ou le serveur ne répond pas. Ce qui est enregistré reste lisible, et ce qui attend partira. Réessayez plus tard."
        }
        Code::TimedOut => "Le serveur a mis trop de temps à répondre. Rien n'est perdu. Réessayez plus tard.",
        Code::ConnectionLost => "La connexion a été perdue. Rien n'est perdu. Réessayez.",
        Code::TlsProtocol => {
            "Le serveur ne propose aucun chiffrement admis par MSSanté. Rien ne lui a été envoyé. Prévenez votre opérateur."
        }
        Code::CertificateExpired => {
            "Le certificat du serveur a expiré ou n'est pas encore valable. Rien ne lui a été envoyé. Vérifiez l'heure du poste, puis prévenez votre opérateur."
        }
        Code::CertificateName => {
            "Le certificat du serveur porte un autre nom. Rien ne lui a été envoyé. Prévenez votre opérateur."
        }
        Code::CertificateUntrusted => {
            "Le certificat du serveur ne vient pas de l'IGC-Santé. Rien ne lui a été envoyé. Prévenez votre opérateur."
        }
        Code::CertificateRevoked => {
            "Le certificat du serveur a été révoqué. Rien ne lui a été envoyé. Prévenez votre opérateur."
        }
        Code::RevocationUnknown => {
            "La liste des certificats révoqués n'a pas pu être lue. Rien n'a été envoyé. Réessayez plus tard."
        }
        Code::ClientCertificate => {
            "Le serveur demande un certificat client, ou refuse celui qui lui est montré. Vérifiez le fichier du certificat."
        }
        Code::BadPkcs12 => "Le fichier du certificat ou sa phrase de passe n'est pas bon.",
        Code::ClientCertificateExpired => "Le certificat client a expiré. Renouvelez-le auprès de l'ANS.",
        Code::LoginNeeded => "Il faut s'identifier. Rien n'a été envoyé au serveur.",
        Code::TokenRefused => {
            "L'opérateur a refusé le jeton de Pro Santé Connect. Rien n'est perdu. Identifiez-vous à nouveau."
        }
        Code::LoginRefused => {
            "L'opérateur refuse cette identité pour cette BAL. Vérifiez que la BAL vous est bien ouverte."
        }
        Code::LoginCancelled => "L'identification a été abandonnée. Aucune session n'est ouverte.",
        Code::LoginDenied => {
            "L'identification a été refusée. Aucune session n'est ouverte. Si vous l'avez refusée parce que les chiffres étaient différents, vous avez bien fait ; sinon, recommencez."
        }
        Code::LoginTimedOut => {
            "Personne n'a répondu à temps dans le navigateur. Aucune session n'est ouverte. Recommencez l'identification."
        }
        Code::LoginExpired => {
            "Les deux chiffres n'ont pas été confirmés à temps : ils ne valent plus rien. Aucune session n'est ouverte. Si aucune demande n'est arrivée sur le téléphone, vérifiez le numéro national. Sinon, recommencez : d'autres chiffres seront donnés."
        }
        Code::LoginMismatch => {
            "La réponse du navigateur n'est pas celle de cette identification. Aucune session n'est ouverte. Recommencez."
        }
        Code::UnknownPerson => {
            "Pro Santé Connect ne connaît pas ce numéro national. Aucune session n'est ouverte. Vérifiez-le chiffre par chiffre, et que votre e-CPS est activée."
        }
        Code::PhoneUnavailable => {
            "L'identification par le téléphone ou la carte n'est pas proposée ici. Aucune session n'est ouverte."
        }
        Code::TooManyAttempts => {
            "Trop de demandes d'identification ont été faites en peu de temps. Aucune session n'est ouverte."
        }
        Code::OtherPerson => {
            "Une autre personne s'est identifiée. Sa session est refermée, et rien de ce profil ne lui a été montré. Choisissez son profil par --profile, ou créez-le : pli profile add NOM."
        }
        Code::PortTaken => {
            "Un autre programme occupe la place où Pli attend la réponse du navigateur. Aucune session n'est ouverte. Fermez cet autre programme et recommencez."
        }
        Code::PscUnavailable => {
            "Pro Santé Connect ne répond pas, ou répond mal. Ce qui est enregistré reste lisible. Réessayez plus tard."
        }
        Code::LoginNotConfigured => {
            "L'intermédiaire de votre organisation pour Pro Santé Connect n'est pas réglé sur ce poste. Ce qui est enregistré reste lisible. Réglez-le : pli provider set ADRESSE, ou prévenez la personne qui s'occupe de votre informatique."
        }
        Code::NoBrowser => "Aucun navigateur n'a pu être ouvert.",
        Code::Protocol => "Le serveur a répondu hors du protocole. Rien n'est perdu. Réessayez plus tard.",
        Code::Refused => "Le serveur a refusé.",
        Code::Unsupported => "Le serveur de l'opérateur ne sait pas le faire.",
        Code::QuotaExceeded => "La BAL est pleine : elle ne reçoit ni n'envoie plus. Faites de la place.",
        Code::NoRoomLeft => "Il ne reste pas assez de place dans la BAL pour garder la copie de ce message.",
        Code::TooLarge => "Le message dépasse la taille admise par l'opérateur. Il n'est pas parti. Allégez-le.",
        Code::RecipientsRefused => "Tous les destinataires ont été refusés. Le message n'est pas parti.",
        Code::MessageRefused => "L'opérateur a refusé le message. Il n'est pas parti.",
        Code::DraftChanged => "Le brouillon a été modifié ailleurs. Rien n'a été écrasé.",
        Code::DraftIncomplete => "Le message ne peut pas partir ainsi. Il reste dans les brouillons.",
        Code::AlreadyLeft => "Trop tard : le message est parti, ou en train de partir.",
        Code::WrongState => "Ce n'est pas possible dans l'état où il est.",
        Code::FileUnreadable => "Le fichier ne peut pas être lu.",
        Code::FileUnwritable => "Le fichier ne peut pas être écrit.",
        Code::NotDownloaded => {
            "Le corps du message n'est pas encore ici, et le serveur ne répond pas. Faites « pli sync »."
        }
        Code::JournalKeys => {
            "Le trousseau de ce poste ne donne pas la clé du journal des traces : sans journal, rien ne se fait. Vos messages et les traces sont intacts. Déverrouillez le trousseau et recommencez ; si sa clé a disparu, n'effacez rien et prévenez le responsable de traitement."
        }
        Code::ExportTooLarge => {
            "Il y a trop de traces pour ce format. Rien n'a été écrit. Réduisez la période, ou choisissez csv ou jsonl."
        }
        Code::NotAnExport => {
            "Ce fichier n'est pas un export du journal de Pli, ou son manifeste (….manifeste.json) n'est pas à côté. Rien n'a été vérifié."
        }
        Code::FixedByPolicy => "Votre organisation a fixé ce réglage : il ne se change pas ici. Rien n'a été modifié.",
        Code::OutOfRange => "La valeur demandée n'est pas admise. Rien n'a été fait.",
        Code::PurgeNoSentFolder => {
            "Aucun dossier de cette boîte n'est désigné comme celui des messages envoyés. Rien n'a été envoyé ni supprimé. Choisissez ce dossier, puis recommencez."
        }
        Code::PurgeUnsafe => {
            "Le serveur de l'opérateur ne sait pas supprimer des messages précis sans risque pour les autres. Rien n'a été envoyé ni supprimé. Supprimez ces messages depuis le webmail de l'opérateur."
        }
        Code::PurgeReadOnly => {
            "Ce dossier est en lecture seule. Rien n'a été envoyé ni supprimé. Demandez à l'opérateur les droits sur ce dossier."
        }
        Code::PurgeStale => {
            "Le serveur a renuméroté ce dossier depuis que le plan a été établi. Rien de plus n'a été supprimé. Établissez un nouveau plan."
        }
        Code::PurgeUnderWay => {
            "Une purge de cette boîte est déjà en cours. Elle suit son plan, et rien d'autre ne sera supprimé. Attendez sa fin, ou arrêtez-la."
        }
        Code::RulesUnsupported => {
            "L'opérateur n'offre pas ces règles sur son serveur. Rien n'a changé sur le serveur. Réglez-les depuis le webmail de l'opérateur, s'il le permet."
        }
        Code::RulesForeign => {
            "Des règles écrites par un autre logiciel sont actives sur le serveur. Elles n'ont pas été modifiées. Gardez-les, ou désactivez-les depuis le logiciel qui les a écrites."
        }
        Code::RulesRefused => {
            "Le serveur n'a pas accepté ces règles. Celles qui étaient actives le restent. Vérifiez ce que vous avez saisi, puis recommencez."
        }
        Code::RedirectTarget => {
            "Les messages ne peuvent pas être redirigés vers cette adresse. Rien n'a changé sur le serveur. Indiquez une autre boîte MSSanté personnelle, la vôtre."
        }
        Code::RedirectUnconfirmed => {
            "Il n'est pas confirmé que la boîte de destination est la vôtre. Rien n'a changé sur le serveur. Confirmez-le, puis recommencez."
        }
        Code::RulesChanged => {
            "Les règles ont changé sur le serveur entre-temps. Elles n'ont pas été remplacées. Relisez-les, puis recommencez."
        }
        Code::NotABackup => {
            "Ce fichier n'est pas une sauvegarde de Pli. Tout ce qui est enregistré sur ce poste est intact. Choisissez un autre fichier."
        }
        Code::BackupDamaged => {
            "Cette sauvegarde est abîmée ou incomplète. Rien n'en a été repris, et rien n'a changé sur ce poste. Utilisez une autre sauvegarde."
        }
        Code::BackupPassphrase => {
            "La phrase de passe n'ouvre pas cette sauvegarde. Rien n'a changé sur ce poste. Vérifiez la phrase de passe, puis recommencez."
        }
        Code::BackupNewer => {
            "Cette sauvegarde vient d'une version plus récente de Pli. Rien n'a changé sur ce poste. Installez cette version, puis recommencez."
        }
        Code::BackupNotEmpty => {
            "Une sauvegarde se restaure dans un profil vide. Tout ce qui est enregistré sur ce poste est intact. Créez un autre profil, puis restaurez-y la sauvegarde."
        }
    }
}

/// The word for a state of the outbox.
pub(crate) fn state(state: OutgoingState) -> &'static str {
    match state {
        OutgoingState::Queued => "en attente",
        OutgoingState::Sending => "en cours d'envoi",
        OutgoingState::Accepted => "pris en charge",
        OutgoingState::Refused => "refusé",
        OutgoingState::Unknown => "sort inconnu",
        OutgoingState::Cancelled => "repris avant l'envoi",
    }
}

/// The word for a recipient's fate.
pub(crate) fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Waiting => "en attente",
        Fate::Accepted => "pris en charge par l'opérateur",
        Fate::Delayed => "retardé",
        Fate::Delivered => "remis",
        Fate::Read => "lu",
        Fate::Refused => "refusé",
        Fate::Unknown => "sort inconnu",
    }
}

/// The word for a BAL's connection.
pub(crate) fn session(session: SessionState) -> &'static str {
    match session {
        SessionState::LoggedOut => "non identifiée",
        SessionState::Connecting => "connexion en cours",
        SessionState::Online => "connectée",
        SessionState::Offline => "hors ligne",
    }
}

/// `2026-11-17T09:04:12+01:00` as a person reads it: `17/11/2026 09:04`.
pub(crate) fn instant(text: &str) -> String {
    match (text.get(0..4), text.get(5..7), text.get(8..10), text.get(11..16)) {
        (Some(year), Some(month), Some(day), Some(time)) => format!("{day}/{month}/{year} {time}"),
        _ => text.to_owned(),
    }
}

/// `2026-12-12`, or an instant of that day, as a person reads it: `12/12/2026`.
pub(crate) fn day(text: &str) -> String {
    match (text.get(0..4), text.get(5..7), text.get(8..10)) {
        (Some(year), Some(month), Some(day)) => format!("{day}/{month}/{year}"),
        _ => text.to_owned(),
    }
}

/// Octets as a person reads them.
pub(crate) fn octets(count: u64) -> String {
    let tenth = |unit: u64| format!("{},{}", count / unit, count % unit * 10 / unit);
    match count {
        0..1_000 => format!("{count} o"),
        1_000..1_000_000 => format!("{} Ko", tenth(1_000)),
        1_000_000..1_000_000_000 => format!("{} Mo", tenth(1_000_000)),
        _ => format!("{} Go", tenth(1_000_000_000)),
    }
}
