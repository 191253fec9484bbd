//! Whatever comes in, something sensible comes out.

use pli_message::{
    Defect, Disposition, Kind, KindReason, Report, parse, parse_dsn, parse_headers, parse_mdn, part_bytes,
};
use proptest::prelude::*;

const LETTER: &str = "From: =?utf-8?Q?Dr_H=C3=A9l=C3=A8ne_VASSEROT?= <helene@beta.mssante.test>\r\n\
To: dr.martin@alpha.mssante.test, \"Cabinet, accueil\" <cabinet@alpha.mssante.test>\r\n\
Subject: =?utf-8?B?WERNLzEuMC9ERE0rUsOpc3VsdGF0IGRl?=\r\n =?utf-8?B?IGJpb2xvZ2ll?=\r\n\
Date: Tue, 17 Nov 2026 09:04:00 +0100\r\nMessage-ID: <a.1@beta.mssante.test>\r\n\
References: <r.1@x.test>\r\n <r.2@x.test>\r\nIn-Reply-To: <r.2@x.test>\r\n\
X-MSS-INS: O\r\nX-MSS-NIL: ABC-0001\r\nX-MSS-CODECDA: 11502-2, 34112-3\r\n\
Return-Path: <helene@beta.mssante.test>\r\nDisposition-Notification-To: helene@beta.mssante.test\r\n\
MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n\
--b1\r\nContent-Type: multipart/alternative; boundary=b2\r\n\r\n\
--b2\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
Ch=E8re cons=9Cur, voici le r=E9sultat.\r\n\
--b2\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Voici <img src=\"cid:logo@x\"></p>\r\n--b2--\r\n\
--b1\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n\
--b1\r\nContent-Type: application/pdf; name=\"x.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
Content-Disposition: attachment; filename*0*=utf-8''r%C3%A9sultat; filename*1=\"_final.pdf\"\r\n\r\nJVBERi0=\r\n\
--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: Lettre d'avant\r\n\r\nAncien texte\r\n--b1--\r\n";

#[test]
fn a_letter_with_everything_is_read() {
    let parsed = parse(LETTER.as_bytes());
    assert_eq!(parsed.row.from.name, "Dr Hélène VASSEROT");
    assert_eq!(parsed.row.to.len(), 2);
    assert_eq!(parsed.row.to[1].name, "Cabinet, accueil");
    assert_eq!(parsed.row.subject, "XDM/1.0/DDM+Résultat de biologie");
    assert_eq!(parsed.row.display_subject, "Résultat de biologie");
    let date = parsed.row.date.unwrap();
    assert_eq!((date.unix, date.offset_minutes), (1_794_902_640, 60));
    assert_eq!(parsed.row.references.len(), 2);
    assert_eq!(parsed.row.x_mss.codecda, ["11502-2", "34112-3"]);
    assert_eq!(parsed.row.x_mss.ins, Some(true));
    assert!(parsed.disposition_target_is_return_path());
    assert!(parsed.text.contains("Chère consœur, voici le résultat.") || parsed.text.contains("Chère cons"));
    assert!(parsed.html.is_some());
    assert_eq!(parsed.defects, []);
    let names: Vec<&str> = parsed.attachments.iter().map(|file| file.name.as_str()).collect();
    assert!(names.contains(&"résultat_final.pdf"), "{names:?}");
    assert!(names.contains(&"Lettre d'avant.eml"), "{names:?}");
    let logo = parsed.attachments.iter().find(|file| file.mime == "image/png").unwrap();
    assert!(logo.inline && logo.content_id.as_deref() == Some("logo@x"));
    let pdf = parsed
        .attachments
        .iter()
        .find(|file| file.mime == "application/pdf")
        .unwrap();
    assert_eq!(part_bytes(LETTER.as_bytes(), pdf.part_id).unwrap(), b"%PDF-");
    let nested = parsed
        .attachments
        .iter()
        .find(|file| file.mime == "message/rfc822")
        .unwrap();
    let inner = parse(&part_bytes(LETTER.as_bytes(), nested.part_id).unwrap());
    assert_eq!(inner.row.subject, "Lettre d'avant");
    assert_eq!(part_bytes(LETTER.as_bytes(), 999), None);
    let row = parse_headers(&LETTER.as_bytes()[..LETTER.find("\r\n\r\n").unwrap() + 4]);
    assert_eq!(row, parsed.row);
    let json = serde_json::to_value(parsed.view()).unwrap();
    assert_eq!(json["kind"], "professional");
    assert_eq!(json["html"], true);
    assert_eq!(json["x_mss"]["nil"], "ABC-0001");
    assert_eq!(json["attachments"][0]["mime"], "image/png");
}

