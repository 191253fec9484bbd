//! What may be written after `pli backup`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{EveryWord, HELP, YesNo};

#[derive(Debug, Subcommand)]
pub(crate) enum BackupVerb {
    /// Écrit une sauvegarde chiffrée, puis la relit en entier
    #[command(help_template = HELP)]
    Create {
        /// Le fichier à écrire (….plisauvegarde)
        #[arg(value_name = "FICHIER")]
        file: PathBuf,
        /// Seulement cette BAL
        #[arg(long, visible_alias = "bal", value_name = "ADRESSE")]
        account: Option<String>,
        #[command(flatten)]
        passphrase: BackupPassphrase,
    },
    /// Relit une sauvegarde en entier, et ne change rien
    #[command(help_template = HELP)]
    Check {
        /// La sauvegarde
        #[arg(value_name = "FICHIER")]
        file: PathBuf,
        #[command(flatten)]
        passphrase: BackupPassphrase,
    },
    /// Restaure une sauvegarde dans un profil vide
    #[command(help_template = HELP)]
    Restore {
        /// La sauvegarde
        #[arg(value_name = "FICHIER")]
        file: PathBuf,
        #[command(flatten)]
        passphrase: BackupPassphrase,
    },
    /// Montre ou règle les sauvegardes automatiques : une fenêtre ouverte les fait, ou « pli sync »
    #[command(help_template = HELP)]
    Schedule {
        /// Sauvegarde sans qu'on le demande : « oui » ou « non »
        #[arg(long, value_enum, hide_possible_values = true, value_name = "OUI|NON")]
        enabled: Option<YesNo>,
        /// Chaque jour (day), semaine (week) ou mois (month)
        #[arg(long, value_enum, hide_possible_values = true, value_name = "QUAND")]
        every: Option<EveryWord>,
        /// Le dossier où les écrire
        #[arg(long, value_name = "DOSSIER")]
        folder: Option<PathBuf>,
        /// Combien en garder, de 1 à 100
        #[arg(long, value_name = "NOMBRE")]
        keep: Option<u32>,
        #[command(flatten)]
        passphrase: BackupPassphrase,
    },
}

#[derive(Debug, Args)]
pub(crate) struct BackupPassphrase {
    /// Le fichier de la phrase de passe de la sauvegarde ; sinon, celui de PLI_BACKUP_PASSPHRASE_FILE, ou elle est demandée
    #[arg(id = "passphrase_file", long = "passphrase-file", value_name = "FICHIER")]
    pub(crate) file: Option<PathBuf>,
}
