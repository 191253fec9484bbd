use std::collections::BTreeSet;

use jiff::Timestamp;
use pli_terms::{Address, MessageId, Wording};

use super::sheet::{Belongs, Kind, Sheet};
use super::{Context, draw, layout, typeface::Typeface};
use crate::entry::{
    Action, Authentication, Author, Bal, ClockTruth, Entry, Exchange, Outcome, Protocol, Record, Request, Sequence,
    Server, Workstation,
};
use crate::export::About;
use crate::export::manifest::Source;
use crate::filter::Filter;

fn record(sequence: u64) -> Record {
    let address = |text: &str| Address::parse(text).unwrap();
    Record {
        sequence: Sequence(sequence),
        unique_id: "0123456789abcdef0123456789abcdef".to_owned(),
        set_back_ms: Some(125_000),
        entry: Entry {
            at: Timestamp::from_second(1_790_000_000 + sequence as i64).unwrap(),
            utc_offset: 7200,
            clock: ClockTruth {
                synchronised: Some(false),
                gap_ms: Some(-35),
            },
            author: Some(Author {
                national_id: None,
                name: Wording::fact("Noël Où-Çà"),
                method: Authentication::PscCiba,
            }),
            bal: Some(Bal {
                address: address("cabinet@org.mssante.fr"),
                kind: None,
            }),
            action: Action::Send,
            request: Request {
                protocol: Protocol::Smtp,
                verb: Wording::fixed("DATA"),
                mailbox: Wording::fixed("Brouillons"),
                target: Wording::fixed("Envoyés"),
                uids: Wording::fixed("3:5"),
                octets_out: 12_345,
                octets_in: 67,
            },
            outcome: Outcome::Refused {
                code: Wording::fixed("550"),
                enhanced: Wording::fixed("5.1.1"),
                text: Wording::fixed("mailbox unknown"),
            },
            exchange: Some(Exchange(0xabc)),
            duration_ms: 1_234,
            mail: Wording::fixed("m-17"),
            message_id: MessageId::parse("<id.17@x.fr>"),
            sender: Some(address("emetteur@x.mssante.fr")),
            recipients: (0..400)
                .map(|n| address(&format!("destinataire.{n}@x.mssante.fr")))
                .collect(),
            encoded_size: Some(98_765),
            workstation: Workstation {
                os: Wording::fixed("Debian"),
                os_version: Wording::fixed("12"),
                pli_version: Wording::fixed("0.1.0"),
                host: Wording::fixed("poste-4"),
                address: Wording::fixed("10.0.0.3"),
            },
            server: Some(Server {
                name: Wording::fixed("smtp.x.fr"),
                address: Wording::fixed("192.0.2.7:465"),
            }),
        },
        hash: [0xab; 32],
        previous: [0xcd; 32],
        unanswered: false,
        canonical: Vec::new(),
    }
}

fn about() -> About {
    About {
        by: record(1).entry.author.unwrap(),
        at: "2026-11-22T09:10:11+01:00[Europe/Paris]".parse().unwrap(),
        software: Wording::fixed("Pli 0.1.0"),
        host: Wording::fixed("poste-4"),
        replace: false,
    }
}

