//! What the queue in memory holds, and how it changes.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use entities::{Priority, TenantId};
use tokio::time::Instant;

use super::lanes::Lanes;
use crate::queue::{Claimed, Delivery, MAX_DELAY, NewJob, QueueStats, Receipt, Settlement};

pub(super) struct State {
    lease: Duration,
    /// Counts up with whatever needs an order: jobs, loans, turns.
    clock: u64,
    /// All jobs, by id; each is also in exactly one of the three below, as its place says.
    jobs: HashMap<String, Job>,
    ready: BTreeMap<Priority, Lanes>,
    /// When each is due, with its order number and id.
    delayed: BTreeSet<(Instant, u64, String)>,
    /// When each loan runs out.
    lent: BTreeSet<(Instant, String)>,
    /// When each worker was heard of.
    workers: HashMap<String, Instant>,
    /// Who has each duty, and until when.
    duties: HashMap<String, (String, Instant)>,
}

struct Job {
    payload: String,
    tenant: TenantId,
    priority: Priority,
    /// Its order among those of its tenant and priority.
    seq: u64,
    attempt: u32,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    Waiting(Due),
    Lent { token: u64, deadline: Instant, next: Next },
}

/// When a job may be lent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Now,
    At(Instant),
}

/// What was asked about a job while it was on loan.
#[derive(Clone, Copy)]
enum Next {
    Nothing,
    /// It was removed.
    Never,
    /// It was pushed.
    Again(Due),
}

/// What came of a push.
pub(super) struct Pushed {
    pub(super) is_new: bool,
    /// Workers should look.
    pub(super) wake: bool,
}

impl Due {
    fn after(delay: Duration, now: Instant) -> Self {
        if delay.is_zero() { Self::Now } else { Self::At(now + delay.min(MAX_DELAY)) }
    }

    fn seen_at(self, now: Instant) -> Self {
        match self {
            Self::At(due) if due > now => self,
            _ => Self::Now,
        }
    }
}

impl State {
    pub(super) fn new(lease: Duration) -> Self {
        Self {
            lease,
            clock: 0,
            jobs: HashMap::new(),
            ready: BTreeMap::new(),
            delayed: BTreeSet::new(),
            lent: BTreeSet::new(),
            workers: HashMap::new(),
            duties: HashMap::new(),
        }
    }

    pub(super) fn push(&mut self, new: &NewJob, now: Instant) -> Pushed {
        let id = new.job.sync_id().to_string();
        let due = Due::after(new.delay, now);
        let Some(mut job) = self.take(&id) else {
            let job = Job {
                payload: new.job.encode(),
                tenant: new.tenant,
                priority: new.priority,
                seq: self.tick(),
                attempt: 0,
                place: Place::Waiting(due),
            };
            return Pushed { is_new: true, wake: self.put(id, job) };
        };
        job.priority = job.priority.min(new.priority);
        let may_wake = match &mut job.place {
            Place::Waiting(old) => {
                let moved = due < *old;
                *old = due.min(*old);
                moved
            }
            // Nobody has it any more.
            Place::Lent { deadline, .. } if *deadline <= now => {
                job.place = Place::Waiting(due);
                true
            }
            Place::Lent { next, .. } => {
                *next = match *next {
                    Next::Again(old) => Next::Again(old.min(due)),
                    Next::Nothing | Next::Never => Next::Again(due),
                };
                job.payload = new.job.encode();
                false
            }
        };
        let wake = self.put(id, job);
        Pushed { is_new: false, wake: wake && may_wake }
    }

    /// Lends jobs, and tells whether other workers should look, too.
    pub(super) fn claim(&mut self, worker: &str, max: usize, now: Instant) -> (Claimed, bool) {
        self.see(worker, now);
        let moved = self.promote(now) | self.reap(now);
        let mut deliveries = Vec::new();
        while deliveries.len() < max
            && let Some(delivery) = self.lend(now)
        {
            deliveries.push(delivery);
        }
        let more = moved && self.ready.values().any(|lanes| !lanes.is_empty());
        let next_due = self.delayed.first().map(|(due, ..)| *due - now);
        (Claimed { deliveries, next_due }, more)
    }

    pub(super) fn prolong(&mut self, worker: &str, receipts: &[Receipt], now: Instant) -> Vec<Receipt> {
        self.see(worker, now);
        let mut lost = Vec::new();
        for receipt in receipts {
            match self.take_lent(receipt) {
                Some((mut job, next)) => {
                    job.place = Place::Lent { token: receipt.token, deadline: now + self.lease, next };
                    self.put(receipt.id.clone(), job);
                }
                None => lost.push(receipt.clone()),
            }
        }
        lost
    }

    /// Ends a loan, and tells whether workers should look.
    pub(super) fn settle(&mut self, receipt: &Receipt, settlement: Settlement, now: Instant) -> bool {
        let Some((mut job, next)) = self.take_lent(receipt) else { return false };
        let due = match (settlement, next) {
            (Settlement::Done, Next::Again(due)) => {
                job.attempt = 0;
                job.seq = self.tick();
                due
            }
            (Settlement::Done, _) | (Settlement::Retry { .. }, Next::Never) => return false,
            (Settlement::Retry { after, counted }, next) => {
                job.attempt -= u32::from(!counted);
                let due = Due::after(after, now);
                if let Next::Again(again) = next { due.min(again) } else { due }
            }
        };
        job.place = Place::Waiting(due.seen_at(now));
        self.put(receipt.id.clone(), job)
    }

