//! Following all syncs of a project.

use std::collections::BTreeMap;

use entities::{Branch, ProjectSync};
use futures::future::join_all;
use project_sync_gateway::Settings;
use rand::{Rng, SeedableRng, rngs::StdRng};
use testkit::on_each_database;

use crate::{
    client::{Follower, Message},
    stage::{Stage, warning},
};

/// Events by the sync they are of.
type Seen = BTreeMap<String, Vec<i64>>;

fn see(seen: &mut Seen, message: &Message) {
    if message.event == "snapshot" {
        seen.clear();
        for sync in message.data["syncs"].as_array().unwrap() {
            let upto = sync["seq"].as_i64().unwrap();
            seen.insert(sync["syncId"].as_str().unwrap().to_owned(), (1..=upto).collect());
        }
        return;
    }
    seen.entry(message.data["syncId"].as_str().unwrap().to_owned()).or_default().push(message.seq());
}

/// Tells what happens on some branches, in an order of chance; gives how many events each sync had.
async fn happen(stage: &Stage, branches: &[Branch], steps: usize, rng: &mut StdRng) -> BTreeMap<String, i64> {
    let mut running: Vec<Option<(ProjectSync, i64)>> = branches.iter().map(|_| None).collect();
    let mut lasts = BTreeMap::new();
    for step in 0..steps + branches.len() {
        let closing = step >= steps;
        let at = if closing { step - steps } else { rng.random_range(0..branches.len()) };
        match running[at].take() {
            None if closing => {}
            None => running[at] = Some((stage.ask(&branches[at]).await, 1)),
            Some((sync, last)) => {
                let ends = closing || rng.random_bool(0.1);
                if ends {
                    // Ends the row as well, so that the next one can be asked for.
                    stage.cancel(sync.id, last + 1).await;
                    lasts.insert(sync.id.to_string(), last + 1);
                } else {
                    // Some are only kept, as if the bus were away.
                    match rng.random_bool(0.9) {
                        true => stage.tell(sync.id, last + 1, warning("w")).await,
                        false => drop(stage.keep(sync.id, last + 1, warning("w")).await),
                    }
                    running[at] = Some((sync, last + 1));
                }
            }
        }
    }
    lasts
}

/// Follows a project, leaving and coming again by chance, until every sync of `until` was seen to its end.
async fn follow(
    url: &str,
    seed: u64,
    mut all: tokio::sync::watch::Receiver<Option<BTreeMap<String, i64>>>,
) -> Seen {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut seen = Seen::new();
    let mut last: Option<String> = None;
    loop {
        let mut follower = Follower::new(url, last.as_deref()).await;
        let visits = rng.random_range(1..40);
        for _ in 0..visits {
            let done = all.borrow().as_ref().is_some_and(|lasts| {
                lasts.iter().all(|(sync, count)| seen.get(sync).is_none_or(|seqs| seqs.last() == Some(count)))
                    && last.as_deref().is_some_and(|id| !id.contains('.') && id == lasts.len().to_string())
            });
            if done {
                return seen;
            }
            let message = tokio::select! {
                message = follower.next() => message.expect("a project's stream does not end"),
                _ = all.changed() => continue,
            };
            assert_ne!(message.event, "reset", "{message:?}");
            see(&mut seen, &message);
            last = message.id.or(last);
        }
    }
}