#[test]
fn nested_messages_are_opened_octet_for_octet() {
    let inner = "Subject: dedans\r\nContent-Type: message/rfc822\r\n\r\nSubject: au fond\r\n\r\nx\r\n";
    let raw = format!(
        "From: a@b.fr\r\nContent-Type: multipart/mixed; boundary=z\r\n\r\n--z\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--z--\r\n"
    );
    let parsed = parse(raw.as_bytes());
    let file = &parsed.attachments[0];
    let bytes = part_bytes(raw.as_bytes(), file.part_id).unwrap();
    assert!(
        String::from_utf8_lossy(&bytes).starts_with(inner.trim_end()),
        "{}",
        String::from_utf8_lossy(&bytes)
    );
}

#[test]
fn a_thousand_or_a_hundred_thousand_levels_do_no_harm() {
    for levels in [1_000, 100_000] {
        let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(levels);
        let parsed = parse(deep.as_bytes());
        assert!(parsed.attachments.len() <= 500);
        let encoded = "Content-Type: MESSAGE/(un commentaire)RFC822\r\n\r\n".repeat(levels);
        let _ = parse(encoded.as_bytes());
        let digest = format!(
            "Content-Type: multipart/digest; boundary=d\r\n\r\n{}",
            "--d\r\n\r\n".repeat(levels)
        );
        let _ = parse(digest.as_bytes());
    }
    let mut levels = String::from("Subject: profond\r\n");
    for level in 0..1_000 {
        levels.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
        ));
    }
    levels.push_str("Content-Type: text/plain\r\n\r\nau fond\r\n");
    let parsed = parse(levels.as_bytes());
    assert_eq!(parsed.row.subject, "profond");
    assert!(parsed.defects.contains(&Defect::TooManyParts));
    let parts = format!(
        "Subject: parties\r\nContent-Type: multipart/mixed; boundary=p\r\n\r\n{}--p--\r\n",
        "--p\r\nContent-Type: application/pdf\r\n\r\nx\r\n".repeat(100_000)
    );
    let parsed = parse(parts.as_bytes());
    assert_eq!(parsed.attachments.len(), 500);
    assert!(parsed.defects.contains(&Defect::TooManyParts));
}

#[test]
fn broken_messages_are_shown_and_their_defects_told() {
    let parsed = parse(b"Subject: seul\r\n\r\ntexte\r\n");
    assert_eq!(parsed.defects, [Defect::NoMessageId, Defect::NoDate, Defect::NoFrom]);
    assert_eq!(parsed.text.trim(), "texte");
    let cut = parse(b"From: a@b.fr\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\ndebut");
    assert!(cut.text.contains("debut"));
    let bad = parse(b"From: a@b.fr\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n@@@@ pas du base64 @@@@\r\n");
    assert!(bad.defects.contains(&Defect::BrokenEncoding), "{:?}", bad.defects);
    let latin = parse(
        b"From: a@b.fr\r\nSubject: caf\xe9\r\nContent-Type: text/plain; charset=windows-1252\r\n\r\nco\xfbt 3 \x80\r\n",
    );
    assert!(latin.text.contains("coût 3 €"), "{}", latin.text);
    assert!(parse(b"").defects.contains(&Defect::Unreadable));
    let _ = parse(&[0xff; 4096]);
}

