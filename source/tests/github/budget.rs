//! The rules of a budget, which both kinds are held to.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use project_sync_source::{
    budget::{
        Account, LEASE, Leave, LocalBudget, MAX_CONCURRENT, Outcome, POINTS_PER_MINUTE, Priority, Quota,
        RateBudget, RedisBudget, Resource, Ticket, Wait,
    },
    clock::Clock,
};
use testkit::redis::test_redis_url;

const HOUR: Duration = Duration::from_secs(3_600);

/// How long Redis may take, so that a busy machine is not taken for one without it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How much of a wait may be over by the time that it is looked at.
const A_WHILE: Duration = Duration::from_secs(50);

/// A budget that nobody else uses, and its clock.
struct Scene {
    budget: Arc<dyn RateBudget>,
    clock: Clock,
    account: Account,
}

fn scenes() -> [Scene; 2] {
    let scene = |redis: bool| {
        let clock = Clock::default();
        let prefix = format!("test-{:032x}", rand::random::<u128>());
        let budget: Arc<dyn RateBudget> = match redis {
            false => Arc::new(LocalBudget::new(clock.clone())),
            true => {
                let budget = RedisBudget::new(&test_redis_url(), &prefix, [7; 32], clock.clone()).unwrap();
                Arc::new(budget.with_patience(PATIENCE))
            }
        };
        Scene { budget, clock, account: Account::token("https://host", "token") }
    };
    [scene(false), scene(true)]
}

impl Scene {
    async fn ask_as(&self, priority: Priority) -> Leave {
        self.budget.reserve(&self.account, Resource::Core, priority).await
    }

    async fn ask(&self) -> Leave {
        self.ask_as(Priority::Person).await
    }

    async fn granted(&self) -> Ticket {
        match self.ask().await {
            Leave::Granted(ticket) => ticket,
            other => panic!("{:?}: {other:?}", self.budget),
        }
    }

    async fn waits(&self, reason: Wait) -> Duration {
        match self.ask().await {
            Leave::Soon(wait, why) | Leave::Closed(wait, why) if why == reason => wait,
            other => panic!("{:?}: {other:?}", self.budget),
        }
    }

    async fn told(&self, ticket: Ticket, limit: u64, left: u64) {
        self.budget.settle(ticket, Outcome::Answered { quota: Some(quota(limit, left)), pause: None }).await;
    }

    /// As many are left as this, of ten times as many.
    async fn with_left(self, left: u64) -> Self {
        let first = self.granted().await;
        self.told(first, left * 10, left).await;
        self
    }

    /// Asks until it has to wait; gives how many were granted.
    async fn all(&self) -> usize {
        let mut granted = 0;
        while let Leave::Granted(_) = self.ask().await {
            granted += 1;
        }
        granted
    }
}

fn quota(limit: u64, left: u64) -> Quota {
    Quota { resource: Resource::Core, limit, left, reset_in: HOUR }
}

#[tokio::test]
async fn one_goes_ahead_and_then_no_more_than_are_left() {
    for scene in scenes() {
        let first = scene.granted().await;
        scene.waits(Wait::First).await;
        scene.told(first, 5_000, 3).await;
        let tickets = [scene.granted().await, scene.granted().await, scene.granted().await];
        scene.waits(Wait::Quota).await;
        for (ticket, left) in tickets.into_iter().zip([2, 1, 0]) {
            scene.told(ticket, 5_000, left).await;
        }
        let wait = scene.waits(Wait::Quota).await;
        assert!(wait > HOUR - A_WHILE && wait <= HOUR, "{wait:?}");
        scene.clock.pass(HOUR);
        let first = scene.granted().await;
        scene.waits(Wait::First).await;
        scene.told(first, 5_000, 4_999).await;
        scene.granted().await;
    }
}

#[tokio::test]
async fn whoever_goes_ahead_and_never_comes_back_is_not_waited_for() {
    for scene in scenes() {
        scene.granted().await;
        scene.waits(Wait::First).await;
        scene.clock.pass(Duration::from_secs(6));
        scene.granted().await;
    }
}

#[tokio::test]
async fn late_answers_add_nothing_and_free_ones_take_nothing() {
    for scene in scenes() {
        let scene = scene.with_left(5).await;
        let (early, late) = (scene.granted().await, scene.granted().await);
        scene.told(late, 50, 3).await;
        scene.told(early, 50, 4).await;
        assert_eq!(scene.all().await, 3);
    }
    for scene in scenes() {
        let scene = scene.with_left(5).await;
        // Not modified: told as before.
        let ticket = scene.granted().await;
        scene.told(ticket, 50, 5).await;
        let ticket = scene.granted().await;
        scene.budget.settle(ticket, Outcome::Unsent).await;
        assert_eq!(scene.all().await, 5);
    }
}

