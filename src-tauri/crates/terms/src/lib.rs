//! The field's words as types, shared by every other crate: a UID cannot be passed for a MODSEQ, nor an address for a
//! national id. Pure: no I/O, no clock.

mod address;
mod folder_word;
mod imap;
mod message_id;
mod national_id;
mod server_text;
mod vocabulary;
mod wording;

pub use address::{Address, Domain, InvalidAddress};
pub use folder_word::FolderWord;
pub use imap::{ModSeq, Uid, UidSet, UidValidity};
pub use message_id::MessageId;
pub use national_id::{InvalidNationalId, NationalId};
pub use server_text::{Known, ServerText};
pub use wording::{Part, Wording};

use serde::{Deserialize, Serialize};

/// The kind of a BAL (mailbox), as the Annuaire Santé types them (TRE-R257).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum BalKind {
    /// Personal: one named professional.
    Per,
    /// Shared by a liberal practice.
    Cab,
    /// Organisational: a service, a secretariat, a team.
    Org,
    /// Applicative: software, no human.
    App,
}

impl BalKind {
    /// The three letters the field uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Per => "PER",
            Self::Cab => "CAB",
            Self::Org => "ORG",
            Self::App => "APP",
        }
    }
}

impl std::fmt::Display for BalKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for BalKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "PER" => Ok(Self::Per),
            "CAB" => Ok(Self::Cab),
            "ORG" => Ok(Self::Org),
            "APP" => Ok(Self::App),
            _ => Err(()),
        }
    }
}
