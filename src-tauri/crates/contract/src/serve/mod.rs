//! One function a command. Each takes what the window says as hostile: bounded, checked, never a path.
//!
//! The lock's rule is kept here and nowhere else: every command passes one gate, which refuses all but [`WHILE_LOCKED`]
//! while the profile is locked, and withholds an answer that comes once it is, or once another profile is shown.

mod account;
mod backup;
mod box_life;
mod draft;
mod due;
mod file;
mod handling;
mod journal;
mod lock;
mod login;
mod mail;
mod outbox;
mod profile;
mod purge;
mod quota;
mod rules;
mod session;

pub use backup::check_backup;
pub use due::{backup_due, purges_due};
pub use journal::check_export;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::commands::*;
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::view::*;

/// The commands that answer while the profile is locked: none of them tells anything of what is stored.
pub const WHILE_LOCKED: [&str; 18] = [
    "status",
    "login_start",
    "login_cancel",
    "login_hint",
    "session_get",
    "logout",
    "provider_get",
    "provider_check",
    "lock_now",
    "lock_get",
    "unlock",
    "activity",
    "profile_list",
    "profile_add",
    "profile_switch",
    "profile_rename",
    "terms_get",
    "terms_accept",
];

/// Lets a command by, or not.
async fn gate<T>(
    served: &Served,
    name: &str,
    answer: impl Future<Output = Result<T, Failure>> + Send,
) -> Result<T, Failure> {
    if WHILE_LOCKED.contains(&name) {
        return answer.await;
    }
    let Some(engine) = served.unlocked() else {
        return Err(Failure::new(Code::Locked));
    };
    let answer = answer.await;
    // The lock, or another profile, may have come meanwhile: what was read before is not told after.
    if served.may_tell(&engine) {
        answer
    } else {
        Err(Failure::new(Code::Locked))
    }
}

fn read<T: DeserializeOwned>(argument: Value) -> Result<T, Failure> {
    serde_json::from_value(argument).map_err(|_| Failure::about(Code::BadRequest, "argument"))
}

fn write<T: Serialize>(answer: &T) -> Result<Value, Failure> {
    serde_json::to_value(answer).map_err(|_| Failure::new(Code::Internal))
}

/// What answers each command, once the gate has let it by.
mod behind {
    pub(crate) use super::account::*;
    pub(crate) use super::backup::{backup_check, backup_create, backup_restore, backup_schedule, backup_schedule_set};
    pub(crate) use super::box_life::*;
    pub(crate) use super::draft::*;
    pub(crate) use super::handling::*;
    pub(crate) use super::journal::*;
    pub(crate) use super::lock::*;
    pub(crate) use super::login::*;
    pub(crate) use super::mail::*;
    pub(crate) use super::outbox::*;
    pub(crate) use super::profile::*;
    pub(crate) use super::purge::*;
    pub(crate) use super::quota::*;
    pub(crate) use super::rules::*;
    pub(crate) use super::session::*;
}

macro_rules! router {
    ($($(#[$doc:meta])* $name:ident($argument:ty) -> $answer:ty;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// A [`Failure`] by its code; [`Code::Locked`] while the profile is locked, but for [`WHILE_LOCKED`].
            pub async fn $name(served: &Served, argument: $argument) -> Result<$answer, Failure> {
                gate(served, stringify!($name), Box::pin(behind::$name(served, argument))).await
            }
        )*

        /// Answers a command by its name, for hosts that speak JSON.
        ///
        /// # Errors
        /// What the command answers; [`Code::BadRequest`] for a name or an argument that is none of the contract's.
        pub async fn dispatch(served: &Served, name: &str, argument: Value) -> Result<Value, Failure> {
            match name {
                $(stringify!($name) => {
                    let argument: $argument = read(argument)?;
                    write(&$name(served, argument).await?)
                })*
                _ => Err(Failure::about(Code::BadRequest, "command")),
            }
        }
    };
}
crate::with_commands!(router);
