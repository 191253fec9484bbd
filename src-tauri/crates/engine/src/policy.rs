//! What the data controller fixes for a workstation: a file that its users cannot write. A person's own settings never go
//! beyond it.

mod operators;
mod purge;
mod quota;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use pli_trace::AtEnd;
use serde::Deserialize;
use url::Url;

use crate::error::EngineError;

pub use operators::PolicyOperator;
pub use purge::PolicyPurge;
pub use quota::{PolicyQuota, REPEAT_HOURS, USUAL_REPEAT_HOURS};

/// Minutes of inactivity that nobody may exceed, whatever the policy says.
pub const LONGEST_MINUTES: u32 = 30;
/// Minutes of inactivity before the lock when nobody says otherwise.
pub const USUAL_MINUTES: u32 = 10;

/// Months that functional traces may be kept (ECO.4.1.1, FAQ Ségur: up to 20 years).
pub const MONTHS: std::ops::RangeInclusive<u32> = 1..=240;
/// Months that they are kept when nobody says otherwise.
pub const USUAL_MONTHS: u32 = 6;
/// Months that technical logs may be kept.
pub const TECHNICAL_MONTHS: std::ops::RangeInclusive<u32> = 6..=12;
/// Months that they are kept when nobody says otherwise.
pub const USUAL_TECHNICAL_MONTHS: u32 = 6;
/// The enterprise number that stands for none in particular (RFC 5612).
const ENTERPRISE: u32 = 32473;

/// It is a few lines of text.
const LARGEST: u64 = 64 * 1024;
/// The client id of a relay that says no other.
const CLIENT: &str = "pli";
/// Octets of a client id, at most.
const LONGEST_CLIENT: usize = 128;

/// A workstation's policy. The default one fixes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    login: Option<PolicyLogin>,
    minutes: Option<u32>,
    at_session_end: Option<bool>,
    traces: PolicyTraces,
    collector: Option<PolicyCollector>,
    quota: PolicyQuota,
    purge: PolicyPurge,
    operators: Vec<PolicyOperator>,
}

/// What a policy fixes of the traces' life (EX_GDT_5070); what is `None` is the person's to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PolicyTraces {
    /// Months that functional traces are kept, 1 to 240.
    pub months: Option<u32>,
    /// Months that technical logs are kept, 6 to 12.
    pub technical_months: Option<u32>,
    /// What happens to traces at the end.
    pub at_end: Option<AtEnd>,
}

/// The organisation's collector of traces: syslog over TLS (RFC 5425).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyCollector {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The authority that vouches for it, a PEM file, besides those of the trust space; for the collector only.
    pub ca: Option<PathBuf>,
    /// This workstation's own certificate, a PEM file.
    pub certificate: Option<PathBuf>,
    /// Its key, a PEM file.
    pub key: Option<PathBuf>,
    /// The enterprise number of the organisation in the structured data (RFC 5424 §7.2.2).
    pub enterprise: u32,
}

