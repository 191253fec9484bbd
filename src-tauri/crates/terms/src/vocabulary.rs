//! The words of mail servers' answers: Postfix, Dovecot, Exchange, Cyrus, Zimbra, Sendmail, Courier, Oracle/Sun, and what
//! French operators write. No first name and no family name that stands for a person in the directory of given names is
//! wanted here: a word that a server does not need for saying what it did is left out.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The longest word, in octets.
const LONGEST: usize = 40;

/// Words in lower case, without accents, in order.
const PLAIN: &str = include_str!("vocabulary.txt");

/// Names of protocols, commands, mechanisms and programs, written in one way.
const EXACT: &str = include_str!("vocabulary_exact.txt");

static WORDS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| PLAIN.split_ascii_whitespace().collect());
static NAMES: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| EXACT.split_whitespace().collect());

/// Whether a word is one of the vocabulary: in lower case, with a capital, or in capitals; with its accents or without; with
/// an article or a negation before an apostrophe.
pub(crate) fn knows(word: &str) -> bool {
    if word.len() > LONGEST {
        return false;
    }
    let word = word.replace('’', "'");
    if let Some((head, tail)) = word.split_once('\'') {
        return is_written_plainly(&word) && has_apostrophe(&folded(head), &folded(tail));
    }
    NAMES.contains(word.as_str()) || is_written_plainly(&word) && listed(&folded(&word))
}

fn listed(word: &str) -> bool {
    WORDS.contains(word)
}

/// `n'existe`, `l'adresse`; `doesn't`, `can't`, `sender's`, `we're`.
fn has_apostrophe(head: &str, tail: &str) -> bool {
    (matches!(head, "l" | "d" | "n" | "s" | "c" | "qu" | "jusqu" | "lorsqu") && listed(tail))
        || (tail == "t"
            && matches!(
                head,
                "doesn" | "isn" | "can" | "couldn" | "don" | "won" | "hasn" | "wasn" | "wouldn" | "aren"
            ))
        || (tail == "s" && listed(head))
        || (head == "we" && tail == "re")
}

/// Whether the case carries nothing: all small, one capital, all capitals.
fn is_written_plainly(word: &str) -> bool {
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let first = letters.next().is_some_and(char::is_uppercase);
    let (mut upper, mut lower) = (false, false);
    for c in letters {
        upper |= c.is_uppercase();
        lower |= !c.is_uppercase();
    }
    !upper || (first && !lower)
}

/// In lower case, without the accents of French.
fn folded(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'à' | 'â' | 'ä' => out.push('a'),
            'ç' => out.push('c'),
            'é' | 'è' | 'ê' | 'ë' => out.push('e'),
            'î' | 'ï' => out.push('i'),
            'ô' | 'ö' => out.push('o'),
            'ù' | 'û' | 'ü' => out.push('u'),
            'œ' => out.push_str("oe"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_in_order_folded_and_once() {
        let words: Vec<&str> = PLAIN.split_ascii_whitespace().collect();
        assert!(words.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(words.iter().all(|word| folded(word) == *word && word.len() <= LONGEST));
        assert!(NAMES.iter().all(|word| word.chars().all(char::is_alphanumeric)));
    }

    #[test]
    fn a_word_is_known_however_it_is_written_plainly() {
        for word in [
            "quota",
            "Quota",
            "QUOTA",
            "dépassé",
            "depasse",
            "Dépassé",
            "n’existe",
            "l'adresse",
            "doesn't",
        ] {
            assert!(knows(word), "{word}");
        }
        for word in [
            "qUota", "DUPONT", "Dupont", "jeanne", "n'dupont", "dupont't", "é", "x", "",
        ] {
            assert!(!knows(word), "{word}");
        }
    }
}
