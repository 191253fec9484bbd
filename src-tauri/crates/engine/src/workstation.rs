//! What a trace says of this workstation (EX_GDT_5040). Read once.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// System, its version, Pli's version, the host's name.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) os: String,
    pub(crate) os_version: String,
    pub(crate) pli: String,
    pub(crate) host: String,
}

/// The facts of this workstation.
pub(crate) fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    FACTS.get_or_init(|| {
        let (os, os_version) = system();
        Facts {
            os,
            os_version,
            pli: env!("CARGO_PKG_VERSION").to_owned(),
            host: host(),
        }
    })
}

#[cfg(target_os = "linux")]
fn system() -> (String, String) {
    let text = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let (name, version) = release(&text);
    (name.unwrap_or_else(|| "Linux".to_owned()), version.unwrap_or_default())
}

#[cfg(target_os = "macos")]
fn system() -> (String, String) {
    (
        "macOS".to_owned(),
        said_by("sw_vers", &["-productVersion"]).unwrap_or_default(),
    )
}

#[cfg(windows)]
fn system() -> (String, String) {
    ("Windows".to_owned(), said_by("cmd", &["/c", "ver"]).unwrap_or_default())
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn system() -> (String, String) {
    (
        std::env::consts::OS.to_owned(),
        said_by("uname", &["-r"]).unwrap_or_default(),
    )
}

/// Name and version in the words of `os-release`.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn release(text: &str) -> (Option<String>, Option<String>) {
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .map(|value| value.trim().trim_matches(['"', '\'']).to_owned())
            .filter(|value| !value.is_empty())
    };
    (field("NAME"), field("VERSION_ID"))
}

fn host() -> String {
    let named = |variable| std::env::var(variable).ok();
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| said_by("hostname", &[]))
        .or_else(|| named("COMPUTERNAME"))
        .or_else(|| named("HOSTNAME"))
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}

fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_file_names_the_system() {
        let text = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n";
        assert_eq!(
            release(text),
            (Some("Debian GNU/Linux".to_owned()), Some("12".to_owned()))
        );
        assert_eq!(release("garbage"), (None, None));
    }

    #[test]
    fn this_workstation_says_something() {
        assert!(!facts().os.is_empty() && !facts().pli.is_empty());
    }
}
