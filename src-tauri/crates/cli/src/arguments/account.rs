//! What may be written after `pli account`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::HELP;

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
    /// Oublie une BAL et sa copie locale ; rien n'est supprimé chez l'opérateur
    #[command(help_template = HELP)]
    Remove {
        /// L'adresse MSSanté
        #[arg(value_name = "ADRESSE")]
        address: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    Per,
    Cab,
    Org,
    App,
}
