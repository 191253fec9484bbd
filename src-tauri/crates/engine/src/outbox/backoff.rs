//! When a message that could not leave is tried again: soon, then less often, never less than once an hour, for ever.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_secs(3600);

/// How long to wait after this many tries that failed (1 or more).
pub(crate) fn delay(attempts: u32) -> Duration {
    let doubled = 1u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    FIRST.saturating_mul(doubled).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_grow_up_to_an_hour() {
        assert_eq!(delay(1), FIRST);
        assert_eq!(delay(2), FIRST * 2);
        assert_eq!(delay(9), LONGEST);
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_an_hour_or_shorter_than_the_one_before(attempts in any::<u32>()) {
            prop_assert!(delay(attempts) <= LONGEST && delay(attempts) >= FIRST);
            prop_assert!(delay(attempts) <= delay(attempts.saturating_add(1)));
        }
    }
}