/// The provider that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLogin {
    /// The whole address of its discovery document.
    pub discovery: String,
    /// The client id that it knows this program by.
    pub client_id: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct OnDisk {
    login: Option<Login>,
    lock: Option<Lock>,
    traces: Option<Traces>,
    collector: Option<Collector>,
    quota: Option<quota::OnDisk>,
    purge: Option<purge::OnDisk>,
    operators: Vec<toml::Spanned<PolicyOperator>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Traces {
    months: Option<toml::Spanned<u32>>,
    technical_months: Option<toml::Spanned<u32>>,
    at_end: Option<toml::Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Collector {
    address: toml::Spanned<String>,
    ca: Option<toml::Spanned<PathBuf>>,
    certificate: Option<toml::Spanned<PathBuf>>,
    key: Option<toml::Spanned<PathBuf>>,
    enterprise: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Login {
    discovery: Option<toml::Spanned<String>>,
    client_id: Option<toml::Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Lock {
    minutes: Option<toml::Spanned<u32>>,
    at_session_end: Option<bool>,
}

impl Policy {
    /// The policy of this workstation; one that is not there fixes nothing.
    ///
    /// # Errors
    /// [`EngineError::Policy`]: it is there and cannot be relied on.
    pub(crate) fn of_workstation() -> Result<Self, EngineError> {
        let Some(path) = place() else {
            return Ok(Self::default());
        };
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            _ => Self::from_file(&path),
        }
    }

    /// Reads a policy's file, which must be there.
    ///
    /// # Errors
    /// [`EngineError::Policy`] when it cannot be read, is larger than 64 KiB, is not TOML, says something that is not
    /// known, or a value that is out of its range. Its text names the line.
    pub fn from_file(path: &Path) -> Result<Self, EngineError> {
        let failed = |what: String| EngineError::Policy {
            path: path.to_owned(),
            what,
        };
        let mut text = String::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
            .map_err(|error| failed(error.to_string()))?;
        if text.len() as u64 > LARGEST {
            return Err(failed("the file is larger than 64 KiB".to_owned()));
        }
        Self::parse(&text).map_err(failed)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let at = |offset: usize, what: &str| {
            let before = text.as_bytes().get(..offset).unwrap_or_default();
            let line = before.iter().filter(|octet| **octet == b'\n').count() + 1;
            format!("line {line}: {what}")
        };
        let read: OnDisk =
            toml::from_str(text).map_err(|error| at(error.span().map_or(0, |span| span.start), error.message()))?;
        let (login, lock) = (read.login.unwrap_or_default(), read.lock.unwrap_or_default());
        let login = match (login.discovery, login.client_id) {
            (None, None) => None,
            (None, Some(client)) => {
                return Err(at(client.span().start, "client_id is of no use without discovery"));
            }
            (Some(discovery), client) => {
                let start = discovery.span().start;
                let discovery = discovery.into_inner();
                if !is_acceptable(&discovery) {
                    return Err(at(start, "discovery must be an https address"));
                }
                let start = client.as_ref().map_or(start, |client| client.span().start);
                let client_id = client.map_or_else(|| CLIENT.to_owned(), toml::Spanned::into_inner);
                let fits = (1..=LONGEST_CLIENT).contains(&client_id.len());
                if !fits || !client_id.bytes().all(|b| b.is_ascii_graphic()) {
                    return Err(at(start, "client_id has 1 to 128 visible characters"));
                }
                Some(PolicyLogin { discovery, client_id })
            }
        };
        if let Some(minutes) = &lock.minutes
            && !(1..=LONGEST_MINUTES).contains(minutes.get_ref())
        {
            return Err(at(minutes.span().start, "minutes goes from 1 to 30"));
        }
        Ok(Self {
            login,
            minutes: lock.minutes.map(toml::Spanned::into_inner),
            at_session_end: lock.at_session_end,
            traces: traces(read.traces.unwrap_or_default(), at)?,
            collector: read.collector.map(|given| collector(given, at)).transpose()?,
            quota: quota::read(read.quota.unwrap_or_default(), at)?,
            purge: purge::read(read.purge.unwrap_or_default(), at)?,
            operators: operators::read(read.operators, at)?,
        })
    }

    /// What it fixes of the traces' life.
    #[must_use]
    pub fn traces(&self) -> PolicyTraces {
        self.traces
    }

    /// What it fixes of the purge of sent items.
    #[must_use]
    pub fn purge(&self) -> PolicyPurge {
        self.purge
    }

    /// What it fixes of the warnings about a BAL's room.
    #[must_use]
    pub fn quota(&self) -> PolicyQuota {
        self.quota
    }

    /// Where traces are sent on to.
    #[must_use]
    pub fn collector(&self) -> Option<&PolicyCollector> {
        self.collector.as_ref()
    }

    /// The operators that it describes: they come before what is publicly known.
    #[must_use]
    pub fn operators(&self) -> &[PolicyOperator] {
        &self.operators
    }

    /// The provider that it fixes.
    #[must_use]
    pub fn login(&self) -> Option<&PolicyLogin> {
        self.login.as_ref()
    }

    /// Whether it bounds how long a profile may stay open without anybody.
    #[must_use]
    pub fn bounds_minutes(&self) -> bool {
        self.minutes.is_some()
    }

    /// Minutes of inactivity that nobody may exceed here, 1 to 30.
    #[must_use]
    pub fn longest_minutes(&self) -> u32 {
        self.minutes.unwrap_or(LONGEST_MINUTES)
    }

    /// Minutes of inactivity before the lock, given what the person chose.
    #[must_use]
    pub fn minutes(&self, chosen: Option<u32>) -> u32 {
        chosen.unwrap_or(USUAL_MINUTES).clamp(1, self.longest_minutes())
    }

    /// Whether the session's end locks, when it is fixed.
    #[must_use]
    pub fn at_session_end(&self) -> Option<bool> {
        self.at_session_end
    }

    /// Whether the session's end locks, given what the person chose: they may ask for more than the policy, never less.
    #[must_use]
    pub fn locks_at_session_end(&self, chosen: Option<bool>) -> bool {
        self.at_session_end.unwrap_or_else(|| chosen.unwrap_or(false))
    }
}

fn traces(read: Traces, at: impl Fn(usize, &str) -> String) -> Result<PolicyTraces, String> {
    let within = |value: Option<toml::Spanned<u32>>, range: std::ops::RangeInclusive<u32>, what: &str| match value {
        Some(value) if !range.contains(value.get_ref()) => Err(at(value.span().start, what)),
        value => Ok(value.map(toml::Spanned::into_inner)),
    };
    let at_end = match &read.at_end {
        None => None,
        Some(word) => Some(match word.get_ref().as_str() {
            "destroy" => AtEnd::Destroy,
            "anonymise" => AtEnd::Anonymise,
            _ => return Err(at(word.span().start, "at_end is \"destroy\" or \"anonymise\"")),
        }),
    };
    Ok(PolicyTraces {
        months: within(read.months, MONTHS, "months goes from 1 to 240")?,
        technical_months: within(
            read.technical_months,
            TECHNICAL_MONTHS,
            "technical_months goes from 6 to 12",
        )?,
        at_end,
    })
}

fn collector(read: Collector, at: impl Fn(usize, &str) -> String) -> Result<PolicyCollector, String> {
    let path = |given: Option<toml::Spanned<PathBuf>>| match given {
        Some(path) if !path.get_ref().is_absolute() => Err(at(path.span().start, "this is not a whole path")),
        path => Ok(path.map(toml::Spanned::into_inner)),
    };
    let wrong = || {
        at(
            read.address.span().start,
            "address is a host name and a port: host:6514",
        )
    };
    let (host, port) = read.address.get_ref().rsplit_once(':').ok_or_else(wrong)?;
    let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
    let named = (1..=253).contains(&host.len())
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if !named {
        return Err(wrong());
    }
    let host = host.to_ascii_lowercase();
    if read.certificate.is_some() != read.key.is_some() {
        return Err(at(read.address.span().start, "certificate and key go together"));
    }
    Ok(PolicyCollector {
        host,
        port,
        ca: path(read.ca)?,
        certificate: path(read.certificate)?,
        key: path(read.key)?,
        enterprise: read.enterprise.unwrap_or(ENTERPRISE),
    })
}

/// By TLS; plain to this machine itself only in builds for development.
fn is_acceptable(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let loopback =
        cfg!(feature = "local-operator") && matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

#[cfg(target_os = "macos")]
fn place() -> Option<PathBuf> {
    Some(PathBuf::from("/Library/Application Support/Pli/policy.toml"))
}

#[cfg(windows)]
fn place() -> Option<PathBuf> {
    std::env::var_os("ProgramData")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .map(|data| data.join("Pli").join("policy.toml"))
}

#[cfg(not(any(target_os = "macos", windows)))]
fn place() -> Option<PathBuf> {
    Some(PathBuf::from("/etc/pli/policy.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../../../packaging/policy.toml");

    #[test]
    fn the_template_fixes_nothing_and_each_of_its_lines_is_understood() {
        assert_eq!(Policy::parse(TEMPLATE).unwrap(), Policy::default());
        let used: String = TEMPLATE
            .lines()
            .map(|line| line.strip_prefix("#:").unwrap_or(line))
            .fold(String::new(), |text, line| text + line.trim_start() + "\n");
        let policy = Policy::parse(&used).unwrap();
        assert!(policy.login().is_some() && policy.bounds_minutes() && policy.at_session_end().is_some());
    }

    #[test]
    fn a_persons_settings_never_go_beyond_the_policy() {
        let free = Policy::default();
        assert_eq!((free.minutes(None), free.longest_minutes()), (10, 30));
        assert_eq!(
            (free.minutes(Some(45)), free.minutes(Some(0)), free.minutes(Some(25))),
            (30, 1, 25)
        );
        let strict = Policy::parse("[lock]\nminutes = 5\nat_session_end = true").unwrap();
        assert_eq!(
            (strict.minutes(None), strict.minutes(Some(30)), strict.minutes(Some(2))),
            (5, 5, 2)
        );
        assert!(strict.locks_at_session_end(Some(false)));
        let lax = Policy::parse("[lock]\nminutes = 20\nat_session_end = false").unwrap();
        assert_eq!((lax.minutes(None), lax.minutes(Some(30))), (10, 20), "it shortens only");
        assert!(!lax.locks_at_session_end(Some(true)));
        assert!(free.locks_at_session_end(Some(true)) && !free.locks_at_session_end(None));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let wrong = [
            ("[lock]\nminutes = 31", 2),
            ("[lock]\n\nminutes = 0", 3),
            ("[lock]\nminutes = \"dix\"", 2),
            ("[lock]\nminute = 5", 2),
            ("[verrou]\nminutes = 5", 1),
            ("[login]\nclient_id = \"pli\"", 2),
            ("[login]\ndiscovery = \"http://relais.example/x\"", 2),
            ("[login]\ndiscovery = \"relais\"", 2),
            ("[login]\ndiscovery = \"https://relais.example/x\"\nclient_id = \"\"", 3),
            ("[login\n", 1),
            ("[traces]\nmonths = 0", 2),
            ("[traces]\nmonths = 241", 2),
            ("[traces]\ntechnical_months = 5", 2),
            ("[traces]\n\nat_end = \"keep\"", 3),
            ("[collector]\naddress = \"journaux.example\"", 2),
            ("[collector]\naddress = \"journaux.example:0\"", 2),
            ("[collector]\naddress = \"a b:6514\"", 2),
            ("[collector]\naddress = \"journaux.example:6514\"\nca = \"ca.pem\"", 3),
            (
                "[collector]\naddress = \"journaux.example:6514\"\nkey = \"/etc/pli/key.pem\"",
                2,
            ),
            ("[collector]\nca = \"/etc/pli/ca.pem\"", 1),
            ("[quota]\nrepeat_hours = 0", 2),
            ("[quota]\n\nrepeat_hours = 169", 3),
            ("[[operators]]\nname = \"CHU\"", 1),
            ("[[operators]]\nname = \"CHU\"\ndomains = [\"chu\"]", 1),
            (
                "[[operators]]\nname = \"CHU\"\nlabels = [\"chu\"]\ndeletes_after_days = 0",
                1,
            ),
            (
                "[[operators]]\nname = \"CHU\"\nlabels = [\"chu\"]\nweb_mail = \"http://chu.example\"",
                1,
            ),
        ];
        for (text, line) in wrong {
            let said = Policy::parse(text).unwrap_err();
            assert!(said.starts_with(&format!("line {line}: ")), "{text:?}: {said}");
        }
    }

    #[test]
    fn traces_and_their_collector_are_read() {
        let free = Policy::default();
        assert_eq!((free.traces(), free.collector()), (PolicyTraces::default(), None));
        let text = "[traces]\nmonths = 240\ntechnical_months = 12\nat_end = \"anonymise\"\n\
                    [collector]\naddress = \"Journaux.example:6514\"\nca = \"/etc/pli/ca.pem\"";
        let policy = Policy::parse(text).unwrap();
        let traces = policy.traces();
        assert_eq!((traces.months, traces.technical_months), (Some(240), Some(12)));
        assert_eq!(traces.at_end, Some(AtEnd::Anonymise));
        let collector = policy.collector().unwrap();
        assert_eq!(
            (collector.host.as_str(), collector.port, collector.enterprise),
            ("journaux.example", 6514, 32473)
        );
        assert_eq!(collector.ca.as_deref(), Some(Path::new("/etc/pli/ca.pem")));
    }

    #[test]
    fn a_warning_is_repeated_as_often_as_the_policy_says() {
        let hours = |text: &str| Policy::parse(text).unwrap().quota().every().as_hours();
        assert_eq!(
            (hours(""), hours("[quota]"), hours("[quota]\nrepeat_hours = 168")),
            (24, 24, 168)
        );
    }

    #[test]
    fn a_policy_that_cannot_be_relied_on_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("policy.toml");
        let read = || Policy::from_file(&path);
        assert!(matches!(read(), Err(EngineError::Policy { .. })), "named and not there");
        std::fs::write(&path, [b'#', 0xff]).unwrap();
        assert!(matches!(read(), Err(EngineError::Policy { .. })));
        std::fs::write(&path, "#".repeat(LARGEST as usize + 1)).unwrap();
        assert!(matches!(read(), Err(EngineError::Policy { what, .. }) if what.contains("64 KiB")));
        std::fs::write(&path, "[lock]\nminutes = 3").unwrap();
        assert_eq!(read().unwrap().longest_minutes(), 3);
    }
}
