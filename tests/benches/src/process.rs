//! What a process takes of the machine, as Linux tells it.

use std::time::Duration;

use crate::Outcome;

/// Memory and processor time of one process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Use {
    /// Resident memory now, MB.
    pub(crate) resident: f64,
    /// Its highest so far, MB.
    pub(crate) peak: f64,
    /// Processor time so far, all threads.
    pub(crate) busy: Duration,
}

/// Reads what a process takes.
pub(crate) fn usage(pid: u32) -> Outcome<Use> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let megabytes = |name: &str| -> f64 {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_default();
        line.split_whitespace()
            .next()
            .and_then(|number| number.parse::<f64>().ok())
            .unwrap_or_default()
            / 1024.0
    };
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|tick| tick.parse::<u64>().ok())
        .sum();
    // A tick is 10 ms on every Linux that ships (USER_HZ).
    Ok(Use {
        resident: megabytes("VmRSS:"),
        peak: megabytes("VmHWM:"),
        busy: Duration::from_millis(ticks * 10),
    })
}

/// Begins the peak again at what is resident now: a passphrase's derivation takes 64 MiB before any sync.
pub(crate) fn forget_peak(pid: u32) -> Outcome<()> {
    Ok(std::fs::write(format!("/proc/{pid}/clear_refs"), "5")?)
}
