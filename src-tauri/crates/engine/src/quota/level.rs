//! How full a BAL is (EX_GBM_4470: 80, 90 and 100 %).

use jiff::{SignedDuration, Timestamp};
use pli_store::{QuotaKept, QuotaLevel, QuotaReading, QuotaRefusal, Room};

/// A server that refuses something this small for want of room is full, whatever its figures say.
const SMALL: u64 = 64 * 1024;

/// How long a refusal counts when the figures say that there is no room for it.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// How long it counts against figures that say there is: one of the two is wrong, and room may have been made.
const DOUBTED: SignedDuration = SignedDuration::from_hours(1);

/// Whole percent used, 0 to 999, rounded down; `None` without a limit.
pub(crate) fn percent(room: Room) -> Option<u16> {
    let limit = room.limit?;
    let percent = (u128::from(room.used) * 100)
        .checked_div(u128::from(limit))
        .unwrap_or(100);
    Some(u16::try_from(percent.min(999)).unwrap_or(999))
}

/// The percent of what is nearest to its limit.
pub(super) fn of_reading(reading: &QuotaReading) -> Option<u16> {
    [reading.storage, reading.messages]
        .into_iter()
        .flatten()
        .filter_map(percent)
        .max()
}

/// The first percent of a level.
pub(super) fn threshold(level: QuotaLevel) -> u16 {
    match level {
        QuotaLevel::Fine => 0,
        QuotaLevel::High => 80,
        QuotaLevel::AlmostFull => 90,
        QuotaLevel::Full => 100,
    }
}

/// How full a BAL is, by its figures and by what its server refused.
pub(crate) fn level(kept: &QuotaKept, now: Timestamp) -> QuotaLevel {
    let refused = kept
        .refusal
        .is_some_and(|refusal| counts(&refusal, kept.reading.left, now));
    if refused && kept.refusal.is_some_and(|refusal| refusal.size <= SMALL) {
        return QuotaLevel::Full;
    }
    let percent = of_reading(&kept.reading).unwrap_or(0);
    let reached = |level: &&QuotaLevel| percent >= threshold(**level);
    QuotaLevel::ALL
        .iter()
        .rev()
        .find(reached)
        .copied()
        .unwrap_or(QuotaLevel::Fine)
}

/// Whether a refusal still says something of the BAL.
pub(super) fn counts(refusal: &QuotaRefusal, left: Option<u64>, now: Timestamp) -> bool {
    let age = now.duration_since(refusal.at);
    let bound = match left {
        Some(left) if left <= refusal.size => REMEMBERED,
        _ => DOUBTED,
    };
    // A clock that went back makes it of now.
    age < bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use pli_store::{QuotaSource, QuotaTold};
    use proptest::prelude::*;

    fn kept(used: u64, limit: Option<u64>, messages: Option<Room>, refusal: Option<(i64, u64)>) -> QuotaKept {
        QuotaKept {
            reading: QuotaReading {
                source: QuotaSource::Server,
                storage: Some(Room { used, limit }),
                messages,
                left: limit.map(|limit| limit.saturating_sub(used)),
                at: Some(Timestamp::UNIX_EPOCH),
            },
            refusal: refusal.map(|(hours, size)| QuotaRefusal {
                at: Timestamp::UNIX_EPOCH - SignedDuration::from_hours(hours),
                size,
            }),
            told: QuotaTold::default(),
        }
    }

    fn of(kept: &QuotaKept) -> QuotaLevel {
        level(kept, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn each_threshold_is_reached_exactly() {
        for (used, expected) in [
            (0, QuotaLevel::Fine),
            (799_999, QuotaLevel::Fine),
            (800_000, QuotaLevel::High),
            (899_999, QuotaLevel::High),
            (900_000, QuotaLevel::AlmostFull),
            (999_999, QuotaLevel::AlmostFull),
            (1_000_000, QuotaLevel::Full),
            (u64::MAX, QuotaLevel::Full),
        ] {
            assert_eq!(of(&kept(used, Some(1_000_000), None, None)), expected, "{used}");
        }
        assert_eq!(
            of(&kept(u64::MAX, None, None, None)),
            QuotaLevel::Fine,
            "nothing limits it"
        );
    }

    #[test]
    fn a_box_full_of_messages_is_full_whatever_its_octets() {
        let messages = Some(Room {
            used: 1000,
            limit: Some(1000),
        });
        assert_eq!(of(&kept(1, Some(1_000_000), messages, None)), QuotaLevel::Full);
        assert_eq!(of(&kept(1, None, messages, None)), QuotaLevel::Full);
    }

    #[test]
    fn a_server_that_refuses_a_letter_is_full_whatever_it_says() {
        // 99.9 % used, and a letter of 2 KiB that does not fit.
        assert_eq!(
            of(&kept(999_000, Some(1_000_000), None, Some((1, 2048)))),
            QuotaLevel::Full
        );
        assert_eq!(
            of(&kept(999_000, Some(1_000_000), None, Some((25, 2048)))),
            QuotaLevel::AlmostFull
        );
        // It says that there is room and refuses all the same: believed for an hour.
        assert_eq!(of(&kept(10, Some(1_000_000), None, Some((0, 2048)))), QuotaLevel::Full);
        assert_eq!(of(&kept(10, Some(1_000_000), None, Some((2, 2048)))), QuotaLevel::Fine);
        // What was too large for the room left says nothing of a letter.
        assert_eq!(
            of(&kept(850_000, Some(1_000_000), None, Some((0, 20_000_000)))),
            QuotaLevel::High
        );
    }

    proptest! {
        #[test]
        fn the_level_is_that_of_the_percent_and_never_falls_as_it_fills(used: u64, more: u64, limit in 1_u64..) {
            let (now, later) = (kept(used, Some(limit), None, None), kept(used.saturating_add(more), Some(limit), None, None));
            prop_assert!(of(&now) <= of(&later));
            let shown = percent(Room { used, limit: Some(limit) }).unwrap();
            prop_assert_eq!(shown >= 100, of(&now) == QuotaLevel::Full);
            prop_assert_eq!(shown >= 80, of(&now) >= QuotaLevel::High);
        }
    }
}
