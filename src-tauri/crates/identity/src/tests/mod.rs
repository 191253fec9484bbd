//! The provider that is real (crate `pli-operator`) for what real ones do; a made-up one for lies and refusals.

mod browser;
mod door;
mod exchange;
mod liar;
mod lies;
mod real_provider;
mod session_clock;
