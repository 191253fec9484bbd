//! Every hostile message of the samples: read, cleaned, opened, and nothing in it reaches the place it points at.

use std::collections::HashMap;

use pli_message::{Parsed, html_to_text, parse, parse_dsn, parse_headers, parse_mdn, part_bytes, sanitise};

const PROBE: &str = "http://probe.invalid:9";

/// The tags of a fragment, quotes respected, by a reading of its own.
fn tags(fragment: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut tag: Option<(String, bool)> = None;
    for c in fragment.chars() {
        match (&mut tag, c) {
            (None, '<') => tag = Some((String::new(), false)),
            (None, _) => {}
            (Some((text, false)), '>') => {
                out.push(std::mem::take(text));
                tag = None;
            }
            (Some((text, quoted)), c) => {
                *quoted ^= c == '"';
                text.push(c.to_ascii_lowercase());
            }
        }
    }
    assert!(tag.is_none(), "a tag that never ends");
    out
}

fn assert_harmless(name: &str, fragment: &str) {
    for tag in tags(fragment) {
        let element = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        let (mut rest, mut attributes) = (tag.split_once(' ').map_or("", |(_, rest)| rest), Vec::new());
        while let Some((attribute, after)) = rest.split_once("=\"") {
            let Some((value, after)) = after.split_once('"') else {
                panic!("{name}: a value that never ends: {tag}");
            };
            attributes.push((attribute.trim(), value));
            rest = after;
        }
        assert!(rest.trim().trim_end_matches('/').is_empty(), "{name}: {tag}");
        let known = [
            "a",
            "abbr",
            "b",
            "bdi",
            "blockquote",
            "br",
            "caption",
            "center",
            "code",
            "col",
            "colgroup",
            "dd",
            "div",
            "dl",
            "dt",
            "em",
            "font",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
            "i",
            "img",
            "li",
            "ol",
            "p",
            "pre",
            "q",
            "s",
            "small",
            "span",
            "strong",
            "sub",
            "sup",
            "table",
            "tbody",
            "td",
            "tfoot",
            "th",
            "thead",
            "tr",
            "u",
            "ul",
        ];
        assert!(known.contains(&element), "{name}: {tag}");
        let held = |wanted: &str| {
            attributes
                .iter()
                .find(|(attribute, _)| *attribute == wanted)
                .map(|(_, value)| *value)
        };
        if element == "a" && !tag.starts_with('/') {
            assert_eq!(held("target"), Some("_blank"), "{name}: {tag}");
            assert_eq!(held("rel"), Some("noopener noreferrer"), "{name}: {tag}");
        }
        for (attribute, value) in &attributes {
            let fits = match *attribute {
                "href" => element == "a" && ["http://", "https://", "mailto:"].iter().any(|s| value.starts_with(s)),
                "target" | "rel" => element == "a",
                "src" => element == "img" && value.strip_prefix("part/").is_some_and(|id| id.parse::<u32>().is_ok()),
                "style" => !["url", "(", "@", "\\", "position", "expression", "behavior", "binding"]
                    .iter()
                    .any(|word| value.replace("rgb(", "").replace("rgba(", "").contains(word)),
                "alt" | "title" | "align" | "bgcolor" | "border" | "color" | "colspan" | "dir" | "face" | "height"
                | "lang" | "rowspan" | "size" | "valign" | "width" | "cellpadding" | "cellspacing" => true,
                _ => false,
            };
            assert!(fits, "{name}: {attribute} in {tag}");
            // Only what a person clicks may lead to the probe.
            assert!(
                *attribute == "href" || !value.contains("probe.invalid"),
                "{name}: {tag}"
            );
        }
    }
}

fn shown(parsed: &Parsed) -> Option<pli_message::SafeHtml> {
    let cids: HashMap<String, u32> = parsed.content_ids().map(|(cid, part)| (cid.to_owned(), part)).collect();
    parsed.html.as_deref().map(|html| sanitise(html, &cids))
}

#[test]
fn no_hostile_message_gets_through_and_each_can_be_opened() {
    let (mut cleaned, mut blocked, mut opened) = (0, 0, 0);
    for (name, raw) in pli_samples::nasty(PROBE) {
        let parsed = parse(&raw);
        let _ = (parse_headers(&raw), parse_dsn(&raw), parse_mdn(&raw));
        if let Some(safe) = shown(&parsed) {
            assert_harmless(&name, &safe.fragment);
            assert!(!html_to_text(&safe.fragment).contains("fetch("), "{name}");
            if name == "html-20-mb" {
                assert!(safe.cut && !safe.text_only && safe.fragment.len() > 100_000);
            }
            cleaned += 1;
            blocked += safe.remote_blocked;
        }
        // The whole message is read again for each file: a few of five hundred stand for all.
        let every = parsed.attachments.len().div_ceil(5).max(1);
        for file in parsed.attachments.iter().step_by(every) {
            let octets = part_bytes(&raw, file.part_id).unwrap();
            assert_eq!(octets.len() as u64, file.size, "{name} {}", file.name);
            // A file that is a message or a page may be opened in its turn.
            if file.mime == "message/rfc822" {
                let _ = shown(&parse(&octets)).map(|safe| assert_harmless(&name, &safe.fragment));
            }
            let text = String::from_utf8_lossy(&octets);
            if file.mime.contains("html") || file.mime.contains("svg") {
                assert_harmless(&name, &sanitise(&text, &HashMap::new()).fragment);
            }
            opened += 1;
        }
    }
    assert!(
        cleaned >= 28 && blocked >= 40 && opened >= 10,
        "{cleaned} {blocked} {opened}"
    );
}
