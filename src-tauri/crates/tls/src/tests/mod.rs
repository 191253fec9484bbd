//! Against real servers on loopback, under chains built like IGC-Santé's.

mod certificates;
mod client_identity;
mod negotiation;
pub(crate) mod pki;
mod revocation;
mod servers;
mod shipped;
