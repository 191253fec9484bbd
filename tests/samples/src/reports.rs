//! Delivery reports and reading reports, as Postfix and practice software write them.

use crate::compose::{Mail, date_header, multipart_with, text_part, unstructured};
use crate::people::{DAEMON, MARTIN};

/// One recipient's fate: address, action, status, the server's words.
pub(crate) type Fate<'a> = (&'a str, &'a str, &'a str, &'a str);

/// A delivery report about the message `original` (RFC 3464).
pub(crate) fn delivery(serial: u64, date: i64, original: &str, subject: &str, fates: &[Fate<'_>]) -> Vec<u8> {
    let failed = fates.iter().any(|fate| fate.1 == "failed");
    let title = if failed {
        "Undelivered Mail Returned to Sender"
    } else {
        "Successful Mail Delivery Report"
    };
    let mut status = format!(
        "Content-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; smtp.alpha.mssante.test\r\n\
Original-Envelope-Id: envoi-{serial}\r\nX-Postfix-Queue-ID: 4F{serial:08X}\r\nArrival-Date: {}\r\n",
        date_header(date - 40)
    );
    let mut people = String::new();
    for (address, action, code, words) in fates {
        status.push_str(&format!(
            "\r\nFinal-Recipient: rfc822; {address}\r\nOriginal-Recipient: rfc822;{address}\r\nAction: {action}\r\nStatus: {code}\r\n\
Remote-MTA: dns; imap.beta.mssante.test\r\nDiagnostic-Code: smtp; {words}\r\n"
        ));
        people.push_str(&format!("<{address}>: {words}\n"));
    }
    let returned = format!(
        "Content-Description: Undelivered Message Headers\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: {}\r\nMessage-ID: <{original}>\r\nSubject: {}\r\nDate: {}\r\n",
        "dr.martin@alpha.mssante.test",
        unstructured(subject),
        date_header(date - 60)
    );
    let note = text_part(
        "text/plain",
        &format!("This is the mail system at host smtp.alpha.mssante.test.\n\n{people}"),
    );
    let mut raw = b"Return-Path: <>\r\n".to_vec();
    raw.extend(
        Mail::new(
            DAEMON,
            MARTIN,
            title,
            date,
            format!("dsn.{serial:05}@smtp.alpha.mssante.test"),
        )
        .header("Auto-Submitted", "auto-replied")
        .header_block(),
    );
    raw.extend(multipart_with(
        "report",
        " report-type=delivery-status;",
        &format!("=_dsn_{serial}"),
        &[note, status.into_bytes(), returned.into_bytes()],
    ));
    raw
}

/// A reading or integration report (RFC 8098) from `from`.
pub(crate) fn disposition(
    serial: u64,
    date: i64,
    from: &str,
    original: &str,
    subject: &str,
    disposition: &str,
) -> Vec<u8> {
    let address = from.rsplit('<').next().unwrap_or(from).trim_end_matches('>');
    let failed = disposition.contains("Error");
    let title = if failed {
        format!("[KO Intégration système !][902] {subject}")
    } else if disposition.contains("displayed") {
        format!("Lu : {subject}")
    } else {
        subject.to_owned()
    };
    let words = if failed {
        "Le message n'a pas pu être intégré : identifiant du patient inconnu (902)."
    } else {
        "Le message a été ouvert ou intégré."
    };
    let part = format!(
        "Content-Type: message/disposition-notification\r\n\r\nReporting-UA: alpha.mssante.test; Logiciel d'essai 1.0\r\nOriginal-Recipient: rfc822;{address}\r\n\
Final-Recipient: rfc822;{address}\r\nOriginal-Message-ID: <{original}>\r\nDisposition: {disposition}\r\n"
    );
    let returned = format!(
        "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{original}>\r\nSubject: {}\r\n",
        unstructured(subject)
    );
    let mut raw = Mail::new(from, MARTIN, title, date, format!("mdn.{serial:05}@alpha.mssante.test")).header_block();
    raw.extend(multipart_with(
        "report",
        " report-type=disposition-notification;",
        &format!("=_mdn_{serial}"),
        &[text_part("text/plain", words), part.into_bytes(), returned.into_bytes()],
    ));
    raw
}
