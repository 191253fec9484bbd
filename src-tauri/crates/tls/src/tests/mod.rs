//! Against real servers on loopback, under chains built like IGC-Santé's.

mod certificates;
mod client_identity;
mod collector;
mod negotiation;
mod operator;
pub(crate) mod pki;
mod revocation;
mod servers;
mod shipped;
