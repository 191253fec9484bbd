//! The place in a text where searched words stand, as people read it: accents and case do not matter.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Characters shown before the first word found, and in all.
const BEFORE: usize = 30;
const SHOWN: usize = 140;

/// More of a text is not looked at, in octets.
const LOOKED_AT: usize = 64 * 1024;

/// The words of a question, folded; 16 at most.
pub(super) fn words(question: &str) -> Vec<String> {
    let folded = fold(&question.chars().take(1_000).collect::<String>());
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(16)
        .map(str::to_owned)
        .collect()
}

/// Whether a text holds one of the words.
pub(super) fn holds(text: &str, words: &[String]) -> bool {
    runs(text).any(|(from, to)| is_hit(&text[from..to], words))
}

/// The first place where a word stands, with `‹` and `›` around each word found near it. `None`: none of them is there.
pub(super) fn of(text: &str, words: &[String]) -> Option<String> {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let (first, _) = runs(text).find(|(from, to)| is_hit(&text[*from..*to], words))?;
    let start = text[..first]
        .char_indices()
        .rev()
        .take(BEFORE)
        .last()
        .map_or(first, |(at, _)| at);
    // A word cut at its beginning is left out.
    let start = if start == 0 {
        0
    } else {
        text[start..first]
            .find(char::is_whitespace)
            .map_or(first, |at| start + at)
    };
    let stop = text[start..]
        .char_indices()
        .nth(SHOWN)
        .map_or(text.len(), |(at, _)| start + at);
    let window = &text[start..stop];
    let mut shown = String::with_capacity(window.len() + 32);
    if start > 0 {
        shown.push('…');
    }
    let mut done = 0;
    for (from, to) in runs(window) {
        if is_hit(&window[from..to], words) {
            shown.push_str(&window[done..from]);
            shown.push('‹');
            shown.push_str(&window[from..to]);
            shown.push('›');
            done = to;
        }
    }
    shown.push_str(&window[done..]);
    if stop < text.len() {
        shown.push('…');
    }
    Some(shown.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The runs of letters and digits of a text.
fn runs(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (from, _) = rest.find(|(_, c)| c.is_alphanumeric())?;
        let mut to = text.len();
        while let Some((at, c)) = rest.peek() {
            if c.is_alphanumeric() || is_combining_mark(*c) {
                rest.next();
            } else {
                to = *at;
                break;
            }
        }
        Some((from, to))
    })
}

fn is_hit(run: &str, words: &[String]) -> bool {
    let folded = fold(run);
    words.iter().any(|word| folded.starts_with(word.as_str()))
}

fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
    {
        match c {
            'œ' => out.push_str("oe"),
            'æ' => out.push_str("ae"),
            'ß' => out.push_str("ss"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_marked_whatever_their_accents() {
        let text = "Bonjour, le résultat de la coloscopie du patient est normal. Les résultats suivent.";
        assert_eq!(
            of(text, &words("RESULT coloscopie")).unwrap(),
            "Bonjour, le ‹résultat› de la ‹coloscopie› du patient est normal. Les ‹résultats› suivent."
        );
        assert_eq!(of("Œdème du pied", &words("oedeme")).unwrap(), "‹Œdème› du pied");
        assert!(of(text, &words("radio")).is_none());
        assert!(of(text, &[]).is_none());
    }

    #[test]
    fn a_long_text_is_cut_around_the_word() {
        let text = format!("{} cible {}", "avant ".repeat(100), "après ".repeat(100));
        let shown = of(&text, &words("cible")).unwrap();
        assert!(
            shown.starts_with('…') && shown.ends_with('…') && shown.contains("‹cible›"),
            "{shown}"
        );
        assert!(shown.chars().count() < SHOWN + 10);
    }

    proptest! {
        #[test]
        fn any_text_and_question_are_safe(text in "\\PC{0,300}", question in "\\PC{0,40}") {
            let _ = of(&text, &words(&question));
        }
    }
}
