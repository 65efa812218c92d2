//! The budget of one process.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Account, FIRST_ANSWER, LEASE, Leave, MAX_CONCURRENT, MINUTE, Outcome, POINTS_PER_MINUTE, Priority, Quota,
    RESERVE_DIVISOR, RateBudget, Resource, SAME_WINDOW, Ticket, UNTOLD, Wait, next_look,
};
use crate::{
    clock::Clock,
    github::telemetry::{self, Tightest},
};

/// The most accounts that are remembered; those of which nothing is known any more go first.
const MAX_ACCOUNTS: usize = 1_000;

/// What this process did and was told.
#[derive(Debug)]
pub struct LocalBudget {
    clock: Clock,
    accounts: Mutex<HashMap<Account, State>>,
}

#[derive(Default, Debug)]
struct State {
    /// Nothing may be sent before this.
    pause: Option<DateTime<Utc>>,
    quotas: HashMap<Resource, Known>,
    /// When the requests under way were sent.
    sent: HashMap<u64, (DateTime<Utc>, Resource)>,
    /// When the minute began that points are counted in, and how many.
    minute: Option<(DateTime<Utc>, u64)>,
}

/// What is known of a window.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// The limit, and what of it is left; none if the server tells nothing.
    told: Option<(u64, i64)>,
    /// When the knowledge ends.
    reset: DateTime<Utc>,
}

