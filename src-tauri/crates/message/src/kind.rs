//! Who speaks: a professional, a patient, or a system (ECO.3.1.1).

use serde::Serialize;

use crate::model::{Mailbox, XMss};

/// The kind of a message's author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A health professional, a team, or a professional's software.
    Professional,
    /// A patient, through Mon espace santé.
    Patient,
    /// A machine of the mail service: report, notice.
    System,
}

/// What decided the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KindReason {
    /// Nothing says otherwise.
    Default,
    /// The author's address is an INS number with a valid key, in the patients' domain.
    PatientIdentity,
    /// The patients' domain, no INS number, but the patients' header field.
    PatientHeader,
    /// The patients' domain, but no sign that a patient wrote: a notice of the portal.
    PatientPortal,
    /// The patients' domain in `From`, but `Sender` is elsewhere.
    PatientDomainDoubtful,
    /// A delivery report.
    DeliveryReport,
    /// A reading or integration report.
    DispositionReport,
    /// The operator quarantined a message (EX_SSI_5090).
    Quarantine,
    /// The operator removed an attachment (EX_SSI_5090).
    RemovedAttachment,
    /// The operator speaks of the mailbox's quota (EX_GBM_4470).
    Quota,
    /// Sent by a machine, of no known sort.
    Automatic,
}

/// What the classification looks at.
pub(crate) struct Signs<'a> {
    pub(crate) from: &'a Mailbox,
    pub(crate) sender: Option<&'a Mailbox>,
    pub(crate) subject: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) report_type: &'a str,
    pub(crate) auto_submitted: Option<&'a str>,
    pub(crate) empty_return_path: bool,
    pub(crate) x_mss: &'a XMss,
}

pub(crate) fn classify(signs: &Signs<'_>) -> (Kind, KindReason) {
    if signs.content_type == "multipart/report" {
        match signs.report_type {
            "delivery-status" => return (Kind::System, KindReason::DeliveryReport),
            "disposition-notification" => return (Kind::System, KindReason::DispositionReport),
            _ => {}
        }
    }
    let (local, domain) = split(&signs.from.address);
    let machine = [
        "mailer-daemon",
        "postmaster",
        "quarantaine",
        "quarantine",
        "antivirus",
        "noreply",
        "no-reply",
        "nepasrepondre",
        "ne-pas-repondre",
        "notification",
        "notifications",
        "alerte",
        "alertes",
        "admin-messagerie",
    ]
    .contains(&local.as_str());
    if machine || signs.auto_submitted.is_some() || signs.empty_return_path {
        let subject = plain(signs.subject);
        let says = |words: &[&str]| words.iter().any(|word| subject.contains(word));
        if machine || signs.empty_return_path {
            if says(&["quarantaine", "quarantine"]) {
                return (Kind::System, KindReason::Quarantine);
            }
            if says(&[
                "piece jointe supprimee",
                "piece jointe retiree",
                "pieces jointes supprimees",
                "pieces jointes retirees",
                "piece jointe infectee",
                "fichier supprime",
                "fichier retire",
                "virus",
                "attachment removed",
                "malveillant",
            ]) {
                return (Kind::System, KindReason::RemovedAttachment);
            }
            if says(&[
                "quota",
                "boite presque pleine",
                "boite pleine",
                "espace de stockage",
                "mailbox full",
                "boite aux lettres pleine",
            ]) {
                return (Kind::System, KindReason::Quota);
            }
        }
        if local == "mailer-daemon" || says(&["undelivered mail", "non remis", "non-remise", "delivery status"]) {
            return (Kind::System, KindReason::DeliveryReport);
        }
        if machine || signs.auto_submitted == Some("auto-generated") {
            return (Kind::System, KindReason::Automatic);
        }
    }
    if is_patient_domain(&domain) {
        if signs
            .sender
            .is_some_and(|sender| !is_patient_domain(&split(&sender.address).1))
        {
            return (Kind::Professional, KindReason::PatientDomainDoubtful);
        }
        if has_valid_ins_key(&local) {
            return (Kind::Patient, KindReason::PatientIdentity);
        }
        if signs.x_mss.mes.is_some() {
            return (Kind::Patient, KindReason::PatientHeader);
        }
        return (Kind::System, KindReason::PatientPortal);
    }
    (Kind::Professional, KindReason::Default)
}

/// The patients' domain: `patient.mssante.fr`, and the same under another top-level domain in trial spaces.
fn is_patient_domain(domain: &str) -> bool {
    domain
        .strip_prefix("patient.mssante.")
        .is_some_and(|tld| !tld.is_empty() && !tld.contains('.'))
}

