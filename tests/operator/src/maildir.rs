//! Filling boxes directly, by files in their Maildir: much faster than one APPEND a message.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::configuration::MAIL_OWNER;
use crate::error::{Doing, Result};
use crate::folder_name::encode;

/// A message to be found in a folder from the beginning.
#[derive(Debug, Clone)]
pub struct Seed {
    /// Folder, such as `INBOX` or `Archive/Année 2025`.
    pub folder: String,
    /// Flags such as `\Seen`, keywords such as `$Forwarded`.
    pub flags: Vec<String>,
    /// INTERNALDATE, in seconds since 1970.
    pub internal_date_unix: i64,
    /// The whole message.
    pub raw: Vec<u8>,
}

/// Writes messages into the box whose home is given, oldest first, so that UIDs rise with the date.
pub(crate) fn write(home: &Path, seeds: &[Seed]) -> Result<()> {
    let maildir = home.join("Maildir");
    folder(home)?;
    let mut order: Vec<&Seed> = seeds.iter().collect();
    order.sort_by_key(|seed| seed.internal_date_unix);
    let batch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos();
    let mut keywords: Vec<(PathBuf, Vec<String>)> = Vec::new();
    for (n, seed) in order.into_iter().enumerate() {
        let place = folder_path(&maildir, &seed.folder);
        if !keywords.iter().any(|(path, _)| *path == place) {
            make(&place)?;
            subscribe(&maildir, &seed.folder)?;
            keywords.push((place.clone(), Vec::new()));
        }
        let names = keywords
            .iter_mut()
            .find(|(path, _)| *path == place)
            .map(|(_, names)| names);
        let letters = letters(&seed.flags, names);
        let date = seed.internal_date_unix.max(0);
        let (size, virtual_size) = sizes(&seed.raw);
        let name = format!("{date}.M{n:06}P{batch}.pli,S={size},W={virtual_size}:2,{letters}");
        let path = place.join("cur").join(name);
        let mut file = File::create(&path).doing("writing", &path)?;
        file.write_all(&seed.raw).doing("writing", &path)?;
        file.set_modified(UNIX_EPOCH + Duration::from_secs(date.unsigned_abs()))
            .doing("dating", &path)?;
        give(&path)?;
    }
    for (place, names) in keywords {
        if !names.is_empty() {
            let path = place.join("dovecot-keywords");
            let text: String = names
                .iter()
                .enumerate()
                .map(|(n, name)| format!("{n} {name}\n"))
                .collect();
            fs::write(&path, text).doing("writing", &path)?;
            give(&path)?;
        }
    }
    Ok(())
}

/// Makes the Maildir `source` the mail of the box whose home is given, replacing what it has. Returns how many messages.
///
/// Files that anyone may read are linked, where the file system allows it: tens of thousands of messages cost no room.
/// The source is left as it is.
///
/// # Errors
/// When the source is no Maildir, or cannot be read.
pub(crate) fn import(home: &Path, source: &Path) -> Result<usize> {
    fs::read_dir(source.join("cur")).doing("opening as a Maildir", source)?;
    let maildir = home.join("Maildir");
    if maildir.exists() {
        fs::remove_dir_all(&maildir).doing("emptying", &maildir)?;
    }
    folder(home)?;
    let mut count = import_folder(source, &maildir)?;
    for entry in fs::read_dir(source).doing("reading", source)?.flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') && entry.path().join("cur").is_dir() {
            count += import_folder(&entry.path(), &maildir.join(&name))?;
        }
    }
    for name in ["subscriptions", "dovecot-keywords"] {
        let from = source.join(name);
        if from.is_file() {
            fs::copy(&from, maildir.join(name)).doing("copying", &from)?;
            give(&maildir.join(name))?;
        }
    }
    Ok(count)
}

