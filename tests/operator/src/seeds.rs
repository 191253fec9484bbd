//! What is in the boxes from the beginning.

use crate::boxes::{BOXES, FULL};
use crate::maildir::Seed;

/// Each box that has mail, and its mail; the samples only where `samples` says when they are to be dated from.
pub(crate) fn all(samples: Option<i64>) -> Vec<(&'static str, Vec<Seed>)> {
    // More than its quota allows, so that it is over it at once.
    let letter = "Ce message occupe la place qui manquera au suivant.\r\n".repeat(100);
    let mut boxes = vec![(
        FULL,
        (0..4).map(|n| message(n, FULL, "Compte rendu", &letter)).collect(),
    )];
    if let Some(now) = samples {
        boxes.extend(BOXES.iter().filter(|address| **address != FULL).map(|address| {
            let seeds = pli_samples::for_box(address, now).into_iter().map(|sample| Seed {
                folder: sample.folder,
                flags: sample.flags,
                internal_date_unix: sample.internal_date_unix,
                raw: sample.raw,
            });
            (*address, seeds.collect())
        }));
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
        flags: if n % 3 == 0 {
            vec!["\\Seen".to_owned()]
        } else {
            Vec::new()
        },
        internal_date_unix: 1_768_201_200 + n * 60,
        raw: raw.into_bytes(),
    }
}
