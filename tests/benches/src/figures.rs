//! Figures: medians, 95th percentiles, and the table they are shown in.

use std::time::Duration;

/// The middle of several measures.
pub(crate) fn median(measures: &[Duration]) -> Duration {
    percentile(measures, 50)
}

/// The measure below which `percent` of all lie.
pub(crate) fn percentile(measures: &[Duration], percent: usize) -> Duration {
    let mut sorted = measures.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1);
    sorted.get((last * percent).div_ceil(100)).copied().unwrap_or_default()
}

/// Seconds, or milliseconds when there are few.
pub(crate) fn shown(measure: Duration) -> String {
    let seconds = measure.as_secs_f64();
    if seconds >= 1.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{:.1} ms", seconds * 1000.0)
    }
}

/// Lines of a Markdown table.
#[derive(Default)]
pub(crate) struct Table {
    lines: Vec<[String; 4]>,
}

impl Table {
    /// Adds a line: what, the bar, what was measured, beside what.
    pub(crate) fn line(&mut self, what: &str, bar: &str, measured: impl Into<String>, beside: impl Into<String>) {
        self.lines
            .push([what.to_owned(), bar.to_owned(), measured.into(), beside.into()]);
    }

    /// Writes the table to the terminal.
    pub(crate) fn print(&self) {
        println!("\n| what | bar | Pli | in the same run |\n|---|---|---|---|");
        for [what, bar, measured, beside] in &self.lines {
            println!("| {what} | {bar} | {measured} | {beside} |");
        }
    }
}
