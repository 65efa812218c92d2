//! What may be asked of an API that limits its callers, shared by all who ask in the same name.
//!
//! GitHub counts requests by account, not by process: ten workers with one token have one quota between them. So a
//! request is *reserved* before it is sent and *settled* by its answer, which tells what is really left. Whoever asks
//! too much gets a secondary limit; then everybody pauses. There are two budgets: [`LocalBudget`] knows what one process
//! did, [`RedisBudget`] what all of them did, and goes on by what its own process knows while Redis is away.
//!
//! The rules are the same in both, and one suite of tests holds them to it:
//!
//! - Never are more requests under way than are left.
//! - While nothing is known of a quota, one request is sent ahead to find out.
//! - A part of the quota ([`RESERVE_DIVISOR`]) is kept for people: what runs in the background stops before.
//! - At most [`MAX_CONCURRENT`] requests are under way at once, and [`POINTS_PER_MINUTE`] are sent in a minute.

mod account;
mod link;
mod local;
mod redis;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;

pub use account::Account;
pub(crate) use account::digest;
pub use local::LocalBudget;
pub use redis::{RedisBudget, RedisBudgetError};

use crate::{clock::Clock, github::tokens::TokenCache};

/// The most requests of an account that are under way at once, over all workers. GitHub allows 100.
pub const MAX_CONCURRENT: u64 = 80;

/// The most requests of an account in a minute, over all workers. GitHub allows 900 points, and one that reads costs one.
pub const POINTS_PER_MINUTE: u64 = 850;

/// One part in so many of a quota is kept for people.
pub const RESERVE_DIVISOR: u64 = 10;

/// How long a request may be without an answer until it counts as lost. Requests are given up by then.
pub const LEASE: Duration = Duration::from_secs(120);

/// How long others wait for the one request that is sent ahead while nothing is known.
const FIRST_ANSWER: Duration = Duration::from_secs(5);

/// How long a server that tells nothing of a quota is taken to have none.
const UNTOLD: Duration = Duration::from_secs(60);

/// How long to wait for the answers to others' requests before asking again; jittered by half.
const NEXT_LOOK: Duration = Duration::from_millis(20);

/// Resets that are this near to each other are of the same window: servers tell whole seconds.
const SAME_WINDOW: Duration = Duration::from_secs(5);

/// What points are counted in.
const MINUTE: Duration = Duration::from_secs(60);

/// What has a quota of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Resource {
    /// Most of the REST API.
    Core,
    /// GraphQL.
    Graphql,
    /// Searching, but for code.
    Search,
    /// Searching code.
    CodeSearch,
    /// Whatever else a server names.
    Other,
}

impl Resource {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Core, Self::Graphql, Self::Search, Self::CodeSearch, Self::Other];

    /// The word: as GitHub has it, in keys, and as the label of metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Graphql => "graphql",
            Self::Search => "search",
            Self::CodeSearch => "code_search",
            Self::Other => "other",
        }
    }

    /// The one that a server names.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.as_str() == name).unwrap_or(Self::Other)
    }

    /// The one that a request to this path is charged to.
    pub fn of_path(path: &str) -> Self {
        match path {
            path if path.starts_with("/graphql") => Self::Graphql,
            path if path.starts_with("/search/code") => Self::CodeSearch,
            path if path.starts_with("/search/") => Self::Search,
            _ => Self::Core,
        }
    }
}

/// Who waits for a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Priority {
    /// A person, or a program that somebody waits for.
    #[default]
    Person,
    /// Nobody: a schedule or a poll.
    Background,
}

impl From<entities::Priority> for Priority {
    fn from(priority: entities::Priority) -> Self {
        match priority {
            entities::Priority::Schedule => Self::Background,
            _ => Self::Person,
        }
    }
}

/// Why a request has to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// The quota is used up.
    Quota,
    /// What is left is kept for people.
    Reserve,
    /// The server said to pause.
    Secondary,
    /// As many requests are under way as may be.
    Concurrency,
    /// As many were sent in this minute as may be.
    Points,
    /// The first request of a window tells what is left.
    First,
}

impl Wait {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Quota, Self::Reserve, Self::Secondary, Self::Concurrency, Self::Points, Self::First];

    /// The word, as a label of metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quota => "quota",
            Self::Reserve => "reserve",
            Self::Secondary => "secondary",
            Self::Concurrency => "concurrency",
            Self::Points => "points",
            Self::First => "first",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// Leave to send one request. To be given back by [`RateBudget::settle`]; one that is not counts as lost after
/// [`LEASE`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ticket {
    account: Account,
    resource: Resource,
    id: u64,
    /// Whether it is known to the budget that processes share.
    shared: bool,
}

/// The answer to a reservation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Leave {
    /// It may be sent now.
    Granted(Ticket),
    /// Not yet: ask again after this long.
    Soon(Duration, Wait),
    /// Not for this long, which a server told.
    Closed(Duration, Wait),
}

/// A quota, as an answer tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quota {
    /// What it is of.
    pub resource: Resource,
    /// Requests of a window.
    pub limit: u64,
    /// Requests left in this one.
    pub left: u64,
    /// How long this one lasts.
    pub reset_in: Duration,
}

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was not sent.
    Unsent,
    /// It was sent, and no answer came: it may have been charged.
    Lost,
    /// It was answered.
    Answered {
        /// What the answer tells of the quota.
        quota: Option<Quota>,
        /// How long everybody has to pause, if it is a limit.
        pause: Option<Duration>,
    },
}

/// Who may send how much. Never fails: where others cannot be asked, it goes by what it knows.
#[async_trait]
pub trait RateBudget: Send + Sync + fmt::Debug {
    /// Asks for leave to send a request.
    async fn reserve(&self, account: &Account, resource: Resource, priority: Priority) -> Leave;

    /// Gives leave back, and tells what the answer told.
    async fn settle(&self, ticket: Ticket, outcome: Outcome);
}

/// What all who read from GitHub in this process share: the budget, and the tokens of installations.
///
/// No setting: two of them are taken to be equal.
#[derive(Clone, Debug)]
pub struct Shared {
    pub(crate) budget: Arc<dyn RateBudget>,
    pub(crate) tokens: Arc<TokenCache>,
}

impl Shared {
    /// Shares this budget. Tokens expire by `clock`.
    pub fn new(budget: Arc<dyn RateBudget>, clock: Clock) -> Self {
        Self { budget, tokens: Arc::new(TokenCache::new(clock)) }
    }
}

impl Default for Shared {
    fn default() -> Self {
        let clock = Clock::default();
        Self::new(Arc::new(LocalBudget::new(clock.clone())), clock)
    }
}

impl PartialEq for Shared {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Shared {}

/// When to look again, so that not all look at once.
fn next_look() -> Duration {
    NEXT_LOOK.mul_f64(rand::random_range(0.5..=1.0))
}
