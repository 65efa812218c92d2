//! How often somebody may guess a password.
//!
//! Failures are counted by the name and by the address. The first [`FREE_FAILURES`] cost nothing; each further one doubles
//! the time until the next guess. By a name the wait stays below a minute: otherwise anybody could keep somebody out by
//! guessing in their name.

use std::{collections::HashMap, net::IpAddr, sync::Mutex};

use chrono::{DateTime, TimeDelta, Utc};

/// How many failures cost nothing.
const FREE_FAILURES: u32 = 10;

/// The longest wait of an address, and of a name, in seconds.
const LONGEST_WAIT: u64 = 15 * 60;
const LONGEST_WAIT_OF_NAME: u64 = 60;

/// After so long without a failure all of them are forgotten.
const FORGET_AFTER: TimeDelta = TimeDelta::hours(1);

/// How many names and addresses are remembered; of more, those that failed longest ago are forgotten.
const MAX_KEYS: usize = 10_000;

/// How much of a name counts.
const MAX_NAME_CHARS: usize = 100;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Key {
    Name(String),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: DateTime<Utc>,
}

impl Failures {
    /// Seconds until the next guess.
    fn wait(self, longest: u64, now: DateTime<Utc>) -> u64 {
        if self.count < FREE_FAILURES {
            return 0;
        }
        let wait = 1_u64.checked_shl(self.count - FREE_FAILURES).unwrap_or(u64::MAX).min(longest);
        let passed = (now - self.last).num_seconds().max(0) as u64;
        wait.saturating_sub(passed)
    }
}

/// The guesses that went wrong.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    failures: Mutex<HashMap<Key, Failures>>,
}

impl Throttle {
    /// Counts a guess before it is looked at, so that many at once are no way round; or says in how many seconds the
    /// next one may come.
    pub(super) fn begin(&self, name: &str, address: Option<IpAddr>, now: DateTime<Utc>) -> Result<(), u64> {
        let keys = keys(name, address);
        let mut failures = self.failures.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let wait = keys.iter().filter_map(|(key, longest)| {
            let known = failures.get(key).filter(|known| now - known.last < FORGET_AFTER)?;
            Some(known.wait(*longest, now))
        });
        match wait.max() {
            Some(wait) if wait > 0 => return Err(wait),
            _ => {}
        }
        if failures.len() + keys.len() > MAX_KEYS {
            forget(&mut failures, now);
        }
        for (key, _) in keys {
            let known = failures.entry(key).or_insert(Failures { count: 0, last: now });
            let count = if now - known.last < FORGET_AFTER { known.count } else { 0 };
            *known = Failures { count: count.saturating_add(1), last: now };
        }
        Ok(())
    }

    /// Forgets the guess that was right, and what went wrong under the name before. What the address got wrong otherwise
    /// stays: whoever has one account does not get more guesses at others by it.
    pub(super) fn succeeded(&self, name: &str, address: Option<IpAddr>) {
        let mut failures = self.failures.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for (key, _) in keys(name, address) {
            match key {
                Key::Name(_) => {
                    failures.remove(&key);
                }
                Key::Address(_) => {
                    if let Some(known) = failures.get_mut(&key) {
                        known.count = known.count.saturating_sub(1);
                    }
                }
            }
        }
    }
}

/// Whose failures these are, with the longest wait of each.
fn keys(name: &str, address: Option<IpAddr>) -> Vec<(Key, u64)> {
    let name = Key::Name(name.trim().chars().take(MAX_NAME_CHARS).collect());
    let address = address.map(|address| (Key::Address(super::address::network(address)), LONGEST_WAIT));
    [(name, LONGEST_WAIT_OF_NAME)].into_iter().chain(address).collect()
}

/// Makes room for a quarter.
fn forget(failures: &mut HashMap<Key, Failures>, now: DateTime<Utc>) {
    failures.retain(|_, known| now - known.last < FORGET_AFTER);
    if failures.len() + 2 <= MAX_KEYS {
        return;
    }
    let mut times: Vec<DateTime<Utc>> = failures.values().map(|known| known.last).collect();
    let quarter = times.len() / 4;
    let (_, border, _) = times.select_nth_unstable(quarter);
    let border = *border;
    let mut excess = failures.len() / 4 + 2;
    failures.retain(|_, known| {
        let goes = known.last <= border && excess > 0;
        excess -= usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        Utc.timestamp_opt(1_000_000 + seconds, 0).unwrap()
    }

    fn address(n: u32) -> Option<IpAddr> {
        Some(IpAddr::V4(n.into()))
    }

    #[test]
    fn waits_grow_with_the_failures_of_an_address() {
        let throttle = Throttle::default();
        let mut now = 0;
        for n in 0..10 {
            assert_eq!(throttle.begin(&format!("name{n}"), address(1), at(now)), Ok(()), "{n}");
        }
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(throttle.begin("another", address(1), at(now)), Err(wait));
            assert_eq!(throttle.begin("another", address(1), at(now + wait as i64 - 1)), Err(1));
            now += wait as i64;
            assert_eq!(throttle.begin(&format!("name{now}"), address(1), at(now)), Ok(()), "{wait}");
        }
        assert_eq!(throttle.begin("another", address(2), at(now)), Ok(()), "from elsewhere");
        assert_eq!(throttle.begin("another", address(1), at(now + 3_600)), Ok(()), "forgotten");
    }

    #[test]
    fn nobody_is_kept_out_for_long_by_their_name() {
        let throttle = Throttle::default();
        let mut now = 0;
        for n in 0..40 {
            if let Err(wait) = throttle.begin("Olga", address(n), at(now)) {
                assert!(wait <= 60);
                now += wait as i64;
                assert_eq!(throttle.begin("Olga", address(n), at(now)), Ok(()));
            }
        }
        let wait = throttle.begin(" Olga ", address(99), at(now)).unwrap_err();
        assert!((50..=60).contains(&wait), "{wait}");
        throttle.succeeded("Olga", address(99));
        assert_eq!(throttle.begin("Olga", address(99), at(now)), Ok(()));
    }

    #[test]
    fn a_right_guess_buys_no_more_guesses_at_others() {
        let throttle = Throttle::default();
        for n in 0..10 {
            throttle.begin(&format!("name{n}"), address(1), at(0)).unwrap();
        }
        assert!(throttle.begin("mine", address(1), at(0)).is_err());
        throttle.begin("mine", address(1), at(1)).unwrap();
        throttle.succeeded("mine", address(1));
        assert!(throttle.begin("name1", address(1), at(1)).is_err());
    }

    #[test]
    fn names_and_addresses_are_bounded() {
        let throttle = Throttle::default();
        for n in 0..MAX_KEYS as u32 {
            throttle.begin(&format!("name{n}"), address(n), at(i64::from(n / 100))).unwrap();
            assert!(throttle.failures.lock().unwrap().len() <= MAX_KEYS);
        }
    }
}
