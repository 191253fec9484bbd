//! What may be written after `pli`. The words people read here are French; names of verbs and options are a contract.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod account;
mod backup;
mod handling;
mod profile;
mod room;
mod rules;
mod traces;

pub(crate) use account::{AccountVerb, ColorWord, Kind};
pub(crate) use backup::{BackupPassphrase, BackupVerb};
pub(crate) use handling::{Handle, ToDoWord};
pub(crate) use profile::{PinVerb, ProfileVerb, ProviderVerb, YesNo};
pub(crate) use room::{
    EveryWord, HowToPurge, Keep, KindWord, PurgeScheduleAsk, PurgeVerb, QuotaAsk, SpaceAsk, SpaceWord,
};
pub(crate) use rules::{Answer, Confirmed, RulesVerb, WhoWord};
pub(crate) use traces::{AtEndWord, ExportWord, Moment, TraceFilter, TracesVerb};

const HELP: &str = "\
{about-with-newline}
Utilisation : {usage}

{all-args}{after-help}
";

const AFTER: &str = "\
Sortie : 0 fait, 1 refusé ou en échec (la raison est dite), 2 mal appelé.
PLI_HOME : dossier des profils. PLI_PASSPHRASE_FILE : fichier de la phrase de passe ou du code PIN du profil.
PLI_CERTIFICATE_PASSPHRASE_FILE : fichier de la phrase de passe du certificat.
PLI_BACKUP_PASSPHRASE_FILE : fichier de la phrase de passe des sauvegardes.\nBROWSER : navigateur à lancer. PLI_LOG : détails techniques (par exemple « debug »).";

