//! The provider that is real (crate `pli-operator`) for what real ones do; a made-up one for lies and refusals.

mod browser;
mod ciba;
mod door;
mod exchange;
mod liar;
mod lies;
mod real_phone;
mod real_provider;
mod real_relay;
mod sealed;
mod session_clock;
mod witness;
