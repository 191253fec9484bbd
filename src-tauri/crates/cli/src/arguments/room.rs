//! What may be written after `pli quota`, `pli space` and `pli purge`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Access, HELP, YesNo};

#[derive(Debug, Args)]
pub(crate) struct QuotaAsk {
    /// Demande maintenant à l'opérateur
    #[arg(long)]
    pub(crate) read: bool,
    /// Montre aussi la place occupée chaque jour
    #[arg(long)]
    pub(crate) history: bool,
    /// Ne prévient plus avant le prochain rappel
    #[arg(long, conflicts_with_all = ["read", "history"])]
    pub(crate) later: bool,
    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Debug, Args)]
pub(crate) struct SpaceAsk {
    /// Par ancienneté (age), taille (size), document (kind), correspondant (correspondent) ou dossier (folder)
    #[arg(
        long,
        value_enum,
        default_value = "age",
        hide_default_value = true,
        hide_possible_values = true,
        value_name = "QUOI"
    )]
    pub(crate) by: SpaceWord,
    /// Liste les messages plutôt que les groupes : les déjà classés d'abord, puis les plus lourds
    #[arg(long)]
    pub(crate) messages: bool,
    /// Propose de quoi libérer cette place : « 500 Mo », « 1 Go » ou un nombre d'octets
    #[arg(long, value_parser = octets, value_name = "PLACE", conflicts_with = "messages")]
    pub(crate) suggest: Option<u64>,
    /// Avec « --messages » : plus vieux que ce nombre de jours
    #[arg(long, requires = "messages", value_name = "JOURS")]
    pub(crate) older_than: Option<u32>,
    /// Avec « --messages » : plus lourds que cette taille, « 5 Mo » par exemple
    #[arg(long, requires = "messages", value_parser = octets, value_name = "TAILLE")]
    pub(crate) larger_than: Option<u64>,
    /// Avec « --messages » : portant un document de santé (document), un pdf, une image, autre chose (other) ou rien (none)
    #[arg(
        long,
        requires = "messages",
        value_enum,
        hide_possible_values = true,
        value_name = "QUOI"
    )]
    pub(crate) kind: Option<KindWord>,
    /// Avec « --messages » : échangés avec cette adresse
    #[arg(long, requires = "messages", value_name = "ADRESSE")]
    pub(crate) correspondent: Option<String>,
    /// Avec « --messages » : seulement ceux qui sont déjà classés
    #[arg(long, requires = "messages")]
    pub(crate) filed: bool,
    /// Nombre de messages à passer
    #[arg(
        long,
        requires = "messages",
        default_value_t = 0,
        hide_default_value = true,
        value_name = "NOMBRE"
    )]
    pub(crate) offset: u32,
    /// Nombre de messages au plus, de 1 à 500
    #[arg(long, default_value_t = 50, hide_default_value = true, value_name = "NOMBRE")]
    pub(crate) limit: u32,
    /// La BAL ; sinon, la première
    #[arg(long, visible_alias = "bal", value_name = "ADRESSE")]
    pub(crate) account: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SpaceWord {
    Age,
    Size,
    Kind,
    Correspondent,
    Folder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindWord {
    Document,
    Pdf,
    Image,
    Other,
    None,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PurgeVerb {
    /// Supprime chez l'opérateur les messages envoyés depuis plus de N jours, après en avoir montré le plan
    #[command(help_template = HELP)]
    Sent {
        /// Plus vieux que ce nombre de jours, de 0 à 3650
        #[arg(long, default_value_t = 30, hide_default_value = true, value_name = "JOURS")]
        older_than: u32,
        #[command(flatten)]
        keep: Keep,
        #[command(flatten)]
        how: HowToPurge,
    },
    /// Vide la corbeille, après en avoir montré le plan
    #[command(help_template = HELP)]
    Trash {
        /// Plus vieux que ce nombre de jours, de 0 à 3650
        #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "JOURS")]
        older_than: u32,
        #[command(flatten)]
        how: HowToPurge,
    },
    /// Supprime chez l'opérateur les messages choisis d'une BAL, après en avoir montré le plan
    #[command(help_template = HELP)]
    Messages {
        /// Les numéros des messages, donnés par « space --messages » ou « list »
        #[arg(required = true, value_name = "NUMÉROS")]
        ids: Vec<i64>,
        #[command(flatten)]
        how: HowToPurge,
    },
    /// Liste les purges de la dernière année, les plus récentes d'abord
    #[command(help_template = HELP)]
    List {
        /// Seulement cette BAL
        #[arg(long, visible_alias = "bal", value_name = "ADRESSE")]
        account: Option<String>,
    },
    /// Montre le plan d'une purge, ou son compte rendu
    #[command(help_template = HELP)]
    Show {
        /// Le numéro de la purge
        #[arg(value_name = "NUMÉRO")]
        id: i64,
        /// Écrit aussi le plan, message par message, dans ce fichier (CSV)
        #[arg(long, value_name = "FICHIER")]
        export: Option<PathBuf>,
    },
    /// Exécute un plan déjà montré, ou reprend une purge arrêtée là où elle en était
    #[command(help_template = HELP)]
    Resume {
        /// Le numéro de la purge
        #[arg(value_name = "NUMÉRO")]
        id: i64,
        #[command(flatten)]
        access: Access,
    },
    /// Arrête une purge ; elle pourra reprendre
    #[command(help_template = HELP)]
    Stop {
        /// Le numéro de la purge
        #[arg(value_name = "NUMÉRO")]
        id: i64,
    },
    /// Montre ou règle la purge automatique des messages envoyés : une fenêtre ouverte la fait, ou « pli sync »
    #[command(help_template = HELP)]
    Schedule(PurgeScheduleAsk),
    /// Désigne le dossier des messages envoyés, si l'opérateur ne le dit pas
    #[command(help_template = HELP)]
    Folder {
        /// Le nom du dossier
        #[arg(value_name = "NOM")]
        name: String,
        /// La BAL ; sinon, la première
        #[arg(long, visible_alias = "bal", value_name = "ADRESSE")]
        account: Option<String>,
    },
}

/// What a purge of sent items spares.
#[derive(Debug, Args)]
pub(crate) struct Keep {
    /// Garde ce qui est marqué important : « oui » (par défaut) ou « non »
    #[arg(long, value_enum, hide_possible_values = true, num_args = 0..=1, default_value = "oui", default_missing_value = "oui", hide_default_value = true, value_name = "OUI|NON")]
    pub(crate) keep_flagged: YesNo,
    /// Garde ce dont la remise n'est pas encore connue : « oui » (par défaut) ou « non »
    #[arg(long, value_enum, hide_possible_values = true, num_args = 0..=1, default_value = "oui", default_missing_value = "oui", hide_default_value = true, value_name = "OUI|NON")]
    pub(crate) keep_unknown: YesNo,
    /// Garde ce qui concerne un patient et n'est pas encore classé : « oui » (par défaut) ou « non »
    #[arg(long, value_enum, hide_possible_values = true, num_args = 0..=1, default_value = "oui", default_missing_value = "oui", hide_default_value = true, value_name = "OUI|NON")]
    pub(crate) keep_unfiled: YesNo,
}

#[derive(Debug, Args)]
pub(crate) struct HowToPurge {
    /// Garde une copie sur ce poste
    #[arg(long)]
    pub(crate) keep_local: bool,
    /// Montre le plan, et ne supprime rien
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Ne demande pas de confirmation
    #[arg(long)]
    pub(crate) yes: bool,
    /// Écrit aussi le plan, message par message, dans ce fichier (CSV)
    #[arg(long, value_name = "FICHIER")]
    pub(crate) export: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Debug, Args)]
pub(crate) struct PurgeScheduleAsk {
    /// Purge sans qu'on le demande : « oui » ou « non »
    #[arg(long, value_enum, hide_possible_values = true, value_name = "OUI|NON")]
    pub(crate) enabled: Option<YesNo>,
    /// Chaque jour (day), semaine (week) ou mois (month)
    #[arg(long, value_enum, hide_possible_values = true, value_name = "QUAND")]
    pub(crate) every: Option<EveryWord>,
    /// Les messages envoyés depuis plus de ce nombre de jours, de 0 à 3650
    #[arg(long, value_name = "JOURS")]
    pub(crate) older_than: Option<u32>,
    /// Garde ce qui est marqué important
    #[arg(long, value_enum, hide_possible_values = true, value_name = "OUI|NON")]
    pub(crate) keep_flagged: Option<YesNo>,
    /// Garde ce dont la remise n'est pas encore connue
    #[arg(long, value_enum, hide_possible_values = true, value_name = "OUI|NON")]
    pub(crate) keep_unknown: Option<YesNo>,
    /// Garde ce qui concerne un patient et n'est pas encore classé
    #[arg(long, value_enum, hide_possible_values = true, value_name = "OUI|NON")]
    pub(crate) keep_unfiled: Option<YesNo>,
    /// Garde une copie sur ce poste
    #[arg(long, value_enum, hide_possible_values = true, value_name = "OUI|NON")]
    pub(crate) keep_local: Option<YesNo>,
    /// Vide aussi la corbeille de ce qui a plus de ce nombre de jours
    #[arg(long, value_name = "JOURS", conflicts_with = "keep_trash")]
    pub(crate) trash_older_than: Option<u32>,
    /// Ne vide pas la corbeille
    #[arg(long)]
    pub(crate) keep_trash: bool,
    /// La BAL ; sinon, la première
    #[arg(long, visible_alias = "bal", value_name = "ADRESSE")]
    pub(crate) account: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EveryWord {
    Day,
    Week,
    Month,
}

/// Octets as a person writes them: `500 Mo`, `1,5 Go`, `12000`.
fn octets(text: &str) -> Result<u64, String> {
    let text = text.trim().to_lowercase().replace(',', ".");
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit: u64 = match unit.trim() {
        "" | "o" => 1,
        "ko" => 1_000,
        "mo" => 1_000_000,
        "go" => 1_000_000_000,
        other => return Err(other.to_owned()),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if part.len() > 9 {
        return Err(part.to_owned());
    }
    let scale = 10_u64.pow(u32::try_from(part.len()).unwrap_or(0));
    let whole: u64 = whole.parse().map_err(|_| text.clone())?;
    let part: u64 = if part.is_empty() {
        0
    } else {
        part.parse().map_err(|_| text.clone())?
    };
    whole
        .checked_mul(unit)
        .and_then(|octets| octets.checked_add(part.checked_mul(unit)? / scale))
        .ok_or(text)
}

#[cfg(test)]
mod tests {
    use super::octets;

    #[test]
    fn a_size_is_read_as_a_person_writes_it() {
        assert_eq!(octets("500 Mo"), Ok(500_000_000));
        assert_eq!(octets("1,5 Go"), Ok(1_500_000_000));
        assert_eq!(octets("12000"), Ok(12_000));
        assert_eq!(octets("3ko"), Ok(3_000));
        for wrong in ["", "Mo", "5 Mio", "-3", "1.2.3 Mo", "99999999999999999999"] {
            assert!(octets(wrong).is_err(), "{wrong}");
        }
    }
}
