//! Which day something happens to a BAL or to a message. Pure: days come in, days go out.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

/// Days without an opening after which it is said (workshop: « unpublished after 2 months without login »).
const UNUSED_DAYS: u32 = 45;
/// Months without an opening after which a BAL leaves the directory.
const UNPUBLISHED_MONTHS: i32 = 2;
/// Days before the operator deletes a message from which on it is said: with one telling a week, everybody is told a week
/// before at the latest.
const SOON_DAYS: i32 = 14;
/// Days between two tellings of the same thing.
const AGAIN_DAYS: i64 = 7;
/// Days that an old body stays here once somebody opened it.
const OPENED_DAYS: i64 = 7;

/// How long an operator keeps a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// So many days.
    Days(u32),
    /// So many months of the calendar.
    Months(u32),
}

impl After {
    /// The day a message received on this one is deleted.
    pub(crate) fn goes_on(self, received: Date) -> Date {
        match self {
            Self::Days(days) => received.saturating_add(i64::from(days).min(LONGEST).days()),
            Self::Months(months) => received.saturating_add(i64::from(months).min(LONGEST).months()),
        }
    }

    /// In days, as it is told: a month counts 30.
    pub(crate) fn days(self) -> u32 {
        match self {
            Self::Days(days) => days,
            Self::Months(months) => months.saturating_mul(30),
        }
    }

    /// The newest day of reception whose messages go within [`SOON_DAYS`]; `None` when no day of the calendar is.
    pub(crate) fn last_leaving(self, today: Date) -> Option<Date> {
        let limit = today.saturating_add(SOON_DAYS.days());
        let back = match self {
            Self::Days(days) => limit.checked_sub(i64::from(days).min(LONGEST).days()),
            Self::Months(months) => limit.checked_sub(i64::from(months).min(LONGEST).months()),
        };
        // Months are not of one length: a few days around the end of one may go on the same day.
        let mut day = back.ok()?.saturating_add(5.days());
        while self.goes_on(day) > limit {
            day = day.checked_sub(1.day()).ok()?;
        }
        Some(day)
    }
}

/// More days or months than a calendar has uses for.
const LONGEST: i64 = 4_000;

/// Whole days from one to another; 0 when the clock went back.
pub(crate) fn days_between(from: Date, to: Date) -> u32 {
    let days = from.until(to).map_or(0, |span| span.get_days());
    u32::try_from(days).unwrap_or(0)
}

/// The day a BAL last opened on `last` leaves the directory, once that is to be told.
pub(crate) fn unpublished_on(last: Date, today: Date) -> Option<Date> {
    (days_between(last, today) >= UNUSED_DAYS).then(|| last.saturating_add(UNPUBLISHED_MONTHS.months()))
}

/// Whether something is to be told: never told, told a week ago or more, or told by a clock that was ahead.
pub(crate) fn is_due(told: Option<Timestamp>, now: Timestamp) -> bool {
    told.is_none_or(|told| {
        let seconds = now.as_second() - told.as_second();
        !(0..AGAIN_DAYS * 24 * 60 * 60).contains(&seconds)
    })
}

/// The first day whose bodies stay here, when the last `months` do.
pub(crate) fn first_kept(today: Date, months: u32) -> Date {
    today.saturating_sub(i64::from(months).min(LONGEST).months())
}

