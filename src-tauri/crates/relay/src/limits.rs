//! How fast anybody may ask: each limit is a rate with a burst (the generic cell rate algorithm), counted here, or in Redis
//! for all instances together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ring::hmac;

use crate::metrics::{Counter, Metrics};
use crate::shared::{Redis, SharedProblem};

/// The most keys that are counted at once. Beyond, the half that is nearest to being forgotten is.
const MOST: usize = 200_000;

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// What is limited: part of the key, and a label.
    pub(crate) name: &'static str,
    /// Time that gives one more, in milliseconds.
    pub(crate) step: u64,
    /// How many may come at once.
    pub(crate) burst: u32,
}

impl Rate {
    /// `count` in `seconds`, `burst` of them at once.
    pub(crate) fn new(name: &'static str, count: u32, seconds: u64, burst: u32) -> Self {
        Self {
            name,
            step: (seconds * 1000 / u64::from(count.max(1))).max(1),
            burst: burst.max(1),
        }
    }
}

/// Counts, and says how long to wait.
pub(crate) struct Limiter {
    memory: Memory,
    redis: Option<Redis>,
    metrics: Arc<Metrics>,
}

impl Limiter {
    pub(crate) fn new(redis: Option<Redis>, metrics: Arc<Metrics>) -> Self {
        Self {
            memory: Memory::new(),
            redis,
            metrics,
        }
    }

    /// One more of `who` under this limit, or how long until there may be one. What is counted by is a keyed digest: neither
    /// here nor in Redis is there an address, a national id or a token.
    pub(crate) async fn take(&self, rate: Rate, counting: &hmac::Key, who: &[u8]) -> Result<(), Duration> {
        let mut context = hmac::Context::with_key(counting);
        context.update(rate.name.as_bytes());
        context.update(b"\0");
        context.update(who);
        let tag = context.sign();
        let mut key = [0; 16];
        for (place, octet) in key.iter_mut().zip(tag.as_ref()) {
            *place = *octet;
        }
        let wait = match &self.redis {
            Some(redis) => match redis.take(rate, &key).await {
                Ok(wait) => wait,
                // Alone rather than without: each instance still holds to the limits by itself.
                Err(problem) => {
                    self.metrics.count(Counter::Shared, ["", ""]);
                    if !matches!(problem, SharedProblem::Resting) {
                        tracing::warn!(%problem, "Redis does not answer: limits are counted by this instance alone");
                    }
                    self.memory.take(rate, key)
                }
            },
            None => self.memory.take(rate, key),
        };
        if wait.is_zero() {
            return Ok(());
        }
        self.metrics.count(Counter::Limited, [rate.name, ""]);
        Err(wait)
    }
}

/// What one instance counts by itself: for each key, the moment (in milliseconds since the start) when nothing is left of what
/// it asked.
struct Memory {
    start: Instant,
    arrivals: Mutex<HashMap<[u8; 16], u64>>,
}

impl Memory {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            arrivals: Mutex::new(HashMap::new()),
        }
    }

    fn take(&self, rate: Rate, key: [u8; 16]) -> Duration {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.take_at(rate, key, now)
    }

    fn take_at(&self, rate: Rate, key: [u8; 16], now: u64) -> Duration {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let next = arrivals.get(&key).copied().unwrap_or(0).max(now) + rate.step;
        let room = rate.step * u64::from(rate.burst);
        if next > now + room {
            return Duration::from_millis(next - now - room);
        }
        if arrivals.len() >= MOST && !arrivals.contains_key(&key) {
            forget(&mut arrivals, now);
        }
        arrivals.insert(key, next);
        Duration::ZERO
    }
}

fn forget(arrivals: &mut HashMap<[u8; 16], u64>, now: u64) {
    arrivals.retain(|_, arrival| *arrival > now);
    if arrivals.len() < MOST {
        return;
    }
    let mut moments: Vec<u64> = arrivals.values().copied().collect();
    let (_, middle, _) = moments.select_nth_unstable(MOST / 2);
    let middle = *middle;
    arrivals.retain(|_, arrival| *arrival > middle);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_then_one_each_step() {
        let (memory, rate) = (Memory::new(), Rate::new("x", 60, 60, 3));
        let taken = |now: u64| memory.take_at(rate, [1; 16], now);
        for _ in 0..3 {
            assert_eq!(taken(10_000), Duration::ZERO);
        }
        assert_eq!(taken(10_000), Duration::from_millis(1000));
        assert_eq!(taken(10_999), Duration::from_millis(1));
        assert_eq!(taken(11_000), Duration::ZERO);
        assert_eq!(taken(11_000), Duration::from_millis(1000));
        assert_eq!(
            memory.take_at(rate, [2; 16], 11_000),
            Duration::ZERO,
            "others are not concerned"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let (memory, rate) = (Memory::new(), Rate::new("x", 1, 3600, 1));
        for n in 0..(MOST as u128 * 2) {
            memory.take_at(rate, n.to_be_bytes(), (n / 1000) as u64);
        }
        assert!(memory.arrivals.lock().unwrap().len() <= MOST);
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_what_time_gave(
            steps in prop::collection::vec(0..500u64, 1..300), burst in 1..10u32, step in 1..1000u64,
        ) {
            let (memory, rate) = (Memory::new(), Rate { name: "x", step, burst });
            let (mut now, mut granted) = (0, 0);
            for pause in steps {
                now += pause;
                if memory.take_at(rate, [0; 16], now).is_zero() {
                    granted += 1;
                }
            }
            prop_assert!(granted <= u64::from(burst) + now / step);
            prop_assert!(granted >= 1);
        }
    }
}
