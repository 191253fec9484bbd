//! File names from mail, made safe for every disk.

const LONGEST: usize = 150;

/// A name that can be written on Linux, macOS and Windows and shows what it is: no path, control character, direction
/// override, reserved device name, leading or trailing dot or space; at most 150 characters, the extension kept.
/// Never empty.
#[must_use]
pub fn safe_file_name(raw: &str) -> String {
    let last = raw
        .rsplit(['/', '\\'])
        .find(|piece| !piece.trim_matches([' ', '.']).is_empty())
        .unwrap_or_default();
    let clean: String = last
        .chars()
        .map(|c| if "<>:\"|?*".contains(c) { '_' } else { c })
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    let clean = clean.trim_matches([' ', '.']);
    if clean.is_empty() {
        return "sans-nom".to_owned();
    }
    let (stem, extension) = match clean.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.chars().count() <= 12 => (stem, Some(extension)),
        _ => (clean, None),
    };
    let room = LONGEST - extension.map_or(0, |e| e.chars().count() + 1);
    let mut stem: String = stem.chars().take(room).collect();
    while stem.ends_with([' ', '.']) {
        stem.pop();
    }
    if is_reserved(&stem) {
        stem.insert(0, '_');
    }
    match extension {
        Some(extension) => format!("{stem}.{extension}"),
        None => stem,
    }
}

/// Characters that change the direction or are not seen: with them `exe.fdp` reads `pdf.exe`.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// The device names of Windows, with any extension.
fn is_reserved(stem: &str) -> bool {
    let head = stem
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_ascii_uppercase();
    let numbered = |prefix: &str| {
        head.strip_prefix(prefix).is_some_and(|n| {
            matches!(
                n,
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
            )
        })
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&head.as_str()) || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_would_harm_are_made_plain() {
        for (raw, safe) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\a.txt", "a.txt"),
            ("compte\u{202E}fdp.exe", "comptefdp.exe"),
            ("CON", "_CON"),
            ("nul.pdf", "_nul.pdf"),
            ("com1.tar.gz", "_com1.tar.gz"),
            (" a:b?.pdf. ", "a_b_.pdf"),
            ("", "sans-nom"),
            ("..", "sans-nom"),
            ("a\r\nb.pdf", "ab.pdf"),
            ("Résultats à classer.pdf", "Résultats à classer.pdf"),
        ] {
            assert_eq!(safe_file_name(raw), safe, "{raw:?}");
        }
        let long = safe_file_name(&format!("{}.pdf", "é".repeat(300)));
        assert_eq!(long.chars().count(), 150);
        assert!(long.ends_with("é.pdf"));
    }

    proptest! {
        #[test]
        fn any_name_becomes_safe_and_stays_so(raw in any::<String>()) {
            let safe = safe_file_name(&raw);
            prop_assert!(!safe.is_empty() && safe.chars().count() <= 151);
            prop_assert!(!safe.contains(['/', '\\', '\0', ':']) && !safe.chars().any(char::is_control));
            prop_assert!(safe != "." && safe != "..");
            prop_assert!(!safe.ends_with(['.', ' ']) && !safe.starts_with(['.', ' ']));
        }
    }
}
