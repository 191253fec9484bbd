//! Files that settings name: keys, certificates, secrets. Read whole, bounded, wiped.

use std::io::Read as _;
use std::path::Path;
use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::error::RelayError;
use crate::seal::SealKey;
use crate::secret::Secret;

/// The largest file that is read, in octets.
const LARGEST: u64 = 1024 * 1024;

/// The whole file.
pub(crate) fn read(setting: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>, RelayError> {
    let wrong = |source| RelayError::file(setting, path, source);
    let file = std::fs::File::open(path).map_err(wrong)?;
    let length = file.metadata().map_err(wrong)?.len();
    if length > LARGEST {
        return Err(RelayError::setting(setting, format!("{} is too large", path.display())));
    }
    // Reserved at once: what grows leaves copies of itself behind.
    let mut content = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1));
    file.take(LARGEST).read_to_end(&mut content).map_err(wrong)?;
    warn_when_open(setting, path);
    Ok(content)
}

/// A secret on one line, without the line's end.
pub(crate) fn line(setting: &'static str, path: &Path) -> Result<Secret, RelayError> {
    let content = read(setting, path)?;
    let text = std::str::from_utf8(&content).map_err(|_| RelayError::setting(setting, "the file is not text"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() || text.contains(['\r', '\n']) {
        return Err(RelayError::setting(
            setting,
            "the file must hold one line and nothing else",
        ));
    }
    Ok(Secret::new(text.to_owned()))
}

/// 32 octets in base64.
pub(crate) fn seal_key(path: &Path) -> Result<SealKey, RelayError> {
    const SETTING: &str = "keys.seal";
    let content = read(SETTING, path)?;
    let mut key = Zeroizing::new([0; 32]);
    // A little more room than the key needs: that is what the decoder counts on.
    let mut octets = Zeroizing::new([0; 36]);
    let length = BASE64_STANDARD.decode_slice(content.trim_ascii(), octets.as_mut_slice());
    match (length, octets.split_first_chunk::<32>()) {
        (Ok(32), Some((found, _))) if found.iter().any(|octet| *octet != 0) => {
            key.copy_from_slice(found);
            Ok(key)
        }
        _ => Err(RelayError::setting(
            SETTING,
            format!(
                "{} does not hold 32 octets in base64 (openssl rand -base64 32)",
                path.display()
            ),
        )),
    }
}

/// The certificates of a PEM file, of which there must be one.
pub(crate) fn certificates(setting: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, RelayError> {
    let content = read(setting, path)?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&content)
        .collect::<Result<_, _>>()
        .map_err(|error| RelayError::setting(setting, format!("{}: {error}", path.display())))?;
    if found.is_empty() {
        return Err(RelayError::setting(
            setting,
            format!("{} holds no certificate", path.display()),
        ));
    }
    Ok(found)
}

/// The private key of a PEM file.
pub(crate) fn private_key(setting: &'static str, path: &Path) -> Result<PrivateKeyDer<'static>, RelayError> {
    let content = read(setting, path)?;
    PrivateKeyDer::from_pem_slice(&content)
        .map_err(|error| RelayError::setting(setting, format!("{} holds no private key: {error}", path.display())))
}

/// When a file was last written, and its length: what tells that it has been replaced. `None` while it is away.
pub(crate) fn mark(path: &Path) -> Option<(SystemTime, u64)> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

/// A private file that everybody on the machine may read is worth a word, not a refusal: containers mount them so.
#[cfg(unix)]
fn warn_when_open(setting: &'static str, path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let public = ["listen.certificate", "psc.certificate", "psc.ca"].contains(&setting);
    let open = std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o007 != 0);
    if open && !public {
        tracing::warn!(setting, path = %path.display(), "everybody on this machine may read this file");
    }
}

#[cfg(not(unix))]
fn warn_when_open(_setting: &'static str, _path: &Path) {}
