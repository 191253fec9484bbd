//! When a BAL would be full, at the pace of the last weeks: Theil–Sen's slope, the median of the slopes between any two days,
//! which a few odd days do not move. What was made free at once (a purge) is a step, not a pace: slopes are taken on each
//! side of it only.

use jiff::ToSpan as _;
use jiff::civil::Date;
use pli_store::{QuotaPoint, QuotaSource, Room};

/// Days looked back at.
const LOOK_BACK: i32 = 60;

/// Days of history below which nothing is foretold.
const LEAST: i32 = 7;

/// Days ahead beyond which nothing is foretold: what changes meanwhile is more than what is known.
const AHEAD: u64 = 5 * 365;

/// What is made free at once, from this share of the limit on, is a step.
const STEP: f64 = 0.05;

/// Days on each side of a step by whose medians it is told from an odd day.
const BESIDE: usize = 3;

/// When a BAL would be full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// The first day on which it would be.
    pub full_on: Date,
    /// Octets more each day; 1 at least.
    pub per_day: u64,
    /// Days of history that this rests on, 7 to 60.
    pub over_days: u32,
}

/// `None` with less than 7 days of history, without a limit, when it is full already, when it does not grow, and when it
/// would last for 5 years more.
pub(super) fn forecast(history: &[QuotaPoint], room: Room, today: Date) -> Option<Forecast> {
    let limit = room.limit.filter(|limit| room.used < *limit)?;
    let mut points: Vec<(i32, f64)> = history
        .iter()
        .filter(|point| point.source == QuotaSource::Server)
        .map(|point| ((today - point.on).get_days(), point.used))
        .filter(|(age, _)| (0..=LOOK_BACK).contains(age))
        .map(|(age, used)| (-age, as_float(used)))
        .collect();
    points.sort_by_key(|(day, _)| *day);
    points.dedup_by_key(|(day, _)| *day);
    let (first, last) = (points.first()?.0, points.last()?.0);
    if last - first < LEAST {
        return None;
    }
    let mut slopes = Vec::new();
    for segment in segments(&points, as_float(limit) * STEP) {
        for (at, (day, used)) in segment.iter().enumerate() {
            for (later, more) in segment.iter().skip(at + 1) {
                slopes.push((more - used) / f64::from(later - day));
            }
        }
    }
    let per_day = as_octets(median(&mut slopes)?);
    if per_day == 0 {
        return None;
    }
    let days = (limit - room.used).div_ceil(per_day);
    if days > AHEAD {
        return None;
    }
    Some(Forecast {
        full_on: today.checked_add(i64::try_from(days).ok()?.days()).ok()?,
        per_day,
        over_days: u32::try_from(last - first).ok()?,
    })
}

/// The points between two steps down.
fn segments(points: &[(i32, f64)], step: f64) -> Vec<&[(i32, f64)]> {
    let mut cuts = vec![0];
    for at in 1..points.len() {
        let (Some(before), Some(after)) = (points.get(..at), points.get(at..)) else {
            continue;
        };
        let (Some((_, last)), Some((_, next))) = (before.last(), after.first()) else {
            continue;
        };
        let near = |points: &[(i32, f64)]| median(&mut points.iter().map(|(_, used)| *used).collect::<Vec<_>>());
        let before = near(before.get(before.len().saturating_sub(BESIDE)..).unwrap_or(before));
        let after = near(after.get(..BESIDE).unwrap_or(after));
        if last - next >= step && before.zip(after).is_some_and(|(before, after)| before - after >= step) {
            cuts.push(at);
        }
    }
    cuts.push(points.len());
    cuts.windows(2)
        .filter_map(|cut| points.get(*cut.first()?..*cut.get(1)?))
        .collect()
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(*upper);
    }
    values
        .get(middle.checked_sub(1)?)
        .map(|lower| f64::midpoint(*lower, *upper))
}

/// Exact up to 8 PiB, which no figure that was believed exceeds.
#[allow(clippy::cast_precision_loss, reason = "figures are bounded where they are judged")]
fn as_float(octets: u64) -> f64 {
    octets as f64
}

