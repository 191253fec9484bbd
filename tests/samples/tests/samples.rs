//! The samples are what they claim to be, read by a parser that shares nothing with what wrote them.

use std::collections::{BTreeMap, BTreeSet};

use mail_parser::{MessageParser, MimeHeaders};
use pli_samples::{for_box, known_words, mailbox, nasty};

const NOW: i64 = 1_794_906_000;

#[test]
fn the_main_box_is_large_varied_and_the_same_twice() {
    let all = mailbox(NOW);
    assert!(all.len() >= 400, "{}", all.len());
    assert_eq!(all, mailbox(NOW));
    assert!(
        all.iter()
            .all(|sample| sample.internal_date_unix <= NOW && sample.internal_date_unix > NOW - 560 * 86_400)
    );
    assert!(
        all.windows(2)
            .all(|pair| pair[0].internal_date_unix <= pair[1].internal_date_unix)
    );
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for sample in &all {
        *folders.entry(&sample.folder).or_default() += 1;
    }
    for folder in [
        "INBOX",
        "Sent",
        "Archive",
        "Drafts",
        "Trash",
        "Résultats à classer",
        "Résultats à classer/Biologie",
    ] {
        assert!(folders.get(folder).copied().unwrap_or_default() > 2, "{folders:?}");
    }
    let flags: BTreeSet<&str> = all
        .iter()
        .flat_map(|sample| sample.flags.iter().map(String::as_str))
        .collect();
    assert_eq!(flags, BTreeSet::from(["\\Answered", "\\Draft", "\\Flagged", "\\Seen"]));
    let unread = all.iter().filter(|s| s.folder == "INBOX" && s.flags.is_empty()).count();
    assert!((2..60).contains(&unread), "{unread}");
    let text: String = all
        .iter()
        .map(|s| String::from_utf8_lossy(&s.raw).into_owned())
        .collect();
    for word in [
        "IHE_XDM.zip",
        "multipart/report",
        "message/rfc822",
        "In-Reply-To",
        "X-MSS-MES",
        "@patient.mssante.test",
        "text/html",
        "quarantaine",
    ] {
        assert!(text.contains(word), "{word}");
    }
    let bytes: usize = all.iter().map(|s| s.raw.len()).sum();
    assert!(bytes < 30_000_000, "{bytes}");
}

#[test]
fn most_messages_are_sound_and_some_are_not() {
    let mut unsound = 0;
    for sample in mailbox(NOW) {
        let message = MessageParser::default().parse(&sample.raw).unwrap();
        let sound = message.message_id().is_some()
            && message.date().is_some()
            && message.parts.iter().all(|p| !p.is_encoding_problem);
        unsound += usize::from(!sound);
    }
    assert!((4..30).contains(&unsound), "{unsound}");
}

#[test]
fn every_archive_holds_what_its_metadata_says() {
    let mut seen = 0;
    for sample in mailbox(NOW) {
        let message = MessageParser::default().parse(&sample.raw).unwrap();
        for part in &message.parts {
            if part
                .attachment_name()
                .is_some_and(|name| name.eq_ignore_ascii_case("ihe_xdm.zip"))
            {
                let zip = part.contents();
                assert!(zip.starts_with(b"PK\x03\x04"));
                let text = String::from_utf8_lossy(zip);
                for name in [
                    "INDEX.HTM",
                    "README.TXT",
                    "IHE_XDM/SUBSET01/METADATA.XML",
                    "IHE_XDM/SUBSET01/DOC0001.XML",
                ] {
                    assert!(text.matches(name).count() >= 2, "{name}");
                }
                let start = text.find("<ClinicalDocument").unwrap();
                let end = text[start..].find("</ClinicalDocument>").unwrap() + start;
                let size = text
                    .split("<Slot name=\"size\"><ValueList><Value>")
                    .nth(1)
                    .unwrap()
                    .split('<')
                    .next()
                    .unwrap();
                let declared: usize = size.parse().unwrap();
                let prolog = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".len();
                assert_eq!(declared, prolog + end - start + "</ClinicalDocument>\n".len());
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn each_box_of_the_operator_has_mail_and_no_other_has() {
    for address in [
        "dr.leroy@alpha.mssante.test",
        "cabinet@alpha.mssante.test",
        "secretariat@alpha.mssante.test",
        "labo@beta.mssante.test",
        "271087511405174@patient.mssante.test",
        "plein@alpha.mssante.test",
    ] {
        let samples = for_box(address, NOW);
        assert!(samples.len() >= 2, "{address}");
        assert!(
            samples
                .iter()
                .all(|s| s.internal_date_unix <= NOW && s.folder == "INBOX"),
            "{address}"
        );
        assert!(
            samples
                .iter()
                .all(|s| String::from_utf8_lossy(&s.raw).contains(address)),
            "{address}"
        );
    }
    assert!(for_box("personne@alpha.mssante.test", NOW).is_empty());
}

#[test]
fn nothing_of_the_known_message_is_elsewhere() {
    let known = known_words();
    let text = String::from_utf8_lossy(&known.raw).into_owned();
    let all: String = mailbox(NOW)
        .iter()
        .map(|s| String::from_utf8_lossy(&s.raw).into_owned())
        .collect();
    for word in known
        .subject_words
        .iter()
        .chain(&known.body_words)
        .chain([&known.address, &known.message_id])
    {
        assert!(text.contains(word), "{word}");
        assert!(!all.contains(word), "{word}");
    }
}

#[test]
fn hostile_messages_point_at_the_probe() {
    let set = nasty("http://127.0.0.1:9");
    let names: BTreeSet<&str> = set.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), set.len());
    for wanted in [
        "script",
        "form",
        "meta-refresh",
        "css-url",
        "css-import",
        "svg",
        "cid-loop",
        "html-20-mb",
        "deep-1000",
        "parts-100000",
    ] {
        assert!(names.contains(wanted), "{wanted}");
    }
    let size = |name: &str| {
        set.iter()
            .find(|(found, _)| found == name)
            .map(|(_, raw)| raw.len())
            .unwrap()
    };
    assert!(size("html-20-mb") > 20 * 1024 * 1024);
    let pointing = set
        .iter()
        .filter(|(_, raw)| raw.windows(11).any(|w| w == b"127.0.0.1:9"))
        .count();
    assert!(pointing >= 15, "{pointing}");
    assert!(set.iter().all(|(_, raw)| !raw.windows(3).any(|w| w == b"{P}")));
}
