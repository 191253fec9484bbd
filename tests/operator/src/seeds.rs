//! What is in the boxes from the beginning.

use crate::boxes::FULL;
use crate::maildir::Seed;

/// Each box that has mail, and its mail.
pub(crate) fn all(samples: bool) -> Vec<(&'static str, Vec<Seed>)> {
    // More than its quota allows, so that it is over it at once.
    let letter = "Ce message occupe la place qui manquera au suivant.\r\n".repeat(100);
    let full = (0..4).map(|n| message(n, FULL, "Compte rendu", &letter)).collect();
    let mut boxes = vec![(FULL, full)];
    if samples {
        let martin = "dr.martin@alpha.mssante.test";
        boxes.push((martin, (0..12).map(|n| message(n, martin, "Lettre de liaison", "Bonjour,\r\nbien à vous.\r\n")).collect()));
    }
    boxes
}

fn message(n: i64, to: &str, subject: &str, body: &str) -> Seed {
    let domain = "beta.mssante.test";
    let raw = format!(
        "From: Laboratoire <labo@{domain}>\r\nTo: {to}\r\nSubject: {subject} {n}\r\nMessage-ID: <seed-{n}.{to}>\r\n\
         Date: Mon, 12 Jan 2026 08:{n:02}:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{body}"
    );
    Seed {
        folder: "INBOX".to_owned(),
        flags: if n % 3 == 0 { vec!["\\Seen".to_owned()] } else { Vec::new() },
        internal_date_unix: 1_768_201_200 + n * 60,
        raw: raw.into_bytes(),
    }
}
