//! Where the local operator is: the file `operator.json` that programs built with the feature `local-operator` read.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Everything a client needs to use the local operator; serialised as `operator.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Info {
    /// The process that holds the operator: it ends with it.
    pub pid: u32,
    /// The operator's folder, removed at its end.
    pub dir: PathBuf,
    /// PEM file of the root that the chain ends in.
    pub anchors: PathBuf,
    /// PEM files of the root and of the « organisations » intermediate.
    pub chain: Vec<PathBuf>,
    /// PKCS#12 of the organisational box, AES-256 and PBKDF2.
    pub client_p12: PathBuf,
    /// The same in the older manner, RC2 and 3DES.
    pub client_p12_legacy: PathBuf,
    /// Passphrase of both.
    pub client_p12_passphrase: String,
    /// `address:port` of the resolver, UDP and TCP.
    pub dns: String,
    /// Port where `autoconfig.{domain}` answers over TLS, instead of 443.
    pub https_port: u16,
    /// Where the intermediate's revocation list is (DER).
    pub crl_url: String,
    /// The domains served.
    pub domains: Vec<String>,
    /// The ports, all on 127.0.0.1.
    pub ports: Ports,
    /// The discovery document that a workstation uses: the intermediary's.
    pub psc_discovery: String,
    /// Its public native client: PKCE, `http://127.0.0.1:<any port>/retour`.
    pub psc_client_id: String,
    /// The discovery document of the identity provider itself.
    pub psc_direct_discovery: String,
    /// Its own public native client.
    pub psc_direct_client_id: String,
    /// `address:port` where the intermediary tells of its health and its numbers.
    pub relay: String,
    /// Base address of the bench's own requests to the identity provider.
    pub bench: String,
}

/// The TCP ports on 127.0.0.1.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Ports {
    /// IMAP over TLS.
    pub imaps: u16,
    /// IMAP, then STARTTLS.
    pub imap: u16,
    /// Submission over TLS.
    pub submissions: u16,
    /// Submission, then STARTTLS.
    pub submission: u16,
    /// Submission over TLS where the client certificate alone lets in.
    pub submissions_cert: u16,
    /// Submission over TLS by SASL EXTERNAL with the client certificate; none where the package dovecot-submissiond is missing.
    pub submissions_external: Option<u16>,
    /// ManageSieve, then STARTTLS.
    pub sieve: u16,
    /// Plain SMTP without authentication, as mail that comes from other operators.
    pub inject: u16,
    /// Plain HTTP: the revocation list.
    pub web: u16,
    /// The identity provider.
    pub idp: u16,
    /// The identity provider over TLS, for clients that show a certificate.
    pub idp_tls: u16,
    /// The intermediary before the identity provider, over TLS.
    pub relay: u16,
}

impl Info {
    /// The file that `PLI_LOCAL_OPERATOR` names.
    pub fn file(&self) -> PathBuf {
        self.dir.join("operator.json")
    }

    /// Shell lines that make `pli` and the window, built with the feature, use this operator.
    pub fn env(&self) -> String {
        format!("export PLI_LOCAL_OPERATOR='{}'\n", self.file().display())
    }
}
