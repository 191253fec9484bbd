//! What may be written after `pli pin`, `pli profile` and `pli provider`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::HELP;

#[derive(Debug, Subcommand)]
pub(crate) enum PinVerb {
    /// Choisit ou change le code PIN, de 4 à 64 caractères
    #[command(help_template = HELP)]
    Set {
        /// Le fichier qui contient le nouveau code ; sinon, il est demandé
        #[arg(long, value_name = "FICHIER")]
        file: Option<PathBuf>,
        #[command(flatten)]
        current: CurrentPin,
    },
    /// Retire le code PIN
    #[command(help_template = HELP)]
    Remove {
        #[command(flatten)]
        current: CurrentPin,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CurrentPin {
    /// Le fichier qui contient le code actuel ; sinon, celui de PLI_PASSPHRASE_FILE, ou il est demandé
    #[arg(long, value_name = "FICHIER")]
    pub(crate) current_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProfileVerb {
    /// Liste les profils
    #[command(help_template = HELP)]
    List,
    /// Crée un profil, vide
    #[command(help_template = HELP)]
    Add {
        /// Son nom
        #[arg(value_name = "NOM")]
        name: String,
    },
    /// Change le nom du profil
    #[command(help_template = HELP)]
    Rename {
        /// Son nouveau nom
        #[arg(value_name = "NOM")]
        name: String,
    },
    /// Montre ou change ce qui verrouille le profil
    #[command(help_template = HELP)]
    Lock {
        /// Minutes d'inactivité, de 1 à 30 (moins si votre organisation en décide)
        #[arg(long, value_name = "MINUTES")]
        minutes: Option<u32>,
        /// À la fin de la session Pro Santé Connect : « oui » ou « non »
        #[arg(long, value_enum, hide_possible_values = true, value_name = "OUI|NON")]
        at_session_end: Option<YesNo>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum YesNo {
    Oui,
    Non,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProviderVerb {
    /// Montre son adresse
    #[command(help_template = HELP)]
    Show,
    /// Règle son adresse
    #[command(help_template = HELP)]
    Set {
        /// L'adresse (https) de son document de découverte
        #[arg(value_name = "ADRESSE")]
        url: String,
        /// Le nom que Pli y porte ; sinon, il ne change pas
        #[arg(long, value_name = "NOM")]
        client_id: Option<String>,
    },
    /// Vérifie qu'il répond
    #[command(help_template = HELP)]
    Check,
}
