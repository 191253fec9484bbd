//! When a warning is told: once at each threshold crossed upwards, then again at the policy's interval while it lasts. What
//! was told is in the store, so that a restart neither repeats nor forgets it. Pure: time is passed in.

use jiff::{SignedDuration, Timestamp};
use pli_store::{QuotaLevel, QuotaTold};

use super::level::threshold;

/// Points below 80 or 90 % that a BAL must fall before crossing it again is news. At 100 % every crossing is.
const MARGIN: u16 = 1;

/// A figure older than this repeats nothing: nobody opened the BAL since, and it may be another one.
const STALE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is known of a BAL now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Now {
    pub(super) level: QuotaLevel,
    pub(super) percent: u16,
    /// When its room was read.
    pub(super) read_at: Option<Timestamp>,
    /// The time.
    pub(super) at: Timestamp,
}

/// The warning after this; whether it is told now.
pub(super) fn step(before: QuotaTold, now: Now, every: SignedDuration) -> (QuotaTold, bool) {
    let at = in_milliseconds(now.at);
    let tell = |level| QuotaTold {
        level,
        percent: now.percent,
        at: Some(at),
        snoozed: false,
        notified: before.notified,
    };
    if now.level > before.level {
        return (tell(now.level), true);
    }
    if now.level < before.level && has_fallen(before.level, now.percent) {
        let fallen = match now.level {
            QuotaLevel::Fine => QuotaTold::default(),
            level => QuotaTold {
                level,
                percent: now.percent,
                ..before
            },
        };
        return (fallen, false);
    }
    let Some(told) = before.at.filter(|_| now.level != QuotaLevel::Fine) else {
        return (before, false);
    };
    if told > at {
        // A clock that was ahead must not make it silent until it is there again.
        let notified = if before.notified == Some(told) {
            Some(at)
        } else {
            before.notified
        };
        return (
            QuotaTold {
                at: Some(at),
                notified,
                ..before
            },
            false,
        );
    }
    let known = now.read_at.is_some_and(|read| at.duration_since(read) < STALE);
    if known && at.duration_since(told) >= every {
        return (tell(before.level), true);
    }
    (before, false)
}

fn has_fallen(from: QuotaLevel, percent: u16) -> bool {
    let margin = if from == QuotaLevel::Full { 0 } else { MARGIN };
    // A BAL that its server called full below 100 % has fallen as soon as it is called so no more.
    from == QuotaLevel::Full || percent + margin < threshold(from)
}

