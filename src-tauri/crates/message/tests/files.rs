//! Files and text of every charset: a file is kept octet for octet, text is read as it was meant.

use pli_message::{Attached, Moment, MssHeaders, Outgoing, build, parse, parse_headers, part_bytes, part_content};
use pli_terms::{Address, MessageId};

fn quoted_printable(octets: &[u8]) -> String {
    let mut out = String::new();
    let mut width = 0;
    for octet in octets {
        let piece = match octet {
            b'!'..=b'<' | b'>'..=b'~' => char::from(*octet).to_string(),
            other => format!("={other:02X}"),
        };
        if width + piece.len() > 75 {
            out.push_str("=\r\n");
            width = 0;
        }
        width += piece.len();
        out.push_str(&piece);
    }
    out
}

fn base64(octets: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (index, group) in octets.chunks(3).enumerate() {
        if index > 0 && index % 19 == 0 {
            out.push_str("\r\n");
        }
        let bits = group.iter().fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place)) as usize & 63];
            out.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// A letter with one file, whose header and encoded body are given.
fn with_file(header: &str, body: &[u8]) -> Vec<u8> {
    let mut raw = format!(
        "From: labo@beta.mssante.test\r\nTo: dr@alpha.mssante.test\r\nSubject: Fichier\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"limite-1\"\r\n\r\n--limite-1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         Voir le fichier.\r\n--limite-1\r\n{header}\r\n\r\n"
    )
    .into_bytes();
    raw.extend_from_slice(body);
    raw.extend_from_slice(b"\r\n--limite-1--\r\n");
    raw
}

/// The only file of a message, by both ways of getting it.
fn only_file(raw: &[u8]) -> Vec<u8> {
    let parsed = parse(raw);
    assert_eq!(parsed.attachments.len(), 1, "{:?}", parsed.attachments);
    let file = &parsed.attachments[0];
    let Some((mime, name, octets)) = part_content(raw, file.part_id) else {
        panic!("the file that is listed cannot be had");
    };
    assert_eq!((&mime, &name), (&file.mime, &file.name));
    assert_eq!(octets.len() as u64, file.size);
    assert_eq!(part_bytes(raw, file.part_id).as_ref(), Some(&octets));
    octets
}

#[test]
fn a_text_file_keeps_every_octet_whatever_its_charset() {
    let utf16: Vec<u8> = "\u{feff}Résultat : 3 €\r\n\u{0a0d}fin"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let every: Vec<u8> = (0..=255_u8).cycle().take(3_000).collect();
    let texts: [(&str, &[u8]); 8] = [
        ("iso-8859-1", b"AUBREVAL|H\xe9l\xe8ne|\xe0 je\xfbn\r\n1,2 \xb5mol/l\r\n"),
        ("iso-8859-15", b"\xbddeme, 3 \xa4\r\n"),
        ("windows-1252", b"\x9cd\xe8me, 3 \x80 \x81\x8d\r\n\r\n"),
        ("utf-16le", &utf16),
        ("utf-8", b"faux UTF-8 \xe9\xff\xc3"),
        ("us-ascii", b"\xef\xbb\xbfr\xc3\xa9sultat\n"),
        ("inconnu-1", b"a\0b\0\0c\r\n-- \r\nContent-Type: message/rfc822\r\n"),
        ("iso-8859-1", &every),
    ];
    for (charset, octets) in texts {
        for mime in [
            "text/plain",
            "text/xml",
            "text/html",
            "text/x-hprim",
            "application/x-hprim",
            "application/xml",
        ] {
            let types = [
                format!("Content-Type: {mime}; charset={charset}; name=\"resultat.hpr\""),
                format!("Content-Type: {mime}; name=\"resultat.hpr\""),
            ];
            for kind in types {
                let head = format!("{kind}\r\nContent-Disposition: attachment; filename=\"resultat.hpr\"");
                let coded = |coding: &str| format!("{head}\r\nContent-Transfer-Encoding: {coding}");
                let bodies = [
                    (coded("base64"), base64(octets).into_bytes()),
                    (coded("BASE64 (comme convenu)"), base64(octets).into_bytes()),
                    (coded("quoted-printable"), quoted_printable(octets).into_bytes()),
                    (coded("Quoted-Printable;"), quoted_printable(octets).into_bytes()),
                    (coded("8bit"), octets.to_vec()),
                    (coded("binary"), octets.to_vec()),
                    (head.clone(), octets.to_vec()),
                ];
                for (header, body) in bodies {
                    let got = only_file(&with_file(&header, &body));
                    assert!(
                        got == octets,
                        "{header}\n{}\n{}",
                        got.escape_ascii(),
                        octets.escape_ascii()
                    );
                }
            }
        }
    }
}

