//! Leases, and what ends a loan.

use std::time::{Duration, Instant};

use project_sync_bus::queue::{JobQueue, NewJob, Receipt, Settlement};

use crate::{on_each_queue, place::*};

const AT_ONCE: Settlement = Settlement::Retry { after: Duration::ZERO, counted: true };

/// Prolongs a loan for longer than its lease, all the while nobody else gets its job. `false` if this very process was held
/// up for a lease meanwhile, so that the loan ran out.
async fn holds_for_longer(queue: &dyn JobQueue, lease: Duration) -> bool {
    queue.push(&[job()]).await.unwrap();
    let begin = Instant::now();
    let held = claim(queue, 1).await.remove(0);
    let mut last = begin;
    while begin.elapsed() < lease * 3 / 2 {
        let now = Instant::now();
        let lost = queue.prolong("worker", &[held.receipt()]).await.unwrap();
        let others = queue.claim("other", 1).await.unwrap().deliveries;
        if last.elapsed() >= lease {
            for delivery in others.iter().chain([&held]) {
                settle(queue, delivery, Settlement::Done).await;
            }
            return false;
        }
        assert_eq!((lost, others), (vec![], vec![]));
        last = now;
    }
    settle(queue, &held, Settlement::Done).await;
    true
}

on_each_queue! {
    async fn a_loan_that_ran_out_is_lent_again_and_its_holder_is_told(place: Place) {
        let queue = place.queue(SHORT).await;
        queue.push(&[job()]).await.unwrap();
        let first = queue.claim("lost", 1).await.unwrap().deliveries.remove(0);
        let second = claim_some(&*queue, "other", 1).await.remove(0);
        assert_eq!((&second.id, second.attempt), (&first.id, 2));
        assert!(second.token > first.token);
        assert_eq!(queue.prolong("lost", &[first.receipt()]).await.unwrap(), [first.receipt()]);
        // What the first one says does nothing any more.
        settle(&*queue, &first, Settlement::Done).await;
        settle(&*queue, &first, AT_ONCE).await;
        assert_eq!(queue.prolong("other", &[second.receipt()]).await.unwrap(), []);
        settle(&*queue, &second, Settlement::Done).await;
        assert!(claim(&*queue, 1).await.is_empty());
        assert_eq!(queue.stats().await.unwrap().ready, 0);
    }

    async fn a_loan_that_is_prolonged_holds(place: Place) {
        let lease = Duration::from_secs(1);
        let queue = place.queue(lease).await;
        soon(async { while !holds_for_longer(&*queue, lease).await {} }).await;
    }

    async fn a_revoked_loan_is_lost_and_its_job_forgotten(place: Place) {
        let queue = place.queue(LONG).await;
        let new = job();
        let id = new.job.sync_id();
        queue.push(&[new.clone(), job()]).await.unwrap();
        let held = claim(&*queue, 1).await.remove(0);
        queue.revoke(&[id]).await.unwrap();
        assert_eq!(queue.prolong("worker", &[held.receipt()]).await.unwrap(), [held.receipt()]);
        queue.push(&[new]).await.unwrap();
        settle(&*queue, &held, Settlement::Done).await;
        let ids: Vec<String> = claim(&*queue, 3).await.into_iter().map(|delivery| delivery.id).collect();
        assert_eq!(ids.len(), 2, "{ids:?}");
        assert!(ids.contains(&id.to_string()));
        // What waits is forgotten, too.
        let waiting = job();
        queue.push(std::slice::from_ref(&waiting)).await.unwrap();
        queue.revoke(&[waiting.job.sync_id()]).await.unwrap();
        assert!(claim(&*queue, 1).await.is_empty());
    }

    async fn prolonging_tells_exactly_what_is_lost(place: Place) {
        let queue = place.queue(LONG).await;
        queue.push(&[job(), job(), job()]).await.unwrap();
        let held = claim(&*queue, 3).await;
        settle(&*queue, &held[1], Settlement::Done).await;
        let unknown = Receipt { id: "never heard of".to_owned(), token: held[0].token };
        let forged = Receipt { token: held[0].token + 1_000, ..held[0].receipt() };
        let receipts =
            [held[0].receipt(), held[1].receipt(), unknown.clone(), held[2].receipt(), forged.clone()];
        let lost = queue.prolong("worker", &receipts).await.unwrap();
        assert_eq!(lost, [held[1].receipt(), unknown, forged]);
        assert_eq!(queue.prolong("worker", &[]).await.unwrap(), []);
    }

    async fn a_retry_comes_after_its_time_and_counts_if_it_is_to(place: Place) {
        let queue = place.queue(LONG).await;
        queue.push(&[job()]).await.unwrap();
        let first = claim(&*queue, 1).await.remove(0);
        settle(&*queue, &first, AT_ONCE).await;
        let second = claim(&*queue, 1).await.remove(0);
        assert_eq!(second.attempt, 2);
        let after = Duration::from_millis(50);
        let begin = Instant::now();
        settle(&*queue, &second, Settlement::Retry { after, counted: false }).await;
        let third = claim_some(&*queue, "worker", 1).await.remove(0);
        assert!(begin.elapsed() >= after);
        assert_eq!((third.id, third.attempt), (first.id, 2));
    }

    async fn a_first_attempt_that_does_not_count_is_the_first_again(place: Place) {
        let queue = place.queue(LONG).await;
        queue.push(&[job()]).await.unwrap();
        for _ in 0..3 {
            let held = claim(&*queue, 1).await.remove(0);
            assert_eq!(held.attempt, 1);
            settle(&*queue, &held, Settlement::Retry { after: Duration::ZERO, counted: false }).await;
        }
    }

    async fn a_loan_is_settled_once(place: Place) {
        let queue = place.queue(LONG).await;
        queue.push(&[job()]).await.unwrap();
        let held = claim(&*queue, 1).await.remove(0);
        queue
            .settle(&[(held.receipt(), AT_ONCE), (held.receipt(), Settlement::Done), (held.receipt(), AT_ONCE)])
            .await
            .unwrap();
        let again = claim(&*queue, 10).await;
        assert_eq!((again.len(), again[0].attempt), (1, 2));
    }

    async fn what_is_pushed_while_on_loan_is_queued_anew(place: Place) {
        let queue = place.queue(LONG).await;
        let job = job();
        queue.push(std::slice::from_ref(&job)).await.unwrap();
        let first = claim(&*queue, 1).await.remove(0);
        let newer = NewJob { job: job.job.clone().traced(Some("later".to_owned())), ..job.clone() };
        assert_eq!(queue.push(std::slice::from_ref(&newer)).await.unwrap(), 0);
        assert!(claim(&*queue, 1).await.is_empty());
        settle(&*queue, &first, Settlement::Done).await;
        let second = claim(&*queue, 1).await.remove(0);
        assert_eq!((&second.payload, second.attempt), (&newer.job.encode(), 1));
        settle(&*queue, &second, Settlement::Done).await;
        assert!(claim(&*queue, 1).await.is_empty());
        assert_eq!(queue.push(&[job]).await.unwrap(), 1);
    }

    async fn what_is_pushed_while_on_loan_may_wait_or_hurry(place: Place) {
        let queue = place.queue(LONG).await;
        let (waits, hurries) = (job(), job());
        queue.push(&[waits.clone(), hurries.clone()]).await.unwrap();
        let held = claim(&*queue, 2).await;
        queue.push(&[NewJob { delay: HOUR, ..waits.clone() }, hurries.clone()]).await.unwrap();
        for delivery in &held {
            let settlement = if delivery.id == id(&waits) {
                Settlement::Done
            } else {
                Settlement::Retry { after: HOUR, counted: true }
            };
            settle(&*queue, delivery, settlement).await;
        }
        let stats = queue.stats().await.unwrap();
        assert_eq!((stats.ready, stats.delayed, stats.lent), (1, 1, 0));
        assert_eq!(claim_ids(&*queue, 2).await, ids([&hurries]));
    }

    async fn what_is_removed_while_on_loan_ends_with_it(place: Place) {
        let queue = place.queue(LONG).await;
        let job = job();
        queue.push(std::slice::from_ref(&job)).await.unwrap();
        let held = claim(&*queue, 1).await.remove(0);
        queue.push(std::slice::from_ref(&job)).await.unwrap();
        queue.remove(&[job.job.sync_id()]).await.unwrap();
        assert_eq!(queue.prolong("worker", &[held.receipt()]).await.unwrap(), []);
        settle(&*queue, &held, AT_ONCE).await;
        assert!(claim(&*queue, 1).await.is_empty());
        // Unless it is pushed after that.
        queue.push(std::slice::from_ref(&job)).await.unwrap();
        let held = claim(&*queue, 1).await.remove(0);
        queue.remove(&[job.job.sync_id()]).await.unwrap();
        queue.push(std::slice::from_ref(&job)).await.unwrap();
        settle(&*queue, &held, Settlement::Done).await;
        assert_eq!(claim_ids(&*queue, 1).await, ids([&job]));
    }

    /// A rescue that pushes a job whose worker is gone must not depend on somebody's claim.
    async fn a_push_takes_a_job_back_whose_loan_ran_out(place: Place) {
        let queue = place.queue(SHORT).await;
        let job = job();
        queue.push(std::slice::from_ref(&job)).await.unwrap();
        let held = claim(&*queue, 1).await.remove(0);
        soon(async {
            while queue.stats().await.unwrap().ready == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(queue.push(std::slice::from_ref(&job)).await.unwrap(), 0);
        assert_eq!(queue.prolong("worker", &[held.receipt()]).await.unwrap(), [held.receipt()]);
        let again = claim(&*queue, 10).await;
        assert_eq!((again.len(), again[0].attempt), (1, 2));
    }

    async fn the_counts_are_right(place: Place) {
        let queue = place.queue(LONG).await;
        assert_eq!(queue.stats().await.unwrap(), Default::default());
        let late = NewJob { delay: HOUR, ..job() };
        queue.push(&[job(), job(), job(), late]).await.unwrap();
        let lent = queue.claim("one", 1).await.unwrap().deliveries;
        queue.prolong("other", &[]).await.unwrap();
        let stats = queue.stats().await.unwrap();
        assert_eq!((stats.ready, stats.delayed, stats.lent), (2, 1, 1));
        let names: Vec<&str> = stats.workers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["one", "other"]);
        assert!(stats.workers.iter().all(|(_, age)| *age < LONG));
        queue.leave("one").await.unwrap();
        settle(&*queue, &lent[0], Settlement::Done).await;
        let stats = queue.stats().await.unwrap();
        assert_eq!((stats.lent, stats.workers.len()), (0, 1));
    }

    async fn a_worker_that_is_not_heard_of_for_a_lease_is_not_counted(place: Place) {
        let queue = place.queue(SHORT).await;
        queue.prolong("worker", &[]).await.unwrap();
        soon(async {
            while !queue.stats().await.unwrap().workers.is_empty() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    async fn one_worker_has_a_duty(place: Place) {
        let queue = place.queue(LONG).await;
        assert!(queue.lead("rescue", "one", HOUR).await.unwrap());
        assert!(!queue.lead("rescue", "other", HOUR).await.unwrap());
        assert!(queue.lead("something else", "other", HOUR).await.unwrap());
        // Whoever has it may keep it, for less as well.
        assert!(queue.lead("rescue", "one", Duration::from_millis(30)).await.unwrap());
        soon(async {
            while !queue.lead("rescue", "other", HOUR).await.unwrap() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert!(!queue.lead("rescue", "one", HOUR).await.unwrap());
    }
}
