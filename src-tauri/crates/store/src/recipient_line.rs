//! A message's recipients in one line, as list rows keep them: `Hélène LEROY <leroy@…>, "MARTIN, Paul" <martin@…>`.
//!
//! The line is shown, searched, and read back into names and addresses; so a name that holds what separates the entries
//! is quoted. Senders choose these texts: any text is read as something, and nothing is ever refused.

/// What would be read as the end of a name.
const SEPARATORS: [char; 4] = [',', '<', '>', '"'];

/// The line of these names and addresses; either may be empty. An entry with neither is left out.
#[must_use]
pub fn write_recipients<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut line = String::new();
    for (name, address) in all {
        // No address that a letter could be sent to has these outside a quoted local part, which nobody has.
        let plain = !address.contains(SEPARATORS) && !address.contains(char::is_whitespace);
        let (name, address) = match (name.trim(), address) {
            ("", address) if !plain => (address, ""),
            (name, _) if !plain => (name, ""),
            (name, address) => (name, address),
        };
        if name.is_empty() && address.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push_str(", ");
        }
        // A name that looks like an address would be read as one.
        let quoted = name.contains(SEPARATORS) || (address.is_empty() && name.contains('@'));
        if quoted {
            line.push('"');
            line.push_str(&name.replace('"', "'"));
            line.push('"');
        } else {
            line.push_str(name);
        }
        match (name.is_empty(), address.is_empty()) {
            (_, true) => {}
            (true, false) => line.push_str(address),
            (false, false) => {
                line.push_str(" <");
                line.push_str(address);
                line.push('>');
            }
        }
    }
    line
}

/// The names and addresses of a line; either may be empty. What was cut off at the end of a long line is a name.
#[must_use]
pub fn read_recipients(line: &str) -> Vec<(String, String)> {
    let (mut all, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                all.extend(entry(&line[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    all.extend(entry(&line[start..]));
    all
}

fn entry(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let bare = |name: &str| name.trim().trim_matches('"').to_owned();
    if text.is_empty() {
        return None;
    }
    if let Some((name, address)) = text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        return Some((bare(name), address.to_owned()));
    }
    if text.contains('@') && !text.contains(SEPARATORS) && !text.contains(char::is_whitespace) {
        return Some((String::new(), text.to_owned()));
    }
    Some((bare(text), String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_with_commas_and_missing_halves_come_back() {
        let all = [
            ("Laboratoire des Acacias", "labo@beta.mssante.test"),
            ("LEROY, Hélène", "leroy@beta.mssante.test"),
            ("", "seul@beta.mssante.test"),
            ("Secrétariat", ""),
        ];
        let line = write_recipients(all);
        assert_eq!(
            line,
            "Laboratoire des Acacias <labo@beta.mssante.test>, \"LEROY, Hélène\" <leroy@beta.mssante.test>, \
             seul@beta.mssante.test, Secrétariat"
        );
        let read = read_recipients(&line);
        assert_eq!(read, all.map(|(name, address)| (name.to_owned(), address.to_owned())));
        assert_eq!(read_recipients(""), []);
    }

    proptest! {
        #[test]
        fn no_name_makes_another_recipient(name in "[^\\p{C}]{0,30}", other in "[a-z\"<>@, ]{0,20}") {
            let line = write_recipients([
                (name.as_str(), "un@alpha.mssante.test"),
                (other.as_str(), "deux@alpha.mssante.test"),
            ]);
            let addresses: Vec<String> = read_recipients(&line).into_iter().map(|(_, address)| address).collect();
            prop_assert_eq!(addresses, ["un@alpha.mssante.test", "deux@alpha.mssante.test"]);
        }

        #[test]
        fn any_line_is_read(line in ".{0,200}") {
            let _ = read_recipients(&line);
        }
    }
}
