//! What stays in the process's memory once the store is closed: no key, no page, no letter.
//!
//! The test reads its own memory as another process of the same person could. What it looks for is kept masked, so that
//! the search does not find itself, and the same search finds it all before the store is closed.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use common::{at, body, header};
use pli_store::{DraftContent, Filter, MasterKey, Purpose, Scope, Store, Vault};
use secrecy::SecretString;
use zeroize::Zeroize as _;

/// What the programs have: memory is wiped when it is given back.
#[global_allocator]
static MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// One test at a time: a search copies what it looks through, and must not be found by another's.
static ALONE: Mutex<()> = Mutex::new(());

const MASK: u8 = 0xa7;
const PIECE: usize = 1 << 20;

/// Octets to look for, masked.
struct Needle {
    name: &'static str,
    masked: Vec<u8>,
}

impl Needle {
    fn new(name: &'static str, octets: &[u8]) -> Self {
        let masked = octets.iter().map(|octet| octet ^ MASK).collect();
        Self { name, masked }
    }

    /// Both cases of the hexadecimal digits, and the octets themselves.
    fn of_key(names: [&'static str; 3], key: &[u8; 32]) -> [Self; 3] {
        let digits = |alphabet: &[u8; 16]| -> Vec<u8> {
            let each = key.iter().flat_map(|octet| [octet >> 4, octet & 15]);
            each.map(|digit| alphabet[usize::from(digit)] ^ MASK).collect()
        };
        [
            Self::new(names[0], key),
            Self {
                name: names[1],
                masked: digits(b"0123456789abcdef"),
            },
            Self {
                name: names[2],
                masked: digits(b"0123456789ABCDEF"),
            },
        ]
    }

    fn stands_at(&self, memory: &[u8]) -> bool {
        memory.len() >= self.masked.len() && self.masked.iter().zip(memory).all(|(one, other)| one ^ MASK == *other)
    }
}

/// Where each needle is in this process's memory: its name and the mapping's.
fn found(needles: &[Needle]) -> Vec<String> {
    let longest = needles.iter().map(|needle| needle.masked.len()).max().unwrap();
    // Which two octets begin a needle.
    let mut begins = vec![false; 1 << 16];
    for needle in needles {
        begins[usize::from(needle.masked[0] ^ MASK) << 8 | usize::from(needle.masked[1] ^ MASK)] = true;
    }
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = std::fs::File::open("/proc/self/mem").unwrap();
    let mut piece = vec![0; PIECE + longest];
    let mut found = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        let name = words.nth(3).unwrap_or("anonymous");
        if !rights.starts_with('r') || name.starts_with("[v") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let (start, end) = (
            u64::from_str_radix(start, 16).unwrap(),
            u64::from_str_radix(end, 16).unwrap(),
        );
        let mut place = start;
        while place < end {
            let wanted = usize::try_from(end - place).unwrap().min(piece.len());
            memory.seek(SeekFrom::Start(place)).unwrap();
            let Ok(()) = memory.read_exact(&mut piece[..wanted]) else {
                break;
            };
            let window = &piece[..wanted];
            for index in 0..wanted.saturating_sub(1).min(PIECE) {
                if begins[usize::from(window[index]) << 8 | usize::from(window[index + 1])] {
                    let here = needles.iter().filter(|needle| needle.stands_at(&window[index..]));
                    found.extend(here.map(|needle| format!("{} in {name}", needle.name)));
                }
            }
            // What was read must not be found when the search comes to this very buffer.
            piece.fill(0);
            place += PIECE as u64;
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Writes over the stack below the caller, where this test's own making of the needles may have left something.
#[inline(never)]
fn sweep_own_stack() {
    let mut room = [0u8; 128 * 1024];
    room.zeroize();
    std::hint::black_box(&mut room);
}

#[inline(never)]
fn a_key() -> (MasterKey, Vec<Needle>) {
    let mut octets = [0u8; 32];
    getrandom::fill(&mut octets).unwrap();
    let mut needles: Vec<Needle> = Needle::of_key(["master key", "master key, hex", "master key, HEX"], &octets).into();
    let master = MasterKey::from_bytes(octets);
    octets.zeroize();
    for (purpose, names) in [
        (
            Purpose::Database,
            ["database key", "database key, hex", "database key, HEX"],
        ),
        (
            Purpose::RawFiles,
            ["raw-file key", "raw-file key, hex", "raw-file key, HEX"],
        ),
    ] {
        needles.extend(Needle::of_key(names, master.derive(purpose).as_bytes()));
    }
    (master, needles)
}

#[inline(never)]
fn marker() -> String {
    let mut octets = [0u8; 16];
    getrandom::fill(&mut octets).unwrap();
    octets.iter().map(|octet| char::from(b'a' + octet % 26)).collect()
}

/// Everything that is usually done with a store.
fn use_store(dir: &Path, key: &MasterKey, marker: &str) -> Store {
    let store = Store::open(dir, key).unwrap();
    let account = match store.accounts().unwrap().first() {
        Some(account) => account.id,
        None => store
            .add_account(&common::account("dr.martin@alpha.mssante.test"), at(0))
            .unwrap(),
    };
    let inbox = common::folder("INBOX", pli_store::FolderRole::Inbox);
    store.sync_folders(account, &[inbox]).unwrap();
    let folder = store.folders(account).unwrap()[0].id;
    let headers: Vec<_> = (1..=300).map(header).collect();
    let ids = store.apply_headers(folder, &headers).unwrap().added;
    let text = format!("Compte rendu {marker} de consultation");
    let raw = format!("Subject: x\r\n\r\n{text}\r\n");
    let bodies: Vec<_> = ids.iter().map(|id| body(*id, raw.as_bytes(), &text)).collect();
    store.store_bodies(&bodies).unwrap();
    let draft = DraftContent {
        subject: text.clone(),
        ..DraftContent::default()
    };
    store.add_draft(account, &draft, at(1)).unwrap();
    store
}

fn read_store(store: &Store, marker: &str) {
    let page = store.list(Scope::Inboxes, Filter::All, 0, 100).unwrap();
    assert_eq!(page.total, 300);
    assert_eq!(store.search(marker, Scope::Everything, 50).unwrap().rows.len(), 50);
    let raw = store.raw(page.rows[0].id).unwrap();
    assert!(raw.windows(marker.len()).any(|window| window == marker.as_bytes()));
    store.message(page.rows[0].id).unwrap();
}

#[test]
fn nothing_stays_in_memory_once_the_store_is_closed() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let (key, mut needles) = a_key();
    let marker = marker();
    needles.push(Needle::new("the letter's text", marker.as_bytes()));
    sweep_own_stack();
    let held = found(&needles);
    assert!(held.iter().any(|place| place.starts_with("master key in")), "{held:?}");

    let store = Arc::new(use_store(dir.path(), &key, &marker));
    // Another thread reads too, and lives on when the store is closed, as those of a runtime do.
    let (to_worker, work) = mpsc::channel::<Option<(Arc<Store>, String)>>();
    let (done, answers) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        while let Ok(Some((store, marker))) = work.recv() {
            read_store(&store, &marker);
            drop((store, marker));
            done.send(()).unwrap();
        }
    });
    to_worker.send(Some((Arc::clone(&store), marker.clone()))).unwrap();
    answers.recv().unwrap();
    read_store(&store, &marker);

