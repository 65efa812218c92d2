//! How many requests in a minute: a bounded number of buckets.
//!
//! Each key has a moment until which its requests are paid for (the generic cell rate algorithm): a request moves it on by
//! its share of a minute, and is refused where it would be more than a minute ahead. So a minute's worth may come at once,
//! and afterwards as many as flow in.

use std::{collections::HashMap, hash::Hash, sync::Mutex};

use chrono::{DateTime, Utc};

/// How many keys are remembered. When there are more, those that asked least are forgotten, which lets them ask anew.
pub(super) const MAX_KEYS: usize = 10_000;

const MINUTE_MICROS: i64 = 60_000_000;

/// One bucket for each key.
#[derive(Debug)]
pub(super) struct Buckets<K> {
    /// Microseconds that a request costs; none if there is no limit.
    cost: Option<i64>,
    paid_until: Mutex<HashMap<K, i64>>,
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    /// Buckets of so many requests in a minute; 0 is no limit.
    pub(super) fn new(per_minute: u32) -> Self {
        let cost = (per_minute > 0).then(|| MINUTE_MICROS / i64::from(per_minute));
        Self { cost, paid_until: Mutex::default() }
    }

    /// Takes one request, or says in how many seconds one would be taken.
    pub(super) fn take(&self, key: &K, now: DateTime<Utc>) -> Result<(), u64> {
        let Some(cost) = self.cost else { return Ok(()) };
        let now = now.timestamp_micros();
        let mut buckets = self.paid_until.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A clock that was set back leaves nobody waiting for more than a minute.
        let paid = buckets.get(key).copied().unwrap_or(now).clamp(now, now + MINUTE_MICROS);
        let next = paid + cost;
        if next > now + MINUTE_MICROS {
            return Err(((next - now - MINUTE_MICROS) as u64).div_ceil(1_000_000));
        }
        if buckets.len() >= MAX_KEYS && !buckets.contains_key(key) {
            forget(&mut buckets, now);
        }
        buckets.insert(key.clone(), next);
        Ok(())
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.paid_until.lock().unwrap().len()
    }
}

/// Makes room: forgets who owes nothing, and of the others, if they are too many, the quarter that owes least.
fn forget<K: Eq + Hash>(buckets: &mut HashMap<K, i64>, now: i64) {
    buckets.retain(|_, paid| *paid > now);
    if buckets.len() < MAX_KEYS {
        return;
    }
    let mut all: Vec<i64> = buckets.values().copied().collect();
    let quarter = all.len() / 4;
    let (_, border, _) = all.select_nth_unstable(quarter);
    let border = *border;
    buckets.retain(|_, paid| *paid > border);
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone};

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        Utc.timestamp_opt(1_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_minutes_worth_may_come_at_once() {
        let buckets = Buckets::new(60);
        for n in 0..60 {
            assert_eq!(buckets.take(&"a", at(0)), Ok(()), "{n}");
        }
        assert_eq!(buckets.take(&"a", at(0)), Err(1));
        assert_eq!(buckets.take(&"b", at(0)), Ok(()), "another one");
        assert_eq!(buckets.take(&"a", at(1)), Ok(()));
        assert_eq!(buckets.take(&"a", at(1)), Err(1));
        for _ in 0..60 {
            assert_eq!(buckets.take(&"a", at(61)), Ok(()));
        }
        assert_eq!(Buckets::new(1).take(&"a", at(0)), Ok(()));
        let none = Buckets::new(0);
        assert!((0..100_000).all(|_| none.take(&"a", at(0)).is_ok()));
        assert_eq!(none.len(), 0);
    }

    #[test]
    fn the_wait_that_is_told_is_enough() {
        let buckets = Buckets::new(7);
        let mut now = at(0);
        while buckets.take(&1, now).is_ok() {}
        for _ in 0..20 {
            let wait = buckets.take(&1, now).unwrap_err();
            now += TimeDelta::seconds(wait as i64);
            assert_eq!(buckets.take(&1, now), Ok(()));
            while buckets.take(&1, now).is_ok() {}
        }
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let buckets = Buckets::new(60);
        for _ in 0..60 {
            buckets.take(&1, at(1_000_000)).unwrap();
        }
        assert_eq!(buckets.take(&1, at(0)), Err(1));
        assert_eq!(buckets.take(&1, at(1)), Err(1), "clamped to a minute ahead of now");
    }

    #[test]
    fn keys_are_bounded() {
        let buckets = Buckets::new(60);
        for _ in 0..50 {
            buckets.take(&0, at(0)).unwrap();
        }
        for key in 1..3 * MAX_KEYS {
            buckets.take(&key, at(0)).unwrap();
            assert!(buckets.len() <= MAX_KEYS);
        }
        // Whoever asked most is remembered.
        for _ in 0..10 {
            buckets.take(&0, at(0)).unwrap();
        }
        assert!(buckets.take(&0, at(0)).is_err());
    }
}
