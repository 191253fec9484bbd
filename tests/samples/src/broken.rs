//! Messages that real boxes hold and no standard allows: each must be listed and opened all the same.

use crate::Sample;
use crate::compose::{File, Mail, date_header, text_part};
use crate::people::MARTIN;

const FROM: &str = "Dr Odile PASSEMARD <odile.passemard@beta.mssante.test>";

/// The broken ones, received on the days before `now`.
pub(crate) fn broken(now: i64) -> Vec<Sample> {
    let day = |n: i64| now - n * 86_400 - 4321;
    let raw = |date: i64, head: &str, body: &[u8]| {
        let mut out = format!(
            "From: odile.passemard@beta.mssante.test\r\nTo: dr.martin@alpha.mssante.test\r\nDate: {}\r\n{head}\r\n\r\n",
            date_header(date)
        )
        .into_bytes();
        out.extend_from_slice(body);
        out
    };
    let mut out = Vec::new();
    let mut put = |date: i64, raw: Vec<u8>| out.push(Sample::new("INBOX", &["\\Seen"], date, raw));
    put(
        day(11),
        raw(
            day(11),
            "Subject: Courrier en Latin-1\r\nMessage-ID: <latin1@beta.mssante.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit",
            b"Ch\xe8re cons\x9cur,\r\n\r\nLe patient a \xe9t\xe9 revu, l'\xe9tat g\xe9n\xe9ral est pr\xe9serv\xe9.\r\n",
        ),
    );
    put(
        day(23),
        raw(
            day(23),
            "Subject: Courrier Windows-1252\r\nMessage-ID: <cp1252@beta.mssante.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=windows-1252\r\nContent-Transfer-Encoding: 8bit",
            b"Honoraires : 25 \x80. L\x92ordonnance \xab habituelle \xbb est renouvel\xe9e.\r\n",
        ),
    );
    let mut eight_bit = raw(
        day(37),
        "Message-ID: <huitbits@beta.mssante.test>\r\nContent-Type: text/plain",
        b"Aucun codage annonc\xe9.\r\n",
    );
    eight_bit.splice(0..0, b"Subject: Op\xe9ration report\xe9e\r\n".iter().copied());
    put(day(37), eight_bit);
    put(
        day(41),
        raw(
            day(41),
            "Subject: Pi\u{e8}ce jointe ab\u{ee}m\u{e9}e\r\nMessage-ID: <base64@beta.mssante.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=abime",
            b"--abime\r\nContent-Type: text/plain\r\n\r\nLe fichier joint est abime.\r\n--abime\r\nContent-Type: application/pdf; name=\"abime.pdf\"\r\n\
Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ@@@@!!!! ceci n'est pas du base64 \x01\x02\r\n--abime--\r\n",
        ),
    );
    put(
        day(52),
        raw(
            day(52),
            "Subject: Message coup\u{e9} en route\r\nMessage-ID: <coupe@beta.mssante.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=coupe",
            b"--coupe\r\nContent-Type: text/plain\r\n\r\nLe debut est la.\r\n--coupe\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK",
        ),
    );
    put(
        day(60),
        raw(
            day(60),
            "Subject: Sans identifiant",
            b"Ce message n'a pas de Message-ID.\r\n",
        ),
    );
    for (n, text) in [
        (71, "Le premier des deux."),
        (72, "Le second porte le meme identifiant."),
    ] {
        let mail = Mail::new(
            FROM,
            MARTIN,
            "Identifiant en double",
            day(n),
            "double@beta.mssante.test",
        )
        .text(text);
        put(day(n), mail.write());
    }
    put(day(80), b"From: odile.passemard@beta.mssante.test\r\nTo: dr.martin@alpha.mssante.test\r\nSubject: Sans date\r\nMessage-ID: <sansdate@beta.mssante.test>\r\n\r\nAucune date ici.\r\n".to_vec());
    put(
        day(85),
        Mail::new(FROM, MARTIN, "Pile vide de l'horloge", 0, "an1970@beta.mssante.test")
            .text("Écrit en 1970, à en croire la date.")
            .write(),
    );
    put(
        day(90),
        Mail::new(FROM, MARTIN, "Venu du futur", 4_070_908_800, "an2099@beta.mssante.test")
            .text("Écrit en 2099.")
            .write(),
    );
    let long = "Compte rendu détaillé de la consultation pluridisciplinaire ".repeat(14);
    put(
        day(95),
        Mail::new(FROM, MARTIN, long.trim_end(), day(95), "objetlong@beta.mssante.test")
            .text("L'objet fait plus de 800 caractères.")
            .write(),
    );
    for (n, name) in [
        (101, "compte-rendu\u{202E}fdp.exe".to_owned()),
        (104, "../../bilan.pdf".to_owned()),
        (107, format!("{}.pdf", "bilan très complet ".repeat(18))),
        (109, "CON.pdf".to_owned()),
    ] {
        let file = File::new(name, "application/pdf", crate::pdf::page("Bilan", "Une page."));
        let mail = Mail::new(
            FROM,
            MARTIN,
            "Nom de fichier étrange",
            day(n),
            format!("nom{n}@beta.mssante.test"),
        )
        .text("Voir le fichier.")
        .file(file);
        put(day(n), mail.write());
    }
    put(day(115), b"From: odile.passemard@beta.mssante.test\nTo: dr.martin@alpha.mssante.test\nSubject: Fins de ligne seules\nMessage-ID: <lf@beta.mssante.test>\nDate: Mon, 03 Aug 2026 10:00:00 +0200\n\nSans retour chariot.\n".to_vec());
    put(
        day(121),
        raw(
            day(121),
            "Subject: Corps vide\r\nMessage-ID: <vide@beta.mssante.test>",
            b"",
        ),
    );
    put(
        day(126),
        Mail::new("", MARTIN, "Sans auteur", day(126), "sansauteur@beta.mssante.test")
            .text("Qui parle ?")
            .write(),
    );
    out
}

/// A message that carries another one whole.
pub(crate) fn forwarded(serial: u64, date: i64, inner: &[u8], subject: &str) -> Vec<u8> {
    let mail = Mail::new(
        crate::people::LEROY,
        MARTIN,
        format!("Tr : {subject}"),
        date,
        format!("transfert.{serial:05}@alpha.mssante.test"),
    );
    let mut raw = mail.header_block();
    let mut part = b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n".to_vec();
    part.extend_from_slice(inner);
    raw.extend(crate::compose::multipart(
        "mixed",
        &format!("=_tr_{serial}"),
        &[
            text_part(
                "text/plain",
                "Claire,\n\nJe te transmets ce courrier reçu par erreur.\n\nPaul\n",
            ),
            part,
        ],
    ));
    raw
}
