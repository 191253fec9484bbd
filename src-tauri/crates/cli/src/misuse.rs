//! What is said, in French, to whoever called `pli` wrongly. Exit 2.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The sentence for a command line that could not be read.
pub(crate) fn sentence(error: &clap::Error) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    };
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    let valid = context(ContextKind::ValidValue);
    let what = match error.kind() {
        ErrorKind::InvalidSubcommand => format!(
            "« {} » n'est pas un verbe de pli.",
            context(ContextKind::InvalidSubcommand)
        ),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "Il manque un verbe.".to_owned()
        }
        ErrorKind::UnknownArgument => format!("« {argument} » n'est pas une option de ce verbe."),
        ErrorKind::MissingRequiredArgument => format!("Il manque : {argument}."),
        ErrorKind::ArgumentConflict => {
            format!("« {argument} » ne va pas avec « {} ».", context(ContextKind::PriorArg))
        }
        ErrorKind::NoEquals | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::TooManyValues => {
            format!("« {argument} » n'a pas le nombre de valeurs attendu.")
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("« {argument} » attend une valeur."),
        ErrorKind::InvalidValue if !valid.is_empty() => {
            format!("« {value} » n'est pas une valeur de « {argument} » (possibles : {valid}).")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("« {value} » n'est pas une valeur de « {argument} ».")
        }
        ErrorKind::InvalidUtf8 => "Un argument n'est pas du texte UTF-8.".to_owned(),
        _ => "La ligne de commande n'a pas été comprise.".to_owned(),
    };
    format!("{what} L'aide : pli --help")
}
