//! Subjects as a person reads them.

/// The prefix of messages that carry health documents (ECO.2.1.3).
const XDM: &str = "XDM/1.0/DDM";

/// The subject without the technical `XDM/1.0/DDM+` prefix, wherever a reply or an error mark pushed it (ECO.3.1.3,
/// SC.MSS/UX.28). What is stored keeps it.
#[must_use]
pub fn display_subject(subject: &str) -> String {
    let Some(at) = find_ignoring_case(subject, XDM) else {
        return subject.to_owned();
    };
    let (before, after) = (&subject[..at], &subject[at + XDM.len()..]);
    // Only marks such as « Re : », « [KO …][902] » or « Lu : » may come before it: else it is part of a sentence.
    if before.chars().count() > 80 {
        return subject.to_owned();
    }
    let after = after.strip_prefix('+').unwrap_or(after).trim_start();
    let before = before.trim_end();
    if before.is_empty() {
        after.to_owned()
    } else {
        format!("{before} {after}")
    }
}

fn find_ignoring_case(text: &str, what: &str) -> Option<usize> {
    text.as_bytes()
        .windows(what.len())
        .position(|window| window.eq_ignore_ascii_case(what.as_bytes()))
}

/// The subject without any mark of answer or forward, in French or English: `Re:`, `RE :`, `Rép :`, `TR :`, `Fwd:`…
pub(crate) fn bare(subject: &str) -> &str {
    let mut rest = subject.trim();
    loop {
        let Some((mark, after)) = rest.split_once(':') else {
            return rest;
        };
        let mark = mark.trim().to_lowercase();
        let mark = mark.split_once('[').map_or(mark.as_str(), |(head, _)| head);
        if !["re", "rép", "rep", "réf", "aw", "tr", "fw", "fwd", "tr.", "trans"].contains(&mark) {
            return rest;
        }
        rest = after.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_technical_prefix_is_hidden_wherever_it_stands() {
        assert_eq!(
            display_subject("XDM/1.0/DDM+CR de biologie AUBREVAL"),
            "CR de biologie AUBREVAL"
        );
        assert_eq!(display_subject("Re : xdm/1.0/ddm+CR"), "Re : CR");
        assert_eq!(
            display_subject("[KO Intégration système !][902] XDM/1.0/DDM+CR"),
            "[KO Intégration système !][902] CR"
        );
        assert_eq!(display_subject("é"), "é");
        let long = format!("{} XDM/1.0/DDM", "mot ".repeat(30));
        assert_eq!(display_subject(&long), long);
    }

    #[test]
    fn marks_of_answers_do_not_pile_up() {
        for subject in ["Re: RE : Rép: Avis", "TR : Fwd: Avis", "re[2]: Avis", " Avis "] {
            assert_eq!(bare(subject), "Avis");
        }
        assert_eq!(bare("Rendez-vous : jeudi"), "Rendez-vous : jeudi");
    }
}