/// Pli sans fenêtre : la messagerie sécurisée de santé (MSSanté) pour les scripts, les logiciels métier et l'assistance.
#[derive(Debug, Parser)]
#[command(
    name = "pli",
    version,
    after_help = AFTER,
    help_template = HELP,
    disable_help_subcommand = true,
    disable_help_flag = true,
    disable_version_flag = true,
    subcommand_value_name = "VERBE",
    subcommand_help_heading = "Verbes",
    next_help_heading = "Options",
    infer_subcommands = false
)]
pub(crate) struct Arguments {
    /// Écrit du JSON : un objet, ou un objet par ligne pour les listes
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Le profil, par son nom ; sinon, le premier
    #[arg(long, global = true, value_name = "NOM")]
    pub(crate) profile: Option<String>,
    /// Affiche cette aide
    #[arg(short = 'h', long, global = true, action = clap::ArgAction::Help)]
    help: Option<bool>,
    /// Affiche la version
    #[arg(short = 'V', long, action = clap::ArgAction::Version)]
    version: Option<bool>,
    /// Ce qu'il faut faire.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
#[command(help_template = HELP, disable_help_subcommand = true)]
pub(crate) enum Verb {
    /// Lit un message dans un fichier, sans profil ni réseau
    #[command(subcommand, subcommand_value_name = "VERBE", subcommand_help_heading = "Verbes", help_template = HELP)]
    Message(MessageVerb),
    /// Les boîtes aux lettres (BAL) configurées
    #[command(subcommand, subcommand_value_name = "VERBE", subcommand_help_heading = "Verbes", help_template = HELP)]
    Account(AccountVerb),
    /// S'identifie, ce qui déverrouille aussi le profil ; aucune session n'est conservée sur le disque
    #[command(help_template = HELP)]
    Login(Login),
    /// Met fin à la session
    #[command(help_template = HELP)]
    Logout,
    /// Verrouille le profil, même s'il est ouvert dans la fenêtre
    #[command(help_template = HELP)]
    Lock,
    /// Déverrouille le profil, par son code PIN ou sa phrase de passe ; sans phrase de passe, « login » l'ouvre aussi
    #[command(help_template = HELP)]
    Unlock,
    /// Le code PIN du profil
    #[command(subcommand, subcommand_value_name = "VERBE", subcommand_help_heading = "Verbes", help_template = HELP)]
    Pin(PinVerb),
    /// Les profils de ce poste, un par personne, et leur verrouillage
    #[command(subcommand, subcommand_value_name = "VERBE", subcommand_help_heading = "Verbes", help_template = HELP)]
    Profile(ProfileVerb),
    /// L'intermédiaire vers Pro Santé Connect
    #[command(subcommand, subcommand_value_name = "VERBE", subcommand_help_heading = "Verbes", help_template = HELP)]
    Provider(ProviderVerb),
    /// Les conditions d'utilisation
    #[command(help_template = HELP)]
    Terms {
        /// Les accepte pour ce profil
        #[arg(long)]
        accept: bool,
    },
    /// Envoie ce qui attend, relève le courrier, et fait ce qui était prévu (purge, sauvegarde)
    #[command(help_template = HELP)]
    Sync(Sync),
    /// Liste les messages déjà relevés, les plus récents d'abord
    #[command(help_template = HELP)]
    List(List),
    /// Montre un message
    #[command(help_template = HELP)]
    Show {
        /// Le numéro du message, donné par « list » ou « search »
        #[arg(value_name = "NUMÉRO")]
        id: i64,
    },
    /// Cherche des mots dans tout ce qui est relevé
    #[command(help_template = HELP)]
    Search {
        /// Les mots cherchés
        #[arg(required = true, value_name = "MOTS")]
        text: Vec<String>,
        /// Nombre de messages au plus, de 1 à 200
        #[arg(long, default_value_t = 50, hide_default_value = true, value_name = "NOMBRE")]
        limit: u32,
    },
    /// Envoie un message et attend la réponse de l'opérateur
    #[command(help_template = HELP)]
    Send(Send),
    /// Les messages envoyés et leur sort, destinataire par destinataire
    #[command(subcommand, subcommand_value_name = "VERBE", subcommand_help_heading = "Verbes", help_template = HELP)]
    Outbox(OutboxVerb),
    /// La place occupée dans chaque BAL, et quand elle sera pleine
    #[command(help_template = HELP)]
    Quota(QuotaAsk),
    /// Ce qui pèse dans une BAL, pour y libérer de la place
    #[command(help_template = HELP)]
    Space(SpaceAsk),
    /// Supprime des messages chez l'opérateur, d'après un plan montré d'abord
    #[command(subcommand, subcommand_value_name = "VERBE", subcommand_help_heading = "Verbes", help_template = HELP)]
    Purge(PurgeVerb),
    /// Les règles sur le serveur : réponse automatique, redirection, tri
    #[command(subcommand, subcommand_value_name = "VERBE", subcommand_help_heading = "Verbes", help_template = HELP)]
    Rules(RulesVerb),
    /// Dit, ou montre, qui s'occupe d'un message sur une boîte partagée
    #[command(help_template = HELP)]
    Handle(Handle),
    /// Les sauvegardes chiffrées
    #[command(subcommand, subcommand_value_name = "VERBE", subcommand_help_heading = "Verbes", help_template = HELP)]
    Backup(BackupVerb),
    /// Le journal des traces
    #[command(subcommand, subcommand_value_name = "VERBE", subcommand_help_heading = "Verbes", help_template = HELP)]
    Traces(TracesVerb),
    /// Les brouillons
    #[command(subcommand, subcommand_value_name = "VERBE", subcommand_help_heading = "Verbes", help_template = HELP)]
    Drafts(DraftsVerb),
}

impl Verb {
    /// Whether it works on a profile: the others leave no trace of themselves anywhere.
    pub(crate) fn needs_a_profile(&self) -> bool {
        !matches!(
            self,
            Self::Message(_)
                | Self::Traces(TracesVerb::Verify { file: Some(_), .. })
                | Self::Backup(BackupVerb::Check { .. })
        )
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum MessageVerb {
    /// Montre ce que contient un fichier .eml
    #[command(help_template = HELP)]
    Show {
        /// Le fichier
        #[arg(value_name = "FICHIER.eml")]
        file: PathBuf,
    },
}

/// How to log in when a verb needs the network: by the way of the last login, unless one is said.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Access {
    /// S'identifie dans le navigateur
    #[arg(long, conflicts_with_all = ["ciba", "certificate"])]
    pub(crate) code: bool,
    /// S'identifie par deux chiffres à confirmer sur le téléphone ou avec la carte
    #[arg(long, conflicts_with = "certificate")]
    pub(crate) ciba: bool,
    /// Avec « --ciba » : le numéro national (RPPS) ; il est retenu
    #[arg(long = "id", requires = "ciba", value_name = "NUMÉRO")]
    pub(crate) national_id: Option<String>,
    /// Avec « --ciba » : ce qui confirme, « mobile » (e-CPS) ou « card » (carte CPS) ; il est retenu
    #[arg(
        long,
        requires = "ciba",
        value_enum,
        hide_possible_values = true,
        value_name = "MOYEN"
    )]
    pub(crate) channel: Option<Means>,
    /// Le certificat client (PKCS#12) des BAL qui s'ouvrent ainsi ; il est retenu
    #[arg(long, value_name = "FICHIER")]
    pub(crate) certificate: Option<PathBuf>,
    /// Seulement cette BAL
    #[arg(long, visible_alias = "bal", value_name = "ADRESSE")]
    pub(crate) account: Option<String>,
}

