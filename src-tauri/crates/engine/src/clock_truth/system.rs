//! What the system says of its clock.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a system's program is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// More of an answer is not read, in octets.
const LONGEST: u64 = 16 * 1024;

/// What elapsed since the system started, sleep included where it can be told; else since the first call.
pub(super) fn elapsed() -> Duration {
    uptime().unwrap_or_else(|| {
        static FIRST: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        FIRST.get_or_init(Instant::now).elapsed()
    })
}

/// The kernel's count, which no change of the calendar moves.
#[cfg(target_os = "linux")]
fn uptime() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(not(target_os = "linux"))]
fn uptime() -> Option<Duration> {
    None
}

/// Whether the system's clock follows a time server; `None` when the system does not say.
#[cfg(target_os = "linux")]
pub(super) fn synchronised() -> Option<bool> {
    let said = said_by("timedatectl", &["show", "--property=NTPSynchronized", "--value"]);
    if let Some(answer) = said.as_deref().and_then(yes_or_no) {
        return Some(answer);
    }
    if let Some(text) = said_by("chronyc", &["-n", "tracking"]) {
        return chrony(&text);
    }
    // `ntpstat` answers by its exit code: said only when it is synchronised.
    said_by("ntpstat", &[]).map(|_| true)
}

#[cfg(windows)]
pub(super) fn synchronised() -> Option<bool> {
    said_by("w32tm", &["/query", "/status", "/verbose"]).and_then(|text| windows_time(&text))
}

/// macOS does not tell without the administrator's rights.
#[cfg(not(any(target_os = "linux", windows)))]
pub(super) fn synchronised() -> Option<bool> {
    None
}

#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn yes_or_no(text: &str) -> Option<bool> {
    match text.trim() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// `chronyc tracking`: `Leap status     : Normal`, or `Not synchronised`.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn chrony(text: &str) -> Option<bool> {
    let status = text.lines().find_map(|line| line.strip_prefix("Leap status"))?;
    Some(!status.contains("Not synchronised"))
}

/// `w32tm /query /status`: the leap indicator is 3 while it is not synchronised. The words are in the system's language,
/// the numbers are not.
#[cfg_attr(not(windows), allow(dead_code))]
fn windows_time(text: &str) -> Option<bool> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let value = first.split(':').nth(1)?.trim();
    let digit = value.chars().next()?;
    digit.is_ascii_digit().then_some(digit != '3')
}

/// What a program of the system says, when it succeeds in time.
fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let began = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if began.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let mut text = Vec::new();
    child.stdout.take()?.take(LONGEST).read_to_end(&mut text).ok()?;
    status.success().then(|| String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_answers_are_understood() {
        assert_eq!(yes_or_no("yes\n"), Some(true));
        assert_eq!(yes_or_no("no\n"), Some(false));
        assert_eq!(yes_or_no("Failed to connect to bus"), None);
        let tracking = "Reference ID    : C0A80101\nStratum         : 3\nLeap status     : Normal\n";
        assert_eq!(chrony(tracking), Some(true));
        assert_eq!(chrony(&tracking.replace("Normal", "Not synchronised")), Some(false));
        assert_eq!(chrony("506 Cannot talk to daemon"), None);
        assert_eq!(
            windows_time("Indicateur de dérive: 0(aucun avertissement)\n"),
            Some(true)
        );
        assert_eq!(windows_time("Leap Indicator: 3(not synchronized)\n"), Some(false));
        assert_eq!(windows_time("The service has not been started."), None);
    }

    #[test]
    fn what_elapsed_grows_and_a_program_that_is_not_there_says_nothing() {
        let before = elapsed();
        std::thread::sleep(Duration::from_millis(30));
        assert!(elapsed() >= before);
        assert_eq!(said_by("no-such-program-here", &[]), None);
    }
}