/// As the store gives it back: what was told is recognised by its time.
fn in_milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn level_of(percent: u16) -> QuotaLevel {
        let reached = |level: &&QuotaLevel| percent >= threshold(**level);
        QuotaLevel::ALL.iter().rev().find(reached).copied().unwrap()
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + hours * 3600).unwrap()
    }

    /// Plays percents at hours; answers the hours at which something was told, with its level.
    fn play(course: &[(i64, u16)]) -> Vec<(i64, QuotaLevel)> {
        let (mut told, mut all) = (QuotaTold::default(), Vec::new());
        for (hour, percent) in course {
            let now = Now {
                level: level_of(*percent),
                percent: *percent,
                read_at: Some(at(*hour)),
                at: at(*hour),
            };
            let (after, tell) = step(told, now, DAY);
            if tell {
                all.push((*hour, after.level));
                assert_eq!(
                    (after.at, after.percent, after.snoozed),
                    (Some(at(*hour)), *percent, false)
                );
            }
            told = after;
        }
        all
    }

    #[test]
    fn each_threshold_is_told_once_on_the_way_up() {
        let course: Vec<(i64, u16)> = (0..=20).map(|hour| (hour, 79 + hour as u16 * 2)).collect();
        assert_eq!(
            play(&course),
            [
                (1, QuotaLevel::High),
                (6, QuotaLevel::AlmostFull),
                (11, QuotaLevel::Full)
            ]
        );
        // From nothing to full at once, one warning.
        assert_eq!(play(&[(0, 10), (1, 120), (2, 130)]), [(1, QuotaLevel::Full)]);
    }

    #[test]
    fn it_is_told_again_every_day_while_it_lasts_and_stops_below() {
        let course: Vec<(i64, u16)> = (0..60).map(|hour| (hour, if hour < 50 { 85 } else { 40 })).collect();
        assert_eq!(
            play(&course),
            [(0, QuotaLevel::High), (24, QuotaLevel::High), (48, QuotaLevel::High)]
        );
        let below = [(0, 95), (1, 70), (30, 70), (31, 95)];
        assert_eq!(
            play(&below),
            [(0, QuotaLevel::AlmostFull), (31, QuotaLevel::AlmostFull)]
        );
    }

    #[test]
    fn going_to_and_fro_around_a_threshold_is_one_warning_and_at_a_hundred_each() {
        let course: Vec<(i64, u16)> = (0..20).map(|hour| (hour, 79 + (hour % 2) as u16)).collect();
        assert_eq!(play(&course), [(1, QuotaLevel::High)]);
        assert_eq!(play(&[(0, 80), (1, 78), (2, 80)]).len(), 2);
        let full: Vec<(i64, u16)> = (0..4).map(|hour| (hour, 99 + (hour % 2) as u16)).collect();
        assert_eq!(
            play(&full),
            [
                (0, QuotaLevel::AlmostFull),
                (1, QuotaLevel::Full),
                (3, QuotaLevel::Full)
            ]
        );
    }

    #[test]
    fn put_off_is_until_the_next_telling_and_figures_of_last_week_repeat_nothing() {
        let told = QuotaTold {
            level: QuotaLevel::High,
            percent: 85,
            at: Some(at(0)),
            snoozed: true,
            notified: Some(at(0)),
        };
        let now = |hour, percent, read: i64| Now {
            level: level_of(percent),
            percent,
            read_at: Some(at(read)),
            at: at(hour),
        };
        assert_eq!(step(told, now(23, 86, 23), DAY), (told, false));
        let (again, tell) = step(told, now(24, 86, 23), DAY);
        assert!(tell && !again.snoozed && again.notified != again.at);
        let (crossed, tell) = step(told, now(1, 93, 1), DAY);
        assert!(tell && !crossed.snoozed);
        assert_eq!(
            step(told, now(24 * 9, 86, 24), DAY),
            (told, false),
            "nothing was read for a week"
        );
        let never = Now {
            read_at: None,
            ..now(24 * 9, 86, 0)
        };
        assert!(!step(told, never, DAY).1);
    }

    #[test]
    fn a_clock_that_was_ahead_delays_the_next_warning_by_one_interval_at_most() {
        let ahead = QuotaTold {
            level: QuotaLevel::Full,
            percent: 100,
            at: Some(at(24 * 365)),
            snoozed: false,
            notified: Some(at(24 * 365)),
        };
        let now = |hour| Now {
            level: QuotaLevel::Full,
            percent: 100,
            read_at: Some(at(hour)),
            at: at(hour),
        };
        let (back, tell) = step(ahead, now(0), DAY);
        assert!(!tell && back.at == Some(at(0)) && back.notified == back.at);
        assert!(step(back, now(24), DAY).1);
    }

    proptest! {
        #[test]
        fn nothing_is_told_twice_within_an_interval_unless_it_got_worse(
            course in proptest::collection::vec((1_i64..5, 0_u16..130), 1..200)
        ) {
            let mut hour = 0;
            let course: Vec<(i64, u16)> = course.into_iter().map(|(more, percent)| { hour += more; (hour, percent) }).collect();
            let told = play(&course);
            for two in told.windows(2) {
                let between: Vec<u16> = course
                    .iter()
                    .filter(|(hour, _)| *hour > two[0].0 && *hour < two[1].0)
                    .map(|(_, percent)| *percent)
                    .collect();
                let fell = between.iter().any(|percent| level_of(*percent) < two[1].1);
                prop_assert!(two[1].0 - two[0].0 >= 24 || two[1].1 > two[0].1 || fell, "{two:?} {between:?}");
            }
            // Whoever is at a level has been told of it, or of a higher one, and not longer ago than the interval and a step.
            for (hour, percent) in &course {
                if level_of(*percent) > QuotaLevel::Fine {
                    let last = told.iter().rev().find(|(when, _)| when <= hour);
                    prop_assert!(last.is_some_and(|(when, level)| hour - when < 24 && *level >= level_of(*percent)), "{hour} {percent} {told:?}");
                }
            }
        }
    }
}
