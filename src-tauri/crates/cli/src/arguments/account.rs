//! What may be written after `pli account`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::{Access, HELP};

#[derive(Debug, Subcommand)]
pub(crate) enum AccountVerb {
    /// Cherche les serveurs d'une adresse, sans rien configurer
    #[command(help_template = HELP)]
    Discover {
        /// L'adresse MSSanté
        #[arg(value_name = "ADRESSE")]
        address: String,
    },
    /// Ajoute une BAL
    #[command(help_template = HELP)]
    Add {
        /// L'adresse MSSanté
        #[arg(value_name = "ADRESSE")]
        address: String,
        /// Son type : per, cab, org ou app
        #[arg(long, value_enum, hide_possible_values = true, value_name = "TYPE")]
        kind: Option<Kind>,
        /// Le nom affiché
        #[arg(long, value_name = "NOM")]
        name: Option<String>,
        /// Elle s'ouvre par un certificat client, et non par Pro Santé Connect
        #[arg(long)]
        by_certificate: bool,
    },
    /// Liste les BAL
    #[command(help_template = HELP)]
    List,
    /// Importe le certificat client d'une BAL : il est gardé chiffré, et sert à chaque ouverture
    #[command(help_template = HELP)]
    Certificate {
        /// L'adresse MSSanté
        #[arg(value_name = "ADRESSE")]
        address: String,
        /// Le certificat (PKCS#12)
        #[arg(value_name = "FICHIER")]
        file: PathBuf,
    },
    /// Montre la vie d'une BAL : quand elle a été ouverte, ce que son opérateur va supprimer, comment la fermer
    #[command(help_template = HELP)]
    Life {
        /// L'adresse MSSanté ; sinon, toutes
        #[arg(value_name = "ADRESSE")]
        address: Option<String>,
        /// Ne le rappelle plus avant une semaine
        #[arg(long)]
        later: bool,
    },
    /// Garde des messages sur ce poste, quoi que l'opérateur en fasse
    #[command(help_template = HELP)]
    Keep {
        /// L'adresse MSSanté
        #[arg(value_name = "ADRESSE")]
        address: String,
        /// Les numéros des messages ; sinon, tous ceux que l'opérateur va supprimer
        #[arg(value_name = "NUMÉROS")]
        ids: Vec<i64>,
        #[command(flatten)]
        access: Access,
    },
    /// Règle ce qu'une BAL garde sur ce poste
    #[command(help_template = HELP)]
    Retention {
        /// L'adresse MSSanté
        #[arg(value_name = "ADRESSE")]
        address: String,
        /// Le texte des messages des N derniers mois, de 1 à 240 ; le reste se relit en ligne
        #[arg(long, value_name = "MOIS", required_unless_present = "always")]
        months: Option<u32>,
        /// Tous les messages
        #[arg(long, conflicts_with = "months")]
        always: bool,
    },
    /// Change le nom et la couleur d'une BAL
    #[command(help_template = HELP)]
    Set {
        /// L'adresse MSSanté
        #[arg(value_name = "ADRESSE")]
        address: String,
        /// Le nom affiché
        #[arg(long, value_name = "NOM", required_unless_present = "color")]
        name: Option<String>,
        /// La couleur : ink, teal, green, olive, ochre, brick, plum ou slate
        #[arg(long, value_enum, hide_possible_values = true, value_name = "COULEUR")]
        color: Option<ColorWord>,
    },
    /// Oublie une BAL et sa copie locale ; rien n'est supprimé chez l'opérateur
    #[command(help_template = HELP)]
    Remove {
        /// L'adresse MSSanté
        #[arg(value_name = "ADRESSE")]
        address: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWord {
    Ink,
    Teal,
    Green,
    Olive,
    Ochre,
    Brick,
    Plum,
    Slate,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    Per,
    Cab,
    Org,
    App,
}