fn with<T>(filter: &Filter, run: impl FnOnce(&Typeface, &Context<'_>) -> T) -> T {
    with_about(filter, &about(), run)
}

fn with_about<T>(filter: &Filter, about: &About, run: impl FnOnce(&Typeface, &Context<'_>) -> T) -> T {
    let context = Context {
        filter,
        about,
        source: Source {
            journal: [1; 16],
            public_key: [2; 32],
            seal: None,
            anchors: Vec::new(),
        },
    };
    run(&Typeface::load().unwrap(), &context)
}

/// What is read of the report, in the order of reading.
fn read(sheet: &Sheet) -> String {
    let mut out = String::new();
    for piece in sheet.pages.iter().flat_map(|page| &page.pieces) {
        if matches!(piece.belongs, Belongs::To(_)) {
            out.push_str(&piece.text);
        }
    }
    out
}

#[test]
fn nothing_of_a_trace_is_left_out() {
    let read = with(&Filter::default(), |face, context| {
        read(&layout::report(face, &[record(41)], context).0)
    });
    // A line may be broken anywhere; a space at its end is part of it.
    let bare = |text: &str| text.replace([' ', '\u{a0}'], "");
    let read = bare(&read);
    for said in [
        "41",
        "21/09/2026 16:14:01,000",
        "UTC+02:00",
        "cabinet@org.mssante.fr",
        "Noël Où-Çà, Pro Santé Connect (téléphone)",
        "Envoi",
        "SMTP : DATA Brouillons",
        "vers Envoyés",
        "UID 3:5",
        "Refusé",
        "550 5.1.1",
        "mailbox unknown",
        "Message-ID : id.17@x.fr",
        "identifiant interne : m-17",
        "98 765 octets",
        "Expéditeur : emetteur@x.mssante.fr",
        "400 destinataires : destinataire.0@x.mssante.fr",
        "destinataire.399@x.mssante.fr",
        "smtp.x.fr (192.0.2.7:465)",
        "12 345 octets envoyés et 67 octets reçus",
        "durée : 1 234 ms",
        "échange 0000000000000abc",
        "poste-4 (10.0.0.3)",
        "Debian 12",
        "Pli 0.1.0",
        "horloge : non synchronisée, écart mesuré −35 ms, reculée de 125 000 ms",
        "0123456789abcdef0123456789abcdef",
        &"ab".repeat(32),
    ] {
        assert!(read.contains(&bare(said)), "{said}");
    }
    for place in 0..400 {
        assert!(read.contains(&format!("destinataire.{place}@x.mssante.fr")), "{place}");
    }
}

#[test]
fn the_first_page_says_what_was_asked_and_what_is_proved() {
    let filter = Filter {
        from: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        action: Some(Action::Send),
        failures_only: true,
        correspondent: Some("labo".to_owned()),
        ..Filter::default()
    };
    let first = with(&filter, |face, context| {
        let (sheet, begins) = layout::report(face, &[record(1), record(2)], context);
        assert_eq!(begins, 1);
        sheet.pages[0]
            .pieces
            .iter()
            .map(|piece| piece.text.clone())
            .collect::<String>()
    });
    for said in [
        "Rapport des traces, pour une demande judiciaire",
        "Noël Où-Çà",
        "22/11/2026 09:10:11 (UTC+01:00)",
        "à partir du 01/01/2026 01:00:00,000",
        "action « Envoi » ; échecs et refus seuls ; correspondant dont l'adresse contient « labo »",
        "2\u{a0}traces, dont 2\u{a0}échecs ou refus",
        "aucune trace n'a encore été détruite",
        &"01".repeat(16),
        &crate::seal::fingerprint(&[2; 32]),
        "« pli traces verify »",
    ] {
        assert!(first.contains(said), "{said}\n{first}");
    }
}

#[test]
fn a_report_asked_for_by_nobody_known_says_so() {
    let about = About {
        by: Author {
            national_id: None,
            name: Wording::empty(),
            method: Authentication::None,
        },
        ..about()
    };
    let filter = Filter::default();
    let octets = with_about(&filter, &about, |face, context| {
        let (sheet, begins) = layout::report(face, &[], context);
        let read = read(&sheet);
        assert!(read.contains("personne n'était authentifié sur ce poste"), "{read}");
        assert!(read.contains("Aucune trace ne correspond à cette demande."), "{read}");
        draw::draw(face, &sheet, begins, context).unwrap()
    });
    assert!(octets.starts_with(b"%PDF-1.7"));
}

#[test]
fn every_page_of_the_table_has_its_heading_and_every_text_is_within_it() {
    let records: Vec<Record> = (1..60).map(record).collect();
    let (sheet, begins) = with(&Filter::default(), |face, context| {
        layout::report(face, &records, context)
    });
    assert!(sheet.pages.len() > 20);
    for page in &sheet.pages[begins..] {
        for title in super::rows::HEADINGS {
            assert!(page.pieces.iter().any(|piece| piece.text == title), "{title}");
        }
    }
    for piece in sheet.pages.iter().flat_map(|page| &page.pieces) {
        assert!((40.0..=795.0).contains(&piece.y) && piece.x >= 40.0, "{piece:?}");
    }
    // Every part has its text, and is read once.
    let read: BTreeSet<usize> = (sheet.pages.iter().flat_map(|page| &page.pieces))
        .filter_map(|piece| match piece.belongs {
            Belongs::To(node) => Some(node.0),
            Belongs::Page => None,
        })
        .collect();
    for (place, node) in sheet.nodes.iter().enumerate() {
        let holds = matches!(node.kind, Kind::Table(_) | Kind::Row);
        assert_eq!(read.contains(&place), !holds, "{node:?}");
    }
}

#[test]
fn the_file_meets_the_standards_of_archiving_and_accessibility() {
    // Characters of every kind: what has no glyph, what turns the text around, what is invisible.
    let mut odd = record(1);
    odd.entry.request.verb = Wording::fact("漢\u{202e}\u{200b}\u{e000}\u{10ffff}\u{ad}🦀 שלום عربي e\u{301}");
    odd.entry.recipients.clear();
    let octets = with(&Filter::default(), |face, context| {
        let (sheet, begins) = layout::report(face, &[odd, record(2)], context);
        draw::draw(face, &sheet, begins, context).unwrap()
    });
    let holds = |text: &str| octets.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("/Lang (fr-FR)") || holds("/Lang(fr-FR)"));
    assert!(holds("/MarkInfo"));
    assert!(holds("/StructTreeRoot"));
    assert!(holds("<pdfaid:part>2") && holds("<pdfuaid:part>1"));
    assert!(holds("DejaVuSansCondensed"));
}
