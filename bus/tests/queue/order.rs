//! Which job is lent when.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use entities::{Priority, TenantId};
use project_sync_bus::queue::{JobQueue, NewJob, Settlement};

use crate::{on_each_queue, place::*};

on_each_queue! {
    async fn the_oldest_comes_first(place: Place) {
        let queue = place.queue(LONG).await;
        let tenant = TenantId::generate();
        let jobs: Vec<NewJob> = (0..20).map(|_| job_of(tenant)).collect();
        // Not in the order of their ids.
        let jobs: Vec<NewJob> = jobs.into_iter().rev().collect();
        assert_eq!(queue.push(&jobs[..10]).await.unwrap(), 10);
        for job in &jobs[10..] {
            queue.push(std::slice::from_ref(job)).await.unwrap();
        }
        let mut seen = claim_ids(&*queue, 3).await;
        seen.extend(claim_ids(&*queue, 100).await);
        assert_eq!(seen, ids(&jobs));
        assert!(claim(&*queue, 100).await.is_empty());
    }

    async fn what_is_lent_is_what_was_pushed(place: Place) {
        let queue = place.queue(LONG).await;
        let mut job = job();
        job.job = job.job.traced(Some("00-ä\n 1-01".to_owned()));
        queue.push(std::slice::from_ref(&job)).await.unwrap();
        let lent = claim(&*queue, 1).await;
        assert_eq!((&lent[0].payload, lent[0].attempt), (&job.job.encode(), 1));
    }

    async fn the_more_important_comes_first_whosever_it_is(place: Place) {
        let queue = place.queue(LONG).await;
        let (one, other) = (TenantId::generate(), TenantId::generate());
        let of = |tenant, priority| NewJob { priority, ..job_of(tenant) };
        let jobs = [
            of(one, Priority::Schedule),
            of(one, Priority::Push),
            of(other, Priority::Schedule),
            of(one, Priority::Person),
            of(one, Priority::Person),
        ];
        queue.push(&jobs).await.unwrap();
        let mut seen = claim_ids(&*queue, 2).await;
        seen.extend(claim_ids(&*queue, 10).await);
        let [schedule, push, schedule_of_other, person, second] = &jobs;
        assert_eq!(seen[..3], ids([person, second, push]));
        let last: std::collections::HashSet<_> = seen[3..].iter().cloned().collect();
        assert_eq!(last, ids([schedule, schedule_of_other]).into_iter().collect());
    }

    async fn a_tenant_with_a_thousand_jobs_starves_nobody(place: Place) {
        let queue = place.queue(LONG).await;
        let (rich, poor) = (TenantId::generate(), TenantId::generate());
        for _ in 0..2 {
            let jobs: Vec<NewJob> = (0..500).map(|_| job_of(rich)).collect();
            queue.push(&jobs).await.unwrap();
        }
        drop(claim(&*queue, 10).await);
        let few: Vec<NewJob> = (0..3).map(|_| job_of(poor)).collect();
        queue.push(&few).await.unwrap();
        let mut seen = claim_ids(&*queue, 1).await;
        seen.extend(claim_ids(&*queue, 1).await);
        seen.extend(claim_ids(&*queue, 4).await);
        seen.retain(|id| ids(&few).contains(id));
        assert_eq!(seen, ids(&few));
    }

    async fn who_was_served_longest_ago_is_next(place: Place) {
        let queue = place.queue(LONG).await;
        let (one, other) = (TenantId::generate(), TenantId::generate());
        queue.push(&[job_of(one)]).await.unwrap();
        drain(&*queue, 1).await;
        queue.push(&[job_of(other)]).await.unwrap();
        drain(&*queue, 1).await;
        // Nothing of either waited, but it is remembered.
        let again = [job_of(other), job_of(other), job_of(one), job_of(one)];
        queue.push(&again).await.unwrap();
        assert_eq!(drain(&*queue, 4).await, ids([&again[2], &again[0], &again[3], &again[1]]));
    }

    async fn a_delayed_job_comes_when_it_is_due(place: Place) {
        let queue = place.queue(LONG).await;
        let delay = Duration::from_millis(80);
        let begin = Instant::now();
        let late = NewJob { delay, ..job() };
        queue.push(&[late.clone(), NewJob { delay: HOUR, ..job() }]).await.unwrap();
        let claimed = queue.claim("worker", 10).await.unwrap();
        let mut lent = claimed.deliveries;
        // Where this very process was held up, it may be due already.
        if lent.is_empty() {
            let next = claimed.next_due.unwrap();
            assert!(!next.is_zero() && next <= delay, "{next:?}");
            lent = claim_some(&*queue, "worker", 10).await;
        }
        assert!(begin.elapsed() >= delay);
        assert_eq!(lent.iter().map(|delivery| &delivery.id).collect::<Vec<_>>(), [&id(&late)]);
        let next = queue.claim("worker", 10).await.unwrap().next_due.unwrap();
        assert!(next > HOUR / 2 && next <= HOUR, "{next:?}");
        assert_eq!(queue.stats().await.unwrap().delayed, 1);
    }

    async fn the_longest_delay_does_no_harm(place: Place) {
        let queue = place.queue(LONG).await;
        queue.push(&[NewJob { delay: Duration::MAX, ..job() }]).await.unwrap();
        let claimed = queue.claim("worker", 1).await.unwrap();
        assert!(claimed.deliveries.is_empty());
        assert!(claimed.next_due.unwrap() > 100 * HOUR);
    }

    async fn a_job_is_queued_once(place: Place) {
        let queue = place.queue(LONG).await;
        let tenant = TenantId::generate();
        let (one, other) = (job_of(tenant), job_of(tenant));
        assert_eq!(queue.push(&[one.clone(), one.clone(), other.clone()]).await.unwrap(), 2);
        assert_eq!(queue.push(&[other.clone(), one.clone()]).await.unwrap(), 0);
        assert_eq!(drain(&*queue, 2).await, ids([&one, &other]));
        assert!(claim(&*queue, 10).await.is_empty());
        assert_eq!(queue.push(&[one]).await.unwrap(), 1);
    }

    async fn pushing_again_moves_forward_only(place: Place) {
        let queue = place.queue(LONG).await;
        let tenant = TenantId::generate();
        let jobs: Vec<NewJob> =
            (0..4).map(|_| NewJob { priority: Priority::Push, ..job_of(tenant) }).collect();
        let late = NewJob { delay: HOUR, ..job_of(tenant) };
        queue.push(&jobs).await.unwrap();
        queue.push(std::slice::from_ref(&late)).await.unwrap();
        // Later or less important is not heard.
        queue.push(&[NewJob { delay: HOUR, ..jobs[0].clone() }]).await.unwrap();
        queue.push(&[NewJob { priority: Priority::Schedule, ..jobs[1].clone() }]).await.unwrap();
        // Earlier or more important is; twice in one call, too.
        let important = NewJob { priority: Priority::Person, ..jobs[3].clone() };
        queue.push(&[important.clone(), important]).await.unwrap();
        queue.push(&[NewJob { delay: Duration::ZERO, ..late.clone() }]).await.unwrap();
        let expected = ids([&jobs[3], &late, &jobs[0], &jobs[1], &jobs[2]]);
        assert_eq!(drain(&*queue, 5).await, expected);
    }

    async fn a_delayed_job_is_made_important(place: Place) {
        let queue = place.queue(LONG).await;
        let tenant = TenantId::generate();
        let late = NewJob { delay: HOUR, priority: Priority::Schedule, ..job_of(tenant) };
        queue.push(std::slice::from_ref(&late)).await.unwrap();
        queue.push(&[NewJob { priority: Priority::Person, ..late.clone() }]).await.unwrap();
        assert!(claim(&*queue, 1).await.is_empty());
        queue.push(&[NewJob { priority: Priority::Push, ..job_of(tenant) }]).await.unwrap();
        queue.push(&[NewJob { delay: Duration::ZERO, ..late.clone() }]).await.unwrap();
        assert_eq!(claim_ids(&*queue, 1).await, ids([&late]));
    }

    async fn what_is_removed_is_not_lent(place: Place) {
        let queue = place.queue(LONG).await;
        let tenant = TenantId::generate();
        let jobs = [job_of(tenant), job_of(tenant), NewJob { delay: HOUR, ..job_of(tenant) }];
        queue.push(&jobs).await.unwrap();
        queue.remove(&[jobs[0].job.sync_id(), jobs[2].job.sync_id()]).await.unwrap();
        queue.remove(&[jobs[0].job.sync_id(), job().job.sync_id()]).await.unwrap();
        let claimed = queue.claim("worker", 10).await.unwrap();
        assert_eq!((claimed.deliveries.len(), claimed.next_due), (1, None));
        assert_eq!(claimed.deliveries[0].id, id(&jobs[1]));
        settle(&*queue, &claimed.deliveries[0], Settlement::Done).await;
        assert_eq!(queue.push(&jobs).await.unwrap(), 3);
    }

    async fn many_push_at_once(place: Place) {
        let queue: Arc<dyn JobQueue> = place.queue(LONG).await.into();
        let jobs: Vec<NewJob> = (0..1_000).map(|_| job()).collect();
        let push_twice = |jobs: &[NewJob]| -> Vec<_> {
            let push = |job: NewJob| {
                let queue = queue.clone();
                tokio::spawn(async move { queue.push(&[job]).await.unwrap() })
            };
            jobs.iter().chain(jobs).cloned().map(push).collect()
        };
        let mut new = 0;
        for push in push_twice(&jobs[..500]) {
            new += soon(push).await.unwrap();
        }
        assert_eq!(new, 500);
        // Some give up waiting; that must not harm the others. With one that was pushing for many goes what of it was new.
        let pushes = push_twice(&jobs[500..]);
        for push in pushes.iter().step_by(97) {
            push.abort();
        }
        for push in pushes {
            new += soon(push).await.unwrap_or_default();
        }
        assert!(new <= 1_000, "{new}");
        queue.push(&jobs[..500]).await.unwrap();
        queue.push(&jobs[500..]).await.unwrap();
        let mut seen = drain(&*queue, 1_000).await;
        seen.sort();
        let mut expected = ids(&jobs);
        expected.sort();
        assert_eq!(seen, expected);
        assert!(claim(&*queue, 1).await.is_empty());
    }
}
