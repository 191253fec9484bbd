//! How much HTML is given to the tree builder.
//!
//! Its work grows with the square of the depth, and an unclosed formatting element is repeated in every paragraph that
//! follows. So a cheap reading of the tags comes first and finds the place to stop.

use crate::limits;
use crate::text::head;

/// Elements that hold nothing, or that the next of their kind closes.
const UNCOUNTED: [&str; 33] = [
    "area", "base", "basefont", "bgsound", "body", "br", "col", "colgroup", "dd", "dt", "embed", "frame", "head", "hr",
    "html", "img", "input", "keygen", "li", "link", "meta", "option", "p", "param", "rp", "rt", "source", "tbody",
    "td", "th", "tr", "track", "wbr",
];
const FORMATTING: [&str; 14] = [
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];

/// Elements across which a closing tag closes nothing: after one, the count below would believe closed what is open.
const BARRIERS: [&str; 5] = ["marquee", "applet", "object", "template", "button"];
const BARRIERS_ALLOWED: usize = 50;

pub(super) struct Bounded<'a> {
    pub(super) html: &'a str,
    pub(super) cut: bool,
}

/// The part of the input that may be cleaned.
pub(super) fn bound(html: &str) -> Bounded<'_> {
    let kept = head(html, limits::HTML_OCTETS);
    let kept = &kept[..marks_end(kept)];
    let mut barriers = 0;
    let mut open: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let (mut tags, mut depth, mut formatting) = (0, 0_usize, 0_usize);
    for tag in Tags::new(kept) {
        tags += 1;
        barriers += usize::from(BARRIERS.contains(&tag.name.as_str()));
        if tags > limits::HTML_TAGS || tag.attributes > limits::HTML_ATTRIBUTES || barriers > BARRIERS_ALLOWED {
            return Bounded {
                html: &kept[..tag.at],
                cut: true,
            };
        }
        if UNCOUNTED.contains(&tag.name.as_str()) {
            continue;
        }
        let format = FORMATTING.contains(&tag.name.as_str());
        let count = open.entry(tag.name).or_default();
        if tag.closes {
            if *count > 0 {
                *count -= 1;
                depth -= 1;
                formatting -= usize::from(format);
            }
            continue;
        }
        *count += 1;
        depth += 1;
        formatting += usize::from(format);
        if depth > limits::HTML_DEPTH || formatting > limits::HTML_FORMATTING {
            return Bounded {
                html: &kept[..tag.at],
                cut: true,
            };
        }
    }
    Bounded {
        html: kept,
        cut: kept.len() < html.len(),
    }
}

/// Where there are too many marks: the tree builder copies the text before each entity and each stray bracket, so that
/// a run of them costs the square of its length.
fn marks_end(html: &str) -> usize {
    let bytes = html.as_bytes();
    let (mut all, mut run) = (0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' if bytes
                .get(at + 1)
                .is_some_and(|next| next.is_ascii_alphabetic() || *next == b'/') =>
            {
                run = 0
            }
            b'<' | b'&' => run += 1,
            _ => continue,
        }
        all += 1;
        if all > limits::HTML_MARKS || run > limits::HTML_RUN {
            return at;
        }
    }
    html.len()
}

/// Addresses in `<style>`, `<link>` and other elements that are dropped whole, so that they are counted too.
pub(super) fn count_remote_styles(html: &str) -> usize {
    let mut count = 0;
    let mut style_from = None;
    for tag in Tags::new(html) {
        match (tag.name.as_str(), tag.closes) {
            ("style", false) => style_from = Some(tag.end),
            ("style", true) => {
                if let Some(from) = style_from.take() {
                    count += super::css::addresses(html.get(from..tag.at).unwrap_or_default());
                }
            }
            (
                "link" | "iframe" | "embed" | "object" | "video" | "audio" | "source" | "frame" | "script" | "image"
                | "input" | "body",
                false,
            ) => {
                let body = html.get(tag.at..tag.end).unwrap_or_default().to_ascii_lowercase();
                let names: &[&str] = if tag.name == "link" {
                    &["href"]
                } else {
                    &["src=", "data=", "poster=", "background=", "href="]
                };
                count += usize::from(names.iter().any(|name| body.contains(name)));
            }
            _ => {}
        }
    }
    count
}

/// One tag as a quick reading sees it.
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) closes: bool,
    /// Where its `<` stands.
    pub(super) at: usize,
    /// Just after its `>`.
    pub(super) end: usize,
    /// How many attributes it seems to have.
    pub(super) attributes: usize,
}

/// The tags in order. Linear, whatever the input.
pub(super) struct Tags<'a> {
    html: &'a str,
    at: usize,
}

impl<'a> Tags<'a> {
    pub(super) fn new(html: &'a str) -> Self {
        Self { html, at: 0 }
    }
}

impl Iterator for Tags<'_> {
    type Item = Tag;

    fn next(&mut self) -> Option<Tag> {
        let bytes = self.html.as_bytes();
        loop {
            let at = self.at + bytes.get(self.at..)?.iter().position(|b| *b == b'<')?;
            let closes = bytes.get(at + 1) == Some(&b'/');
            let from = at + 1 + usize::from(closes);
            if !bytes.get(from).is_some_and(u8::is_ascii_alphabetic) {
                self.at = at + 1;
                continue;
            }
            let length = bytes[from..]
                .iter()
                .take(40)
                .take_while(|b| b.is_ascii_alphanumeric() || **b == b'-')
                .count();
            let name = self.html.get(from..from + length)?.to_ascii_lowercase();
            let (mut end, mut quote, mut attributes) = (from + length, None, 0);
            while let Some(byte) = bytes.get(end) {
                match (quote, byte) {
                    (None, b'>') => break,
                    (None, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/') => {
                        attributes +=
                            usize::from(!matches!(bytes[end - 1], b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/'));
                    }
                    (None, b'=') => {
                        let value = bytes[end + 1..]
                            .iter()
                            .position(|b| !b.is_ascii_whitespace())
                            .map(|o| end + 1 + o);
                        if let Some(place) = value
                            && let Some(mark @ (b'"' | b'\'')) = bytes.get(place)
                        {
                            quote = Some(*mark);
                            end = place;
                        }
                    }
                    (Some(mark), byte) if mark == *byte => quote = None,
                    _ => {}
                }
                end += 1;
            }
            let end = (end + 1).min(bytes.len());
            self.at = end;
            return Some(Tag {
                name,
                closes,
                at,
                end,
                attributes,
            });
        }
    }
}
