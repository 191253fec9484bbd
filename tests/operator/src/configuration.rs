//! The files that Dovecot, Postfix and the identity provider read.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::Path;

use crate::boxes::{BOXES, DOMAINS, FULL, FULL_QUOTA_KIB, SECRETARIAT, people_json};
use crate::error::{Doing, Error, Result};
use crate::info::Info;

/// Who owns the mail: `nobody`, since Dovecot refuses to open mail as root.
pub(crate) const MAIL_OWNER: u32 = 65_534;

/// Largest message accepted, in octets.
pub(crate) const SIZE_LIMIT: u64 = 20 * 1024 * 1024;

const DOVECOT: &str = include_str!("../templates/dovecot.conf");
const SUBMISSION: &str = include_str!("../templates/dovecot-submission.conf");
const OAUTH2: &str = include_str!("../templates/oauth2.conf");
const MAIN: &str = include_str!("../templates/main.cf");
const MASTER: &str = include_str!("../templates/master.cf");
const SUPERVISOR: &str = include_str!("../templates/supervisor.sh");

/// Whether Dovecot's own submission service, a package of its own in Debian, is there.
pub(crate) fn has_submission_service() -> bool {
    Path::new("/usr/lib/dovecot/submission-login").exists()
}

/// The names under which the servers are reached, all 127.0.0.1, all in the server's certificate.
pub(crate) fn host_names() -> Vec<String> {
    DOMAINS
        .iter()
        .flat_map(|domain| ["imap", "smtp", "sieve", "autoconfig", "mx"].map(|host| format!("{host}.{domain}")))
        .collect()
}

/// Makes the operator's folders and writes what the daemons read, certificates excepted.
pub(crate) fn write(info: &Info) -> Result<()> {
    let dir = &info.dir;
    folder(&dir.join("log"), 0o755, None)?;
    folder(&dir.join("pki"), 0o755, None)?;
    folder(&dir.join("idp"), 0o755, None)?;
    folder(&dir.join("dovecot"), 0o755, None)?;
    folder(&dir.join("mail"), 0o711, Some((MAIL_OWNER, MAIL_OWNER)))?;
    postfix_folders(dir)?;

    file(&dir.join("supervisor.sh"), SUPERVISOR)?;
    file(&dir.join("idp/people.json"), &people_json().to_string())?;
    file(&dir.join("dovecot/dovecot.conf"), &fill(DOVECOT, info))?;
    for (n, claim) in ["mailbox", "mailbox2", "mailbox3"].iter().enumerate() {
        file(
            &dir.join(format!("dovecot/oauth2-{}.conf", n + 1)),
            &fill(OAUTH2, info).replace("@CLAIM@", claim),
        )?;
    }
    file(
        &dir.join("dovecot/users.cert"),
        &format!("{SECRETARIAT}:::::::nopassword=y\n"),
    )?;
    file(&dir.join("dovecot/users"), "")?;
    file(&dir.join("postfix/main.cf"), &fill(MAIN, info))?;
    file(&dir.join("postfix/master.cf"), &fill(MASTER, info))?;
    // Who logged in as a box sends as that box and no other.
    file(&dir.join("postfix/senders.regexp"), "/^(.*)$/ $1\n")?;
    file(&dir.join("postfix/certificate_senders"), &format!("{SECRETARIAT} OK\n"))?;
    // Unknown at alpha or patient: refused at RCPT. Unknown at beta: accepted, then a report.
    file(&dir.join("postfix/boxes"), "@beta.mssante.test any\n")?;
    for address in BOXES {
        add_box(dir, address)?;
    }
    Ok(())
}

/// Makes an address known to Dovecot and Postfix, unless it is.
pub(crate) fn add_box(dir: &Path, address: &str) -> Result<()> {
    let users = dir.join("dovecot/users");
    let known = fs::read_to_string(&users).doing("reading", &users)?;
    if known.lines().any(|line| line.split(':').next() == Some(address)) {
        return Ok(());
    }
    if address == FULL {
        return set_quota(dir, address, &BoxQuota::storage(u64::from(FULL_QUOTA_KIB)));
    }
    file(&users, &format!("{known}{address}:::::::\n"))?;
    postfix_box(dir, address)
}

/// What a box of the local operator may hold; of the next connection on, and of the next delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BoxQuota {
    /// KiB at most; `None`: as much as it likes.
    pub storage_kib: Option<u64>,
    /// Messages at most.
    pub messages: Option<u64>,
    /// A second root besides, as for a whole practice: KiB and messages at most.
    pub second: Option<(u64, u64)>,
    /// The server holds to it and says nothing: it offers no QUOTA.
    pub untold: bool,
}

impl BoxQuota {
    /// So many KiB, and nothing else.
    #[must_use]
    pub fn storage(kib: u64) -> Self {
        Self {
            storage_kib: Some(kib),
            ..Self::default()
        }
    }

    /// As the user database says it. A limit of 0 is none to Dovecot.
    fn fields(&self) -> String {
        let rule = |storage: Option<u64>, messages: Option<u64>| {
            let messages = messages.map_or_else(String::new, |count| format!(":messages={count}"));
            format!("*:storage={}K{messages}", storage.unwrap_or(0))
        };
        let mut fields = format!("userdb_quota_rule={}", rule(self.storage_kib, self.messages));
        if let Some((kib, messages)) = self.second {
            let rule = rule(Some(kib), Some(messages));
            let _ = write!(fields, " userdb_quota2=count:Practice userdb_quota2_rule={rule}");
        }
        if self.untold {
            fields.push_str(" userdb_mail_plugins=quota,notify,mail_log");
        }
        fields
    }
}