/// With what the two digits are confirmed (SC.PSC.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Means {
    Mobile,
    Card,
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Debug, Args)]
pub(crate) struct Sync {
    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Seulement ce dossier ; sinon, les boîtes de réception
    #[arg(long, value_name = "NOM")]
    pub(crate) folder: Option<String>,
    /// Seulement cette BAL
    #[arg(long, value_name = "ADRESSE")]
    pub(crate) account: Option<String>,
    /// Seulement les messages non lus
    #[arg(long)]
    pub(crate) unread: bool,
    /// Seulement ce qui reste à traiter, par vous ou par personne en particulier, où que ce soit rangé ; avec « all », par
    /// qui que ce soit
    #[arg(
        long,
        visible_alias = "todo",
        value_enum,
        num_args = 0..=1,
        default_missing_value = "mine",
        conflicts_with = "unread",
        hide_possible_values = true,
        value_name = "PAR QUI"
    )]
    pub(crate) to_do: Option<ToDoWord>,
    /// Nombre de messages au plus, de 1 à 500
    #[arg(long, default_value_t = 50, hide_default_value = true, value_name = "NOMBRE")]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Send {
    /// Destinataire ; l'option se répète
    #[arg(long, required = true, value_name = "ADRESSE")]
    pub(crate) to: Vec<String>,
    /// Destinataire en copie ; l'option se répète
    #[arg(long, value_name = "ADRESSE")]
    pub(crate) cc: Vec<String>,
    /// Destinataire en copie cachée ; l'option se répète
    #[arg(long, value_name = "ADRESSE")]
    pub(crate) bcc: Vec<String>,
    /// L'objet
    #[arg(long, value_name = "OBJET")]
    pub(crate) subject: String,
    /// Fichier du texte, en UTF-8 ; « - » pour l'entrée standard
    #[arg(long, value_name = "FICHIER")]
    pub(crate) text_file: PathBuf,
    /// Pièce jointe ; l'option se répète
    #[arg(long, value_name = "FICHIER")]
    pub(crate) attach: Vec<PathBuf>,
    /// Demande un accusé de lecture
    #[arg(long)]
    pub(crate) ask_reading: bool,
    /// Range le message dans la boîte d'envoi sans attendre : il part au prochain « sync »
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Envoie même si la BAL est pleine, ou n'a plus la place de garder la copie du message
    #[arg(long)]
    pub(crate) even_if_full: bool,
    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxVerb {
    /// Liste les envois des derniers jours, et tout ce qui n'est pas réglé
    #[command(help_template = HELP)]
    List {
        /// Nombre de jours, de 1 à 3650
        #[arg(long, default_value_t = 30, hide_default_value = true, value_name = "JOURS")]
        days: u32,
    },
    /// Montre un envoi
    #[command(help_template = HELP)]
    Show {
        /// Le numéro de l'envoi
        #[arg(value_name = "NUMÉRO")]
        id: i64,
    },
    /// Retente maintenant un envoi en attente
    #[command(help_template = HELP)]
    Retry {
        /// Le numéro de l'envoi
        #[arg(value_name = "NUMÉRO")]
        id: i64,
        #[command(flatten)]
        access: Access,
    },
    /// Reprend un message qui n'est pas encore parti : il redevient un brouillon
    #[command(help_template = HELP)]
    Cancel {
        /// Le numéro de l'envoi
        #[arg(value_name = "NUMÉRO")]
        id: i64,
    },
    /// Dit ce qu'il en est d'un message dont le sort est inconnu
    #[command(help_template = HELP)]
    Settle {
        /// Le numéro de l'envoi
        #[arg(value_name = "NUMÉRO")]
        id: i64,
        /// Il est bien parti : ne pas le renvoyer
        #[arg(long, conflicts_with = "again", required_unless_present = "again")]
        left: bool,
        /// Il n'est pas parti : le renvoyer
        #[arg(long)]
        again: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DraftsVerb {
    /// Liste les brouillons
    #[command(help_template = HELP)]
    List,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_verb_holds_together() {
        Arguments::command().debug_assert();
    }
}
