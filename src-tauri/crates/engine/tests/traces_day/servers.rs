//! What the servers themselves wrote down: each command of each connection, each login and its refusal, each change to a
//! message, each verb of a submission.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use pli_operator::Operator;

/// A connection by the client's port.
pub(crate) type Port = u16;

/// What Dovecot and Postfix wrote down.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The commands of each connection after its login, in order: the verb, with what follows `UID`.
    pub(crate) commands: BTreeMap<Port, Vec<String>>,
    /// Connections that logged in to Dovecot.
    pub(crate) logins: Vec<Port>,
    /// Connections whose login Dovecot refused, with how many tries.
    pub(crate) refusals: BTreeMap<Port, usize>,
    /// Changes that Dovecot made for a connection: `expunge`, `flag_change`… with the UID and the Message-ID, where there is one.
    pub(crate) changes: Vec<(Port, String, Option<String>, Option<String>)>,
    /// Each submission: how many of each verb were accepted and asked.
    pub(crate) submissions: BTreeMap<Port, BTreeMap<String, (u64, u64)>>,
    /// Queue ids given to a connection.
    pub(crate) queued: Vec<(Port, String)>,
    /// Recipients refused to a connection.
    pub(crate) refused: Vec<(Port, String)>,
    /// Connections that asked for nothing: whoever waits for a server to be up tries its ports.
    pub(crate) silent: BTreeSet<Port>,
    /// Scripts that Dovecot did not remove.
    pub(crate) scripts_kept: usize,
    /// Lines that are nobody's action here.
    pub(crate) other: Vec<String>,
}

/// Has Dovecot write down each line that a client sends.
pub(crate) fn write_down_commands(operator: &Operator) -> PathBuf {
    let folder = operator.info().dir.join("rawlog");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

/// How Dovecot tells of a connection that never tried to log in.
const SILENT: [&str; 3] = [
    "no auth attempts",
    "disconnected before auth was ready",
    "TLS handshaking",
];

/// Lines that are no action of a client: what the servers do by themselves, each kind named.
const NOT_ACTIONS: &[&str] = &[
    // Dovecot: its own life.
    "master: ",
    "config: ",
    "anvil: ",
    "stats: ",
    "log(",
    "ssl-params: ",
    "doveadm",
    // A token that one of the three introspections does not know as this box's; what comes of it is the login's own line.
    "auth: Debug",
    "auth-worker",
    "auth: Info: oauth2(",
    "auth: Error: oauth2(",
    "auth: Info: passwd-file(",
    // What arrives from elsewhere.
    "lmtp(",
    // A connection's end says how many octets passed: the commands are read from what the client sent.
    "Logged out in=",
    "Disconnected: Connection closed",
    "Disconnected: Shutting down",
    "Disconnected: Server shutting down",
    "Server shutting down",
    "Connection closed",
    "Disconnected: Logged out",
    // Postfix: its own life, its queue, its deliveries; submission is read from `connect`, `disconnect`, `client=`, `reject:`.
    "postfix-script",
    "postfix/master[",
    "postfix/postlog",
    "postfix/qmgr[",
    "postfix/cleanup[",
    "postfix/lmtp[",
    "postfix/error[",
    "postfix/bounce[",
    "postfix/inject/smtpd[",
    "postfix/anvil[",
    "postfix/tlsmgr[",
    "postfix/trivial-rewrite[",
    "postfix/scache[",
    "statistics: ",
];

/// Reads everything.
pub(crate) fn written(operator: &Operator, raw: &PathBuf) -> Written {
    let mut written = Written::default();
    // Which process serves which connection.
    let mut served: BTreeMap<u32, Port> = BTreeMap::new();
    let mut sessions: BTreeMap<String, Port> = BTreeMap::new();
    for (name, text) in operator.logs() {
        for line in text.lines() {
            match name.as_str() {
                "dovecot.log" => dovecot(line, &mut written, &mut served, &mut sessions),
                "postfix.log" => postfix(line, &mut written),
                _ => {}
            }
        }
    }
    for entry in std::fs::read_dir(raw).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".in") else {
            continue;
        };
        // `20261122-075622.31236.1`: when, which process, which of its connections.
        let pid: u32 = name.split('.').nth(1).and_then(|pid| pid.parse().ok()).unwrap();
        let port = *served.get(&pid).unwrap_or_else(|| panic!("no login of process {pid}"));
        let octets = std::fs::read(entry.path()).unwrap();
        written.commands.entry(port).or_default().extend(commands(&octets));
    }
    written
}

fn after<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    line.split_once(mark).map(|(_, rest)| rest)
}

fn word(text: &str) -> &str {
    text.split([',', ' ', '>', ';', ')']).next().unwrap_or_default()
}

fn number<T: std::str::FromStr>(line: &str, mark: &str) -> Option<T> {
    word(after(line, mark)?).parse().ok()
}

