//! What `check` says of an export that was touched.

use std::path::Path;

use pli_trace::{Action, Checked, Depth, Filter, Format, Mismatch, check, manifest_of};
use proptest::prelude::*;
use serde_json::Value;

use crate::common::{House, sending, several};

fn checked(path: &Path) -> Checked {
    check(path, None, None).unwrap()
}

fn word(checked: &Checked) -> &'static str {
    checked.mismatch.as_ref().map_or("sound", Mismatch::word)
}

#[test]
fn what_was_not_touched_is_sound_in_every_format() {
    let house = House::with(&several(30));
    house.journal.seal("2026-11-22T08:05:00Z".parse().unwrap()).unwrap();
    let fingerprint = house.journal.fingerprint();
    let some = Filter {
        action: Some(Action::Send),
        ..Filter::default()
    };
    for (format, filter, name, depth) in [
        (Format::Csv, Filter::default(), "a.csv", Depth::File),
        (Format::Pdf, Filter::default(), "a.pdf", Depth::File),
        (Format::JsonLines, Filter::default(), "a.jsonl", Depth::Chain),
        (Format::JsonLines, some, "b.jsonl", Depth::Records),
    ] {
        let exported = house.export(&filter, format, name).unwrap();
        assert_eq!(exported.fingerprint, fingerprint);
        let found = check(&house.path(name), None, Some(&fingerprint)).unwrap();
        assert_eq!(found.mismatch, None, "{name}");
        assert_eq!(found.depth, depth, "{name}");
        assert!(found.vouched);
        let stated = found.stated.unwrap();
        assert_eq!(stated.count, exported.count);
        assert_eq!(stated.fingerprint, fingerprint);
        assert_eq!(stated.by, "Dr Hélène d'Arcy; née Müller");
        assert_eq!(stated.at, Some("2026-11-22T08:10:11.123Z".parse().unwrap()));
        // Without a fingerprint nothing vouches for the key; the manifest itself leads to its file.
        assert!(!checked(&house.path(name)).vouched);
        assert_eq!(word(&checked(&manifest_of(&house.path(name)))), "sound");
    }
    // A fingerprint is read in any spacing and case.
    let spoken = fingerprint.to_uppercase().replace(' ', "-");
    assert!(check(&house.path("a.csv"), None, Some(&spoken)).unwrap().vouched);
}

#[test]
fn a_clock_set_back_and_months_that_change_leave_the_chain_whole() {
    let entries: Vec<_> = [
        "2026-09-30T21:59:59Z",
        "2026-10-31T10:00:00Z",
        "2026-10-31T08:00:00Z",
        "2026-11-01T12:00:00Z",
        "2026-10-15T12:00:00Z",
        "2026-12-24T12:00:00Z",
    ]
    .into_iter()
    .map(|at| {
        let mut entry = sending();
        entry.at = at.parse().unwrap();
        entry
    })
    .collect();
    let house = House::with(&entries);
    house.export(&Filter::default(), Format::JsonLines, "a.jsonl").unwrap();
    let found = checked(&house.path("a.jsonl"));
    assert_eq!((found.mismatch, found.depth), (None, Depth::Chain));
    assert_eq!(found.stated.unwrap().count, 6);
}

#[test]
fn each_way_to_touch_it_is_told() {
    let house = House::with(&several(12));
    for (format, name) in [
        (Format::Csv, "a.csv"),
        (Format::JsonLines, "a.jsonl"),
        (Format::Pdf, "a.pdf"),
    ] {
        house.export(&Filter::default(), format, name).unwrap();
        let path = house.path(name);
        let octets = std::fs::read(&path).unwrap();
        let size = octets.len() as u64;

        std::fs::write(&path, &octets[..octets.len() - 1]).unwrap();
        assert_eq!(
            checked(&path).mismatch,
            Some(Mismatch::Shortened {
                expected: size,
                found: size - 1
            })
        );
        std::fs::write(&path, [octets.as_slice(), b"\n"].concat()).unwrap();
        assert_eq!(checked(&path).mismatch, Some(Mismatch::Lengthened { expected: size }));
        for place in [0, octets.len() / 2, octets.len() - 1] {
            let mut touched = octets.clone();
            touched[place] ^= 1;
            std::fs::write(&path, &touched).unwrap();
            assert_eq!(checked(&path).mismatch, Some(Mismatch::Changed), "{name} {place}");
        }
        // Under another name it is as sound as before; with the manifest of another file it is not.
        let renamed = house.path(&format!("renamed-{name}"));
        std::fs::write(&renamed, &octets).unwrap();
        assert_eq!(
            word(&check(&renamed, Some(&manifest_of(&path)), None).unwrap()),
            "sound"
        );
        std::fs::write(&renamed, b"another one").unwrap();
        assert_eq!(
            check(&renamed, Some(&manifest_of(&path)), None).unwrap().mismatch,
            Some(Mismatch::AnotherFile { named: name.to_owned() })
        );
        std::fs::write(&path, &octets).unwrap();
        std::fs::remove_file(manifest_of(&path)).unwrap();
        assert_eq!(word(&checked(&path)), "manifestMissing");
    }
}

/// Every place of a JSON document that is neither an object nor a list.
fn leaves(value: &Value, path: String, into: &mut Vec<String>) {
    match value {
        Value::Object(object) => object
            .iter()
            .for_each(|(key, value)| leaves(value, format!("{path}/{key}"), into)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(place, value)| leaves(value, format!("{path}/{place}"), into)),
        _ => into.push(path),
    }
}

