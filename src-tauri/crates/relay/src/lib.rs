//! The intermediary between Pli and Pro Santé Connect: a standard OpenID provider to Pli, a confidential client to
//! Pro Santé Connect.

mod config;
mod error;
mod running;

pub use config::{
    Client, Config, Keys, Lifetimes, Limits, Listen, Log, LogLevel, OneOrMany, Psc, SecretIn, Shared,
};
pub use error::RelayError;
pub use running::{Relay, Running};