    pub(super) fn remove(&mut self, id: &str, now: Instant) {
        let Some(mut job) = self.take(id) else { return };
        if let Place::Lent { deadline, next, .. } = &mut job.place
            && *deadline > now
        {
            *next = Next::Never;
            self.put(id.to_owned(), job);
        }
    }

    pub(super) fn revoke(&mut self, id: &str) {
        self.take(id);
    }

    pub(super) fn lead(&mut self, duty: &str, worker: &str, term: Duration, now: Instant) -> bool {
        match self.duties.get(duty) {
            Some((other, until)) if other != worker && *until > now => false,
            _ => {
                self.duties.insert(duty.to_owned(), (worker.to_owned(), now + term.min(MAX_DELAY)));
                true
            }
        }
    }

    pub(super) fn leave(&mut self, worker: &str) {
        self.workers.remove(worker);
    }

    pub(super) fn stats(&self, now: Instant) -> QueueStats {
        let due = self.delayed.iter().take_while(|(due, ..)| *due <= now).count();
        let expired = self.lent.iter().take_while(|(deadline, _)| *deadline <= now).count();
        let delayed = self.delayed.len() - due;
        let lent = self.lent.len() - expired;
        let ages = self.workers.iter().map(|(worker, seen)| (worker.clone(), now - *seen));
        let mut workers: Vec<_> = ages.filter(|(_, age)| *age <= self.lease).collect();
        workers.sort();
        QueueStats {
            ready: (self.jobs.len() - delayed - lent) as u64,
            delayed: delayed as u64,
            lent: lent as u64,
            workers,
        }
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn see(&mut self, worker: &str, now: Instant) {
        self.workers.retain(|_, seen| now - *seen <= self.lease);
        self.workers.insert(worker.to_owned(), now);
    }

    /// Takes a job out of its place.
    fn take(&mut self, id: &str) -> Option<Job> {
        let job = self.jobs.remove(id)?;
        match job.place {
            Place::Waiting(Due::Now) => {
                self.ready.entry(job.priority).or_default().remove(job.tenant, job.seq, id);
            }
            Place::Waiting(Due::At(due)) => {
                self.delayed.remove(&(due, job.seq, id.to_owned()));
            }
            Place::Lent { deadline, .. } => {
                self.lent.remove(&(deadline, id.to_owned()));
            }
        }
        Some(job)
    }

    /// Takes a job that is on the loan that a receipt proves, and tells what was asked about it meanwhile.
    fn take_lent(&mut self, receipt: &Receipt) -> Option<(Job, Next)> {
        match self.jobs.get(&receipt.id)?.place {
            Place::Lent { token, next, .. } if token == receipt.token => {
                self.take(&receipt.id).map(|job| (job, next))
            }
            _ => None,
        }
    }

    /// Puts a job in its place, and tells whether workers should look: it is ready, or due before all others.
    fn put(&mut self, id: String, job: Job) -> bool {
        let wake = match job.place {
            Place::Waiting(Due::Now) => {
                self.ready.entry(job.priority).or_default().insert(job.tenant, job.seq, id.clone());
                true
            }
            Place::Waiting(Due::At(due)) => {
                let first = self.delayed.first().is_none_or(|(other, ..)| due < *other);
                self.delayed.insert((due, job.seq, id.clone()));
                first
            }
            Place::Lent { deadline, .. } => {
                self.lent.insert((deadline, id.clone()));
                false
            }
        };
        self.jobs.insert(id, job);
        wake
    }

    /// Makes ready what is due, and tells whether anything was.
    fn promote(&mut self, now: Instant) -> bool {
        let mut any = false;
        while let Some((_, _, id)) = self.delayed.first().filter(|(due, ..)| *due <= now) {
            let id = id.clone();
            let Some(mut job) = self.take(&id) else { break };
            job.place = Place::Waiting(Due::Now);
            any |= self.put(id, job);
        }
        any
    }

    /// Makes ready what is on loans that ran out, and tells whether anything was.
    fn reap(&mut self, now: Instant) -> bool {
        let mut any = false;
        while let Some((_, id)) = self.lent.first().filter(|(deadline, _)| *deadline <= now) {
            let id = id.clone();
            let Some(mut job) = self.take(&id) else { break };
            if !matches!(job.place, Place::Lent { next: Next::Never, .. }) {
                job.place = Place::Waiting(Due::Now);
                any |= self.put(id, job);
            }
        }
        any
    }

    /// Lends the job whose turn it is.
    fn lend(&mut self, now: Instant) -> Option<Delivery> {
        let token = self.tick();
        let id = self.ready.values_mut().find_map(|lanes| lanes.serve(token))?;
        let mut job = self.take(&id)?;
        job.attempt += 1;
        job.place = Place::Lent { token, deadline: now + self.lease, next: Next::Nothing };
        let delivery = Delivery { id: id.clone(), payload: job.payload.clone(), attempt: job.attempt, token };
        self.put(id, job);
        Some(delivery)
    }
}
