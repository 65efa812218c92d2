//! Gateways that end, in order or not, while another one is there.

use std::time::{Duration, Instant};

use crate::{
    alone,
    audience::Audience,
    author::{Author, Telling},
    record::{Parting, Places, Plan, Record, Target},
    stage::{Embedded, Stage, address},
    verdict::Verdict,
};

const CLIENTS: usize = 500;

/// How many seconds a gateway has to send its clients away.
const DRAIN_SECONDS: u64 = 5;

/// How long it may take to end besides, in seconds: less than it waits for whoever does not go.
const SPARE_SECONDS: u64 = 20;

/// Followers of a sync and of its project, all at the first gateway.
async fn audience(author: &Author, places: &Places) -> (Audience, crate::author::Script) {
    let project = author.project("moved").await;
    let script = author.ask(&project, "main", Telling::Aloud).await;
    let mut audience = Audience::new(places, &author.ledger);
    audience.add(CLIENTS, &Plan::new(Target::Sync(script.id)));
    audience.add(CLIENTS / 5, &Plan::new(Target::Project(project.project.id)));
    audience.listens(CLIENTS + CLIENTS / 5).await;
    (audience, script)
}

/// Every client was sent away by the first gateway as it should be: told when to come again, and the stream ended.
fn assert_sent_away(records: &[Record]) {
    for record in records {
        let first = &record.visits[0];
        assert_eq!((first.parting, first.was_sent_away), (Parting::InOrder, true), "{record:?}");
        assert!(record.visits.iter().all(|visit| visit.parting != Parting::Broken), "{record:?}");
    }
}

/// A gateway that is to end sends its clients away, spread over time, and they go on at another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_ends_in_order() {
    let _alone = alone().await;
    let stage = Stage::with(|launcher| launcher.set("gateway.drain_seconds", DRAIN_SECONDS)).await;
    let (first, second) = (stage.deployment.gateway().await, stage.deployment.gateway().await);
    let author = Author::new(&stage).await;
    let places = Places::new([address(&first)]);
    let (audience, mut script) = audience(&author, &places).await;
    places.add(address(&second));
    script.write(50, Duration::from_millis(10)).await;
    let ending = async {
        let begun = Instant::now();
        let status = first.terminate().await;
        assert!(status.success(), "{status}");
        begun.elapsed()
    };
    let (drained, ()) = tokio::join!(ending, script.write(150, Duration::from_millis(20)));
    println!("drained in {:.2} s", drained.as_secs_f64());
    assert!(drained < Duration::from_secs(DRAIN_SECONDS + SPARE_SECONDS), "{drained:?}");
    script.end().await;
    author.ledger.close();
    let records = audience.records().await;
    assert_sent_away(&records);
    let verdict = Verdict::of(&records, &author.ledger);
    assert!(verdict.resets.is_empty(), "{verdict:?}");
}

/// A gateway is killed, and its clients go on at another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_killed() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let (first, second) = (stage.deployment.gateway().await, stage.deployment.gateway().await);
    let author = Author::new(&stage).await;
    let places = Places::new([address(&first)]);
    let (audience, mut script) = audience(&author, &places).await;
    places.add(address(&second));
    script.write(50, Duration::from_millis(10)).await;
    tokio::join!(first.kill_9(), script.write(150, Duration::from_millis(20)));
    script.end().await;
    author.ledger.close();
    let verdict = Verdict::of(&audience.records().await, &author.ledger);
    assert!(verdict.partings[&Parting::Broken] >= CLIENTS + CLIENTS / 5, "{verdict:?}");
    assert!(verdict.resets.is_empty(), "{verdict:?}");
}

/// The service in one process is replaced by another one on the same data, and its clients go on there.
#[tokio::test(flavor = "multi_thread")]
async fn one_process_is_replaced() {
    let _alone = alone().await;
    let mut stage = Embedded::new().await;
    let author = Author::beside(&stage.db).await;
    let places = Places::new([address(&stage.process)]);
    let (audience, mut script) = audience(&author, &places).await;
    let replacing = async {
        let first = stage.replace().await;
        places.add(address(&stage.process));
        let status = first.terminate().await;
        assert!(status.success(), "{status}");
    };
    tokio::join!(replacing, script.write(150, Duration::from_millis(20)));
    script.end().await;
    author.ledger.close();
    let records = audience.records().await;
    assert_sent_away(&records);
    let verdict = Verdict::of(&records, &author.ledger);
    assert!(verdict.resets.is_empty(), "{verdict:?}");
}
