//! Bodies and attachments as bytes, for a frame of another origin that may call no command.
//!
//! Whatever a message holds is hostile. Its HTML was made safe by the engine, and the headers here are the wall that stands
//! when something was missed: no script, no request but for the message's own pictures, no form, an origin of its own. A link
//! that someone presses may ask for a new window, which the shell hands to the system's browser. Files are never shown in
//! place, but for plain pictures and plain text.

use pli_engine::Engine;

use crate::served::Served;
use crate::translate::mail_id;

/// What is served under one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// HTTP status: 200, or 404 for whatever is not there, not here yet, or not a path of ours.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The bytes.
    pub body: Vec<u8>,
}

/// Pictures that a reader draws without running anything. No SVG.
const PICTURES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"];

/// The longest text shown in place, in octets: a longer one is only saved.
const TEXT_SHOWN: usize = 2 << 20;

/// Serves `/message/{id}/html` and `/message/{id}/part/{n}`, and nothing else.
///
/// While the profile is locked there is nothing under any path; what was read before a lock came is not shown after it.
pub async fn serve(served: &Served, path: &str) -> Content {
    let (Some(engine), Some(wanted)) = (served.unlocked(), read(path)) else {
        return nothing();
    };
    let found = match wanted {
        Wanted::Html { message } => html(&engine, &served.content_base, message).await,
        Wanted::Part { message, part } => file(&engine, message, part).await,
    };
    if served.may_tell(&engine) { found } else { nothing() }
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Html { message: i64 },
    Part { message: i64, part: u32 },
}

fn read(path: &str) -> Option<Wanted> {
    let path = path.split(['?', '#']).next()?;
    let mut pieces = path.strip_prefix("/message/")?.split('/');
    let message = number(pieces.next()?)?;
    let wanted = match (pieces.next()?, pieces.next()) {
        ("html", None) => Wanted::Html {
            message: i64::try_from(message).ok()?,
        },
        ("part", Some(part)) => Wanted::Part {
            message: i64::try_from(message).ok()?,
            part: u32::try_from(number(part)?).ok()?,
        },
        _ => return None,
    };
    pieces.next().is_none().then_some(wanted)
}

/// Digits only: no sign, no space, no other way to write the same number.
fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.len() <= 16 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

async fn html(engine: &Engine, base: &str, message: i64) -> Content {
    let Ok(Some(safe)) = engine.message_html(mail_id(message)).await else {
        return nothing();
    };
    // `part/N` in the fragment stands beside this very page: `/message/{id}/part/N`.
    let page = format!(
        "<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\"><title></title>\
         <meta name=\"referrer\" content=\"no-referrer\"><style>{STYLE}</style></head><body>{}</body></html>",
        safe.fragment
    );
    let policy = format!(
        "default-src 'none'; img-src {} data:; style-src 'unsafe-inline'; script-src 'none'; sandbox {LINKS}; \
         form-action 'none'; base-uri 'none'",
        base
    );
    content("text/html; charset=utf-8".to_owned(), policy, None, page.into_bytes())
}

/// What a frame of mail may do: ask for a new window when a link is pressed, and nothing more. What opens there is no frame of
/// ours any more, so it is not held by our sandbox.
const LINKS: &str = "allow-popups allow-popups-to-escape-sandbox";

/// Plain letters on white, as mail is written for: the frame is a sheet of paper in any theme.
const STYLE: &str = "html{background:#fff;color:#1a1a1a;font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\
                     body{margin:0;padding:4px}img{max-width:100%;height:auto}table{max-width:100%}\
                     blockquote{margin:0 0 0 8px;padding-left:8px;border-left:2px solid #ccc}";

