//! HTML from mail, made harmless.
//!
//! What comes out is a fragment for a frame of its own origin, under a policy that forbids everything: two walls, each
//! of which would be enough. Nothing in it makes a request: every address that a browser would fetch is removed, and
//! counted so that the reader can say so.

mod bound;
mod css;
mod link;
pub mod text;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

pub use link::LinkWarning;

use crate::limits;

/// HTML that may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SafeHtml {
    /// A fragment: no `html`, `head` or `body` element.
    pub fragment: String,
    /// Addresses that would have been fetched (pictures, backgrounds, fonts, styles), removed.
    pub remote_blocked: usize,
    /// Whether the input was longer or deeper than is cleaned: the end is missing, the text version is complete.
    pub cut: bool,
    /// Whether the HTML could not be cleaned at all, and the fragment is its text instead.
    pub text_only: bool,
    /// Links whose text shows another place than the one they lead to. After each stands the true host, as text.
    pub warnings: Vec<LinkWarning>,
}

const TAGS: [&str; 71] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
];

/// Removed with all they hold: what stands in them is not text for a reader.
const DROPPED: [&str; 24] = [
    "script",
    "style",
    "title",
    "head",
    "template",
    "noscript",
    "svg",
    "math",
    "iframe",
    "frame",
    "frameset",
    "object",
    "embed",
    "applet",
    "audio",
    "video",
    "canvas",
    "select",
    "textarea",
    "xmp",
    "plaintext",
    "noembed",
    "noframes",
    "portal",
];

const GENERIC: [&str; 24] = [
    "align",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "colspan",
    "color",
    "dir",
    "face",
    "height",
    "hspace",
    "lang",
    "noshade",
    "nowrap",
    "rowspan",
    "size",
    "span",
    "start",
    "style",
    "title",
    "type",
    "valign",
    "vspace",
    "width",
];

/// Cleans HTML. `cids` gives the part of each `Content-ID` that the message holds: `cid:` pictures become the relative
/// address `part/{id}`, all other addresses of pictures are dropped.
///
/// A link opens elsewhere (`target="_blank"`) and says nothing of where it was; nothing else can lead anywhere.
///
/// Bounded: at most 2 MB and 20,000 tags are cleaned (see [`SafeHtml::cut`]); never panics, never overflows the stack.
#[must_use]
pub fn sanitise(html: &str, cids: &HashMap<String, u32>) -> SafeHtml {
    let bounded = bound::bound(html);
    let counted = Arc::new(AtomicUsize::new(bound::count_remote_styles(bounded.html)));
    let cleaned = catch_unwind(AssertUnwindSafe(|| clean(bounded.html, cids, &counted)));
    let Ok(mut fragment) = cleaned else {
        return as_text(html);
    };
    if fragment.trim().is_empty() && !bounded.html.trim().is_empty() {
        let text = text::html_to_text(bounded.html);
        if !text.trim().is_empty() {
            fragment = paragraph(&text);
        }
    }
    // Letters turned round show an address that is not written: « rf.ilema » would read « ameli.fr ».
    fragment.retain(|c| !matches!(c, '\u{202d}' | '\u{202e}'));
    let (fragment, warnings) = link::tell(&fragment);
    SafeHtml {
        fragment,
        remote_blocked: counted.load(Ordering::Relaxed),
        cut: bounded.cut,
        text_only: false,
        warnings,
    }
}

fn as_text(html: &str) -> SafeHtml {
    SafeHtml {
        fragment: paragraph(&text::html_to_text(html)),
        text_only: true,
        cut: true,
        ..SafeHtml::default()
    }
}

fn paragraph(text: &str) -> String {
    let mut out = String::from("<pre>");
    for c in text.chars().take(limits::HTML_OCTETS / 4) {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out.push_str("</pre>");
    out
}

fn clean(html: &str, cids: &HashMap<String, u32>, remote: &Arc<AtomicUsize>) -> String {
    let (cids, remote) = (cids.clone(), Arc::clone(remote));
    let filter = move |tag: &str, attribute: &str, value: &str| -> Option<String> {
        match attribute {
            "style" => {
                let (kept, urls) = css::filter(value);
                remote.fetch_add(urls, Ordering::Relaxed);
                (!kept.is_empty()).then_some(kept)
            }
            "src" if tag == "img" => picture(value, &cids, &remote),
            "srcset" | "background" | "poster" | "lowsrc" | "dynsrc" | "longdesc" | "src" => {
                if !value.trim().is_empty() {
                    remote.fetch_add(1, Ordering::Relaxed);
                }
                None
            }
            "href" if tag == "a" => link::target(value),
            "alt" | "title" => Some(crate::row::one_line(value, 500)),
            "width" | "height" => {
                let fits = value.len() <= 8 && value.bytes().all(|b| b.is_ascii_digit() || b"%px.".contains(&b));
                fits.then(|| value.to_owned())
            }
            "type" if !["ol", "ul", "li"].contains(&tag) => None,
            _ => (value.len() <= 200 && !value.contains(['(', '\\', ':'])).then(|| value.to_owned()),
        }
    };
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(TAGS.into_iter().collect())
        .clean_content_tags(DROPPED.into_iter().collect())
        .generic_attributes(GENERIC.into_iter().collect())
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            (
                "img",
                HashSet::from(["src", "alt", "srcset", "lowsrc", "dynsrc", "longdesc"]),
            ),
            ("table", HashSet::from(["background"])),
            ("tr", HashSet::from(["background"])),
            ("td", HashSet::from(["background", "headers", "scope"])),
            ("th", HashSet::from(["background", "headers", "scope"])),
            ("div", HashSet::from(["background"])),
        ]))
        .set_tag_attribute_values(HashMap::from([("a", HashMap::from([("target", "_blank")]))]))
        .link_rel(Some("noopener noreferrer"))
        // Let through to the filter, which decides, and counts what would have been fetched.
        .url_schemes(HashSet::from(["http", "https", "mailto", "cid", "ftp", "data", "file"]))
        .url_relative(ammonia::UrlRelative::PassThrough)
        .strip_comments(true)
        .attribute_filter(move |tag, attribute, value| filter(tag, attribute, value).map(Cow::Owned));
    builder.clean(html).to_string()
}

/// A picture's address: a part of this message, or nothing.
fn picture(value: &str, cids: &HashMap<String, u32>, remote: &AtomicUsize) -> Option<String> {
    let value = value.trim();
    if value.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("cid:")) {
        let wanted = value[4..].trim().trim_matches(['<', '>']);
        let id = cids
            .get(wanted)
            .copied()
            .or_else(|| cids.get(&percent_decoded(wanted)).copied())?;
        return Some(format!("part/{id}"));
    }
    let local = value.is_empty()
        || value
            .get(..5)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
    if !local {
        remote.fetch_add(1, Ordering::Relaxed);
    }
    None
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let pair = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
