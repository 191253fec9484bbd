//! The way to the collector: whom to believe, who we are. The policy's files are read for each attempt, since an administrator
//! renews them while the program runs.

use std::io::Read as _;
use std::path::Path;

use pli_syslog::Sender;
use pli_tls::{ClientIdentity, TlsError};

use crate::core::Core;
use crate::policy::PolicyCollector;

/// The largest file of a certificate or key, in octets.
const LARGEST: u64 = 256 * 1024;

/// Why there is no way.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoWay {
    /// One of the policy's files.
    #[error("reading a file that the policy names for the collector: {0}")]
    File(#[from] std::io::Error),
    /// What is in them.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Reads the files; blocks.
pub(super) fn sender(core: &Core, policy: &PolicyCollector) -> Result<Sender, NoWay> {
    let authority = policy.ca.as_deref().map(read).transpose()?;
    let identity = match (&policy.certificate, &policy.key) {
        (Some(certificate), Some(key)) => Some(ClientIdentity::from_pem(&read(certificate)?, &read(key)?)?),
        _ => None,
    };
    let connector = core.reach.to_collector(authority.as_deref(), identity)?;
    Ok(Sender::new(&policy.host, policy.port, connector))
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST {
        return Err(std::io::Error::other("the file is too large"));
    }
    Ok(content)
}
