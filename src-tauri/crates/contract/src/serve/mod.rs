//! One function a command. Each takes what the window says as hostile: bounded, checked, never a path.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::commands::*;
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::view::*;

fn read<T: DeserializeOwned>(argument: Value) -> Result<T, Failure> {
    serde_json::from_value(argument).map_err(|_| Failure::new(Code::BadRequest))
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

macro_rules! pending {
    ($($(#[$doc:meta])* $name:ident($argument:ty) -> $answer:ty;)*) => { $(
        $(#[$doc])*
        ///
        /// # Errors
        /// A [`Failure`] whose code the window explains.
        pub async fn $name(served: &Served, argument: $argument) -> Result<$answer, Failure> {
            let _ = (served, argument);
            Err(Failure::new(Code::Internal))
        }
    )* };
}
crate::with_commands!(pending);
