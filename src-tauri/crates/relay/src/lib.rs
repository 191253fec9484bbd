//! The intermediary between Pli and Pro Santé Connect: a standard OpenID provider to Pli, a confidential client to
//! Pro Santé Connect, which a heavy client may not talk to by itself (SC.PSC.01, SC.PSC.13).
//!
//! **It keeps nothing.** Whatever must survive between two requests travels sealed (module `seal`) through whoever brings it back: the
//! login through the provider's `state`, the code and the refresh token through Pli, a login by phone through its request id. So
//! two instances behind one name share two key files and nothing else, a restart loses nothing, and there is no store of tokens to
//! steal. Single use is the provider's to enforce, as it does already; what it cannot check (whose code, whose redirection, whose
//! verifier) is checked here before it is asked.
//!
//! What a person's Pli is given: the provider's own access token, which the mail operators check; a sealed refresh token; an
//! id token signed by the intermediary, within which the provider's own is sealed for the logout.

mod admin;
mod app;
mod authorize;
mod callback;
mod ciba;
mod config;
mod describe;
mod error;
mod files;
mod gate;
mod id_token;
mod jws;
mod keys;
mod limits;
mod listen;
mod logout;
mod metrics;
mod pages;
mod parameters;
mod pkce;
mod poll;
mod proxies;
mod psc;
mod psc_http;
mod psc_tls;
mod redirect;
mod refusal;
mod revoke;
mod running;
mod seal;
mod sealed;
mod secret;
mod server_tls;
mod settings;
mod shared;
mod signing;
mod token;
mod tokens;
mod userinfo;

pub use config::{Client, Config, Keys, Lifetimes, Limits, Listen, Log, LogLevel, OneOrMany, Psc, SecretIn, Shared};
pub use error::RelayError;
pub use keys::new_keys;
pub use running::{Relay, Running};
