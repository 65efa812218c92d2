//! The budget that all processes share, in Redis.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use redis::Script;

use super::{
    Account, FIRST_ANSWER, LEASE, Leave, LocalBudget, MAX_CONCURRENT, Outcome, POINTS_PER_MINUTE, Priority,
    RESERVE_DIVISOR, RateBudget, Resource, SAME_WINDOW, Ticket, UNTOLD, Wait, link::Link, next_look,
};
use crate::clock::Clock;

/// Why there is no shared budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RedisBudgetError {
    /// The URL cannot be used. It is not repeated: it may hold a password.
    #[error("the URL of Redis must begin with redis:// or rediss://")]
    Url,
}

/// What all processes did and were told. Each step is one script, so that no two of them see the same request left.
///
/// Redis's own clock counts: those of the machines may differ.
pub struct RedisBudget {
    link: Link,
    /// What keys begin with.
    prefix: String,
    /// What accounts are named under.
    key: [u8; 32],
    clock: Clock,
    local: LocalBudget,
    reserve: Script,
    settle: Script,
}

impl RedisBudget {
    /// The budget in the Redis at `url`, below `prefix`. Accounts are named there under `key`, which all processes must
    /// share. Connects when it is first asked.
    ///
    /// # Errors
    /// If the URL is none of Redis.
    pub fn new(url: &str, prefix: &str, key: [u8; 32], clock: Clock) -> Result<Self, RedisBudgetError> {
        Ok(Self {
            link: Link::new(url).ok_or(RedisBudgetError::Url)?,
            prefix: format!("{{{prefix}}}:github"),
            key,
            local: LocalBudget::new(clock.clone()),
            clock,
            reserve: Script::new(include_str!("reserve.lua")),
            settle: Script::new(include_str!("settle.lua")),
        })
    }

    /// The same, waiting up to `patience` for whatever it asks Redis, before it goes by what this process knows: for where
    /// it matters more that the quota is kept than that a request is sent soon.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { link: self.link.with_patience(patience), ..self }
    }

    /// The keys of an account: of itself, of its quota, of its requests under way.
    fn keys(&self, account: &Account, resource: Resource) -> [String; 3] {
        let account = format!("{}:{}", self.prefix, account.name(&self.key));
        let quota = format!("{account}:{}", resource.as_str());
        let sent = format!("{account}:sent");
        [account, quota, sent]
    }

    /// Asks Redis. `None` if it is away.
    async fn ask(
        &self,
        account: &Account,
        resource: Resource,
        priority: Priority,
        id: u64,
    ) -> Option<(String, u64, String)> {
        let mut script = self.reserve.prepare_invoke();
        for key in self.keys(account, resource) {
            script.key(key);
        }
        script
            .arg(id)
            .arg(u8::from(priority == Priority::Background))
            .arg(self.clock.ahead_ms())
            .arg(MAX_CONCURRENT)
            .arg(POINTS_PER_MINUTE)
            .arg(RESERVE_DIVISOR)
            .arg(milliseconds(LEASE))
            .arg(milliseconds(FIRST_ANSWER));
        self.link.call(&script).await
    }

    async fn tell(&self, ticket: &Ticket, outcome: Outcome) -> Option<u64> {
        let (what, quota, pause) = match outcome {
            Outcome::Unsent => ("unsent", None, None),
            Outcome::Lost => ("lost", None, None),
            Outcome::Answered { quota: None, pause } => ("untold", None, pause),
            Outcome::Answered { quota: Some(quota), pause } if quota.reset_in.is_zero() => {
                ("ended", None, pause)
            }
            Outcome::Answered { quota: Some(quota), pause } => ("told", Some(quota), pause),
        };
        let mut script = self.settle.prepare_invoke();
        for key in self.keys(&ticket.account, quota.map_or(ticket.resource, |quota| quota.resource)) {
            script.key(key);
        }
        script
            .arg(ticket.id)
            .arg(self.clock.ahead_ms())
            .arg(what)
            .arg(quota.map_or(0, |quota| quota.limit))
            .arg(quota.map_or(0, |quota| quota.left))
            .arg(quota.map_or(0, |quota| milliseconds(quota.reset_in)))
            .arg(pause.map_or(0, milliseconds))
            .arg(milliseconds(SAME_WINDOW))
            .arg(milliseconds(UNTOLD));
        self.link.call(&script).await
    }
}

/// Leaves out the key.
impl fmt::Debug for RedisBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBudget").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[async_trait]
impl RateBudget for RedisBudget {
    async fn reserve(&self, account: &Account, resource: Resource, priority: Priority) -> Leave {
        if !account.is_shared() {
            return self.local.reserve(account, resource, priority).await;
        }
        if let Some((wait, why)) = self.local.closed(account, resource) {
            return Leave::Closed(wait, why);
        }
        let id = rand::random();
        let Some((verdict, wait, why)) = self.ask(account, resource, priority, id).await else {
            return self.local.reserve(account, resource, priority).await;
        };
        let (wait, why) = (Duration::from_millis(wait), Wait::named(&why).unwrap_or(Wait::Quota));
        match verdict.as_str() {
            "granted" => Leave::Granted(Ticket { account: account.clone(), resource, id, shared: true }),
            "closed" => Leave::Closed(wait, why),
            _ => Leave::Soon(wait.max(next_look()), why),
        }
    }

    async fn settle(&self, ticket: Ticket, outcome: Outcome) {
        if !ticket.account.is_shared() {
            return self.local.settle(ticket, outcome).await;
        }
        // What was learned while Redis was away is of use to all when it is back.
        self.tell(&ticket, outcome).await;
        if !ticket.shared {
            return self.local.settle(ticket, outcome).await;
        }
        if let Outcome::Answered { quota, pause } = outcome {
            self.local.learn(&ticket.account, quota, pause);
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
