//! Why the collector does not take the traces, as a person may need to know.

use pli_syslog::SyslogError;

/// What keeps traces from being sent on. They stay in the journal, and are sent once it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// It does not answer, or its name has no address.
    Unreachable,
    /// The connection ended, or stood still, before it had confirmed.
    Unconfirmed,
    /// It is not the collector that the policy names: its certificate is refused.
    Refused,
    /// It refuses this workstation's certificate, or asks for one.
    Unknown,
    /// A file that the policy names cannot be used.
    Settings,
    /// The journal could not be read, or our place in it not be kept.
    Journal,
}

impl Trouble {
    /// The word that windows know it by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Unconfirmed => "unconfirmed",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Settings => "settings",
            Self::Journal => "journal",
        }
    }

    /// Its number in the ledger; none of them ever changes.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Unreachable => 2,
            Self::Unconfirmed => 3,
            Self::Refused => 4,
            Self::Unknown => 5,
            Self::Settings => 6,
            Self::Journal => 7,
        }
    }

    /// The trouble of this number.
    pub(super) fn from_number(number: u64) -> Self {
        match number {
            2 => Self::Unreachable,
            4 => Self::Refused,
            5 => Self::Unknown,
            6 => Self::Settings,
            7 => Self::Journal,
            _ => Self::Unconfirmed,
        }
    }

    /// What a person is told: what happened, what is safe, what to do.
    #[must_use]
    pub fn french(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "Le collecteur ne répond pas. Les traces restent sur ce poste et lui seront transmises dès qu'il répondra."
            }
            Self::Unconfirmed => {
                "Le collecteur n'a pas confirmé la réception. Les traces restent sur ce poste et lui seront transmises de nouveau."
            }
            Self::Refused => {
                "Le certificat du collecteur n'est pas accepté. Rien ne lui a été transmis, les traces restent sur ce poste. \
                 Prévenez l'administrateur de votre organisation."
            }
            Self::Unknown => {
                "Le collecteur refuse le certificat de ce poste. Les traces restent sur ce poste. Prévenez l'administrateur de \
                 votre organisation."
            }
            Self::Settings => {
                "Un fichier que la politique du poste désigne pour le collecteur ne peut pas être utilisé. Les traces restent sur \
                 ce poste. Prévenez l'administrateur de votre organisation."
            }
            Self::Journal => {
                "Le journal n'a pas pu être lu pour être transmis au collecteur. Vérifiez le journal, et prévenez l'administrateur \
                 de votre organisation."
            }
        }
    }
}

impl From<&SyslogError> for Trouble {
    fn from(error: &SyslogError) -> Self {
        use pli_tls::Refusal;
        match error {
            SyslogError::Resolve { .. } | SyslogError::Connect(_) => Self::Unreachable,
            SyslogError::Tls(error) => match error.refusal() {
                Some(Refusal::ClientCertificateRequired | Refusal::ClientCertificateRefused) => Self::Unknown,
                Some(_) => Self::Refused,
                None => Self::Unconfirmed,
            },
            SyslogError::Spoke => Self::Refused,
            SyslogError::Stalled { .. } | SyslogError::Interrupted { .. } | SyslogError::EndedEarly => {
                Self::Unconfirmed
            }
        }
    }
}