#[test]
fn a_file_that_was_cut_or_marked_on_its_way_gives_what_is_there() {
    let octets: Vec<u8> = b"%PDF-1.4 r\xe9sultat ".repeat(40);
    let header =
        "Content-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64";
    let marked = base64(&octets).replacen("\r\n", "!\r\n", 2);
    assert_eq!(only_file(&with_file(header, marked.as_bytes())), octets);
    let whole = with_file(header, base64(&octets).as_bytes());
    let cut = &whole[..whole.len() - 300];
    let got = only_file(cut);
    assert!(got.len() > 300 && octets.starts_with(&got), "{}", got.escape_ascii());
    let plain = with_file(header, "Pas encodé du tout, n'est-ce pas ?".as_bytes());
    assert_eq!(only_file(&plain), "Pas encodé du tout, n'est-ce pas ?".as_bytes());
}

#[test]
fn text_shown_in_its_place_is_a_file_too_when_it_has_a_name() {
    let raw = with_file(
        "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Disposition: inline; filename=suite.txt",
        b"r\xe9sultat",
    );
    assert!(parse(&raw).text.contains("résultat"));
    assert_eq!(only_file(&raw), b"r\xe9sultat");
}

#[test]
fn a_text_file_sent_on_arrives_unchanged() {
    let address = |text: &str| Address::parse(text).unwrap();
    let octets = b"H\xe9l\xe8ne\r\n\0 \xa4 \n".to_vec();
    let built = build(&Outgoing {
        from: ("Dr A".into(), address("a@alpha.mssante.test")),
        to: vec![("".into(), address("b@beta.mssante.test"))],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "Tr : fichier".into(),
        text: "Voir.".to_owned(),
        in_reply_to: None,
        references: Vec::new(),
        attachments: vec![Attached {
            name: "resultat.hpr".to_owned(),
            mime: "text/plain".to_owned(),
            bytes: octets.clone(),
        }],
        message_id: MessageId::parse("<f.1@alpha.mssante.test>").unwrap(),
        date: Moment {
            unix: 1_794_902_640,
            offset_minutes: 60,
        },
        mdn_requested: false,
        mss: MssHeaders::default(),
    })
    .unwrap();
    assert_eq!(only_file(&built.bytes), octets);
}

