//! What a person reads of a trace, in French: the same words in the table and in the report.

use jiff::Timestamp;
use jiff::tz::Offset;
use pli_terms::{BalKind, Wording};

use crate::entry::{Action, Authentication, Outcome, Protocol, Record};

/// The name of an action.
pub(super) fn action(action: Action) -> &'static str {
    match action {
        Action::Connect => "Connexion",
        Action::Disconnect => "Fin de connexion",
        Action::Login => "Authentification",
        Action::Logout => "Déconnexion",
        Action::Discover => "Découverte des serveurs",
        Action::Folders => "Dossiers",
        Action::Sync => "Relève",
        Action::Receive => "Réception",
        Action::Read => "Lecture",
        Action::Download => "Pièce jointe sortie",
        Action::Search => "Recherche",
        Action::Send => "Envoi",
        Action::Append => "Dépôt",
        Action::Flag => "Marquage",
        Action::Move => "Déplacement",
        Action::Delete => "Suppression",
        Action::Purge => "Purge",
        Action::Quota => "Place utilisée",
        Action::Rule => "Règle",
        Action::Print => "Impression",
        Action::Export => "Export",
        Action::File => "Classement",
        Action::Backup => "Sauvegarde",
        Action::Settings => "Réglage",
        Action::Lock => "Verrouillage",
        Action::Unlock => "Déverrouillage",
        Action::Collector => "Envoi des traces au collecteur",
        Action::Start => "Ouverture du journal",
        Action::JournalExport => "Export du journal",
        Action::JournalPrune => "Fin de conservation",
    }
}

/// How the author was authenticated.
pub(super) fn authentication(method: Authentication) -> &'static str {
    match method {
        Authentication::PscCode => "Pro Santé Connect",
        Authentication::PscCiba => "Pro Santé Connect (téléphone)",
        Authentication::Certificate => "Certificat",
        Authentication::None => "Sans identité",
    }
}

/// The kind of a BAL.
pub(super) fn kind(kind: BalKind) -> &'static str {
    match kind {
        BalKind::Per => "Personnelle",
        BalKind::Cab => "Cabinet",
        BalKind::Org => "Organisationnelle",
        BalKind::App => "Applicative",
    }
}

/// The name of a protocol.
pub(super) fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Imap => "IMAP",
        Protocol::Smtp => "SMTP",
        Protocol::Sieve => "ManageSieve",
        Protocol::Https => "HTTPS",
        Protocol::Dns => "DNS",
        Protocol::Local => "Poste",
    }
}

/// What came of it, in a word or two.
pub(super) fn result(record: &Record) -> &'static str {
    match &record.entry.outcome {
        Outcome::Done { .. } => "Réussi",
        Outcome::Refused { .. } => "Refusé",
        Outcome::Failed { .. } => "Échec",
        Outcome::Intended if record.unanswered => "Sans réponse",
        Outcome::Intended => "Demandé",
    }
}

/// The server's code and its enhanced code.
pub(super) fn code(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done { code, enhanced, .. } | Outcome::Refused { code, enhanced, .. } => {
            joined(&[code, enhanced], " ")
        }
        Outcome::Failed { .. } | Outcome::Intended => String::new(),
    }
}

/// What the server said, or what failed.
pub(super) fn answer(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Done { text, .. } | Outcome::Refused { text, .. } => text.as_str(),
        Outcome::Failed { what } => what.as_str(),
        Outcome::Intended => "",
    }
}

/// Whether the workstation's clock followed a time server.
pub(super) fn clock(synchronised: Option<bool>) -> &'static str {
    match synchronised {
        Some(true) => "Synchronisée",
        Some(false) => "Non synchronisée",
        None => "Inconnue",
    }
}

/// These words, without those that are empty.
pub(super) fn joined(words: &[&Wording], between: &str) -> String {
    let words: Vec<&str> = (words.iter().map(|words| words.as_str()))
        .filter(|words| !words.is_empty())
        .collect();
    words.join(between)
}

/// `21/11/2026 14:03:05,123`, in the local time of this offset.
pub(super) fn local(at: Timestamp, utc_offset: i32) -> String {
    let local = offset(utc_offset).to_datetime(at);
    format!(
        "{:02}/{:02}/{:04} {:02}:{:02}:{:02},{:03}",
        local.day(),
        local.month(),
        local.year(),
        local.hour(),
        local.minute(),
        local.second(),
        local.millisecond()
    )
}

/// `UTC+01:00`.
pub(super) fn zone(utc_offset: i32) -> String {
    format!("UTC{}", shift(utc_offset))
}

/// `2026-11-21T14:03:05.123+01:00` (ISO 8601, RFC 3339).
pub(super) fn iso(at: Timestamp, utc_offset: i32) -> String {
    let local = offset(utc_offset).to_datetime(at);
    format!("{local:.3}{}", shift(utc_offset))
}

fn shift(utc_offset: i32) -> String {
    // An offset of seconds has not been seen since 1972; minutes are what both notations can say.
    let seconds = offset(utc_offset).seconds();
    let minutes = (seconds / 60).unsigned_abs();
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn offset(utc_offset: i32) -> Offset {
    // A trace of before may hold anything: what no clock shows is shown in UTC.
    Offset::from_seconds(utc_offset - utc_offset % 60).unwrap_or(Offset::UTC)
}

/// `1 234 567`, in groups of three, with a space that does not break.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

/// `1 trace`, `2 traces`: French counts zero and one alike.
pub(super) fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{}\u{a0}{}", number(value), if value < 2 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_workstation() {
        let at: Timestamp = "2026-11-21T23:03:05.007Z".parse().unwrap();
        assert_eq!(local(at, 3600), "22/11/2026 00:03:05,007");
        assert_eq!(iso(at, 3600), "2026-11-22T00:03:05.007+01:00");
        assert_eq!(zone(3600), "UTC+01:00");
        // Saint-Pierre-et-Miquelon, the Marquesas, and what no clock shows.
        assert_eq!(iso(at, -10_800), "2026-11-21T20:03:05.007-03:00");
        assert_eq!(iso(at, -34_200), "2026-11-21T13:33:05.007-09:30");
        for seconds in [-34_200, 3600, 0, 90, -1, i32::MIN, i32::MAX] {
            let back: Timestamp = iso(at, seconds).parse().unwrap();
            assert_eq!(back, at, "{seconds}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_000), "1\u{a0}000");
        assert_eq!(number(1_234_567), "1\u{a0}234\u{a0}567");
        assert_eq!(counted(1, "trace", "traces"), "1\u{a0}trace");
        assert_eq!(counted(0, "trace", "traces"), "0\u{a0}trace");
        assert_eq!(counted(20_000, "trace", "traces"), "20\u{a0}000\u{a0}traces");
    }
}
