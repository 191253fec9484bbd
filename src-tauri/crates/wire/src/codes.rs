//! What a trace says of a server's codes: known names and numbers, never the server's own letters.

use pli_terms::Wording;

/// Response codes of IMAP (RFC 3501 §7.1, RFC 4315, RFC 5530, RFC 7162, RFC 9208 …) and of ManageSieve (RFC 5804 §1.3).
const RESPONSES: &[&str] = &[
    "ACTIVE",
    "ALERT",
    "ALREADYEXISTS",
    "APPENDLIMIT",
    "APPENDUID",
    "AUTH-TOO-WEAK",
    "AUTHENTICATIONFAILED",
    "AUTHORIZATIONFAILED",
    "BADCHARSET",
    "CANNOT",
    "CAPABILITY",
    "CLIENTBUG",
    "CLOSED",
    "CONTACTADMIN",
    "COPYUID",
    "CORRUPTION",
    "ENCRYPT-NEEDED",
    "EXPIRED",
    "EXPUNGEISSUED",
    "HASCHILDREN",
    "HIGHESTMODSEQ",
    "INUSE",
    "LIMIT",
    "MODIFIED",
    "NOMODSEQ",
    "NONEXISTENT",
    "NOPERM",
    "OVERQUOTA",
    "PARSE",
    "PERMANENTFLAGS",
    "PRIVACYREQUIRED",
    "QUOTA",
    "QUOTA/MAXSCRIPTS",
    "QUOTA/MAXSIZE",
    "READ-ONLY",
    "READ-WRITE",
    "REFERRAL",
    "SASL",
    "SERVERBUG",
    "TAG",
    "THROTTLED",
    "TOOBIG",
    "TRANSITION-NEEDED",
    "TRYCREATE",
    "TRYLATER",
    "UIDNEXT",
    "UIDNOTSTICKY",
    "UIDVALIDITY",
    "UNAVAILABLE",
    "UNKNOWN-CTE",
    "UNSEEN",
    "USEATTR",
    "WARNINGS",
];

/// A response code, when it is one that is known.
pub(crate) fn response(code: Option<&str>) -> Option<Wording> {
    let code = code?;
    RESPONSES
        .iter()
        .copied()
        .find(|known| known.eq_ignore_ascii_case(code))
        .map(Wording::fixed)
}

/// An enhanced status code (RFC 3463).
pub(crate) fn enhanced(code: Option<&str>) -> Option<Wording> {
    let mut numbers = code?.splitn(3, '.').map(|part| part.parse::<u16>().ok());
    let (class, subject, detail) = (numbers.next()??, numbers.next()??, numbers.next()??);
    Some(
        Wording::empty()
            .and(class)
            .then(".")
            .then(subject)
            .then(".")
            .then(detail),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_or_left_out() {
        let told = |wording: Option<Wording>| wording.map(|wording| wording.as_str().to_owned());
        assert_eq!(told(response(Some("overquota"))).as_deref(), Some("OVERQUOTA"));
        assert_eq!(response(Some("DUPONT")), None);
        assert_eq!(told(enhanced(Some("5.7.26"))).as_deref(), Some("5.7.26"));
        assert_eq!(enhanced(Some("5.7.x")), None);
        assert_eq!(enhanced(Some("5.7")), None);
    }
}