#[test]
fn subjects_names_and_bodies_of_france_are_read_declared_or_not() {
    let letter = |subject: &[u8], kind: &str, body: &[u8]| {
        let mut raw = b"From: H\xe9l\xe8ne <h@beta.mssante.test>\r\nSubject: ".to_vec();
        raw.extend_from_slice(subject);
        raw.extend_from_slice(format!("\r\n{kind}\r\n").as_bytes());
        raw.extend_from_slice(body);
        raw
    };
    let text = "l'œdème à 3 €, né où ?";
    let latin_9: &[u8] = b"l'\xbdd\xe8me \xe0 3 \xa4, n\xe9 o\xf9 ?";
    let windows: &[u8] = b"l'\x9cd\xe8me \xe0 3 \x80, n\xe9 o\xf9 ?";
    let utf_8 = text.as_bytes();
    for (subject, kind, body) in [
        (windows, "", windows),
        (utf_8, "", utf_8),
        (windows, "Content-Type: text/plain\r\n", windows),
        (windows, "Content-Type: text/plain; charset=us-ascii\r\n", windows),
        (utf_8, "Content-Type: text/plain; charset=us-ascii\r\n", utf_8),
        (utf_8, "Content-Type: text/plain; charset=utf-8\r\n", windows),
        (utf_8, "Content-Type: text/plain; charset=x-inconnu\r\n", windows),
        (windows, "Content-Type: text/html\r\n", windows),
        (
            windows,
            "Content-Type: text/plain; charset=\"Windows-1252\"\r\n",
            windows,
        ),
        (windows, "Content-Type: text/plain; charset=iso-8859-1\r\n", windows),
        (windows, "Content-Type: text/plain; charset=cp1252\r\n", windows),
        (
            b"=?ISO-8859-15?Q?l'=BDd=E8me_=E0_3_=A4,_n=E9_o=F9_=3F?=",
            "Content-Type: text/plain; charset=ISO-8859-15\r\nContent-Transfer-Encoding: 8bit\r\n",
            latin_9,
        ),
        (
            b"=?windows-1252?B?bCecZOhtZSDgIDMggCwgbukgb/kgPw==?=",
            "Content-Type: text/html; charset=iso-8859-15\r\nContent-Transfer-Encoding: quoted-printable\r\n",
            b"l'=BDd=E8me =E0 3 =A4, n=E9 o=F9 ?",
        ),
        (
            b"=?utf-8?Q?l'=C5=93d=C3=A8me_=C3=A0?=\r\n =?utf-8?Q?_3_=E2=82=AC,_n=C3=A9_o=C3=B9_=3F?=",
            "Content-Type: text/plain; charset=utf-7\r\n",
            b"l'+AVM-d+AOg-me +AOA- 3 +IKw-, n+AOk- o+APk- ?",
        ),
    ] {
        let raw = letter(subject, kind, body);
        let parsed = parse(&raw);
        let shown = raw.escape_ascii();
        assert_eq!(parsed.row.subject, text, "{shown}");
        assert_eq!(parsed.row.from.name, "Hélène", "{shown}");
        assert_eq!(parsed.text.trim(), text, "{shown}");
        if let Some(html) = &parsed.html {
            assert!(html.contains(text), "{shown}");
        }
        assert_eq!(parse_headers(&raw), parsed.row, "{shown}");
    }
    for (charset, octets, text) in [
        ("koi8-r", &b"\xf0\xd2\xc9\xd7\xc5\xd4"[..], "Привет"),
        ("iso-8859-2", b"Dvo\xf8\xe1k", "Dvořák"),
        ("windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"),
        ("macintosh", b"\x8e\x90", "éê"),
        ("ibm850", b"\x82\x8a", "éè"),
    ] {
        let kind = format!("Content-Type: text/plain; charset={charset}\r\n");
        assert_eq!(parse(&letter(b"x", &kind, octets)).text.trim(), text, "{charset}");
    }
}

#[test]
fn a_file_name_in_raw_octets_is_read() {
    for name in [&b"r\xe9sultat \x9cdeme.txt"[..], "résultat œdeme.txt".as_bytes()] {
        let mut raw =
            b"From: a@b.fr\r\nContent-Type: multipart/mixed; boundary=n\r\n\r\n--n\r\nContent-Type: text/plain\r\n\
            Content-Disposition: attachment; filename=\""
                .to_vec();
        raw.extend_from_slice(name);
        raw.extend_from_slice(b"\"\r\n\r\nx\r\n--n--\r\n");
        let file = parse(&raw).attachments.remove(0);
        assert_eq!(file.name, "résultat œdeme.txt");
        assert_eq!(part_content(&raw, file.part_id).unwrap().1, file.name);
    }
}