/// Bodies opened since then stay here, whatever their age.
pub(crate) fn opened_since(now: Timestamp) -> Timestamp {
    now.checked_sub((OPENED_DAYS * 24).hours()).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day() -> impl Strategy<Value = Date> {
        (-3_000_i64..40_000).prop_map(|days| jiff::civil::date(2000, 1, 1).saturating_add(days.days()))
    }

    /// What operators do: nobody deletes within three weeks.
    fn lasting() -> impl Strategy<Value = After> {
        prop_oneof![(21_u32..400).prop_map(After::Days), (1_u32..24).prop_map(After::Months)]
    }

    fn after() -> impl Strategy<Value = After> {
        prop_oneof![(1_u32..400).prop_map(After::Days), (1_u32..24).prop_map(After::Months)]
    }

    proptest! {
        #[test]
        fn a_message_is_about_to_leave_exactly_when_its_day_is_within_two_weeks(
            after in after(), today in day(), ago in -10_i64..900
        ) {
            let received = today.saturating_sub(ago.days());
            let leaves = after.goes_on(received) <= today.saturating_add(SOON_DAYS.days());
            let last = after.last_leaving(today).unwrap();
            prop_assert_eq!(received <= last, leaves, "{:?} {} {} {}", after, today, received, last);
        }

        #[test]
        fn who_is_told_once_a_week_is_told_a_week_before_at_the_latest(
            after in lasting(), received in day(), first in 0_i64..7
        ) {
            let goes = after.goes_on(received);
            // Tellings every seven days, from any day on: the first one that names the message.
            let start = goes.saturating_sub((40 + first).days());
            let told = (0..40)
                .map(|week| start.saturating_add((week * AGAIN_DAYS).days()))
                .find(|today| after.last_leaving(*today).is_some_and(|last| received <= last))
                .unwrap();
            prop_assert!(received <= told && days_between(told, goes) > 7, "{} {} {}", received, told, goes);
        }

        #[test]
        fn later_messages_never_go_sooner(after in after(), one in day(), more in 0_i64..400) {
            prop_assert!(after.goes_on(one) <= after.goes_on(one.saturating_add(more.days())));
        }

        #[test]
        fn an_unused_box_is_announced_from_45_days_on_and_always_before_it_leaves(last in day(), days in 0_i64..500) {
            let today = last.saturating_add(days.days());
            let told = unpublished_on(last, today);
            prop_assert_eq!(told.is_some(), days >= 45);
            if let Some(on) = told {
                let first = last.saturating_add(45.days());
                prop_assert!(on > first && days_between(first, on) >= 14, "{} {}", first, on);
                prop_assert_eq!(on, last.saturating_add(2.months()));
            }
        }

        #[test]
        fn a_clock_that_goes_back_never_announces_and_never_panics(last in day(), back in 1_i64..60_000) {
            let today = last.saturating_sub(back.days());
            prop_assert_eq!(days_between(last, today), 0);
            prop_assert_eq!(unpublished_on(last, today), None);
        }

        #[test]
        fn something_is_told_again_after_seven_days_and_not_before(at in 0_i64..4_000_000_000, seconds in 0_i64..2_000_000) {
            let told = Timestamp::from_second(at).unwrap();
            let now = Timestamp::from_second(at + seconds).unwrap();
            prop_assert_eq!(is_due(Some(told), now), seconds >= 7 * 86_400);
            prop_assert!(is_due(None, now));
            if seconds > 0 {
                prop_assert!(is_due(Some(now), told), "told by a clock that was ahead");
            }
        }

        #[test]
        fn the_months_that_stay_only_move_forward(today in day(), months in 1_u32..241, more in 0_i64..100) {
            let first = first_kept(today, months);
            prop_assert!(first < today);
            prop_assert!(first <= first_kept(today.saturating_add(more.days()), months));
            prop_assert!(first_kept(today, months + 1) < first, "a longer retention keeps more");
        }
    }

    #[test]
    fn months_end_where_the_calendar_says() {
        let date = jiff::civil::date;
        assert_eq!(After::Months(3).goes_on(date(2026, 11, 30)), date(2027, 2, 28));
        assert_eq!(
            unpublished_on(date(2026, 12, 31), date(2027, 2, 14)),
            Some(date(2027, 2, 28))
        );
        assert_eq!(first_kept(date(2026, 3, 31), 1), date(2026, 2, 28));
        // No day of the calendar is out of reach.
        assert_eq!(After::Days(u32::MAX).goes_on(Date::MAX), Date::MAX);
        assert_eq!(After::Months(u32::MAX).last_leaving(Date::MIN), None);
        assert_eq!(first_kept(Date::MIN, u32::MAX), Date::MIN);
    }
}