fn dovecot(line: &str, written: &mut Written, served: &mut BTreeMap<u32, Port>, sessions: &mut BTreeMap<String, Port>) {
    let login = line.contains("imap-login: ") || line.contains("managesieve-login: ");
    if login && let Some(port) = number(line, "rport=") {
        if line.contains("Login: user=") {
            written.logins.push(port);
            served.extend(number(line, "mpid=").map(|pid| (pid, port)));
            sessions.extend(after(line, "session=<").map(|text| (word(text).to_owned(), port)));
        } else if line.contains("auth failed") {
            let tries = number(line, "auth failed, ").unwrap_or(1);
            *written.refusals.entry(port).or_default() += tries;
        } else if SILENT.iter().any(|mark| line.contains(mark)) {
            written.silent.insert(port);
        } else {
            written.other.push(line.to_owned());
        }
        return;
    }
    let events = [
        "expunge: ",
        "copy from ",
        "save: ",
        "flag_change: ",
        "delete: ",
        "undelete: ",
        "Mailbox created: ",
    ];
    let event = events.iter().find(|event| line.contains(*event));
    if let (Some(event), Some((head, _))) = (event, line.split_once(">: "))
        && head.contains("imap(")
    {
        let session = head.rsplit('<').next().unwrap_or_default();
        let port = *sessions.get(session).unwrap_or_else(|| panic!("whose session? {line}"));
        let uid = after(line, "uid=").map(|text| word(text).to_owned());
        let id = after(line, "msgid=<").map(|text| word(text).to_owned());
        let name = event.split([':', ' ']).next().unwrap_or_default();
        written.changes.push((port, name.to_owned(), uid, id));
        return;
    }
    if line.contains("Failed to delete script") {
        written.scripts_kept += 1;
        return;
    }
    other(line, written);
}

fn postfix(line: &str, written: &mut Written) {
    let submission = line.contains("postfix/submission") || line.contains("postfix/submissions-cert");
    let port = |mark: &str| -> Option<Port> {
        let client = after(line, mark)?;
        let (_, rest) = client.split_once("]:")?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    if !submission {
        return other(line, written);
    }
    if let Some(port) = port("disconnect from ") {
        let counts = line.split(' ').filter_map(|word| {
            let (verb, counts) = word.split_once('=')?;
            let (done, asked) = counts.split_once('/').unwrap_or((counts, counts));
            Some((verb.to_owned(), (done.parse().ok()?, asked.parse().ok()?)))
        });
        let counts: BTreeMap<String, (u64, u64)> = counts.collect();
        if counts.get("commands").is_none_or(|(_, asked)| *asked == 0) {
            written.silent.insert(port);
        } else {
            written.submissions.insert(port, counts);
        }
    } else if let Some(port) = port("client=") {
        let id = after(line, "]: ")
            .and_then(|rest| rest.split_once(": client="))
            .map(|(id, _)| id.to_owned());
        written.queued.push((port, id.unwrap()));
    } else if line.contains("reject: RCPT")
        && let Some(port) = port("reject: RCPT from ")
    {
        let to = after(line, "to=<").map(|text| word(text).to_owned());
        written.refused.push((port, to.unwrap()));
    } else if line.contains(": connect from ") || line.contains("lost connection after") {
        // Its end tells all.
    } else if let Some(port) = port("SSL_accept error from ") {
        written.silent.insert(port);
    } else if line.contains("discarding EHLO keywords") {
        // What this server does not offer.
    } else if line.contains("SASL") && line.contains("authentication failed") {
        // Counted by its end: `auth=0/1`.
    } else {
        other(line, written);
    }
}

fn other(line: &str, written: &mut Written) {
    if !NOT_ACTIONS.iter().any(|mark| line.contains(mark)) && !line.trim().is_empty() {
        written.other.push(line.to_owned());
    }
}

/// The commands among what a client sent: lines that begin with a tag (IMAP), or with a verb (ManageSieve).
fn commands(octets: &[u8]) -> Vec<String> {
    const SIEVE: [&str; 10] = [
        "LISTSCRIPTS",
        "GETSCRIPT",
        "PUTSCRIPT",
        "SETACTIVE",
        "DELETESCRIPT",
        "HAVESPACE",
        "CHECKSCRIPT",
        "CAPABILITY",
        "LOGOUT",
        "NOOP",
    ];
    let text = String::from_utf8_lossy(octets);
    let mut found = Vec::new();
    for line in text.lines() {
        // Each line may begin with the time at which it came.
        let line = match line.split_once(' ') {
            Some((time, rest)) if time.contains('.') && time.parse::<f64>().is_ok() => rest,
            _ => line,
        };
        let mut words = line.trim_end().split(' ');
        let first = words.next().unwrap_or_default();
        if SIEVE.contains(&first) {
            found.push(first.to_owned());
            continue;
        }
        let tagged =
            first.len() == 5 && first.starts_with('A') && first[1..].bytes().all(|octet| octet.is_ascii_digit());
        if tagged && let Some(verb) = words.next() {
            found.push(match verb {
                "UID" => format!("UID {}", words.next().unwrap_or_default()),
                verb => verb.to_owned(),
            });
        }
    }
    found
}
