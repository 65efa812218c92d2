//! The tokens of installations that this process holds: never written anywhere else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex as AsyncMutex;

use crate::{clock::Clock, settings::Secret};

/// The most installations whose tokens are kept.
const MAX_TOKENS: usize = 1_000;

/// How long before its end a token is replaced, in minutes: what is sent with it may take a while.
const REFRESH_MINUTES: i64 = 5;

/// How long a token must last to be used where no new one can be had, in minutes.
const USABLE_MINUTES: i64 = 1;

/// A token and its end.
#[derive(Clone, Debug)]
pub(crate) struct Minted {
    pub(crate) token: Secret,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Where the token of one installation is. Whoever holds the lock may ask for a new one; the others wait for it.
pub(crate) type Slot = AsyncMutex<Option<Minted>>;

/// Tokens by what they were asked for with.
#[derive(Debug)]
pub(crate) struct TokenCache {
    clock: Clock,
    slots: Mutex<HashMap<[u8; 32], Arc<Slot>>>,
}

impl TokenCache {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, slots: Mutex::default() }
    }

    /// The time that tokens expire by.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The place for the token that `key` says all of: who asks, with which key, for what.
    pub(crate) fn slot(&self, key: &[u8; 32]) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MAX_TOKENS && !slots.contains_key(key) {
            let now = self.now();
            // One that somebody holds is in use.
            slots.retain(|_, slot| slot.try_lock().map_or(true, |held| is_usable(&held, now)));
            if slots.len() >= MAX_TOKENS
                && let Some(any) = slots.keys().next().copied()
            {
                slots.remove(&any);
            }
        }
        Arc::clone(slots.entry(*key).or_default())
    }
}

/// Whether a token lasts long enough to begin something with it.
pub(crate) fn is_fresh(held: &Option<Minted>, now: DateTime<Utc>) -> bool {
    lasts(held, now, TimeDelta::minutes(REFRESH_MINUTES))
}

/// Whether a token still opens something.
pub(crate) fn is_usable(held: &Option<Minted>, now: DateTime<Utc>) -> bool {
    lasts(held, now, TimeDelta::minutes(USABLE_MINUTES))
}

fn lasts(held: &Option<Minted>, now: DateTime<Utc>, time: TimeDelta) -> bool {
    held.as_ref().is_some_and(|minted| minted.expires_at - now > time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_tokens_is_bounded() {
        let cache = TokenCache::new(Clock::default());
        let key = |number: usize| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_be_bytes());
            key
        };
        let held = cache.slot(&key(0));
        *held.try_lock().unwrap() =
            Some(Minted { token: Secret::new("t"), expires_at: cache.now() + TimeDelta::hours(1) });
        for number in 1..=2 * MAX_TOKENS {
            cache.slot(&key(number));
        }
        assert!(cache.slots.lock().unwrap().len() <= MAX_TOKENS);
        assert!(cache.slot(&key(0)).try_lock().unwrap().is_some(), "what lasts stays before what is empty");
    }
}