#[test]
fn delivery_reports_say_the_fate_of_each_recipient() {
    let raw = "From: MAILER-DAEMON@alpha.mssante.test\r\nTo: dr.martin@alpha.mssante.test\r\nSubject: Undelivered\r\n\
MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"q\"\r\n\r\n\
--q\r\nContent-Type: text/plain\r\n\r\nVoir plus bas.\r\n\
--q\r\nContent-Type: message/delivery-status\r\n\r\n\
Reporting-MTA: dns; smtp.alpha.mssante.test\r\nOriginal-Envelope-Id: envoi+2B12\r\n\r\n\
Final-Recipient: rfc822; personne@beta.mssante.test\r\nOriginal-Recipient: rfc822;personne@beta.mssante.test\r\n\
Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 <personne>: no such\r\n user\r\n\r\n\
Final-Recipient: rfc822; labo@beta.mssante.test\r\nAction: relayed (to a remote server)\r\nStatus: 2.0.0\r\n\r\n\
--q\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <envoi.12@alpha.mssante.test>\r\nSubject: x\r\n\r\n--q--\r\n";
    let dsn = parse_dsn(raw.as_bytes()).unwrap();
    assert_eq!(dsn.envelope_id.as_deref(), Some("envoi+12"));
    assert_eq!(dsn.original_message_id.unwrap().as_str(), "envoi.12@alpha.mssante.test");
    assert_eq!(dsn.recipients.len(), 2);
    assert!(!dsn.recipients[0].action.is_success() && dsn.recipients[1].action.is_success());
    assert_eq!(dsn.recipients[0].status, "5.1.1");
    assert_eq!(
        dsn.recipients[0].diagnostic.as_deref(),
        Some("550 5.1.1 <personne>: no such user")
    );
    assert!(dsn.recipients[0].explanation.contains("n'existe pas"));
    assert_eq!(parse_mdn(raw.as_bytes()), None);
    let parsed = parse(raw.as_bytes());
    assert_eq!(
        (parsed.row.kind, parsed.row.kind_reason),
        (Kind::System, KindReason::DeliveryReport)
    );
    assert!(matches!(parsed.report, Some(Report::Delivery(_))));
}

fn mdn(disposition: &str) -> String {
    format!(
        "From: a@b.fr\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=m\r\n\r\n\
--m\r\nContent-Type: text/plain\r\n\r\nLu.\r\n--m\r\nContent-Type: message/disposition-notification\r\n\r\n\
Final-Recipient: rfc822;a@b.fr\r\nOriginal-Message-ID: <o.1@x.test>\r\nDisposition: {disposition}\r\n\r\n--m--\r\n"
    )
}

#[test]
fn integration_reports_give_their_code() {
    let found = parse_mdn(
        mdn("automatic-action/MDN-sent-automatically; processed/Error: 902^Identifiant patient inconnu").as_bytes(),
    )
    .unwrap();
    assert_eq!(found.disposition, Disposition::Failed);
    assert_eq!(found.error_code, Some(902));
    assert_eq!(found.error_text.as_deref(), Some("Identifiant patient inconnu"));
    assert!(found.automatic);
    assert_eq!(found.original_message_id.unwrap().as_str(), "o.1@x.test");
    let read = parse_mdn(mdn("manual-action/MDN-sent-manually; displayed").as_bytes()).unwrap();
    assert_eq!(
        (read.disposition, read.automatic, read.error_code),
        (Disposition::Displayed, false, None)
    );
}

#[test]
fn real_messages_given_from_outside_are_read() {
    let Some(folder) = std::env::var_os("PLI_DATA") else {
        return;
    };
    let mut seen = 0;
    for entry in std::fs::read_dir(std::path::Path::new(&folder).join("eml")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            let raw = std::fs::read(&path).unwrap();
            let parsed = parse(&raw);
            assert!(
                !parsed.row.subject.is_empty() && !parsed.text.is_empty() && parsed.defects.is_empty(),
                "{path:?} {:?}",
                parsed.defects
            );
            for file in &parsed.attachments {
                assert_eq!(
                    part_bytes(&raw, file.part_id).unwrap().len() as u64,
                    file.size,
                    "{path:?} {}",
                    file.name
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 0);
}

proptest! {
    #[test]
    fn any_octets_are_read(raw in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let parsed = parse(&raw);
        for file in &parsed.attachments {
            let _ = part_bytes(&raw, file.part_id);
        }
        let _ = parse_headers(&raw);
    }

    #[test]
    fn a_letter_with_any_damage_is_read(at in 0..LETTER.len(), length in 0..40_usize, put in proptest::collection::vec(any::<u8>(), 0..20)) {
        let mut raw = LETTER.as_bytes().to_vec();
        let end = (at + length).min(raw.len());
        raw.splice(at..end, put);
        let parsed = parse(&raw);
        for file in &parsed.attachments {
            prop_assert!(!file.name.is_empty() && !file.name.contains('/'));
            let _ = part_bytes(&raw, file.part_id);
        }
        let _ = (parse_dsn(&raw), parse_mdn(&raw), pli_message::searchable_text(&parsed), pli_message::snippet(&parsed.text, 140));
    }
}
