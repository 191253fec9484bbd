//! mbsync (isync), as a person would set it up: Maildir, its defaults, the organisational box by its certificate.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pli_operator::Operator;

use crate::Outcome;
use crate::process::usage;

/// One whole copy into an empty folder, and the highest memory it took, MB.
pub(crate) fn copy(operator: &Operator, address: &str, folder: &Path) -> Outcome<(Duration, f64)> {
    let configuration = configure(operator, address, folder)?;
    let begun = Instant::now();
    let mut child = Command::new("mbsync")
        .arg("-c")
        .arg(&configuration)
        .arg("-q")
        .arg("all")
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| format!("mbsync (package isync): {error}"))?;
    let mut peak: f64 = 0.0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if let Ok(now) = usage(child.id()) {
            peak = peak.max(now.peak);
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    if !status.success() {
        return Err(format!("mbsync failed: {status}").into());
    }
    Ok((begun.elapsed(), peak))
}

/// A second run, with nothing new.
pub(crate) fn again(operator: &Operator, address: &str, folder: &Path) -> Outcome<Duration> {
    Ok(copy(operator, address, folder)?.0)
}

fn configure(operator: &Operator, address: &str, folder: &Path) -> Outcome<std::path::PathBuf> {
    std::fs::create_dir_all(folder.join("mail"))?;
    let info = operator.info();
    let pem = folder.join("client.pem");
    let passphrase = format!("pass:{}", info.client_p12_passphrase);
    let made = Command::new("openssl")
        .args(["pkcs12", "-nodes", "-passin", &passphrase, "-in"])
        .arg(&info.client_p12)
        .arg("-out")
        .arg(&pem)
        .stderr(Stdio::null())
        .status()?;
    if !made.success() {
        return Err("openssl could not read the client certificate".into());
    }
    // mbsync takes a server's own certificate as known, whatever name it was reached by.
    let shown = Command::new("openssl")
        .args(["s_client", "-servername", "imap.alpha.mssante.test", "-connect"])
        .arg(format!("127.0.0.1:{}", info.ports.imaps))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    let begin = text
        .find("-----BEGIN CERTIFICATE-----")
        .ok_or("no server certificate")?;
    let server = folder.join("server.pem");
    std::fs::write(&server, &text[begin..])?;
    let configuration = folder.join("mbsyncrc");
    let words = format!(
        "IMAPAccount operator\nHost 127.0.0.1\nPort {}\nSSLType IMAPS\nUser {address}\nPass unused\n\
         AuthMechs EXTERNAL\nCertificateFile {}\nClientCertificate {}\nClientKey {}\n\n\
         IMAPStore far\nAccount operator\n\n\
         MaildirStore near\nPath {}/\nInbox {}/INBOX\nSubFolders Verbatim\n\n\
         Channel all\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSync Pull\nSyncState *\n",
        info.ports.imaps,
        server.display(),
        pem.display(),
        pem.display(),
        folder.join("mail").display(),
        folder.join("mail").display(),
    );
    std::fs::write(&configuration, words)?;
    Ok(configuration)
}