/// Whether the text is an INS number: 13 characters and a key of 2 digits, key = 97 − (number mod 97), with the
/// departments 2A and 2B of Corsica counted as 19 and 18 (ECO.2.2.6).
#[must_use]
pub fn has_valid_ins_key(text: &str) -> bool {
    if text.len() != 15 || !text.is_ascii() {
        return false;
    }
    let (body, key) = text.split_at(13);
    let corsica = match body.as_bytes()[5..7].to_ascii_uppercase().as_slice() {
        b"2A" => Some("19"),
        b"2B" => Some("18"),
        _ => None,
    };
    let digits = corsica.map_or_else(|| body.to_owned(), |code| format!("{}{code}{}", &body[..5], &body[7..]));
    let (Ok(number), Ok(key)) = (digits.parse::<u64>(), key.parse::<u64>()) else {
        return false;
    };
    let all_digits = digits.bytes().all(|b| b.is_ascii_digit()) && text[13..].bytes().all(|b| b.is_ascii_digit());
    all_digits && key == 97 - number % 97
}

fn split(address: &str) -> (String, String) {
    match address.rsplit_once('@') {
        Some((local, domain)) => (local.trim().to_lowercase(), domain.trim().to_lowercase()),
        None => (address.trim().to_lowercase(), String::new()),
    }
}

/// Lower case without the accents of French.
pub(crate) fn plain(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|c| match c {
            'à' | 'â' | 'ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' => 'i',
            'ô' | 'ö' => 'o',
            'ù' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            '\u{a0}' | '\u{202f}' => ' ',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(from: &str, sender: Option<&str>, subject: &str, mes: Option<&str>) -> (Kind, KindReason) {
        let mailbox = |address: &str| Mailbox {
            name: String::new(),
            address: address.to_owned(),
        };
        let x_mss = XMss {
            mes: mes.map(str::to_owned),
            ..XMss::default()
        };
        let sender = sender.map(mailbox);
        classify(&Signs {
            from: &mailbox(from),
            sender: sender.as_ref(),
            subject,
            content_type: "text/plain",
            report_type: "",
            auto_submitted: None,
            empty_return_path: false,
            x_mss: &x_mss,
        })
    }

    #[test]
    fn a_patient_is_not_told_by_the_domain_alone() {
        assert_eq!(
            kind("271087511405174@patient.mssante.test", None, "Question", None).0,
            Kind::Patient
        );
        assert_eq!(
            kind("271087511405174@PATIENT.mssante.fr", None, "Question", None).0,
            Kind::Patient
        );
        assert_eq!(
            kind("271087511405175@patient.mssante.fr", None, "Question", None).0,
            Kind::System,
            "wrong key"
        );
        assert_eq!(
            kind("portail@patient.mssante.fr", None, "Question", None).1,
            KindReason::PatientPortal
        );
        assert_eq!(
            kind("portail@patient.mssante.fr", None, "Question", Some("FIN")).0,
            Kind::Patient
        );
        assert_eq!(
            kind(
                "271087511405174@patient.mssante.fr",
                Some("x@faux.mssante.fr"),
                "Question",
                None
            )
            .1,
            KindReason::PatientDomainDoubtful
        );
        assert_eq!(
            kind("271087511405174@patient.mssante.fr.exemple.org", None, "Q", None).0,
            Kind::Professional
        );
    }

    #[test]
    fn notices_are_shown_for_what_they_are() {
        let from = "postmaster@alpha.mssante.test";
        assert_eq!(
            kind(from, None, "Message mis en quarantaine", None).1,
            KindReason::Quarantine
        );
        assert_eq!(
            kind(from, None, "Pièce jointe supprimée : facture.exe", None).1,
            KindReason::RemovedAttachment
        );
        assert_eq!(
            kind(from, None, "Votre boîte a atteint 90 % de son quota", None).1,
            KindReason::Quota
        );
        assert_eq!(
            kind("dr@a.mssante.fr", None, "Mise en quarantaine de la classe", None).0,
            Kind::Professional
        );
    }

    #[test]
    fn the_ins_key_of_corsica_counts_its_letters() {
        let number = 1_800_719_004_123_u64;
        let text = format!("1800{}2A004123{:02}", "7", 97 - number % 97);
        assert!(has_valid_ins_key(&text), "{text}");
        assert!(!has_valid_ins_key("+71087511405174"));
        assert!(!has_valid_ins_key("éé1087511405174"));
    }
}