#[tokio::test]
async fn lost_requests_may_have_been_charged() {
    for scene in scenes() {
        let scene = scene.with_left(5).await;
        let ticket = scene.granted().await;
        scene.budget.settle(ticket, Outcome::Lost).await;
        // Its worker crashed.
        scene.granted().await;
        scene.clock.pass(LEASE);
        assert_eq!(scene.all().await, 3);
    }
}

#[tokio::test]
async fn a_part_is_kept_for_people() {
    for scene in scenes() {
        let first = scene.granted().await;
        scene.told(first, 100, 11).await;
        let Leave::Granted(ticket) = scene.ask_as(Priority::Background).await else {
            panic!("{:?}", scene.budget)
        };
        let second = scene.ask_as(Priority::Background).await;
        assert!(matches!(second, Leave::Soon(_, Wait::Quota)), "{second:?}");
        scene.told(ticket, 100, 10).await;
        let third = scene.ask_as(Priority::Background).await;
        assert!(matches!(third, Leave::Closed(_, Wait::Reserve)), "{third:?}");
        assert_eq!(scene.all().await, 10);
    }
}

#[tokio::test]
async fn a_pause_is_for_all_that_an_account_asks() {
    for scene in scenes() {
        let scene = scene.with_left(5).await;
        let ticket = scene.granted().await;
        let pause = Duration::from_secs(90);
        scene.budget.settle(ticket, Outcome::Answered { quota: None, pause: Some(pause) }).await;
        let wait = scene.waits(Wait::Secondary).await;
        assert!(wait > pause - A_WHILE && wait <= pause, "{wait:?}");
        let search = scene.budget.reserve(&scene.account, Resource::Search, Priority::Person).await;
        assert!(matches!(search, Leave::Closed(_, Wait::Secondary)), "{search:?}");
        let other = Account::installation("https://host", 1, 2);
        let other = scene.budget.reserve(&other, Resource::Core, Priority::Person).await;
        assert!(matches!(other, Leave::Granted(_)), "{other:?}");
        scene.clock.pass(pause);
        scene.granted().await;
    }
}

#[tokio::test]
async fn resources_have_quotas_of_their_own() {
    for scene in scenes() {
        let scene = scene.with_left(5).await;
        let search = scene.budget.reserve(&scene.account, Resource::Search, Priority::Person).await;
        let Leave::Granted(ticket) = search else { panic!("{search:?}") };
        let told = Quota { resource: Resource::Search, ..quota(30, 0) };
        scene.budget.settle(ticket, Outcome::Answered { quota: Some(told), pause: None }).await;
        let search = scene.budget.reserve(&scene.account, Resource::Search, Priority::Person).await;
        assert!(matches!(search, Leave::Closed(_, Wait::Quota)), "{search:?}");
        assert_eq!(scene.all().await, 5);
    }
}

#[tokio::test]
async fn few_are_under_way_at_once_and_few_are_sent_in_a_minute() {
    for scene in scenes() {
        let untold = Outcome::Answered { quota: None, pause: None };
        let first = scene.granted().await;
        scene.budget.settle(first, untold).await;
        let mut tickets = Vec::new();
        while let Leave::Granted(ticket) = scene.ask().await {
            tickets.push(ticket);
        }
        assert_eq!(tickets.len() as u64, MAX_CONCURRENT);
        scene.waits(Wait::Concurrency).await;
        join_all(tickets.into_iter().map(|ticket| scene.budget.settle(ticket, untold))).await;
        // Many at a time, so that all of it is sent in one minute of a busy machine, too.
        let mut left = POINTS_PER_MINUTE - MAX_CONCURRENT - 1;
        while left > 0 {
            let count = left.min(MAX_CONCURRENT);
            let tickets = join_all((0..count).map(|_| scene.granted())).await;
            join_all(tickets.into_iter().map(|ticket| scene.budget.settle(ticket, untold))).await;
            left -= count;
        }
        let wait = scene.waits(Wait::Points).await;
        let minute = Duration::from_secs(60);
        assert!(wait <= minute && wait > minute - A_WHILE, "{wait:?}");
        scene.clock.pass(wait + Duration::from_millis(1));
        scene.granted().await;
    }
}
