//! What is written can be read again, always the same, and adds no field of a stranger.

#![allow(clippy::unwrap_used)] // The functions that prepare a test are tests too, which the lint does not see.

use pli_message::{
    Attached, BuildError, FieldText, Moment, MssHeaders, Outgoing, build, forward, parse, part_bytes, reply, reply_all,
};
use pli_terms::{Address, MessageId};
use proptest::prelude::*;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn outgoing() -> Outgoing {
    Outgoing {
        from: (
            FieldText::new("Dr_Claire_MARTIN_Cabinet"),
            address("dr.martin@alpha.mssante.test"),
        ),
        to: vec![(
            FieldText::new("Laboratoire « Les Acacias », accueil"),
            address("labo@beta.mssante.test"),
        )],
        cc: vec![(FieldText::default(), address("dr.leroy@alpha.mssante.test"))],
        bcc: vec![(FieldText::new("Secret"), address("cache@beta.mssante.test"))],
        subject: FieldText::new("Résultat à compléter"),
        text: "Chère consœur,\n.\n\nVoici.\n".to_owned(),
        in_reply_to: MessageId::parse("p.1@x.test"),
        references: vec![
            MessageId::parse("r.1@x.test").unwrap(),
            MessageId::parse("p.1@x.test").unwrap(),
        ],
        attachments: vec![Attached {
            name: "compte rendu é.pdf".into(),
            mime: "application/pdf".into(),
            bytes: (0..=255).collect(),
        }],
        message_id: MessageId::parse("n.1@alpha.mssante.test").unwrap(),
        date: Moment {
            unix: 1_794_902_640,
            offset_minutes: 60,
        },
        mdn_requested: true,
        mss: MssHeaders {
            codecda: vec!["11502-2".into()],
            ins: Some(true),
            nil: Some("ABC-1".into()),
            fin: true,
        },
    }
}

#[test]
fn a_message_is_the_same_each_time_and_says_what_it_was_given() {
    let built = build(&outgoing()).unwrap();
    assert_eq!(built.bytes, build(&outgoing()).unwrap().bytes);
    let text = String::from_utf8(built.bytes.clone()).unwrap();
    assert!(text.contains("Date: Tue, 17 Nov 2026 09:04:00 +0100\r\n"), "{text}");
    assert!(!text.to_lowercase().contains("bcc") && !text.contains("cache@"));
    assert_eq!(text.matches("MIME-Version").count(), 1);
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
    assert!(text.lines().all(|line| line.len() <= 998));
    assert_eq!(built.recipients.len(), 3);
    let parsed = parse(&built.bytes);
    assert_eq!(parsed.defects, []);
    assert_eq!(parsed.row.to[0].name, "Laboratoire « Les Acacias », accueil");
    assert_eq!(parsed.row.subject, "Résultat à compléter");
    assert_eq!(parsed.row.date, Some(outgoing().date));
    assert_eq!(parsed.row.references, outgoing().references);
    assert_eq!(parsed.row.x_mss.mes.as_deref(), Some("FIN"));
    assert_eq!(
        parsed.disposition_notification_to[0].address,
        "dr.martin@alpha.mssante.test"
    );
    assert_eq!(parsed.text.trim_end(), outgoing().text.trim_end());
    assert_eq!(parsed.attachments[0].name, "compte rendu é.pdf");
    assert_eq!(
        part_bytes(&built.bytes, parsed.attachments[0].part_id).unwrap(),
        (0..=255).collect::<Vec<u8>>()
    );
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let nobody = Outgoing {
        to: vec![],
        cc: vec![],
        bcc: vec![],
        ..outgoing()
    };
    assert_eq!(build(&nobody), Err(BuildError::NoRecipient));
    let injected = Outgoing {
        mss: MssHeaders {
            nil: Some("x\r\nBcc: y".into()),
            ..MssHeaders::default()
        },
        ..outgoing()
    };
    assert_eq!(build(&injected), Err(BuildError::MssField));
    let never = Outgoing {
        date: Moment {
            unix: -5,
            offset_minutes: 0,
        },
        ..outgoing()
    };
    assert_eq!(build(&never), Err(BuildError::Date));
    let hidden = Outgoing {
        to: vec![],
        cc: vec![],
        ..outgoing()
    };
    assert_eq!(build(&hidden).unwrap().recipients.len(), 1);
}