impl LocalBudget {
    /// Knows nothing yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, accounts: Mutex::default() }
    }

    /// How long nothing may be sent, by what a server told this process. That holds whatever others know.
    pub(super) fn closed(&self, account: &Account, resource: Resource) -> Option<(Duration, Wait)> {
        let now = self.clock.now();
        let accounts = self.lock();
        let state = accounts.get(account)?;
        if let Some(pause) = state.pause.filter(|pause| *pause > now) {
            return Some((until(pause, now), Wait::Secondary));
        }
        let known = state.quotas.get(&resource).filter(|known| known.reset > now)?;
        let (_, left) = known.told?;
        (left <= 0).then(|| (until(known.reset, now), Wait::Quota))
    }

    /// Learns from an answer, whoever gave leave to ask.
    pub(super) fn learn(&self, account: &Account, quota: Option<Quota>, pause: Option<Duration>) {
        let now = self.clock.now();
        let mut accounts = self.lock();
        let state = accounts.entry(account.clone()).or_default();
        if let Some(pause) = pause {
            state.pause = state.pause.max(Some(after(now, pause)));
        }
        let Some(quota) = quota.filter(|quota| !quota.reset_in.is_zero()) else { return };
        state.learn(quota, now);
        let tightest = tightest(accounts.values(), quota.resource, now);
        drop(accounts);
        telemetry::tell_quota(quota.resource, tightest);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Account, State>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl RateBudget for LocalBudget {
    async fn reserve(&self, account: &Account, resource: Resource, priority: Priority) -> Leave {
        let now = self.clock.now();
        let mut accounts = self.lock();
        if accounts.len() >= MAX_ACCOUNTS && !accounts.contains_key(account) {
            make_room(&mut accounts, now);
        }
        let state = accounts.entry(account.clone()).or_default();
        if let Some(wait) = state.must_wait(resource, priority, now) {
            return wait;
        }
        let id = rand::random();
        state.sent.insert(id, (now, resource));
        Leave::Granted(Ticket { account: account.clone(), resource, id, shared: false })
    }

    async fn settle(&self, ticket: Ticket, outcome: Outcome) {
        let now = self.clock.now();
        if let Some(state) = self.lock().get_mut(&ticket.account) {
            let was_sent = state.sent.remove(&ticket.id).is_some();
            match outcome {
                Outcome::Lost if was_sent => state.charge(ticket.resource, now),
                Outcome::Answered { quota: None, .. } => state.learn_nothing(ticket.resource, now),
                _ => {}
            }
        }
        if let Outcome::Answered { quota, pause } = outcome {
            self.learn(&ticket.account, quota, pause);
        }
    }
}

impl State {
    /// Why a request has to wait, if it has. Counts it otherwise.
    fn must_wait(&mut self, resource: Resource, priority: Priority, now: DateTime<Utc>) -> Option<Leave> {
        if let Some(pause) = self.pause.filter(|pause| *pause > now) {
            return Some(Leave::Closed(until(pause, now), Wait::Secondary));
        }
        self.give_up_lost(now);
        let sent = self.sent.len() as u64;
        match self.quotas.get(&resource).filter(|known| known.reset > now) {
            None => {
                let first = after(now, FIRST_ANSWER) - now;
                if self.sent.values().any(|(at, _)| now - *at < first) {
                    return Some(Leave::Soon(next_look(), Wait::First));
                }
            }
            Some(Known { told: None, .. }) => {}
            Some(Known { told: Some((limit, left)), reset }) => {
                let kept = match priority {
                    Priority::Person => 0,
                    Priority::Background => limit / RESERVE_DIVISOR,
                };
                let free = left - i64::try_from(kept).unwrap_or(i64::MAX);
                if free <= 0 {
                    let why = if *left <= 0 { Wait::Quota } else { Wait::Reserve };
                    return Some(Leave::Closed(until(*reset, now), why));
                }
                if sent >= free.unsigned_abs() {
                    return Some(Leave::Soon(next_look(), Wait::Quota));
                }
            }
        }
        if sent >= MAX_CONCURRENT {
            return Some(Leave::Soon(next_look(), Wait::Concurrency));
        }
        let (begun, points) =
            self.minute.filter(|(begun, _)| after(*begun, MINUTE) > now).unwrap_or((now, 0));
        if points >= POINTS_PER_MINUTE {
            return Some(Leave::Soon(until(after(begun, MINUTE), now), Wait::Points));
        }
        self.minute = Some((begun, points + 1));
        None
    }

    /// Requests without an answer may have been charged.
    fn give_up_lost(&mut self, now: DateTime<Utc>) {
        let lost: Vec<(u64, Resource)> = self
            .sent
            .iter()
            .filter(|(_, (at, _))| after(*at, LEASE) <= now)
            .map(|(id, (_, of))| (*id, *of))
            .collect();
        for (id, resource) in lost {
            self.sent.remove(&id);
            self.charge(resource, now);
        }
    }

    fn charge(&mut self, resource: Resource, now: DateTime<Utc>) {
        let known = self.quotas.get_mut(&resource).filter(|known| known.reset > now);
        if let Some((_, left)) = known.and_then(|known| known.told.as_mut()) {
            *left -= 1;
        }
    }

    fn learn(&mut self, quota: Quota, now: DateTime<Utc>) {
        let left = i64::try_from(quota.left).unwrap_or(i64::MAX);
        let new = Known { told: Some((quota.limit, left)), reset: after(now, quota.reset_in) };
        let same = |known: &&Known| (known.reset - new.reset).abs().to_std().is_ok_and(|it| it < SAME_WINDOW);
        let known = self.quotas.get(&quota.resource).filter(|known| known.reset > now).filter(same);
        // Answers may overtake each other: within one window, the lowest count is the newest.
        let known = match known {
            Some(Known { told: Some((_, before)), reset }) => {
                Known { told: Some((quota.limit, left.min(*before))), reset: *reset }
            }
            _ => new,
        };
        self.quotas.insert(quota.resource, known);
    }

    fn learn_nothing(&mut self, resource: Resource, now: DateTime<Utc>) {
        let known = self.quotas.get(&resource).is_some_and(|known| known.reset > now);
        if !known {
            self.quotas.insert(resource, Known { told: None, reset: after(now, UNTOLD) });
        }
    }

    fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.sent.is_empty()
            && self.pause.is_none_or(|pause| pause <= now)
            && self.quotas.values().all(|known| known.reset <= now)
    }
}

fn make_room(accounts: &mut HashMap<Account, State>, now: DateTime<Utc>) {
    accounts.retain(|_, state| !state.is_stale(now));
    if accounts.len() >= MAX_ACCOUNTS {
        // What is forgotten of an account is found out again by one request.
        let idle =
            accounts.iter().find(|(_, state)| state.sent.is_empty()).map(|(account, _)| account.clone());
        idle.map(|account| accounts.remove(&account));
    }
}

/// The quota of which the smallest part is left, of all accounts: the one that an operator wants to know of.
fn tightest<'a>(
    states: impl Iterator<Item = &'a State>,
    resource: Resource,
    now: DateTime<Utc>,
) -> Option<Tightest> {
    let known = states.filter_map(|state| state.quotas.get(&resource)).filter(|known| known.reset > now);
    let told = known.filter_map(|known| {
        let (limit, left) = known.told?;
        Some(Tightest { limit, left: left.max(0).unsigned_abs(), reset: known.reset })
    });
    told.min_by(|a, b| a.part().total_cmp(&b.part()))
}

fn after(moment: DateTime<Utc>, time: Duration) -> DateTime<Utc> {
    let time = TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX);
    moment.checked_add_signed(time).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn until(moment: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (moment - now).to_std().unwrap_or_default()
}
