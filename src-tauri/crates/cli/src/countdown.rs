//! The time left to confirm two digits, and the digits themselves, big.

use std::convert::Infallible;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use tokio::time::Instant;

/// The time left, written over itself each second on a terminal; nothing elsewhere.
#[derive(Debug)]
pub(crate) struct Countdown {
    end: Option<Instant>,
}

impl Countdown {
    /// Nothing is counted.
    pub(crate) fn none() -> Self {
        Self { end: None }
    }

    /// From this many seconds, on a terminal.
    pub(crate) fn of(seconds: u32) -> Self {
        let end = Instant::now() + Duration::from_secs(u64::from(seconds));
        Self {
            end: std::io::stderr().is_terminal().then_some(end),
        }
    }

    /// Counts until it is dropped: it never comes back.
    pub(crate) async fn run(&self) -> Infallible {
        while let Some(end) = self.end {
            let left = end.saturating_duration_since(Instant::now()).as_secs();
            eprint!("\r{}", text(left));
            // A terminal that went away is no failure.
            let _ = std::io::stderr().flush();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        std::future::pending().await
    }
}

impl Drop for Countdown {
    fn drop(&mut self) {
        if self.end.is_some() {
            eprint!("\r{:width$}\r", "", width = text(0).chars().count() + 8);
        }
    }
}

fn text(seconds: u64) -> String {
    format!("Il reste {} min {:02} s.  ", seconds / 60, seconds % 60)
}

/// Digits of five lines.
pub(crate) fn big(digits: &str) -> String {
    let mut lines: [String; 5] = Default::default();
    for digit in digits.chars().filter_map(|digit| digit.to_digit(10)) {
        let shape = SHAPES.get(digit as usize).copied().unwrap_or_default();
        for (line, part) in lines.iter_mut().zip(shape) {
            line.push_str("   ");
            line.push_str(part);
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

const SHAPES: [[&str; 5]; 10] = [
    ["██████", "██  ██", "██  ██", "██  ██", "██████"],
    ["  ██  ", "████  ", "  ██  ", "  ██  ", "██████"],
    ["██████", "    ██", "██████", "██    ", "██████"],
    ["██████", "    ██", "██████", "    ██", "██████"],
    ["██  ██", "██  ██", "██████", "    ██", "    ██"],
    ["██████", "██    ", "██████", "    ██", "██████"],
    ["██████", "██    ", "██████", "██  ██", "██████"],
    ["██████", "    ██", "    ██", "    ██", "    ██"],
    ["██████", "██  ██", "██████", "██  ██", "██████"],
    ["██████", "██  ██", "██████", "    ██", "██████"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_drawn_side_by_side() {
        assert_eq!(
            big("07"),
            "   ██████   ██████\n   ██  ██       ██\n   ██  ██       ██\n   ██  ██       ██\n   ██████       ██"
        );
        let shapes: std::collections::HashSet<_> = SHAPES.iter().collect();
        assert_eq!(shapes.len(), 10, "each its own");
    }

    #[test]
    fn the_time_left_is_said_in_minutes() {
        assert_eq!(text(119).trim(), "Il reste 1 min 59 s.");
    }
}
