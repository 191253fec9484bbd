//! What a window may ask of Pli: every command, answer, event and error code, declared once.
//!
//! - [`commands`] names each command with its argument and its answer. The shell makes one handler of each, the test host
//!   one route, the tests one TypeScript signature: a command that lacks any of them does not compile.
//! - [`view`] holds what crosses: plain data, no secret, no server's text where a code will do.
//! - [`failure`] holds the codes on which the window branches. It never branches on text.
//! - [`secret`] holds what a person types and nothing shows.
//! - [`event`] holds what the window is told without asking.
//!
//! [`serve`] answers each of them over an engine, for a [`Served`] that the shell, the test host or a script makes.
//!
//! Bodies and attachments do not cross here: they are served as bytes under the `pli` scheme, to a frame that may call no
//! command.

pub mod commands;
pub mod content;
pub mod event;
pub mod failure;
pub mod secret;
pub mod serve;
mod served;
pub mod terms;
mod translate;
pub mod view;

pub use serve::{check_backup, check_export, dispatch};
pub use served::{Desktop, DesktopFailure, Events, Served, Waiting};