#[test]
fn answers_quote_in_french_and_forget_nobody_but_oneself() {
    let raw = "From: Dr Paul LEROY <dr.leroy@alpha.mssante.test>\r\nTo: dr.martin@alpha.mssante.test, labo@beta.mssante.test\r\n\
        Cc: Dr.Martin@Alpha.mssante.test, cabinet@alpha.mssante.test, labo@beta.mssante.test\r\nReply-To: accueil@alpha.mssante.test\r\n\
        Subject: RE : XDM/1.0/DDM+Avis\r\nDate: Tue, 17 Nov 2026 09:04:00 +0100\r\nMessage-ID: <m.1@x.test>\r\n\r\nBonjour,\r\n> ancien\r\n-- \r\nDr Leroy\r\n";
    let parsed = parse(raw.as_bytes());
    let own = [address("dr.martin@alpha.mssante.test")];
    let one = reply(&parsed, &own);
    assert_eq!(
        one.to.iter().map(|m| m.address.as_str()).collect::<Vec<_>>(),
        ["accueil@alpha.mssante.test"]
    );
    assert_eq!(one.subject, "Re : Avis");
    assert_eq!(
        one.text,
        "\n\nLe 17/11/2026 à 9 h 04, Dr Paul LEROY a écrit :\n> Bonjour,\n>> ancien\n"
    );
    assert_eq!(one.in_reply_to.as_ref().unwrap().as_str(), "m.1@x.test");
    let all = reply_all(&parsed, &own);
    let addresses = |list: &[pli_message::Mailbox]| list.iter().map(|m| m.address.clone()).collect::<Vec<_>>();
    assert_eq!(
        addresses(&all.to),
        ["accueil@alpha.mssante.test", "labo@beta.mssante.test"]
    );
    assert_eq!(addresses(&all.cc), ["cabinet@alpha.mssante.test"]);
    let forwarded = forward(&parsed);
    assert_eq!(forwarded.subject, "Tr : Avis");
    assert!(
        forwarded.to.is_empty()
            && forwarded
                .text
                .contains("De : Dr Paul LEROY <dr.leroy@alpha.mssante.test>\n")
    );
    let mine = reply(&parsed, &[address("dr.leroy@alpha.mssante.test")]);
    assert_eq!(
        addresses(&mine.to),
        ["dr.martin@alpha.mssante.test", "labo@beta.mssante.test"]
    );
}

proptest! {
    #[test]
    fn any_text_comes_back_and_adds_no_field(subject in any::<String>(), name in any::<String>(), text in "[ -~éœ\\n.>=]{0,400}",
        file in any::<String>(), mime in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..300),
        unix in 0_i64..4_000_000_000, offset in -720_i16..840) {
        let mut message = outgoing();
        message.subject = FieldText::new(&subject);
        message.to[0].0 = FieldText::new(&name);
        message.text = text.clone();
        message.date = Moment { unix, offset_minutes: offset };
        message.attachments[0] = Attached { name: file, mime, bytes: bytes.clone() };
        let built = build(&message).unwrap();
        let parsed = parse(&built.bytes);
        prop_assert_eq!(parsed.row.subject.as_str(), message.subject.as_str());
        prop_assert_eq!(parsed.row.date, Some(message.date));
        prop_assert_eq!(parsed.row.to.len(), 1);
        prop_assert_eq!(parsed.row.to[0].address.as_str(), "labo@beta.mssante.test");
        prop_assert_eq!(parsed.bcc.len(), 0);
        prop_assert_eq!(parsed.attachments.len(), 1);
        prop_assert_eq!(part_bytes(&built.bytes, parsed.attachments[0].part_id).unwrap(), bytes);
        prop_assert_eq!(parsed.text.trim_end_matches('\n'), text.trim_end_matches('\n'));
        prop_assert!(built.bytes.split(|b| *b == b'\n').all(|line| line.len() <= 999));
    }
}