async fn file(engine: &Engine, message: i64, part: u32) -> Content {
    let Ok(found) = engine.message_part(mail_id(message), part).await else {
        return nothing();
    };
    let declared = found.mime.to_ascii_lowercase();
    let (mime, disposition) = if PICTURES.contains(&declared.as_str()) && looks_like(&declared, &found.octets) {
        (declared, "inline".to_owned())
    } else if declared == "text/plain" && found.octets.len() <= TEXT_SHOWN {
        (
            format!("text/plain; charset={}", charset(&found.octets)),
            "inline".to_owned(),
        )
    } else {
        ("application/octet-stream".to_owned(), attachment(&found.name))
    };
    let policy = "default-src 'none'; script-src 'none'; sandbox".to_owned();
    content(mime, policy, Some(disposition), found.octets)
}

/// Whether the octets are those of the picture that they are said to be.
fn looks_like(mime: &str, octets: &[u8]) -> bool {
    match mime {
        "image/png" => octets.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg" => octets.starts_with(b"\xff\xd8\xff"),
        "image/gif" => octets.starts_with(b"GIF8"),
        "image/webp" => octets.starts_with(b"RIFF") && octets.get(8..12) == Some(b"WEBP".as_slice()),
        "image/bmp" => octets.starts_with(b"BM"),
        _ => false,
    }
}

/// The charset in which a text is shown, from its octets: what a letter declares is often wrong, and UTF-8 is never so by chance.
fn charset(octets: &[u8]) -> &'static str {
    match octets {
        [0xff, 0xfe, ..] => "utf-16le",
        [0xfe, 0xff, ..] => "utf-16be",
        _ if std::str::from_utf8(octets).is_ok() => "utf-8",
        _ => "windows-1252",
    }
}

/// RFC 6266: the name in UTF-8, percent-encoded, so that nothing in it can end the header.
fn attachment(name: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::from("attachment; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn content(mime: String, policy: String, disposition: Option<String>, body: Vec<u8>) -> Content {
    let mut headers = vec![
        ("content-type", mime),
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff".to_owned()),
        ("referrer-policy", "no-referrer".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("cross-origin-opener-policy", "same-origin".to_owned()),
    ];
    headers.extend(disposition.map(|value| ("content-disposition", value)));
    Content {
        status: 200,
        headers,
        body,
    }
}

fn nothing() -> Content {
    let policy = "default-src 'none'; sandbox".to_owned();
    Content {
        status: 404,
        ..content("text/plain; charset=utf-8".to_owned(), policy, None, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_shapes_of_path_are_known() {
        assert_eq!(read("/message/12/html"), Some(Wanted::Html { message: 12 }));
        assert_eq!(
            read("/message/12/part/3?x"),
            Some(Wanted::Part { message: 12, part: 3 })
        );
        for path in [
            "",
            "/",
            "/message/12",
            "/message/12/html/",
            "/message/12/part",
            "/message/12/part/3/4",
            "/message/-1/html",
            "/message/+1/html",
            "/message/1e3/html",
            "/message/../html",
            "/message/12/raw",
            "message/12/html",
            "/message/99999999999999999999/html",
            "/message/12/part/99999999999",
        ] {
            assert_eq!(read(path), None, "{path}");
        }
    }

    #[test]
    fn a_name_cannot_end_its_header() {
        assert_eq!(
            attachment("é\"\r\n.pdf"),
            "attachment; filename*=UTF-8''%C3%A9%22%0D%0A.pdf"
        );
    }

    #[test]
    fn a_text_is_read_in_the_charset_that_its_octets_show() {
        assert_eq!(charset("Créatinine".as_bytes()), "utf-8");
        assert_eq!(charset(b"Cr\xe9atinine"), "windows-1252");
        assert_eq!(charset(b"\xff\xfeC\0r\0"), "utf-16le");
        assert_eq!(charset(b"\xfe\xff\0C\0r"), "utf-16be");
        assert_eq!(charset(b""), "utf-8");
    }

    #[test]
    fn a_picture_is_one_by_its_octets_too() {
        assert!(looks_like("image/png", b"\x89PNG\r\n\x1a\n..."));
        assert!(!looks_like("image/png", b"<svg onload=alert(1)>"));
        assert!(!looks_like("image/webp", b"RIFF"));
    }
}
