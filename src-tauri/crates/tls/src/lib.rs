//! Which TLS Pli accepts: versions, suites, anchors, revocation, client certificates.
//!
//! Three things are decided here and nowhere else:
//! - **what is spoken** ([`crypto_provider`]): TLS 1.3 and 1.2 with the suites of EX_OPE_5010, nothing else;
//! - **who is believed** ([`Policy`]): the servers that IGC-Santé « Élémentaire Organisation » certified (ECO.1.1.10),
//!   whose certificate is in its time, bears the name asked for and is not revoked (ECO.1.1.5, .6);
//! - **who we are** ([`ClientIdentity`]): the client certificate of APP and some ORG boxes.
//!
//! [`Connector::connect`] gives a stream only once all of it is proven: not one byte of the application (no password, no
//! token) leaves before. Revocation is checked twice. During the handshake the verifier looks into the lists that are
//! already known ([`CrlCache`]), so that a certificate known to be revoked is refused with an alert. After
//! the handshake, and before the stream is handed over, the lists still missing are fetched and the whole chain is checked
//! again, strictly: rustls verifies without waiting, a fetch has to wait, and a STARTTLS connection cannot be begun again.
//! No list at all is a refusal ([`CrlProblem`]): ECO.1.1.6 asks for certificates that are *known* not to be revoked, and
//! ECO.1.1.7 gives the way to keep working when the list cannot be fetched, which is to keep the last one that is still
//! valid.
//!
//! The feature `local-operator` replaces the anchors by those of an operator on this machine. It is for development
//! builds and tests; without it that code does not exist.

mod connector;
mod crl;
mod crl_fetch;
mod error;
mod identity;
#[cfg(feature = "local-operator")]
pub mod local;
mod policy;
mod suites;
#[cfg(test)]
mod tests;
mod verifier;
mod web_pki;

pub use connector::{Connector, HANDSHAKE_TIMEOUT, TlsStream};
pub use crl::{CrlCache, CrlProblem};
pub use crl_fetch::{CrlFetch, CrlFuture, HttpCrlFetch, MAX_CRL_BYTES};
pub use error::{Refusal, TlsError};
pub use identity::{ClientIdentity, Pkcs12Problem};
pub use policy::Policy;
pub use suites::crypto_provider;
pub use web_pki::web_pki_config;
