//! From the engine's words to the contract's.

mod account;
pub(crate) mod backup;
pub(crate) mod box_life;
mod draft;
mod event;
mod failure;
pub(crate) mod handling;
mod journal;
mod lock;
mod login;
mod message;
mod outbox;
pub(crate) mod purge;
pub(crate) mod quota;
pub(crate) mod rules;
mod weight;

pub(crate) use account::{account, color_of, discovery, folder, state};
pub(crate) use draft::{check, draft, edit};
pub(crate) use journal::{
    at_end_of, checked, day, exported, filter, format_of, journal_settings, page, prune_plan, trace, verification,
};
pub(crate) use lock::{lock, lock_settings, profile, whole_seconds};
pub(crate) use login::{channel_of, login, login_hint, provider, session};
pub(crate) use message::{Folders, message, row};
pub(crate) use outbox::outgoing;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pli_engine::pli_store::{AccountId, DraftId, FolderId, MailId, OutboxId};

use crate::failure::{Code, Failure};
use crate::view::{Id, Instant, Party};

/// An instant in the workstation's own zone.
pub(crate) fn instant(at: Timestamp) -> Instant {
    at.to_zoned(TimeZone::system())
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
        .to_string()
}

/// What a window says of an instant.
pub(crate) fn timestamp(text: &str) -> Result<Timestamp, Failure> {
    text.parse().map_err(|_| Failure::about(Code::BadRequest, "instant"))
}

pub(crate) fn count(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

pub(crate) fn account_id(id: Id) -> AccountId {
    AccountId::from_raw(id)
}

pub(crate) fn folder_id(id: Id) -> FolderId {
    FolderId::from_raw(id)
}

pub(crate) fn mail_id(id: Id) -> MailId {
    MailId::from_raw(id)
}

pub(crate) fn draft_id(id: Id) -> DraftId {
    DraftId::from_raw(id)
}

pub(crate) fn outbox_id(id: Id) -> OutboxId {
    OutboxId::from_raw(id)
}

/// A correspondent: the name shown is the address when there is none.
pub(crate) fn party(name: &str, address: &str) -> Party {
    let name = if name.trim().is_empty() { address } else { name };
    Party {
        name: name.to_owned(),
        address: address.to_owned(),
    }
}