fn import_folder(source: &Path, target: &Path) -> Result<usize> {
    make(target)?;
    let mut count = 0;
    for part in ["cur", "new"] {
        let from = source.join(part);
        let Ok(entries) = fs::read_dir(&from) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if !metadata.is_file() {
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let to = target.join(part).join(sized(&name, &path)?);
            let readable = metadata.permissions().mode() & 0o004 != 0 || metadata.uid() == MAIL_OWNER;
            if !(readable && fs::hard_link(&path, &to).is_ok()) {
                fs::copy(&path, &to).doing("copying", &path)?;
                let date = metadata.modified().doing("dating", &path)?;
                File::options()
                    .write(true)
                    .open(&to)
                    .and_then(|file| file.set_modified(date))
                    .doing("dating", &to)?;
                give(&to)?;
            }
            count += 1;
        }
    }
    Ok(count)
}

/// A Maildir name with the message's sizes in it, as Dovecot itself writes them: else the first client to come pays for
/// reading the whole box.
fn sized(name: &str, path: &Path) -> Result<String> {
    let (base, flags) = name.split_once(":2,").unwrap_or((name, ""));
    let colon = if name.contains(":2,") { ":2," } else { "" };
    if base.contains(",W=") {
        return Ok(name.to_owned());
    }
    let (size, virtual_size) = sizes(&fs::read(path).doing("reading", path)?);
    let base = base.split(",S=").next().unwrap_or(base);
    Ok(format!("{base},S={size},W={virtual_size}{colon}{flags}"))
}

/// The size in octets, and with every line's end as CRLF.
fn sizes(raw: &[u8]) -> (usize, usize) {
    let mut previous = 0;
    let mut bare = 0;
    for &octet in raw {
        bare += usize::from(octet == b'\n' && previous != b'\r');
        previous = octet;
    }
    (raw.len(), raw.len() + bare)
}

fn folder_path(maildir: &Path, folder: &str) -> PathBuf {
    if folder.eq_ignore_ascii_case("INBOX") {
        return maildir.to_path_buf();
    }
    maildir.join(format!(".{}", encode(folder).replace('/', ".")))
}

fn subscribe(maildir: &Path, folder: &str) -> Result<()> {
    make(maildir)?;
    if folder.eq_ignore_ascii_case("INBOX") {
        return Ok(());
    }
    // Dovecot's version 2 of this file separates the parts of a name by tabs.
    let path = maildir.join("subscriptions");
    let known = fs::read_to_string(&path).unwrap_or_else(|_| "V\t2\n\n".to_owned());
    let line = encode(folder).replace('/', "\t");
    if !known.lines().any(|known| known == line) {
        fs::write(&path, format!("{known}{line}\n")).doing("writing", &path)?;
        give(&path)?;
    }
    Ok(())
}

fn letters(flags: &[String], keywords: Option<&mut Vec<String>>) -> String {
    let mut letters = Vec::new();
    let mut others = Vec::new();
    for flag in flags {
        match flag.to_ascii_lowercase().as_str() {
            "\\draft" => letters.push('D'),
            "\\flagged" => letters.push('F'),
            "\\answered" => letters.push('R'),
            "\\seen" => letters.push('S'),
            "\\deleted" => letters.push('T'),
            _ => others.push(flag),
        }
    }
    if let Some(known) = keywords {
        for flag in others {
            if !known.contains(flag) {
                known.push(flag.clone());
            }
            // Twenty-six at most fit in file names: a to z.
            if let Some(letter) = known
                .iter()
                .position(|name| name == flag)
                .and_then(|at| ('a'..='z').nth(at))
            {
                letters.push(letter);
            }
        }
    }
    letters.sort_unstable();
    letters.into_iter().collect()
}

fn make(place: &Path) -> Result<()> {
    folder(place)?;
    for part in ["cur", "new", "tmp"] {
        folder(&place.join(part))?;
    }
    if place
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
    {
        let mark = place.join("maildirfolder");
        fs::write(&mark, "").doing("writing", &mark)?;
        give(&mark)?;
    }
    Ok(())
}

/// A folder and those above it that are missing, given to the owner of the mail.
fn folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        folder(above)?;
    }
    fs::create_dir(path).doing("making a folder", path)?;
    give(path)
}

fn give(path: &Path) -> Result<()> {
    chown(path, Some(MAIL_OWNER), Some(MAIL_OWNER)).doing("giving away", path)
}