    let held = found(&needles);
    assert!(
        held.iter().any(|place| place.starts_with("raw-file key in")),
        "{held:?}"
    );
    drop(marker);
    let held = found(&needles);
    assert!(
        held.iter().any(|place| place.starts_with("the letter's text")),
        "pages are kept while the store is open: {held:?}"
    );
    drop(store);
    drop(key);
    let left = found(&needles);
    assert!(left.is_empty(), "{left:?}");
    to_worker.send(None).unwrap();
    worker.join().unwrap();
}

/// The key that the passphrase gives and that wraps the master key: with `vault.json`, as good as the master key.
#[inline(never)]
fn wrapping_key(dir: &Path, passphrase: &str) -> [Needle; 3] {
    use base64::Engine as _;
    let text = std::fs::read(dir.join("vault.json")).unwrap();
    let vault: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let wrapped = &vault["kept"]["passphrase"];
    let cost = |name: &str| u32::try_from(wrapped[name].as_u64().unwrap()).unwrap();
    let salt = base64::engine::general_purpose::STANDARD
        .decode(wrapped["salt"].as_str().unwrap())
        .unwrap();
    let params = argon2::Params::new(cost("memory_kib"), cost("passes"), cost("lanes"), Some(32)).unwrap();
    let mut key = [0u8; 32];
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), &salt, &mut key)
        .unwrap();
    let needles = Needle::of_key(["wrapping key", "wrapping key, hex", "wrapping key, HEX"], &key);
    key.zeroize();
    needles
}

#[test]
fn a_passphrase_and_what_it_gives_do_not_stay_once_the_key_is_dropped() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let passphrase = marker();
    let given = SecretString::from(passphrase.clone());
    let vault = Vault::at(dir.path());
    drop(vault.create_with_passphrase(&given).unwrap());
    let mut needles: Vec<Needle> = wrapping_key(dir.path(), &passphrase).into();
    needles.push(Needle::new("passphrase", passphrase.as_bytes()));
    drop(passphrase);
    sweep_own_stack();
    let held = found(&needles);
    assert!(held.iter().any(|place| place.starts_with("passphrase in")), "{held:?}");
    assert!(!held.iter().any(|place| place.starts_with("wrapping key")), "{held:?}");
    let key = vault.open_with_passphrase(&given).unwrap();
    drop(given);
    let left = found(&needles);
    assert!(left.is_empty(), "{left:?}");
    drop(key);
}

#[test]
fn an_idle_store_gives_its_memory_back_once_and_still_answers() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let marker = marker();
    let key = MasterKey::from_bytes([5; 32]);
    let store = use_store(dir.path(), &key, &marker);
    read_store(&store, &marker);
    assert!(!store.relax_if_idle().unwrap(), "it was just used");
    assert!(store.relax_if_idle().unwrap());
    assert!(!store.relax_if_idle().unwrap(), "there is nothing more to give");
    read_store(&store, &marker);
    assert!(!store.relax_if_idle().unwrap());
    assert!(store.relax_if_idle().unwrap());
}
