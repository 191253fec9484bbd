//! Looks for secrets where none may be: files, logs, process listings.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pli_operator::boxes;
use tracing_subscriber::fmt::MakeWriter;

use crate::common::Bench;
use crate::common::people::PASSPHRASE;

/// Everything that is logged in this process, at its most verbose, and since when.
pub(crate) struct Logs {
    text: Arc<Mutex<Vec<u8>>>,
    since: SystemTime,
}

#[derive(Clone)]
struct Into(Arc<Mutex<Vec<u8>>>);

impl Write for Into {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Into {
    type Writer = Into;

    fn make_writer(&'a self) -> Into {
        self.clone()
    }
}

impl Logs {
    /// From now on, for this process.
    pub(crate) fn start() -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(Into(Arc::clone(&text)))
            .init();
        Self {
            text,
            since: SystemTime::now(),
        }
    }
}

/// A secret in every form that it may be written in.
struct Secret {
    what: String,
    forms: Vec<Vec<u8>>,
}

impl Secret {
    fn new(what: &str, text: &str) -> Self {
        let mut forms = vec![text.as_bytes().to_vec()];
        // In the base64 of something longer, at each of the three places where it can begin.
        for before in 0..3 {
            let padded: Vec<u8> = std::iter::repeat_n(b' ', before).chain(text.bytes()).collect();
            let whole = BASE64_STANDARD.encode(&padded);
            let whole = whole.trim_end_matches('=');
            // The first and the last digits depend on the neighbours.
            let within = &whole[(before * 8).div_ceil(6)..whole.len() - 1];
            if within.len() >= 12 {
                forms.push(within.as_bytes().to_vec());
            }
        }
        Self {
            what: what.to_owned(),
            forms,
        }
    }
}

/// Many secrets, looked for in one pass.
struct Search {
    what: Vec<String>,
    /// Whole forms by their first octets.
    forms: HashMap<[u8; HEAD], Vec<(usize, Vec<u8>)>>,
}

/// Octets that tell most texts from a secret.
const HEAD: usize = 8;

impl Search {
    fn new(secrets: Vec<Secret>) -> Self {
        let mut search = Self {
            what: Vec::new(),
            forms: HashMap::new(),
        };
        for secret in secrets {
            for form in secret.forms {
                let head: [u8; HEAD] = form[..HEAD].try_into().unwrap();
                search.forms.entry(head).or_default().push((search.what.len(), form));
            }
            search.what.push(secret.what);
        }
        search
    }

    /// What is found first.
    fn find(&self, octets: &[u8]) -> Option<&str> {
        for (at, head) in octets.windows(HEAD).enumerate() {
            let Some(forms) = self.forms.get(head) else { continue };
            for (secret, form) in forms {
                if octets[at..].starts_with(form) {
                    return Some(&self.what[*secret]);
                }
            }
        }
        None
    }
}

/// Fails when a token of the provider, or a passphrase, is in a file of the profile or a new file of the temporary folder,
/// in the logs, or in what the system shows of our processes; or the person's number where it is not theirs to be.
pub(crate) fn nothing_secret(bench: &Bench, logs: &Logs) {
    let issued = bench.operator.issued().unwrap();
    assert!(issued.len() > 40, "{} secrets were given in a whole day", issued.len());
    let numbered = issued.iter().enumerate();
    let tokens = || {
        numbered
            .clone()
            .map(|(number, token)| Secret::new(&format!("token {number}"), token))
    };
    let passphrase = || Secret::new("the passphrase", PASSPHRASE);
    let person = || Secret::new("the national id", boxes::DR_MARTIN);
    let tokens_alone = Search::new(tokens().collect());
    let opening = Search::new(tokens().chain([passphrase()]).collect());
    let all = Search::new(tokens().chain([passphrase(), person()]).collect());

    let text = logs.text.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(text.len() > 10_000, "something was logged");
    if let Some(found) = all.find(&text) {
        panic!("{found} is in the logs");
    }

    let profile = bench.dir.path().join("profile");
    let mut seen = 0;
    for path in files(&profile) {
        let Ok(octets) = std::fs::read(&path) else { continue };
        seen += 1;
        // The profile's own description says whose it is; nothing else does.
        let own = path.file_name().is_some_and(|name| name == "profile.json");
        let found = if own { opening.find(&octets) } else { all.find(&octets) };
        assert!(found.is_none(), "{found:?} is in {}", path.display());
    }
    assert!(seen > 5, "{seen} files looked at");

    for path in files(&std::env::temp_dir()) {
        let theirs = path.starts_with(&bench.operator.info().dir) || path.starts_with(&profile);
        let Ok(about) = path.metadata() else { continue };
        let new = about.modified().is_ok_and(|time| time >= logs.since);
        if theirs || !new || about.len() > LARGEST {
            continue;
        }
        let Ok(octets) = std::fs::read(&path) else { continue };
        let found = tokens_alone.find(&octets);
        assert!(found.is_none(), "{found:?} is in {}", path.display());
    }

    let own = std::process::id().to_string();
    for what in ["cmdline", "environ"] {
        let octets = std::fs::read(Path::new("/proc").join(&own).join(what)).unwrap();
        let found = all.find(&octets);
        assert!(found.is_none(), "{found:?} is in {what}");
    }
}

/// The temporary folder is everybody's: what is larger than anything of ours is not looked at.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Every file beneath, sockets and what goes away meanwhile apart.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}

#[test]
fn a_secret_is_found_in_each_of_its_forms() {
    let search = Search::new(vec![Secret::new("a token", "kvX8yOq0-secret-of-some-length_1")]);
    for before in ["", "n", "n,", "n,a", "n,a=someone"] {
        let text = format!("{before}kvX8yOq0-secret-of-some-length_1\u{1}\u{1}");
        assert_eq!(search.find(text.as_bytes()), Some("a token"));
        let encoded = BASE64_STANDARD.encode(&text);
        assert_eq!(search.find(encoded.as_bytes()), Some("a token"), "{before}");
    }
    assert_eq!(search.find(b"kvX8yOq0-secret-of-another-length_1"), None);
}
