//! Clients that hardly read.

use std::time::Duration;

use crate::{
    alone,
    audience::Audience,
    author::{Author, Telling},
    record::{Parting, Places, Plan, Target},
    stage::{Stage, address},
    verdict::Verdict,
};

const FAST: usize = 60;
const SLOW: usize = 20;

/// The least that the kernel lets a client have, in bytes.
const SMALL_BUFFER: u32 = 2_304;

/// Clients that read a byte a second are dropped and disturb nobody; when they come again and read, they get everything.
#[tokio::test(flavor = "multi_thread")]
async fn slow_readers_disturb_nobody() {
    let _alone = alone().await;
    let small = |launcher: testkit::service::Launcher| {
        launcher.set("gateway.heartbeat_seconds", 1).set("gateway.send_buffer_bytes", 4_096)
    };
    let stage = Stage::with(small).await;
    let gateway = stage.deployment.gateway().await;
    let author = Author::new(&stage).await;
    let project = author.project("slow").await;
    let mut script = author.ask(&project, "main", Telling::Aloud).await;
    script.padding = 500;
    let places = Places::new([address(&gateway)]);
    let mut fast = Audience::new(&places, &author.ledger);
    fast.add(FAST, &Plan::new(Target::Sync(script.id)));
    let mut slow = Audience::new(&places, &author.ledger);
    let plan = Plan {
        slow_after: Some(4),
        receive_buffer: Some(SMALL_BUFFER),
        ..Plan::new(Target::Sync(script.id))
    };
    slow.add(SLOW, &plan);
    fast.listens(FAST).await;
    slow.listens(SLOW).await;
    // More than a ring holds.
    script.write(600, Duration::from_millis(8)).await;
    script.end().await;
    let fast = Verdict::of(&fast.records().await, &author.ledger);
    assert_eq!(fast.connections, 2 * FAST, "{fast:?}");
    fast.assert_told_within(Duration::from_secs(1));
    let records = slow.records().await;
    assert!(records.iter().all(|record| record.visits[0].parting == Parting::Broken), "{records:?}");
    let slow = Verdict::of(&records, &author.ledger);
    assert!(slow.resets.is_empty(), "{slow:?}");
}
