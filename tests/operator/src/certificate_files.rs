//! Certificates and keys as the files that the servers and the clients read.

use std::path::Path;
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::boxes::SECRETARIAT;
use crate::configuration;
use crate::error::{Doing, Error, Result};
use crate::info::Info;
use crate::pki::{Leaf, Pki};

/// The passphrase of the PKCS#12 files.
pub(crate) const PASSPHRASE: &str = "ouvre-le-certificat-local";

/// Writes the authorities, the organisational box's certificate in every form, and who may send with it.
pub(crate) fn write(info: &Info, pki: &Pki, client: &Leaf) -> Result<()> {
    let folder = info.dir.join("pki");
    configuration::file(&info.anchors, pki.root_pem())?;
    configuration::file(&folder.join("organisations.crt"), pki.organisations_pem())?;
    configuration::file(
        &folder.join("chain.crt"),
        &format!("{}{}", pki.root_pem(), pki.organisations_pem()),
    )?;
    configuration::file(&folder.join("secretariat.crt"), &client.chain_pem())?;
    configuration::file(&folder.join("secretariat.key"), &client.key_pem)?;
    pkcs12(&folder, &info.client_p12, &[])?;
    pkcs12(&folder, &info.client_p12_legacy, &["-legacy"])?;

    let digest = Sha256::digest(&client.certificate_der);
    let fingerprint = digest
        .iter()
        .map(|octet| format!("{octet:02X}"))
        .collect::<Vec<_>>()
        .join(":");
    configuration::file(
        &info.dir.join("postfix/client_certificates"),
        &format!("{fingerprint} {SECRETARIAT}\n"),
    )
}

/// Writes what the servers show; they read it at their start.
pub(crate) fn write_server(dir: &Path, leaf: &Leaf) -> Result<()> {
    configuration::file(&dir.join("pki/server.crt"), &leaf.chain_pem())?;
    configuration::file(&dir.join("pki/server.key"), &leaf.key_pem)
}

/// Writes what this machine shows for itself, and says that everything is there.
pub(crate) fn write_local(dir: &Path, leaf: &Leaf) -> Result<()> {
    configuration::file(&dir.join("pki/local.crt"), &leaf.chain_pem())?;
    configuration::file(&dir.join("pki/local.key"), &leaf.key_pem)?;
    configuration::file(&dir.join("pki/ready"), "")
}

fn pkcs12(folder: &Path, file: &Path, manner: &[&str]) -> Result<()> {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args([
            "pkcs12",
            "-export",
            "-name",
            "secretariat",
            "-in",
            "secretariat.crt",
            "-inkey",
            "secretariat.key",
        ])
        .args(["-passout", &format!("pass:{PASSPHRASE}"), "-out"])
        .arg(file)
        .args(manner)
        .stdin(Stdio::null())
        .output()
        .doing("starting", "openssl")?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Tool {
        tool: "openssl pkcs12",
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
