//! What may be written after `pli handle`.

use clap::{Args, ValueEnum};

use super::Access;

/// Who takes charge of messages, on boxes that several people read.
#[derive(Debug, Args)]
pub(crate) struct Handle {
    /// Les numéros des messages ; sans rien d'autre, montre qui s'en occupe
    #[arg(required = true, value_name = "NUMÉROS")]
    pub(crate) ids: Vec<i64>,
    /// Je m'en occupe
    #[arg(long, conflicts_with_all = ["done", "todo", "none"])]
    pub(crate) take: bool,
    /// C'est traité
    #[arg(long, conflicts_with_all = ["todo", "none"])]
    pub(crate) done: bool,
    /// C'est à traiter
    #[arg(long, conflicts_with = "none")]
    pub(crate) todo: bool,
    /// Personne ne s'en occupe
    #[arg(long)]
    pub(crate) none: bool,
    /// À traiter par cette personne ; vide pour personne
    #[arg(long = "for", value_name = "NOM")]
    pub(crate) for_: Option<String>,
    /// Une note d'une ligne ; vide pour la retirer
    #[arg(long, value_name = "TEXTE")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) access: Access,
}

/// Whose messages to deal with are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ToDoWord {
    Mine,
    All,
}