/// Rounded to whole octets; what shrinks is 0.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a negative or huge float is cut by `as`"
)]
fn as_octets(slope: f64) -> u64 {
    slope.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 22);
    const MIB: u64 = 1 << 20;

    /// One point a day, the last one today.
    fn days(used: &[u64]) -> Vec<QuotaPoint> {
        let ages = (0..used.len()).rev();
        used.iter()
            .zip(ages)
            .map(|(used, age)| QuotaPoint {
                on: TODAY - i64::try_from(age).unwrap().days(),
                source: QuotaSource::Server,
                used: *used,
                limit: None,
            })
            .collect()
    }

    fn of(used: &[u64], limit: u64) -> Option<Forecast> {
        let room = Room {
            used: *used.last().unwrap(),
            limit: Some(limit),
        };
        forecast(&days(used), room, TODAY)
    }

    #[test]
    fn a_box_that_grows_by_a_mebibyte_a_day_is_full_on_its_day() {
        let used: Vec<u64> = (0..30).map(|day| (400 + day) * MIB).collect();
        let found = of(&used, 449 * MIB).unwrap();
        assert_eq!(
            (found.full_on, found.per_day, found.over_days),
            (TODAY + 20.days(), MIB, 29)
        );
        assert_eq!(
            of(&used, 448 * MIB + 1).unwrap().full_on,
            TODAY + 20.days(),
            "a day that is begun"
        );
    }

    #[test]
    fn too_little_is_known_or_nothing_grows() {
        let grows: Vec<u64> = (0..8).map(|day| day * MIB).collect();
        assert!(of(&grows, 100 * MIB).is_some());
        assert!(
            of(&grows[1..], 100 * MIB).is_none(),
            "six days between the first and the last"
        );
        assert!(of(&[5 * MIB; 30], 100 * MIB).is_none());
        let shrinks: Vec<u64> = (0..30).rev().map(|day| day * MIB).collect();
        assert!(of(&shrinks, 100 * MIB).is_none());
        assert!(of(&grows, 7 * MIB).is_none(), "full");
        assert!(of(&grows, 1 << 49).is_none(), "in centuries");
        assert!(forecast(&days(&grows), Room { used: 1, limit: None }, TODAY).is_none());
    }

    #[test]
    fn a_purge_is_a_step_and_the_pace_goes_on() {
        // 10 MiB a day; on the 20th day 300 MiB go at once; then 10 MiB a day again.
        let used: Vec<u64> = (0..40)
            .map(|day| (500 + 10 * day - if day >= 20 { 300 } else { 0 }) * MIB)
            .collect();
        let found = of(&used, 1000 * MIB).unwrap();
        assert_eq!((found.per_day, found.over_days), (10 * MIB, 39));
        // Made yesterday, it counts already in what is left.
        let used: Vec<u64> = (0..40)
            .map(|day| (500 + 10 * day - if day >= 39 { 300 } else { 0 }) * MIB)
            .collect();
        let found = of(&used, 1000 * MIB).unwrap();
        assert_eq!(found.full_on, TODAY + 41.days(), "{found:?}");
    }

    #[test]
    fn what_another_source_told_and_what_is_old_are_left_out() {
        let used: Vec<u64> = (0..100).map(|day| if day < 39 { 900 } else { day } * MIB).collect();
        let mut history = days(&used);
        let room = Room {
            used: 99 * MIB,
            limit: Some(1000 * MIB),
        };
        assert_eq!(forecast(&history, room, TODAY).unwrap().per_day, MIB);
        for point in &mut history {
            point.source = QuotaSource::Estimate;
        }
        assert!(forecast(&history, room, TODAY).is_none());
    }

    proptest! {
        #[test]
        fn whatever_the_history_a_date_is_in_the_future_and_within_bounds(
            history in proptest::collection::vec((-5_i64..500, any::<u64>()), 0..80), used: u64, limit: u64
        ) {
            let history: Vec<QuotaPoint> = history
                .into_iter()
                .map(|(age, used)| QuotaPoint { on: TODAY - age.days(), source: QuotaSource::Server, used, limit: None })
                .collect();
            if let Some(found) = forecast(&history, Room { used, limit: Some(limit) }, TODAY) {
                prop_assert!(found.full_on > TODAY && found.full_on <= TODAY + (AHEAD as i64).days());
                prop_assert!(found.per_day >= 1 && (7..=60).contains(&found.over_days));
            }
        }

        #[test]
        fn a_few_odd_days_move_nothing(
            per_day in 1_u64..50, odd in proptest::collection::btree_map(0_usize..60, 0_u64..10_000, 0..=6)
        ) {
            let mut used: Vec<u64> = (0..60).map(|day| (1000 + per_day * day) * MIB).collect();
            let last = used[59];
            let limit = last + 1000 * MIB;
            for (day, value) in &odd {
                used[*day] = value * MIB;
            }
            let room = Room { used: last, limit: Some(limit) };
            let found = forecast(&days(&used), room, TODAY).unwrap();
            prop_assert_eq!(found.per_day, per_day * MIB);
            prop_assert_eq!(found.full_on, TODAY + ((limit - last).div_ceil(per_day * MIB) as i64).days());
        }

        #[test]
        fn noise_around_a_pace_moves_it_little(
            noise in proptest::collection::vec(0_u64..6, 40), per_day in 5_u64..50
        ) {
            let used: Vec<u64> = (0..40).zip(&noise).map(|(day, noise)| (100 + per_day * day + noise) * MIB).collect();
            let found = of(&used, 3000 * MIB).unwrap();
            let off = found.per_day.abs_diff(per_day * MIB);
            prop_assert!(off <= MIB, "{} instead of {per_day}", found.per_day / MIB);
        }

        #[test]
        fn the_fuller_a_box_the_sooner(used in 0_u64..900, more in 0_u64..99, days_known in 8_u64..60) {
            let history: Vec<u64> = (0..days_known).map(|day| day * MIB).collect();
            let at = |used: u64| forecast(&days(&history), Room { used: used * MIB, limit: Some(1000 * MIB) }, TODAY).unwrap();
            prop_assert!(at(used + more).full_on <= at(used).full_on);
        }

        #[test]
        fn what_stands_under_it_all_changes_nothing(offset in 0_u64..1000, pace in 1_u64..9) {
            let plain: Vec<u64> = (0..20).map(|day| pace * day * MIB).collect();
            let raised: Vec<u64> = plain.iter().map(|used| used + offset * MIB).collect();
            prop_assert_eq!(of(&plain, 1500 * MIB).unwrap(), of(&raised, (1500 + offset) * MIB).unwrap());
        }
    }
}
