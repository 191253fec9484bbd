//! The protocol versions and cipher suites that may be spoken.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::{cipher_suite, default_provider};

/// The cryptography of every connection to an MSSanté operator: exactly the suites of EX_OPE_5010 that rustls has.
///
/// TLS 1.3 with AES-256-GCM, ChaCha20-Poly1305 and AES-128-GCM; TLS 1.2 with ECDHE-RSA-AES-256-GCM-SHA384 and
/// ECDHE-RSA-AES-128-GCM-SHA256. The two DHE-RSA suites that the requirement also allows do not exist in rustls. A
/// provider is always given explicitly: the process-wide default is never used.
#[must_use]
pub fn crypto_provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: vec![
            cipher_suite::TLS13_AES_256_GCM_SHA384,
            cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ],
        ..default_provider()
    })
}
