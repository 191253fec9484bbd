//! After expiry the old traces cannot be had back: not from today's folder, not from an older copy of all of it with today's
//! secret and the journal's key, not from the raw pages of any file.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt as _, KeyInit as _};
use pli_terms::{MessageId, NationalId, Wording};
use pli_trace::{AtEnd, Author, Bal, Entry, Filter, From, Journal, Problem, verify_folder};
use rusqlite::Connection;

#[path = "proof/bench.rs"]
#[allow(dead_code)]
mod bench;
#[path = "sample/mod.rs"]
mod sample;

use bench::{by, copy, files, opened};
use sample::{BEGAN, DAY, Desk, InFile, KEY, Memory, address, at, entry};

/// Words that stand nowhere else: an author, addresses, a Message-ID, an internal id, a folder, an exchange.
const OLD: [&str; 6] = [
    "vieuxquokka",
    "ancienaxolotl",
    "passetapir",
    "jadisnarval",
    "perimeokapi",
    "revoluibis",
];
/// The same of what must stay.
const KEPT: [&str; 6] = [
    "neufquokka",
    "recentaxolotl",
    "presenttapir",
    "maintnarval",
    "actuelokapi",
    "frais-ibis",
];

fn marked(number: u32, after: i64, words: [&'static str; 6]) -> Entry {
    Entry {
        at: at(BEGAN + after),
        author: Some(Author {
            national_id: NationalId::parse("899700000001").ok(),
            name: Wording::fixed(words[0]),
            method: pli_trace::Authentication::PscCode,
        }),
        bal: Some(Bal {
            address: address(&format!("{}@alpha.mssante.test", words[1])),
            kind: None,
        }),
        message_id: MessageId::parse(&format!("{}@pli", words[2])),
        mail: Wording::fixed(words[3]),
        recipients: vec![address(&format!("{}@beta.mssante.test", words[4]))],
        request: pli_trace::Request {
            mailbox: Wording::fixed(words[5]),
            ..entry(number).request
        },
        ..entry(number)
    }
}

fn holds(octets: &[u8], word: &str) -> bool {
    octets
        .windows(word.len())
        .any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

/// Every word of these that can be read in a folder by somebody who has these keys: in the raw octets of every file, and in
/// the decrypted pages of every database and of its log, those that hold nothing any more included.
fn found(folder: &Path, own: &[u8; 32], secret: &[u8], words: &[&'static str]) -> Vec<&'static str> {
    let mut seen = Vec::new();
    let mut octets = Vec::new();
    let mut keys = opened(own, secret, &std::fs::read(folder.join("keys")).unwrap_or_default()).unwrap_or_default();
    // Somebody may have kept a file of keys aside.
    keys.extend(opened(own, secret, &std::fs::read(folder.join("keys.new")).unwrap_or_default()).unwrap_or_default());
    for file in files(folder) {
        octets.push(std::fs::read(&file).unwrap());
        let name = file.file_name().unwrap().to_str().unwrap();
        let candidates: Vec<[u8; 32]> = keys.values().copied().chain([*own]).collect();
        for key in candidates {
            let base = name.trim_end_matches("-wal");
            if base.ends_with(".db") {
                octets.extend(pages(&file, &key));
            }
        }
    }
    for word in words {
        if octets.iter().any(|octets| holds(octets, word)) {
            seen.push(*word);
        }
    }
    seen
}

/// The pages of a database or of its log that this key decrypts, by SQLCipher's own form: AES-256-CBC, the page's
/// initialisation vector and its HMAC-SHA512 in the last 80 octets; the salt in the first 16 octets of the file.
fn pages(path: &Path, key: &[u8; 32]) -> Vec<Vec<u8>> {
    let octets = std::fs::read(path).unwrap();
    let is_log = path.to_str().unwrap().ends_with("-wal");
    let base = path.to_str().unwrap().trim_end_matches("-wal").to_owned();
    let Some(salt) = std::fs::read(&base)
        .ok()
        .and_then(|octets| octets.get(..16).map(<[u8]>::to_vec))
    else {
        return Vec::new();
    };
    let masked: Vec<u8> = salt.iter().map(|octet| octet ^ 0x3a).collect();
    let mut authenticator = [0; 32];
    ring::pbkdf2::derive(
        ring::pbkdf2::PBKDF2_HMAC_SHA512,
        2.try_into().unwrap(),
        &masked,
        key,
        &mut authenticator,
    );
    let authenticator = ring::hmac::Key::new(ring::hmac::HMAC_SHA512, &authenticator);
    let frames: Vec<(u32, &[u8])> = if is_log {
        octets
            .get(32..)
            .unwrap_or_default()
            .chunks_exact(24 + 4096)
            .map(|frame| (u32::from_be_bytes(frame[..4].try_into().unwrap()), &frame[24..]))
            .collect()
    } else {
        octets
            .chunks_exact(4096)
            .enumerate()
            .map(|(index, page)| (index as u32 + 1, page))
            .collect()
    };
    let mut plain = Vec::new();
    for (number, page) in frames {
        let skipped = if number == 1 { 16 } else { 0 };
        let (body, rest) = page.split_at(4096 - 80);
        let (vector, mac) = rest.split_at(16);
        let mut context = ring::hmac::Context::with_key(&authenticator);
        context.update(&body[skipped..]);
        context.update(vector);
        context.update(&number.to_le_bytes());
        if context.sign().as_ref() == &mac[..64] {
            plain.push(decrypted(key, vector, &body[skipped..]));
        }
    }
    plain
}

/// AES-256-CBC, which has no padding here.
fn decrypted(key: &[u8; 32], vector: &[u8], body: &[u8]) -> Vec<u8> {
    let cipher = Aes256::new(&(*key).into());
    let mut before = vector;
    let mut plain = Vec::with_capacity(body.len());
    for block in body.chunks_exact(16) {
        let mut out = aes::Block::from(<[u8; 16]>::try_from(block).unwrap());
        cipher.decrypt_block(&mut out);
        plain.extend(out.iter().zip(before).map(|(a, b)| a ^ b));
        before = block;
    }
    plain
}

/// Three months and a half of old traces, then as much of what must stay: the boundary is in the middle of a month.
fn filled(journal: &Journal) {
    let mut number = 0;
    for day in 0..120 {
        let words = if day < 55 { OLD } else { KEPT };
        let entries: Vec<Entry> = (0..3)
            .map(|hour| {
                number += 1;
                marked(number, day * DAY + hour * 3_600_000, words)
            })
            .collect();
        journal.append_batch(&entries).unwrap();
        if day % 20 == 19 {
            journal.seal(at(BEGAN + day * DAY)).unwrap();
        }
    }
}

fn secret(place: &Memory) -> Vec<u8> {
    place.0.lock().unwrap().clone().unwrap()
}

/// What somebody finds who opens a folder as the program does.
fn through_the_program(folder: &Path, secret: &[u8], words: &[&'static str]) -> Vec<&'static str> {
    let place = Arc::new(Memory(Mutex::new(Some(secret.to_vec()))));
    let Ok(journal) = Journal::open(folder, &KEY, place) else {
        return Vec::new();
    };
    let mut seen = String::new();
    let everything = Filter {
        intentions: true,
        ..Filter::default()
    };
    let _ = journal.each(&everything, |record| {
        seen.push_str(&format!("{record:?}").to_lowercase());
        std::ops::ControlFlow::Continue(())
    });
    let known = journal
        .known()
        .map(|known| format!("{known:?}").to_lowercase())
        .unwrap_or_default();
    words
        .iter()
        .filter(|word| seen.contains(**word) || known.contains(**word))
        .copied()
        .collect()
}

#[test]
fn what_expired_cannot_be_had_back() {
    for at_end in [AtEnd::Destroy, AtEnd::Anonymise] {
        let desk = Desk::new();
        let folder = desk.folder();
        let copies = tempfile::tempdir().unwrap();
        let (live, rest) = (copies.path().join("live"), copies.path().join("rest"));
        let journal = desk.open();
        filled(&journal);
        // Two copies of all of it: as it is written, with its log, and at rest.
        copy(&folder, &live);
        drop(journal);
        copy(&folder, &rest);
        let former = secret(&desk.place);

        // It could be read, by the very same means.
        for folder in [&live, &rest] {
            assert_eq!(found(folder, &KEY, &former, &OLD), OLD);
            assert_eq!(found(folder, &KEY, &former, &KEPT), KEPT);
            let again = tempfile::tempdir().unwrap();
            copy(folder, again.path());
            assert_eq!(through_the_program(again.path(), &former, &OLD), OLD);
        }

        let journal = desk.open();
        let before = at(BEGAN + 55 * DAY);
        let plan = journal.prune_plan(before).unwrap();
        assert_eq!((plan.count, plan.periods), (165, 3));
        assert_eq!(plan.first_at, Some(at(BEGAN)));
        let pruned = journal.prune(before, at_end, by(120 * DAY)).unwrap();
        assert_eq!(pruned.count, 165);
        let counted: u64 = journal.statistics().unwrap().iter().map(|row| row.count).sum();
        assert_eq!(counted, if at_end == AtEnd::Anonymise { 165 } else { 0 });
        let today = secret(&desk.place);
        assert_ne!(today[17..49], former[17..49]);

        // Today's folder, open and at rest.
        assert_eq!(found(&folder, &KEY, &today, &OLD), [""; 0]);
        assert_eq!(found(&folder, &KEY, &today, &KEPT), KEPT);
        assert_eq!(found(&folder, &KEY, &former, &OLD), [""; 0]);
        drop(journal);
        assert_eq!(found(&folder, &KEY, &today, &OLD), [""; 0]);
        assert_eq!(found(&folder, &KEY, &today, &KEPT), KEPT);
        let again = tempfile::tempdir().unwrap();
        copy(&folder, again.path());
        assert_eq!(through_the_program(again.path(), &today, &OLD), [""; 0]);
        assert_eq!(through_the_program(again.path(), &today, &KEPT), KEPT);

        // The copies taken before, with all that exists today; their own keys, then today's in their place.
        for copied in [&live, &rest] {
            for with_todays_keys in [false, true] {
                let again = tempfile::tempdir().unwrap();
                copy(copied, again.path());
                if with_todays_keys {
                    std::fs::copy(folder.join("keys"), again.path().join("keys")).unwrap();
                }
                assert_eq!(found(again.path(), &KEY, &today, &OLD), [""; 0]);
                assert_eq!(through_the_program(again.path(), &today, &OLD), [""; 0]);
            }
        }

        // Neither secret is anywhere among the files, and what is left verifies.
        for file in files(&folder).iter().chain(&files(&live)).chain(&files(&rest)) {
            let octets = std::fs::read(file).unwrap();
            for key in [&former[17..49], &today[17..49], &today[49..81]] {
                assert!(!octets.windows(32).any(|window| window == key), "{file:?}");
            }
        }
        let found = desk.open().verify(|_, _| ()).unwrap();
        assert_eq!(
            (found.problem, found.pruned, found.sealed_until.map(|sealed| sealed.0)),
            (None, 165, Some(found.last))
        );
    }
}

/// The limit, said in docs/traces.md: an older secret opens an older copy. In a keyring it is replaced; in a file beside the
/// journal whoever copied the journal may have copied it too.
#[test]
fn an_older_copy_of_a_secret_in_a_file_opens_an_older_copy_of_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, place) = (dir.path().join("journal"), dir.path().join("secret"));
    let open = || Journal::open(&folder, &KEY, Arc::new(InFile(place.clone()))).unwrap();
    let journal = open();
    assert!(!journal.secret_is_outside());
    filled(&journal);
    drop(journal);
    let copies = tempfile::tempdir().unwrap();
    copy(&folder, &copies.path().join("journal"));
    let former = std::fs::read(&place).unwrap();
    open()
        .prune(at(BEGAN + 55 * DAY), AtEnd::Destroy, by(120 * DAY))
        .unwrap();
    let today = std::fs::read(&place).unwrap();
    assert_eq!(found(&copies.path().join("journal"), &KEY, &today, &OLD), [""; 0]);
    assert_eq!(found(&copies.path().join("journal"), &KEY, &former, &OLD), OLD);
}

#[test]
fn a_clock_that_was_wrong_neither_keeps_nor_destroys() {
    let desk = Desk::new();
    let journal = desk.open();
    let times = [
        0,         // 1, old
        DAY,       // 2, old
        900 * DAY, // 3, dated in the future: keeps nothing behind it
        2 * DAY,   // 4, old
        60 * DAY,  // 5, must stay
        DAY,       // 6, a clock set back: as new as its neighbours, stays
        61 * DAY,  // 7, stays
    ];
    for (number, after) in times.into_iter().enumerate() {
        journal.append(&sample::entry_at(number as u32, after)).unwrap();
    }
    let before = at(BEGAN + 30 * DAY);
    assert_eq!(journal.prune_plan(before).unwrap().count, 4);
    assert_eq!(journal.prune_plan(at(BEGAN - DAY)).unwrap().count, 0);
    let asked = by(62 * DAY);
    assert_eq!(journal.prune(before, AtEnd::Destroy, asked.clone()).unwrap().count, 4);
    let kept = journal.after(pli_trace::Sequence(0), 100).unwrap();
    let kept: Vec<u64> = kept.iter().map(|record| record.sequence.0).collect();
    assert_eq!(kept, [5, 6, 7, 8, 9]);
    let found = journal.verify(|_, _| ()).unwrap();
    assert_eq!((found.problem, found.clock_set_back_count), (None, 1));
    // Once more there is nothing to do, and nothing is recorded of it.
    assert_eq!(journal.prune(before, AtEnd::Destroy, asked.clone()).unwrap().count, 0);
    assert_eq!(journal.head().unwrap().sequence, 9);
    // Everything: the pruning's own traces stay.
    let pruned = journal
        .prune(
            at(BEGAN + 5000 * DAY),
            AtEnd::Anonymise,
            Entry {
                at: at(BEGAN + 62 * DAY + 1),
                ..asked
            },
        )
        .unwrap();
    assert_eq!((pruned.count, journal.anchors().unwrap().len()), (5, 2));
    assert_eq!(
        journal
            .page(&Filter::default(), From::Newest, 10)
            .unwrap()
            .records
            .len(),
        1
    );
    let found = journal.verify(|_, _| ()).unwrap();
    assert_eq!((found.problem, found.pruned, found.sound), (None, 9, 2));
    drop(journal);
    let folder = desk.folder();
    let found = verify_folder(&folder, &KEY, desk.place.clone(), |_, _| ()).unwrap();
    assert_eq!(found.problem, None);
    // An anchor taken away leaves a hole.
    let catalogue: Connection = bench::connect(&folder.join("catalogue.db"), &KEY);
    catalogue.execute("DELETE FROM anchor WHERE number = 2", []).unwrap();
    drop(catalogue);
    let found = verify_folder(&folder, &KEY, desk.place.clone(), |_, _| ()).unwrap();
    assert!(
        matches!(
            found.problem,
            Some(Problem::Missing { .. } | Problem::AnchorForged { .. })
        ),
        "{:?}",
        found.problem
    );
}
