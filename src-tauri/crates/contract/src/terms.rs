//! The terms of use, in French: what a person accepts at the first run and finds again in the help (EDC/PSC.101.01).

/// The version of [`TEXT`], from 1. To be raised with each change that a person must read again.
pub const VERSION: u32 = 1;

/// The text: paragraphs, `## ` headings, `- ` items.
pub const TEXT: &str = include_str!("terms.md");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_only_the_markup_that_a_window_draws() {
        for line in TEXT.lines() {
            let plain = line
                .strip_prefix("## ")
                .or_else(|| line.strip_prefix("- "))
                .unwrap_or(line);
            assert!(!plain.starts_with(['#', '-', '>', ' ', '|']), "{line}");
            assert!(!plain.contains(['*', '`', '[', ']', '<']), "{line}");
        }
        assert!(TEXT.split_whitespace().count() > 500);
    }

    #[test]
    fn pro_sante_connect_has_its_section_and_nothing_claims_a_certificate() {
        let section = TEXT
            .split("## ")
            .find(|section| section.starts_with("Pro Santé Connect\n"))
            .unwrap();
        for word in [
            "e-CPS",
            "CPS",
            "jeton",
            "verrouill",
            "https://esante.gouv.fr",
            "numéro national",
        ] {
            assert!(section.contains(word), "{word}");
        }
        assert!(TEXT.contains("n’est pas certifié") && !TEXT.contains("est certifié par"));
    }
}
