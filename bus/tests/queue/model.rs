//! Random calls, held against a model that is too simple to be wrong.

use std::collections::BTreeMap;

use entities::{Priority, TenantId};
use project_sync_bus::queue::{Delivery, JobQueue, NewJob, Settlement};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::place::*;

const JOBS: usize = 8;
const TENANTS: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Call {
    Push { job: usize, priority: usize, late: bool },
    Claim { max: usize },
    Prolong,
    Done { nth: usize },
    Retry { nth: usize, late: bool, counted: bool },
    Remove { job: usize },
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        6 => (0..JOBS, 0..3usize, prop::bool::weighted(0.2))
            .prop_map(|(job, priority, late)| Call::Push { job, priority, late }),
        4 => (0..5usize).prop_map(|max| Call::Claim { max }),
        1 => Just(Call::Prolong),
        3 => (0..JOBS).prop_map(|nth| Call::Done { nth }),
        3 => (0..JOBS, prop::bool::weighted(0.3), any::<bool>())
            .prop_map(|(nth, late, counted)| Call::Retry { nth, late, counted }),
        1 => (0..JOBS).prop_map(|job| Call::Remove { job }),
    ]
}

/// What is known of a job.
#[derive(Clone, Debug)]
struct Known {
    priority: usize,
    seq: u64,
    attempt: u32,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    Ready,
    Late,
    Lent,
    /// On loan, and was pushed meanwhile.
    LentAgain {
        late: bool,
    },
    /// On loan, and was removed meanwhile.
    LentOnce,
}

#[derive(Default)]
struct Model {
    jobs: BTreeMap<usize, Known>,
    served: BTreeMap<(usize, usize), u64>,
    clock: u64,
}

impl Model {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn push(&mut self, job: usize, priority: usize, late: bool) -> usize {
        let seq = self.tick();
        let fresh = if late { State::Late } else { State::Ready };
        let Some(known) = self.jobs.get_mut(&job) else {
            self.jobs.insert(job, Known { priority, seq, attempt: 0, state: fresh });
            return 1;
        };
        known.priority = known.priority.min(priority);
        known.state = match known.state {
            State::Late => fresh,
            State::Ready => State::Ready,
            State::LentAgain { late: old } => State::LentAgain { late: late && old },
            State::Lent | State::LentOnce => State::LentAgain { late },
        };
        0
    }

    fn claim(&mut self, tenants: &[TenantId], max: usize) -> Vec<(usize, u32)> {
        let mut lent = Vec::new();
        while lent.len() < max {
            let ready = self.jobs.iter().filter(|(_, known)| known.state == State::Ready);
            let first = ready.min_by_key(|(job, known)| {
                let tenant = *job % TENANTS;
                let served = self.served.get(&(known.priority, tenant)).copied().unwrap_or_default();
                (known.priority, served, tenants[tenant], known.seq)
            });
            let Some((&job, _)) = first else { break };
            let stamp = self.tick();
            let Some(known) = self.jobs.get_mut(&job) else { break };
            known.state = State::Lent;
            known.attempt += 1;
            self.served.insert((known.priority, job % TENANTS), stamp);
            lent.push((job, known.attempt));
        }
        lent
    }

    fn done(&mut self, job: usize) {
        let seq = self.tick();
        match self.jobs.get_mut(&job) {
            Some(known) if matches!(known.state, State::LentAgain { .. }) => {
                let late = known.state == State::LentAgain { late: true };
                known.state = if late { State::Late } else { State::Ready };
                (known.seq, known.attempt) = (seq, 0);
            }
            _ => {
                self.jobs.remove(&job);
            }
        }
    }

    fn retry(&mut self, job: usize, late: bool, counted: bool) {
        let Some(known) = self.jobs.get_mut(&job) else { return };
        let late = match known.state {
            State::LentOnce => {
                self.jobs.remove(&job);
                return;
            }
            State::LentAgain { late: asked } => late && asked,
            _ => late,
        };
        known.attempt -= u32::from(!counted);
        known.state = if late { State::Late } else { State::Ready };
    }

    fn remove(&mut self, job: usize) {
        match self.jobs.get_mut(&job) {
            Some(known) if !matches!(known.state, State::Ready | State::Late) => {
                known.state = State::LentOnce
            }
            _ => {
                self.jobs.remove(&job);
            }
        }
    }
}

async fn follow(queue: &dyn JobQueue, calls: &[Call]) -> Result<(), TestCaseError> {
    let tenants: Vec<TenantId> = (0..TENANTS).map(|_| TenantId::generate()).collect();
    let all: Vec<NewJob> = (0..JOBS).map(|n| job_of(tenants[n % TENANTS])).collect();
    let nth_of = |id: &str| all.iter().position(|job| crate::place::id(job) == id).unwrap();
    let priorities = [Priority::Person, Priority::Push, Priority::Schedule];
    let (mut model, mut held, mut token) = (Model::default(), Vec::<Delivery>::new(), 0);
    for call in calls {
        match *call {
            Call::Push { job, priority, late } => {
                let delay = if late { HOUR } else { Default::default() };
                let new = NewJob { priority: priorities[priority], delay, ..all[job].clone() };
                prop_assert_eq!(queue.push(&[new]).await.unwrap(), model.push(job, priority, late));
            }
            Call::Claim { max } => {
                let lent = claim(queue, max).await;
                let seen: Vec<_> = lent.iter().map(|it| (nth_of(&it.id), it.attempt)).collect();
                prop_assert_eq!(seen, model.claim(&tenants, max));
                for delivery in lent {
                    prop_assert!(delivery.token > token, "tokens must grow");
                    token = delivery.token;
                    held.push(delivery);
                }
            }
            Call::Prolong => {
                let receipts: Vec<_> = held.iter().map(Delivery::receipt).collect();
                prop_assert_eq!(queue.prolong("worker", &receipts).await.unwrap(), []);
            }
            Call::Done { nth } if nth < held.len() => {
                let delivery = held.remove(nth);
                settle(queue, &delivery, Settlement::Done).await;
                model.done(nth_of(&delivery.id));
            }
            Call::Retry { nth, late, counted } if nth < held.len() => {
                let delivery = held.remove(nth);
                let after = if late { HOUR } else { Default::default() };
                settle(queue, &delivery, Settlement::Retry { after, counted }).await;
                model.retry(nth_of(&delivery.id), late, counted);
            }
            Call::Done { .. } | Call::Retry { .. } => {}
            Call::Remove { job } => {
                queue.remove(&[all[job].job.sync_id()]).await.unwrap();
                model.remove(job);
            }
        }
        let stats = queue.stats().await.unwrap();
        let count = |wanted: fn(&State) -> bool| {
            model.jobs.values().filter(|known| wanted(&known.state)).count() as u64
        };
        let ready = count(|state| *state == State::Ready);
        let late = count(|state| *state == State::Late);
        let lent = model.jobs.len() as u64 - ready - late;
        prop_assert_eq!((stats.ready, stats.delayed, stats.lent), (ready, late, lent));
    }
    Ok(())
}

fn check(place: impl Fn() -> Place) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(call(), 0..60), |calls| {
            runtime.block_on(async { follow(&*place().queue(LONG).await, &calls).await })
        })
        .unwrap();
}

/// No job is lost, none is lent twice at once, and each comes in its turn.
mod every_call_does_what_the_model_says {
    use super::*;

    #[test]
    fn local() {
        check(Place::local);
    }

    #[test]
    fn redis() {
        check(Place::redis);
    }
}
