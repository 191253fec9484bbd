//! From the first to the last day of an automatic reply, in the zone where it was set.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::writer::Writer;

/// The moments between which it runs: at the first day's beginning, until before the day after the last. A change of the
/// clocks between the two is minded.
pub(super) fn bounds(
    from: Option<Date>,
    until: Option<Date>,
    zone: &TimeZone,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let beginning = |day: Date| day.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
    let after = until.and_then(|day| day.tomorrow().ok());
    (from.and_then(beginning), after.and_then(beginning))
}

/// Writes the test that is true between these moments, each with a comma after it. Sieve knows fixed offsets only
/// (RFC 5260 §4.2): the comparison is made in UTC.
pub(super) fn write(script: &mut Writer, start: Option<Timestamp>, end: Option<Timestamp>) {
    if let Some(start) = start {
        compare(script, start, "\"gt\"", "\"ge\"");
    }
    if let Some(end) = end {
        compare(script, end, "\"lt\"", "\"lt\"");
    }
}

fn compare(script: &mut Writer, at: Timestamp, day: &'static str, time: &'static str) {
    let at = at.to_zoned(TimeZone::UTC);
    let date = at.strftime("%Y-%m-%d").to_string();
    let clock = at.strftime("%H:%M:%S").to_string();
    script
        .code("anyof (currentdate :zone \"+0000\" :value ")
        .code(day)
        .code(" \"date\" ")
        .text(&date);
    script
        .code(",\r\n        allof (currentdate :zone \"+0000\" :is \"date\" ")
        .text(&date);
    script
        .code(", currentdate :zone \"+0000\" :value ")
        .code(time)
        .code(" \"time\" ")
        .text(&clock);
    script.code(")),\r\n    ");
}
