//! Following one sync.

use std::time::{Duration, Instant};

use bus::Event;
use chrono::Utc;
use entities::{SyncEvent, SyncId, projects, syncs};
use project_sync_gateway::Settings;
use reqwest::Client as Http;
use testkit::on_each_database;

use crate::{
    client::{Follower, Message, get},
    stage::{Stage, warning},
};

/// Within what time an event is found that nobody spoke of. It is looked for every two seconds; on a machine that runs
/// everything else, too, that may be late.
const FOUND_WITHIN: Duration = Duration::from_secs(15);

fn seqs(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(Message::seq).collect()
}

fn range(from: i64, to: i64) -> Vec<i64> {
    (from..=to).collect()
}

on_each_database! {
    async fn a_client_sees_everything_once_and_the_end(database: TestDatabase) {
        let stage = Stage::new(database, Settings::default()).await;
        let sync = stage.ask(&stage.branch("main").await).await.id;
        let url = stage.sync_url(sync);
        let mut follower = Follower::new(&url, None).await;
        let first = follower.next().await.unwrap();
        assert_eq!((first.event.as_str(), first.id.as_deref()), ("snapshot", Some("1")));
        assert_eq!(first.data["status"], "pending");
        assert_eq!(first.data["branch"], "main");
        stage.tell(sync, 2, Event::PhaseStarted { phase: "prepare".into(), attempt: 1 }).await;
        for seq in 3..10 {
            stage.tell(sync, seq, warning("careful\nid: 7\n\n")).await;
        }
        let middle = Follower::new(&url, Some("5")).await;
        stage.tell(sync, 10, Event::Cancelled {}).await;
        let rest = follower.rest().await;
        assert_eq!(seqs(&rest), range(2, 10));
        assert!(rest.iter().all(|message| message.id == Some(message.seq().to_string())));
        assert!(rest.iter().all(|message| message.data["type"] == message.event.as_str()));
        assert_eq!(seqs(&middle.rest().await), range(6, 10));
        // Later, too; and then there is nothing to come for.
        let late = Follower::new(&url, None).await.rest().await;
        assert_eq!((late[0].event.as_str(), late[0].data["status"].as_str()), ("snapshot", Some("running")));
        assert_eq!(late[0].data["warnings"], 7);
        assert_eq!(seqs(&late), [9, 10]);
        assert_eq!(seqs(&Follower::new(&url, Some("0")).await.rest().await), range(1, 10));
        for id in ["10", "11", "9223372036854775807"] {
            assert_eq!(get(&Http::new(), &url, Some(id)).await.status(), 204);
        }
        assert_eq!(get(&Http::new(), &format!("{url}?lastEventId=10"), None).await.status(), 204);
        stage.stop().await;
    }

    async fn what_is_not_there_is_a_problem(database: TestDatabase) {
        let stage = Stage::new(database, Settings::default()).await;
        for (path, word) in [
            (format!("project-sync/{}", SyncId::generate()), "sync-not-found"),
            (format!("projects/{}", SyncId::generate()), "project-not-found"),
            ("project-sync/7".to_owned(), "sync-not-found"),
        ] {
            let response = get(&Http::new(), &format!("{}/api/v1/events/{path}", stage.address), None).await;
            assert_eq!(response.status(), 404);
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            let problem: serde_json::Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
            assert_eq!(problem["type"], format!("urn:project-sync:problem:{word}"));
        }
    }

    async fn what_the_ring_has_no_more_comes_from_the_database(database: TestDatabase) {
        let stage = Stage::new(database, Settings { replay_events: 800, ..Default::default() }).await;
        let sync = stage.ask(&stage.branch("main").await).await.id;
        for seq in 2..=900 {
            stage.keep(sync, seq, warning("kept")).await;
        }
        let url = stage.sync_url(sync);
        let mut old = Follower::new(&url, Some("100")).await;
        assert_eq!(seqs(&old.some(800).await), range(101, 900));
        let mut too_old = Follower::new(&url, Some("99")).await;
        let first = too_old.some(2).await;
        assert_eq!((first[0].event.as_str(), &first[0].data["reason"]), ("reset", &"tooOld".into()));
        assert_eq!((first[0].id.as_deref(), first[1].event.as_str()), (None, "snapshot"));
        assert_eq!(first[1].id.as_deref(), Some("900"));
        stage.tell(sync, 901, Event::Cancelled {}).await;
        assert_eq!(seqs(&old.rest().await), [901]);
        assert_eq!(seqs(&too_old.rest().await), [901]);
    }

    async fn an_id_of_nothing_resets(database: TestDatabase) {
        let stage = Stage::new(database, Settings::default()).await;
        let sync = stage.ask(&stage.branch("main").await).await.id;
        for id in ["-1", "2", "9223372036854775808", "1e3", "01", "one", "1.1-1", "\u{e9}"] {
            let mut follower = Follower::new(&stage.sync_url(sync), Some(id)).await;
            let first = follower.some(2).await;
            assert_eq!((first[0].event.as_str(), &first[0].data["reason"]), ("reset", &"unknownId".into()), "{id}");
            assert_eq!((first[1].event.as_str(), first[1].id.as_deref()), ("snapshot", Some("1")));
        }
        stage.tell(sync, 2, Event::Cancelled {}).await;
        let rest = Follower::new(&stage.sync_url(sync), Some("x")).await.rest().await;
        let names: Vec<&str> = rest.iter().map(|message| message.event.as_str()).collect();
        assert_eq!(names, ["reset", "snapshot", "cancelled"]);
    }

    async fn what_nobody_published_is_found(database: TestDatabase) {
        let stage = Stage::new(database, Settings::default()).await;
        let sync = stage.ask(&stage.branch("main").await).await.id;
        let mut follower = Follower::new(&stage.sync_url(sync), None).await;
        follower.next().await.unwrap();
        stage.keep(sync, 2, warning("unheard")).await;
        let kept = Instant::now();
        assert_eq!(follower.next().await.unwrap().seq(), 2);
        assert!(kept.elapsed() < FOUND_WITHIN, "{:?}", kept.elapsed());
        // A hole is filled at once, and in order.
        stage.keep(sync, 3, warning("unheard")).await;
        stage.tell(sync, 4, warning("heard")).await;
        assert_eq!(seqs(&follower.some(2).await), [3, 4]);
        // After the last event nothing shows that it is missing.
        stage.keep(sync, 5, Event::Cancelled {}).await;
        assert_eq!(seqs(&follower.rest().await), [5]);
    }

    async fn events_that_are_kept_nowhere_reset(database: TestDatabase) {
        let stage = Stage::new(database, Settings::default()).await;
        let sync = stage.ask(&stage.branch("main").await).await.id;
        let mut follower = Follower::new(&stage.sync_url(sync), None).await;
        follower.next().await.unwrap();
        let lost = bus::ProgressEvent { sync_id: sync, seq: 5, at: Utc::now(), event: warning("after a hole") };
        stage.dispatcher.progress.publish(&lost).await;
        let told = follower.some(3).await;
        assert_eq!((told[0].event.as_str(), &told[0].data["reason"]), ("reset", &"lost".into()));
        assert_eq!((told[1].event.as_str(), told[2].seq()), ("snapshot", 5));
        stage.tell(sync, 6, Event::Cancelled {}).await;
        assert_eq!(seqs(&follower.rest().await), [6]);
    }

    async fn events_of_no_known_kind_are_passed_over(database: TestDatabase) {
        let stage = Stage::new(database, Settings::default()).await;
        let sync = stage.ask(&stage.branch("main").await).await.id;
        let mut follower = Follower::new(&stage.sync_url(sync), None).await;
        follower.next().await.unwrap();
        let payload = serde_json::json!({ "syncId": sync, "seq": 2, "at": Utc::now(), "type": "dreamt" });
        let row = SyncEvent { tenant_id: stage.tenant, sync_id: sync, seq: 2, at: Utc::now(), payload };
        syncs::append_event(&stage.db(), row).await.unwrap();
        stage.tell(sync, 3, Event::Cancelled {}).await;
        assert_eq!(seqs(&follower.rest().await), [3]);
        assert_eq!(seqs(&Follower::new(&stage.sync_url(sync), Some("1")).await.rest().await), [3]);
    }

    async fn a_sync_that_goes_away_ends_its_stream(database: TestDatabase) {
        let stage = Stage::new(database, Settings::default()).await;
        let row = stage.ask(&stage.branch("main").await).await;
        let of_sync = Follower::new(&stage.sync_url(row.id), None).await;
        let of_project = Follower::new(&stage.project_url(), None).await;
        // Its end is kept, and not told: the project can be deleted before anybody looks.
        assert!(syncs::cancel_pending(&stage.db(), row.id, Utc::now()).await.unwrap());
        let deletion = projects::delete(&stage.db(), stage.project.project.id).await.unwrap();
        assert_eq!(deletion, projects::Deletion::Deleted);
        assert_eq!(of_sync.rest().await.len(), 1);
        assert_eq!(of_project.rest().await.len(), 1);
        assert_eq!(get(&Http::new(), &stage.sync_url(row.id), None).await.status(), 404);
        assert_eq!(get(&Http::new(), &stage.project_url(), None).await.status(), 404);
    }
}
