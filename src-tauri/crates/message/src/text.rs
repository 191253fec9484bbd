//! Text as it is read, previewed and searched.

use crate::file_name::is_invisible;
use crate::limits;
use crate::model::Parsed;

/// The first words of a text on one line, about `characters` long, without quotes, signatures and greetings that say
/// nothing in a list.
#[must_use]
pub fn snippet(text: &str, characters: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    'lines: for line in text.lines().take(400) {
        let line = line.trim();
        if line.starts_with('>') || line.is_empty() {
            continue;
        }
        if line == "--" || is_separator(line) {
            break;
        }
        for word in line.split_whitespace() {
            let word: String = word.chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect();
            let length = word.chars().count();
            if count + length + 1 > characters && count > 0 {
                out.push('…');
                break 'lines;
            }
            if word.is_empty() {
                continue;
            }
            if count > 0 {
                out.push(' ');
                count += 1;
            }
            out.extend(word.chars().take(characters));
            count += length;
        }
    }
    out
}

fn is_separator(line: &str) -> bool {
    line.len() > 3 && line.chars().all(|c| "-_=*".contains(c))
}

/// What the search index takes of a message: subject, names, addresses, text, file names; bounded.
#[must_use]
pub fn searchable_text(parsed: &Parsed) -> String {
    let mut out = String::new();
    let mut add = |text: &str| {
        let room = limits::SEARCH_OCTETS.saturating_sub(out.len() + 1);
        if !text.is_empty() && room > 0 {
            out.push_str(head(text, room));
            out.push('\n');
        }
    };
    add(&parsed.row.subject);
    for mailbox in std::iter::once(&parsed.row.from)
        .chain(&parsed.row.to)
        .chain(&parsed.row.cc)
        .take(500)
    {
        add(&mailbox.name);
        add(&mailbox.address);
    }
    for file in &parsed.attachments {
        add(&file.name);
    }
    add(&parsed.text);
    out
}

/// `format=flowed` (RFC 3676): lines that end with a space go on in the next one of the same quote depth.
pub(crate) fn unflow(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut flowing: Option<usize> = None;
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        let content = &line[depth..];
        let content = content.strip_prefix(' ').unwrap_or(content);
        let signature = content == "-- ";
        if flowing != Some(depth) || signature {
            if flowing.is_some() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        if content.ends_with(' ') && !signature {
            out.push_str(if delete_space {
                &content[..content.len() - 1]
            } else {
                content
            });
            flowing = Some(depth);
        } else {
            out.push_str(content);
            out.push('\n');
            flowing = None;
        }
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

/// At most the bound of a body, line ends made `\n`, without NUL; and whether some was left out.
pub(crate) fn bounded(text: &str) -> (String, bool) {
    let kept = head(text, limits::TEXT_OCTETS);
    let clean = kept.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    (clean, kept.len() < text.len())
}

/// At most `octets` of the text, never cutting a character.
pub(crate) fn head(text: &str, octets: usize) -> &str {
    if text.len() <= octets {
        return text;
    }
    let mut end = octets;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Decodes RFC 2047 words where they may not stand but often do: in a file name's parameter.
pub(crate) fn decode_words(text: &str) -> String {
    if !text.contains("=?") || text.len() > 4096 || text.contains(['\r', '\n']) {
        return text.to_owned();
    }
    let field = format!("Subject: {text}\r\n\r\n").into_bytes();
    let field = crate::encoded_word::mended(&field).unwrap_or(field);
    let decoded = crate::guard::headers(&field).and_then(|message| message.subject().map(str::to_owned));
    decoded.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_says_what_is_new() {
        let text = "> ancien\n\nBonjour  docteur,\nvoici le résultat.\n-- \nDr X";
        assert_eq!(snippet(text, 140), "Bonjour docteur, voici le résultat.");
        let cut = snippet(&"mot ".repeat(100), 20);
        assert!(cut.chars().count() <= 21 && cut.ends_with('…'), "{cut}");
        assert_eq!(snippet("", 10), "");
        assert!(snippet(&"x".repeat(5000), 140).len() <= 143);
    }

    #[test]
    fn flowed_lines_are_joined_within_one_quote_depth() {
        let text = "Un \ndeux\n> cité \n> suite\n>> plus\n-- \nDr X";
        assert_eq!(unflow(text, false), "Un deux\n> cité suite\n>> plus\n-- \nDr X\n");
        assert_eq!(unflow("mo \nt", true), "mot\n");
    }

    #[test]
    fn encoded_words_in_file_names_are_read() {
        assert_eq!(decode_words("=?utf-8?Q?r=C3=A9sultat.pdf?="), "résultat.pdf");
        assert_eq!(decode_words("plain.pdf"), "plain.pdf");
    }
}
