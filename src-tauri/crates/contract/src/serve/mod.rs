//! One function a command. Each takes what the window says as hostile: bounded, checked, never a path.

mod account;
mod draft;
mod journal;
mod mail;
mod outbox;
mod session;

pub use account::{account_add, account_discover, account_list, account_remove, account_rename, folder_list, sync_now};
pub use draft::{
    draft_attach, draft_check, draft_delete, draft_detach, draft_get, draft_list, draft_new, draft_save, draft_send,
};
pub use journal::{journal_get, journal_list, journal_verify};
pub use mail::{
    attachment_save, message_delete, message_flag, message_get, message_list, message_move, search, suggest,
};
pub use outbox::{outbox_cancel, outbox_get, outbox_list, outbox_retry, outbox_settle};
pub use session::{login_cancel, login_certificate, login_start, logout, status, vault_open};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::commands::*;
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::view::*;

fn read<T: DeserializeOwned>(argument: Value) -> Result<T, Failure> {
    serde_json::from_value(argument).map_err(|_| Failure::about(Code::BadRequest, "argument"))
}

fn write<T: Serialize>(answer: &T) -> Result<Value, Failure> {
    serde_json::to_value(answer).map_err(|_| Failure::new(Code::Internal))
}

macro_rules! router {
    ($($(#[$doc:meta])* $name:ident($argument:ty) -> $answer:ty;)*) => {
        /// Answers a command by its name, for hosts that speak JSON.
        ///
        /// # Errors
        /// What the command answers; [`Code::BadRequest`] for a name or an argument that is none of the contract's.
        pub async fn dispatch(served: &Served, name: &str, argument: Value) -> Result<Value, Failure> {
            match name {
                $(stringify!($name) => {
                    let argument: $argument = read(argument)?;
                    let answer: $answer = Box::pin($name(served, argument)).await?;
                    write(&answer)
                })*
                _ => Err(Failure::about(Code::BadRequest, "command")),
            }
        }
    };
}
crate::with_commands!(router);
