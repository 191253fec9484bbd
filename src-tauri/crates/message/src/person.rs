//! Names of correspondents as people read them (ECO.2.2.7).

/// What a professional's mailbox calls itself on the wire, `Dr_Agnès_PRUNEVAL_Pneumologie`, written for reading:
/// « Dr Agnès PRUNEVAL, Pneumologie ». Any other name is left as it is: title, first name and a family name in capitals must
/// be there.
pub(crate) fn readable_name(name: &str) -> String {
    let parts: Vec<&str> = name.split('_').map(str::trim).collect();
    let [title, first, family, entity @ ..] = parts.as_slice() else {
        return name.to_owned();
    };
    let capitals = family.chars().any(char::is_alphabetic) && !family.chars().any(char::is_lowercase);
    if title.is_empty() || first.is_empty() || title.contains('@') || !capitals {
        return name.to_owned();
    }
    let entity: Vec<&str> = entity.iter().copied().filter(|word| !word.is_empty()).collect();
    match entity.as_slice() {
        [] => format!("{title} {first} {family}"),
        words => format!("{title} {first} {family}, {}", words.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::readable_name;

    #[test]
    fn the_wire_form_is_read_and_any_other_left_alone() {
        for (wire, read) in [
            ("Dr_Agnès_PRUNEVAL_Pneumologie", "Dr Agnès PRUNEVAL, Pneumologie"),
            (
                "Dr_Paul_LEROY_Cabinet des Tilleuls",
                "Dr Paul LEROY, Cabinet des Tilleuls",
            ),
            ("Mme_Marie-Ange_DE LA TOUR", "Mme Marie-Ange DE LA TOUR"),
            ("Laboratoire des Acacias", "Laboratoire des Acacias"),
            ("export_journalier_v2", "export_journalier_v2"),
            ("a_b", "a_b"),
            ("_x_Y", "_x_Y"),
            ("", ""),
        ] {
            assert_eq!(readable_name(wire), read);
        }
    }
}