/// Makes an address known with a quota of its own.
pub(crate) fn set_quota(dir: &Path, address: &str, quota: &BoxQuota) -> Result<()> {
    let users = dir.join("dovecot/users");
    let known = fs::read_to_string(&users).doing("reading", &users)?;
    let mut text: String = known
        .lines()
        .filter(|line| line.split(':').next() != Some(address))
        .map(|line| format!("{line}\n"))
        .collect();
    let _ = writeln!(text, "{address}:::::::{}", quota.fields());
    file(&users, &text)?;
    postfix_box(dir, address)
}

fn postfix_box(dir: &Path, address: &str) -> Result<()> {
    let boxes = dir.join("postfix/boxes");
    let map = fs::read_to_string(&boxes).doing("reading", &boxes)?;
    let line = format!("{address} box");
    if map.lines().any(|known| known == line) {
        return Ok(());
    }
    file(&boxes, &format!("{map}{line}\n"))
}

/// The folder of a box, whose Maildir is in it.
pub(crate) fn home(dir: &Path, address: &str) -> Result<std::path::PathBuf> {
    let odd = |c: char| !(c.is_ascii_alphanumeric() || "@.-_+".contains(c));
    match address.split_once('@') {
        Some((name, domain))
            if !name.is_empty() && !domain.is_empty() && !address.contains("..") && !address.contains(odd) =>
        {
            Ok(dir.join("mail").join(domain).join(name))
        }
        _ => Err(Error::NoSuchBox(address.to_owned())),
    }
}

pub(crate) fn file(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).doing("writing", path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).doing("opening to the daemons", path)
}

fn folder(path: &Path, mode: u32, owner: Option<(u32, u32)>) -> Result<()> {
    if !path.is_dir() {
        DirBuilder::new()
            .mode(mode)
            .create(path)
            .doing("making a folder", path)?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).doing("setting the mode of", path)?;
    match owner {
        Some((user, group)) => chown(path, Some(user), Some(group)).doing("giving away", path),
        None => Ok(()),
    }
}

/// What `postfix check` would make, which takes a second longer.
fn postfix_folders(dir: &Path) -> Result<()> {
    let postfix = number("/etc/passwd", "postfix")?;
    let postdrop = number("/etc/group", "postdrop")?;
    let root = dir.join("postfix");
    folder(&root, 0o755, None)?;
    folder(&root.join("data"), 0o700, Some((postfix, 0)))?;
    let spool = root.join("spool");
    folder(&spool, 0o755, None)?;
    for name in [
        "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace",
    ] {
        folder(&spool.join(name), 0o700, Some((postfix, 0)))?;
    }
    folder(&spool.join("maildrop"), 0o730, Some((postfix, postdrop)))?;
    folder(&spool.join("public"), 0o710, Some((postfix, postdrop)))?;
    folder(&spool.join("pid"), 0o755, None)
}

/// The number of a user or group, the third field of these files.
fn number(database: &'static str, name: &str) -> Result<u32> {
    let text = fs::read_to_string(database).doing("reading", database)?;
    text.lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&name))
        .and_then(|fields| fields.get(2).and_then(|id| id.parse().ok()))
        .ok_or(Error::Tool {
            tool: "postfix",
            output: format!("no {name} in {database}: is Postfix installed?"),
        })
}

fn fill(template: &str, info: &Info) -> String {
    let ports = &info.ports;
    let submission = ports.submissions_external;
    let dir = info.dir.display().to_string();
    let instance = dir.rsplit('/').next().unwrap_or("pli").to_owned();
    [
        (
            "@SUBMISSION_PROTOCOL@",
            submission.map_or("", |_| " submission").to_owned(),
        ),
        ("@SUBMISSION_SERVICE@", submission.map_or("", |_| SUBMISSION).to_owned()),
        ("@SUBMISSIONS_EXTERNAL@", submission.unwrap_or_default().to_string()),
        ("@DIR@", dir),
        ("@INSTANCE@", instance),
        ("@DOMAINS@", DOMAINS.join(", ")),
        ("@MAIL_UID@", MAIL_OWNER.to_string()),
        ("@MAIL_GID@", MAIL_OWNER.to_string()),
        ("@SIZE_LIMIT@", SIZE_LIMIT.to_string()),
        ("@IMAP@", ports.imap.to_string()),
        ("@IMAPS@", ports.imaps.to_string()),
        ("@SIEVE@", ports.sieve.to_string()),
        ("@SUBMISSION@", ports.submission.to_string()),
        ("@SUBMISSIONS@", ports.submissions.to_string()),
        ("@SUBMISSIONS_CERT@", ports.submissions_cert.to_string()),
        ("@INJECT@", ports.inject.to_string()),
        ("@IDP@", ports.idp.to_string()),
    ]
    .into_iter()
    .fold(template.to_owned(), |text, (mark, value)| text.replace(mark, &value))
}
