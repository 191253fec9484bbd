//! Whether a text announces a file: what is asked before a message leaves without one.

/// What French letters say when something is joined to them, without accents and in lower case.
const ANNOUNCES: [&str; 14] = [
    "ci-joint",
    "ci joint",
    "cijoint",
    "piece jointe",
    "pieces jointes",
    "piece-jointe",
    "en pj",
    "en p.j.",
    "la pj",
    "en annexe",
    "fichier joint",
    "document joint",
    "documents joints",
    "joint a ce m",
];

/// Whether the part written by the author (not what is quoted below) speaks of an attachment.
pub(crate) fn announces_attachment(text: &str) -> bool {
    let own: Vec<String> = text
        .lines()
        .take_while(|line| !begins_quotation(line))
        .filter(|line| !line.trim_start().starts_with('>'))
        .map(plain)
        .collect();
    let own = own.join(" ");
    ANNOUNCES.iter().any(|word| own.contains(word))
}

/// The line that introduces a quoted or forwarded message.
fn begins_quotation(line: &str) -> bool {
    let line = line.trim();
    (line.starts_with("Le ") && line.ends_with("a écrit :"))
        || (line.starts_with("---") && line.contains("essage"))
        || line.starts_with("-----")
}

fn plain(line: &str) -> String {
    line.to_lowercase()
        .chars()
        .map(|c| match c {
            'à' | 'â' => 'a',
            'é' | 'è' | 'ê' => 'e',
            '\u{a0}' | '\u{202f}' | '\t' => ' ',
            '\u{2010}' | '\u{2011}' => '-',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_author_wrote_counts_and_what_is_quoted_does_not() {
        assert!(announces_attachment(
            "Cher confrère,\nvous trouverez ci-joint le courrier."
        ));
        assert!(announces_attachment("Les résultats sont en Pièce\u{a0}jointe."));
        assert!(!announces_attachment("Merci beaucoup."));
        assert!(!announces_attachment(
            "Bien reçu.\n\nLe 3 mai 2026 à 10:00, Dr Leroy a écrit :\n> ci-joint le bilan"
        ));
        assert!(!announces_attachment("Bien reçu.\n> voir pièce jointe"));
    }
}
