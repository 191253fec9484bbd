//! How our script is told from anybody else's: its first lines, comments to a server, are a mark with the forms in it, and the
//! digest of what follows them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::digest::{SHA256, digest};

use super::check;
use super::kept::{Forms, Kept};

/// What the first line of ours begins with; the mark's version and the digest follow.
const FIRST: &str = "# pli ";

/// What a line of the forms begins with.
const LINE: &str = "#= ";

/// The version of the mark that is written.
const VERSION: u32 = 1;

/// For whoever opens it elsewhere.
const NOTE: &str =
    "# Règles écrites par Pli : à modifier depuis Pli, qui ne reconnaîtrait plus ce qui serait changé ici.\r\n";

/// Letters of a line of the forms.
const WIDTH: usize = 76;

/// Letters that the forms take, at most.
const LONGEST: usize = 512 * 1024;

/// What a script's mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// It has none: somebody else's.
    None,
    /// Ours, and not readable: a newer version wrote it, or the mark is damaged.
    Unreadable,
    /// Ours, with the forms; `touched` when what follows the mark is not what was written with them.
    Forms { forms: Box<Forms>, touched: bool },
}

impl Mark {
    pub(super) fn is_ours(&self) -> bool {
        *self != Self::None
    }
}

/// A whole script: the mark, then what runs.
pub(super) fn write(forms: &Forms, body: &str) -> Result<String, serde_json::Error> {
    let kept = BASE64.encode(serde_json::to_vec(&Kept::from(forms))?);
    let mut script = format!("{FIRST}{VERSION} {}\r\n", fingerprint(body));
    let mut rest = kept.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(WIDTH));
        let _ = write!(script, "{LINE}{line}\r\n");
        rest = after;
    }
    script.push_str(NOTE);
    script.push_str(body);
    Ok(script)
}

/// Reads a script's mark, whatever the script is.
pub(super) fn read(script: &str) -> Mark {
    let Some(rest) = script.strip_prefix(FIRST) else {
        return Mark::None;
    };
    let first = rest.lines().next().unwrap_or_default();
    let Some((version, expected)) = first.split_once(' ') else {
        return Mark::None;
    };
    match version.parse::<u32>() {
        Ok(VERSION) => {}
        Ok(_) => return Mark::Unreadable,
        Err(_) => return Mark::None,
    }
    let mut kept = String::new();
    let mut after = rest.split_once('\n').map_or("", |(_, after)| after);
    while let Some(line) = after.strip_prefix(LINE) {
        let (line, next) = line.split_once('\n').unwrap_or((line, ""));
        kept.push_str(line.trim_end());
        after = next;
        if kept.len() > LONGEST {
            return Mark::Unreadable;
        }
    }
    // The note, which may be written in other words one day.
    let body = match after.strip_prefix('#') {
        Some(note) => note.split_once('\n').map_or("", |(_, body)| body),
        None => after,
    };
    let forms = BASE64.decode(kept).ok();
    let forms = forms.and_then(|json| serde_json::from_slice::<Kept>(&json).ok());
    match forms.and_then(Kept::forms).filter(check::may_be_ours) {
        Some(forms) => Mark::Forms {
            forms: Box::new(forms),
            touched: fingerprint(body) != expected.trim_end(),
        },
        None => Mark::Unreadable,
    }
}

/// SHA-256 of a text in hexadecimal, however its lines end: servers may change that.
pub(super) fn fingerprint(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    hex(digest(&SHA256, lines.join("\n").as_bytes()).as_ref())
}

/// Octets in hexadecimal.
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}