on_each_database! {
    async fn followers_see_each_event_of_each_sync_once(database: TestDatabase) {
        let seed = std::env::var("FAULT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
        eprintln!("FAULT_SEED={seed}");
        let stage = Stage::new(database, Settings::default()).await;
        let mut rng = StdRng::seed_from_u64(seed);
        let mut branches = Vec::new();
        for name in ["main", "next", "old", "x"] {
            branches.push(stage.branch(name).await);
        }
        let (tell_all, all) = tokio::sync::watch::channel(None);
        let url = stage.project_url();
        let followers = (0..8).map(|number| {
            let (url, all) = (url.clone(), all.clone());
            async move { follow(&url, seed.wrapping_add(number), all).await }
        });
        let author = async {
            // In three parts: the later followers find some of it done.
            let mut lasts = BTreeMap::new();
            for _ in 0..3 {
                lasts.append(&mut happen(&stage, &branches, 120, &mut rng).await);
            }
            tell_all.send_replace(Some(lasts.clone()));
            lasts
        };
        let (all_seen, lasts) = tokio::join!(join_all(followers), author);
        assert!(lasts.len() > 10);
        for seen in all_seen {
            for (sync, seqs) in &seen {
                assert_eq!(*seqs, (1..=lasts[sync]).collect::<Vec<i64>>(), "{sync}");
            }
        }
        // From the very beginning everything is replayed.
        let total: i64 = lasts.values().sum();
        let mut again = Follower::new(&url, Some("0")).await;
        let mut seen = Seen::new();
        for message in again.some(usize::try_from(total).unwrap()).await {
            see(&mut seen, &message);
        }
        let counts: BTreeMap<String, i64> = seen.iter().map(|(sync, seqs)| (sync.clone(), seqs.len() as i64)).collect();
        assert_eq!(counts, lasts);
    }

    async fn events_that_are_kept_nowhere_reset(database: TestDatabase) {
        let stage = Stage::new(database, Settings::default()).await;
        let main = stage.branch("main").await;
        let sync = stage.ask(&main).await.id;
        let url = stage.project_url();
        let mut follower = Follower::new(&url, None).await;
        assert_eq!(follower.next().await.unwrap().id.as_deref(), Some("1.1-1"));
        let event = bus::ProgressEvent { sync_id: sync, seq: 5, at: chrono::Utc::now(), event: warning("after a hole") };
        stage.dispatcher.progress.publish(&event).await;
        let told = follower.some(3).await;
        assert_eq!((told[0].event.as_str(), &told[0].data["reason"]), ("reset", &"lost".into()));
        assert_eq!((told[1].event.as_str(), &told[1].data["syncs"][0]["seq"]), ("snapshot", &4.into()));
        assert_eq!((told[2].seq(), told[2].id.as_deref()), (5, Some("1.1-5")));
        // Who comes again from before the hole cannot be given what is not there.
        stage.cancel(sync, 6).await;
        assert_eq!(follower.next().await.unwrap().seq(), 6);
        let mut late = Follower::new(&url, Some("1.1-1")).await;
        let told = late.some(2).await;
        let names: Vec<&str> = told.iter().map(|message| message.event.as_str()).collect();
        assert!(names == ["reset", "snapshot"], "{told:?}");
    }

    async fn who_comes_new_sees_what_has_not_ended(database: TestDatabase) {
        let stage = Stage::new(database, Settings { replay_events: 20, ..Default::default() }).await;
        let main = stage.branch("main").await;
        let ended = stage.ask(&main).await.id;
        stage.cancel(ended, 2).await;
        let sync = stage.ask(&main).await.id;
        for seq in 2..=40 {
            stage.keep(sync, seq, warning("kept")).await;
        }
        let url = stage.project_url();
        let mut follower = Follower::new(&url, None).await;
        let first = follower.next().await.unwrap();
        assert_eq!((first.event.as_str(), first.id.as_deref()), ("snapshot", Some("2.2-40")));
        let shown = first.data["syncs"].as_array().unwrap();
        assert_eq!((shown.len(), shown[0]["syncId"].as_str()), (1, Some(sync.to_string().as_str())));
        for (id, reason) in [("2.2-19", "tooOld"), ("0", "tooOld"), ("3", "unknownId"), ("2.2-41", "unknownId"), ("17", "unknownId"), ("x", "unknownId"), ("2.1-1.2-2.3-3", "unknownId")] {
            let mut bogus = Follower::new(&url, Some(id)).await;
            let told = bogus.some(2).await;
            assert_eq!((told[0].event.as_str(), &told[0].data["reason"]), ("reset", &reason.into()), "{id}");
            assert_eq!((told[1].event.as_str(), told[1].id.as_deref()), ("snapshot", Some("2.2-40")), "{id}");
        }
        let mut near = Follower::new(&url, Some("2.2-30")).await;
        assert_eq!(near.some(10).await.last().unwrap().id.as_deref(), Some("2.2-40"));
        stage.cancel(sync, 41).await;
        for follower in [&mut follower, &mut near] {
            assert_eq!(follower.next().await.unwrap().id.as_deref(), Some("2"));
        }
        let next = stage.ask(&main).await.id;
        let queued = follower.next().await.unwrap();
        assert_eq!((queued.event.as_str(), queued.id.as_deref()), ("queued", Some("3.3-1")));
        assert_eq!(queued.data["syncId"], next.to_string());
        assert_eq!(queued.data["branch"], "main");
    }
}
