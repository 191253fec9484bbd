//! Pro Santé Connect: discovery, the code flow, CIBA, the session and its clock.
//!
//! A [`Provider`] is discovered from one whole URL, which is a setting: the provider itself or an intermediary
//! that stands before it look the same from here. A flow turns a person's consent into a [`Session`]: [`CodeFlow`] with the
//! system's browser (SC.PSC.01), or [`CibaFlow`] with the person's phone or card (SC.PSC.13). The token endpoint, the check of
//! the id token and the person's claims do not depend on the flow. A locked program keeps its session as a [`SealedSession`].
//!
//! Tokens live in memory only (ECO.1.2.5 / SC.MSS/CONF.28): they are [`secrecy::SecretString`]s, wiped when dropped, never
//! shown by `Debug`, never logged. Nothing here reads a clock: times are passed in.
//!
//! A [`Witness`] is told of every exchange, before and after, for the journal, and of the provider's clock.

mod ciba_flow;
mod code_flow;
mod courier;
mod error;
mod http;
mod id_token;
mod loopback;
mod pages;
mod person;
mod provider;
mod sealed;
mod secret;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod token_endpoint;
mod witness;

pub use ciba_flow::{Channel, CibaFlow};
pub use code_flow::{CodeFlow, PATIENCE};
pub use error::{IdTokenProblem, IdentityError};
pub use http::{Answer, FormBody, Http, HttpFuture, HttpProblem, Https, MAX_ANSWER_BYTES, Request};
pub use person::Person;
pub use provider::Provider;
pub use sealed::SealedSession;
pub use session::{AuthenticationMethod, Session};
pub use settings::{LONGEST_SESSION, Settings};
pub use witness::{ClockGap, Exchange, Outcome, Step, Unrecorded, Witness, standard};
