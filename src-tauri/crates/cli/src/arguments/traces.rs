//! What may be written after `pli traces`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pli_engine::pli_terms::{Address, NationalId};
use pli_engine::pli_trace::Action;

use super::HELP;

/// A day on this workstation, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// `2026-11-21`.
    Day(Date),
    /// `2026-11-21T08:00:00+01:00`.
    Instant(Timestamp),
}

impl FromStr for Moment {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        // A time without an offset is nobody's: a day is the workstation's, an instant says its own.
        if text.contains(['T', 't', ' ']) {
            text.parse().map(Self::Instant)
        } else {
            text.parse().map(Self::Day)
        }
    }
}

impl Moment {
    /// The instant at which it begins, in this zone. `None` where the calendar ends.
    pub(crate) fn start(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Instant(at) => Some(at),
            Self::Day(day) => Some(day.to_zoned(zone.clone()).ok()?.timestamp()),
        }
    }

    /// The instant at which it is over: the whole day is in it.
    pub(crate) fn end(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Instant(at) => Some(at),
            Self::Day(day) => Self::Day(day.tomorrow().ok()?).start(zone),
        }
    }
}

fn address(text: &str) -> Result<String, String> {
    Address::parse(text.trim())
        .map(|address| address.as_str().to_owned())
        .map_err(|error| error.to_string())
}

fn national_id(text: &str) -> Result<String, String> {
    NationalId::parse(text.trim())
        .map(|id| id.as_str().to_owned())
        .map_err(|error| error.to_string())
}

fn actions() -> PossibleValuesParser {
    PossibleValuesParser::new(Action::ALL.iter().map(|action| action.as_str()))
}

/// Which traces.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TraceFilter {
    /// À partir de ce jour (2026-11-01) ou de cet instant (2026-11-01T08:00:00+01:00)
    #[arg(long, value_name = "DATE")]
    pub(crate) since: Option<Moment>,
    /// Jusqu'à ce jour compris, ou avant cet instant
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<Moment>,
    /// D'une BAL
    #[arg(long, value_name = "ADRESSE", value_parser = address)]
    pub(crate) account: Option<String>,
    /// De cette personne, par son numéro national
    #[arg(long, value_name = "NUMÉRO", value_parser = national_id)]
    pub(crate) author: Option<String>,
    /// D'une action : login, send, delete… (une autre valeur les fait toutes nommer)
    #[arg(long, value_name = "ACTION", value_parser = actions(), hide_possible_values = true)]
    pub(crate) action: Option<String>,
    /// Seulement les échecs
    #[arg(long)]
    pub(crate) failures: bool,
    /// Avec ce correspondant : une adresse, ou une partie
    #[arg(long, value_name = "ADRESSE")]
    pub(crate) correspondent: Option<String>,
    /// Sur ce message : son Message-ID, ou son identifiant dans Pli
    #[arg(long, value_name = "IDENTIFIANT")]
    pub(crate) message: Option<String>,
    /// Aussi ce qui allait être demandé, écrit avant chaque demande
    #[arg(long)]
    pub(crate) intentions: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TracesVerb {
    /// Liste les traces, les plus récentes d'abord
    #[command(help_template = HELP)]
    List {
        #[command(flatten)]
        filter: TraceFilter,
        /// Nombre de traces à passer
        #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "NOMBRE")]
        offset: u32,
        /// Nombre de traces au plus, de 1 à 1000
        #[arg(long, default_value_t = 100, hide_default_value = true, value_name = "NOMBRE")]
        limit: u32,
    },
    /// Montre une trace en entier
    #[command(help_template = HELP)]
    Show {
        /// Le numéro de la trace, donné par « list »
        #[arg(value_name = "NUMÉRO")]
        sequence: i64,
    },
    /// Montre toute la vie du message dont parle une trace, la plus ancienne d'abord
    #[command(help_template = HELP)]
    Life {
        /// Le numéro de la trace, donné par « list »
        #[arg(value_name = "NUMÉRO")]
        sequence: i64,
    },
    /// Exporte des traces dans un fichier, avec son manifeste signé à côté
    #[command(help_template = HELP)]
    Export {
        /// Le format : csv (tableur), jsonl (programmes) ou pdf (demande judiciaire)
        #[arg(long, value_enum, hide_possible_values = true, value_name = "FORMAT")]
        format: ExportWord,
        /// Le fichier à écrire
        #[arg(long, value_name = "FICHIER")]
        out: PathBuf,
        #[command(flatten)]
        filter: TraceFilter,
    },
    /// Vérifie le journal ; ou, sans profil ni trousseau, un fichier exporté et son manifeste
    #[command(help_template = HELP)]
    Verify {
        /// Le fichier exporté
        #[arg(value_name = "FICHIER")]
        file: Option<PathBuf>,
        /// Son manifeste ; sinon, celui qui est à côté
        #[arg(long, requires = "file", value_name = "FICHIER")]
        manifest: Option<PathBuf>,
        /// L'empreinte attendue de la clé qui l'a signé, reçue par un autre chemin
        #[arg(long, requires = "file", value_name = "EMPREINTE")]
        fingerprint: Option<String>,
    },
    /// Détruit pour de bon les traces d'avant un jour, et en garde une attestation signée
    #[command(help_template = HELP)]
    Prune {
        /// Les traces d'avant ce jour (2026-05-01) ou cet instant
        #[arg(long, value_name = "DATE")]
        before: Moment,
        /// Les remplace par des comptes qui ne parlent de personne
        #[arg(long)]
        anonymise: bool,
        /// Dit ce qui serait détruit, et ne détruit rien
        #[arg(long, conflicts_with = "yes")]
        dry_run: bool,
        /// Ne demande pas de confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Montre ou change la durée pendant laquelle les traces sont gardées
    #[command(help_template = HELP)]
    Settings {
        /// Durée des traces, en mois, de 1 à 240
        #[arg(long, value_name = "MOIS")]
        months: Option<u32>,
        /// Durée du journal technique, en mois, de 6 à 12
        #[arg(long, value_name = "MOIS")]
        technical_months: Option<u32>,
        /// À leur terme, les traces sont détruites (destroy) ou remplacées par des comptes anonymes (anonymise)
        #[arg(long, value_enum, hide_possible_values = true, value_name = "SORT")]
        at_end: Option<AtEndWord>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportWord {
    Csv,
    Jsonl,
    Pdf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AtEndWord {
    Destroy,
    Anonymise,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_workstations_and_is_taken_whole() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let day: Moment = "2026-10-25".parse().unwrap();
        // Clocks go back that night: the day has 25 hours.
        assert_eq!(day.start(&zone).unwrap().to_string(), "2026-10-24T22:00:00Z");
        assert_eq!(day.end(&zone).unwrap().to_string(), "2026-10-25T23:00:00Z");
        let at: Moment = "2026-10-25T08:00:00+01:00".parse().unwrap();
        assert_eq!(at.start(&zone), at.end(&zone));
        assert_eq!(at.start(&zone).unwrap().to_string(), "2026-10-25T07:00:00Z");
    }

    #[test]
    fn what_is_neither_a_day_nor_an_instant_is_refused() {
        for text in ["hier", "2026-13-01", "2026-11-21T08:00:00", "", "2026-11-31"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
        assert!(Moment::Day(Date::MAX).end(&TimeZone::UTC).is_none());
    }
}
