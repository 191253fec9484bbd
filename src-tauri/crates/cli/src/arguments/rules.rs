//! What may be written after `pli rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

use super::{Access, HELP};

#[derive(Debug, Subcommand)]
pub(crate) enum RulesVerb {
    /// Montre les règles en place chez l'opérateur
    #[command(help_template = HELP)]
    Show {
        #[command(flatten)]
        access: Access,
    },
    /// Remplace toutes les règles par celles d'un fichier, comme « show --json » les écrit
    #[command(help_template = HELP)]
    Set {
        /// Le fichier (JSON)
        #[arg(value_name = "FICHIER")]
        file: PathBuf,
        #[command(flatten)]
        confirmed: Confirmed,
        #[command(flatten)]
        access: Access,
    },
    /// Règle la réponse automatique, ou l'arrête
    #[command(help_template = HELP)]
    Answer(Answer),
    /// Redirige le courrier vers une autre boîte personnelle du même professionnel, ou cesse de le faire
    #[command(help_template = HELP)]
    Redirect {
        /// L'adresse de l'autre boîte
        #[arg(value_name = "ADRESSE", required_unless_present = "stop", conflicts_with = "stop")]
        to: Option<String>,
        /// Ne garde pas de copie dans cette boîte-ci
        #[arg(long, conflicts_with = "stop")]
        no_copy: bool,
        /// Ne redirige plus
        #[arg(long)]
        stop: bool,
        #[command(flatten)]
        confirmed: Confirmed,
        #[command(flatten)]
        access: Access,
    },
    /// Ajoute une règle de tri
    #[command(help_template = HELP)]
    Sort {
        /// Son nom
        #[arg(long, value_name = "NOM")]
        name: String,
        #[command(flatten)]
        when: When,
        #[command(flatten)]
        then: Then,
        #[command(flatten)]
        confirmed: Confirmed,
        #[command(flatten)]
        access: Access,
    },
    /// Retire une règle de tri
    #[command(help_template = HELP)]
    Unsort {
        /// Le numéro de la règle, donné par « show »
        #[arg(value_name = "NUMÉRO")]
        id: String,
        #[command(flatten)]
        confirmed: Confirmed,
        #[command(flatten)]
        access: Access,
    },
}

/// What only the person can say.
#[derive(Debug, Args)]
pub(crate) struct Confirmed {
    /// Confirme que le même professionnel est titulaire de la boîte de destination
    #[arg(long)]
    pub(crate) same_person: bool,
    /// Ajoute nos règles à celles d'un autre logiciel, qui restent telles quelles
    #[arg(long)]
    pub(crate) include: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Answer {
    /// Fichier du texte, en UTF-8 ; « - » pour l'entrée standard
    #[arg(
        long,
        value_name = "FICHIER",
        required_unless_present = "stop",
        conflicts_with = "stop"
    )]
    pub(crate) text_file: Option<PathBuf>,
    /// L'objet
    #[arg(long, value_name = "OBJET", conflicts_with = "stop")]
    pub(crate) subject: Option<String>,
    /// Premier jour (2026-12-20)
    #[arg(long, value_name = "DATE", conflicts_with = "stop")]
    pub(crate) from: Option<Date>,
    /// Dernier jour
    #[arg(long, value_name = "DATE", conflicts_with = "stop")]
    pub(crate) until: Option<Date>,
    /// Jours avant de répondre à nouveau à la même personne, de 1 à 30 (7 sinon)
    #[arg(
        long,
        default_value_t = 7,
        hide_default_value = true,
        value_name = "JOURS",
        conflicts_with = "stop"
    )]
    pub(crate) every_days: u8,
    /// À qui : tout le monde (everyone), l'espace de confiance (trust) ou les seuls professionnels (professionals)
    #[arg(
        long,
        value_enum,
        default_value = "everyone",
        hide_default_value = true,
        hide_possible_values = true,
        value_name = "QUI",
        conflicts_with = "stop"
    )]
    pub(crate) who: WhoWord,
    /// Une autre adresse de la boîte ; l'option se répète
    #[arg(long = "address", value_name = "ADRESSE", conflicts_with = "stop")]
    pub(crate) addresses: Vec<String>,
    /// Arrête la réponse automatique
    #[arg(long)]
    pub(crate) stop: bool,
    #[command(flatten)]
    pub(crate) confirmed: Confirmed,
    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhoWord {
    Everyone,
    Trust,
    Professionals,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct When {
    /// Quand l'expéditeur est cette adresse, ou de ce domaine (@domaine)
    #[arg(long, value_name = "ADRESSE")]
    pub(crate) sender: Option<String>,
    /// Quand l'objet commence ainsi
    #[arg(long, value_name = "MOTS")]
    pub(crate) subject_prefix: Option<String>,
    /// Quand le message a une pièce jointe
    #[arg(long)]
    pub(crate) attachment: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Then {
    /// Le range dans ce dossier
    #[arg(long, value_name = "NOM")]
    pub(crate) folder: Option<String>,
    /// Le marque important
    #[arg(long)]
    pub(crate) flag: bool,
}
