//! The text of HTML: linear, no tree, so that nothing in the input can make it slow.

use crate::limits;
use crate::text::head;

const BLOCKS: [&str; 35] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
    "option",
    "title",
];
const SPACED: [&str; 12] = [
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "table",
    "blockquote",
    "pre",
];
const HIDDEN: [&str; 8] = [
    "script", "style", "head", "template", "svg", "math", "noscript", "title",
];

/// The text a reader would see: blocks on lines of their own, list items marked, cells apart, entities decoded.
/// At most 4 MB of input are read.
#[must_use]
pub fn html_to_text(html: &str) -> String {
    let html = head(html, limits::TEXT_OCTETS);
    let mut out = Lines::default();
    let (mut rest, mut preformatted) = (html, 0_usize);
    while !rest.is_empty() {
        let Some(open) = rest.find('<') else {
            out.text(rest, preformatted > 0);
            break;
        };
        out.text(&rest[..open], preformatted > 0);
        rest = &rest[open..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let Some(after) = rest.get(1..) else { break };
        let closes = after.starts_with('/');
        let name_at = usize::from(closes);
        let name: String = after[name_at..]
            .chars()
            .take(16)
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        if name.is_empty() {
            if after.starts_with(['!', '?', '/']) {
                rest = after.find('>').map_or("", |end| &after[end + 1..]);
            } else {
                out.text("<", preformatted > 0);
                rest = after;
            }
            continue;
        }
        rest = after.find('>').map_or("", |end| &after[end + 1..]);
        if HIDDEN.contains(&name.as_str()) && !closes {
            rest = after_closing(rest, &name);
            continue;
        }
        match name.as_str() {
            "pre" if closes => preformatted = preformatted.saturating_sub(1),
            "pre" => preformatted += 1,
            "td" | "th" if !closes => out.cell(),
            _ => {}
        }
        if BLOCKS.contains(&name.as_str()) {
            if name == "br" {
                out.newline()
            } else {
                out.block(SPACED.contains(&name.as_str()))
            }
            if name == "li" && !closes {
                out.text("• ", true);
            }
            if name == "hr" {
                out.text("---", false);
                out.block(false);
            }
        }
    }
    out.finish()
}

/// What follows the closing tag; all is dropped when there is none, as a browser does for a script.
fn after_closing<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut at = 0;
    while let Some(found) = rest[at..].find("</") {
        let place = at + found + 2;
        if rest
            .get(place..place + name.len())
            .is_some_and(|word| word.eq_ignore_ascii_case(name))
        {
            return rest[place..].find('>').map_or("", |end| &rest[place + end + 1..]);
        }
        at = place;
    }
    // An unclosed `<head>` is usual in mail and hides nothing.
    if ["head", "svg", "math"].contains(&name) {
        rest
    } else {
        ""
    }
}

#[derive(Default)]
struct Lines {
    out: String,
    space: bool,
    breaks: usize,
}

impl Lines {
    fn text(&mut self, raw: &str, keep: bool) {
        if raw.is_empty() {
            return;
        }
        let decoded = decode_entities(raw);
        for c in decoded.chars() {
            if keep && c == '\n' {
                self.newline();
            } else if !keep && (c.is_ascii_whitespace()) {
                self.space = true;
            } else if !c.is_control() && !crate::file_name::is_invisible(c) {
                self.write_breaks();
                if self.space && !self.out.is_empty() && !self.out.ends_with(['\n', ' ']) {
                    self.out.push(' ');
                }
                self.space = false;
                self.out.push(if c == '\u{a0}' { ' ' } else { c });
            }
        }
    }

    fn cell(&mut self) {
        if self.breaks == 0 && !self.out.is_empty() && !self.out.ends_with(['\n', '\t']) {
            self.out.push('\t');
        }
        self.space = false;
    }

    fn newline(&mut self) {
        self.breaks = (self.breaks + 1).min(2);
        self.space = false;
    }

    fn block(&mut self, spaced: bool) {
        self.breaks = self.breaks.max(if spaced { 2 } else { 1 });
        self.space = false;
    }

    fn write_breaks(&mut self) {
        if self.breaks > 0 {
            while self.out.ends_with([' ', '\t']) {
                self.out.pop();
            }
            if !self.out.is_empty() {
                let there = self.out.bytes().rev().take_while(|b| *b == b'\n').count();
                for _ in there..self.breaks {
                    self.out.push('\n');
                }
            }
            self.breaks = 0;
        }
    }

    fn finish(mut self) -> String {
        let end = self.out.trim_end().len();
        self.out.truncate(end);
        self.out
    }
}

fn decode_entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(34).position(|b| b == b';');
        match end {
            Some(end) if end > 1 && rest[1..end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#') => {
                mail_parser::decoders::html::add_html_token(&mut out, &rest.as_bytes()[..=end], false);
                rest = &rest[end + 1..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reader_gets_the_text_and_nothing_else() {
        let html = "<html><head><title>t</title><style>p{}</style></head><body><p>Bonjour&nbsp;<b>docteur</b>,</p>\
                    <ul><li>un<li>deux</ul><table><tr><td>a</td><td>b</td></tr></table><script>x<y</script>5 < 6 &amp; 7<!-- non -->";
        assert_eq!(
            html_to_text(html),
            "Bonjour docteur,\n\n• un\n• deux\n\na\tb\n\n5 < 6 & 7"
        );
        assert_eq!(html_to_text("<pre>a\n  b</pre>"), "a\n  b");
        assert_eq!(html_to_text("a<br>b<br><br>c"), "a\nb\n\nc");
        assert_eq!(html_to_text("&#233;&eacute;&inconnue;&"), "éé&inconnue;&");
    }

    proptest! {
        #[test]
        fn it_never_panics(html in "[<>/a-z&;#é!\\- \"='\n]{0,200}") {
            let _ = html_to_text(&html);
        }
    }
}