#[test]
fn every_word_of_the_manifest_is_signed() {
    let house = House::with(&several(3));
    house.journal.seal("2026-11-22T08:05:00Z".parse().unwrap()).unwrap();
    house.export(&Filter::default(), Format::Csv, "a.csv").unwrap();
    let path = house.path("a.csv");
    let manifest = manifest_of(&path);
    let true_one: Value = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    let mut places = Vec::new();
    leaves(&true_one, String::new(), &mut places);
    assert!(places.len() > 30, "{places:?}");
    for place in places {
        let mut touched = true_one.clone();
        let value = touched.pointer_mut(&place).unwrap();
        *value = match value {
            Value::Null => Value::from("x"),
            Value::Bool(is) => Value::from(!*is),
            Value::Number(number) => Value::from(number.as_u64().unwrap() + 1),
            Value::String(text) => Value::from(format!("{text}0")),
            _ => unreachable!(),
        };
        std::fs::write(&manifest, serde_json::to_vec(&touched).unwrap()).unwrap();
        let found = checked(&path);
        assert!(
            matches!(
                found.mismatch,
                Some(Mismatch::ManifestForged | Mismatch::ManifestUnreadable)
            ),
            "{place}: {found:?}"
        );
        assert_eq!(found.stated, None, "nothing that is not signed is repeated");
    }
    // Its spacing is nothing; a key more, or twice, is something.
    std::fs::write(&manifest, serde_json::to_vec(&true_one).unwrap()).unwrap();
    assert_eq!(word(&checked(&path)), "sound");
    let text = serde_json::to_string(&true_one).unwrap();
    for touched in [
        text.replacen('{', "{\"more\":1,", 1),
        text.replacen("\"count\":", "\"count\":9,\"count\":", 1),
        text.replacen("\"version\":1", "\"version\":2", 1),
    ] {
        assert_ne!(touched, text);
        std::fs::write(&manifest, touched).unwrap();
        assert_eq!(word(&checked(&path)), "manifestUnreadable");
    }
}

#[test]
fn another_key_is_told_when_one_is_expected() {
    let (mine, other) = (House::with(&several(3)), House::with(&several(3)));
    mine.export(&Filter::default(), Format::JsonLines, "a.jsonl").unwrap();
    other.export(&Filter::default(), Format::JsonLines, "a.jsonl").unwrap();
    // The whole of another journal's export in the place of this one: only the fingerprint tells.
    for name in ["a.jsonl", "a.jsonl.manifeste.json"] {
        std::fs::copy(other.path(name), mine.path(name)).unwrap();
    }
    let path = mine.path("a.jsonl");
    assert_eq!(word(&checked(&path)), "sound");
    let expected = check(&path, None, Some(&mine.journal.fingerprint())).unwrap();
    assert_eq!(expected.mismatch, Some(Mismatch::AnotherKey));
    assert!(!expected.vouched);
    assert_eq!(word(&check(&path, None, Some("")).unwrap()), "anotherKey");
}

#[cfg(unix)]
#[test]
fn hostile_files_are_bounded() {
    let house = House::with(&several(3));
    house.export(&Filter::default(), Format::JsonLines, "a.jsonl").unwrap();
    let path = house.path("a.jsonl");
    let manifest = manifest_of(&path);
    let true_one = std::fs::read(&manifest).unwrap();
    // A file that has no end, and no octet on the disk.
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(1 << 40).unwrap();
    assert_eq!(word(&checked(&path)), "lengthened");
    let file = std::fs::OpenOptions::new().write(true).open(&manifest).unwrap();
    file.set_len(1 << 40).unwrap();
    assert_eq!(word(&checked(&path)), "manifestUnreadable");
    for hostile in [
        Vec::new(),
        b"{".to_vec(),
        vec![b'['; 200_000],
        vec![0xff; 1000],
        [b"{\"export\":".repeat(20_000), true_one.clone()].concat(),
    ] {
        std::fs::write(&manifest, hostile).unwrap();
        assert_eq!(word(&checked(&path)), "manifestUnreadable");
    }
    // What is not a plain file is not read at all.
    assert!(check(Path::new("/dev/zero"), Some(&manifest), None).is_err());
    std::fs::write(&manifest, &true_one).unwrap();
    assert!(check(&house.path("missing.csv"), Some(&manifest), None).is_err());
    assert!(check(&path, Some(Path::new("/dev/zero")), None).is_err());
}

#[cfg(unix)]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_change_of_any_octet_passes(place in any::<prop::sample::Index>(), octet in 1_u8.., of_manifest in any::<bool>()) {
        let house = House::with(&several(3));
        house.export(&Filter::default(), Format::JsonLines, "a.jsonl").unwrap();
        let path = house.path("a.jsonl");
        let touched = if of_manifest { manifest_of(&path) } else { path.clone() };
        let mut octets = std::fs::read(&touched).unwrap();
        let place = place.index(octets.len());
        let before: Option<Value> = serde_json::from_slice(&octets).ok();
        octets[place] ^= octet;
        // Only the white space of a manifest may change.
        let same = of_manifest && serde_json::from_slice::<Value>(&octets).ok() == before;
        std::fs::write(&touched, octets).unwrap();
        prop_assert_eq!(checked(&path).is_sound(), same);
    }
}
