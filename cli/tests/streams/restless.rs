//! Clients that come and go all the time, and a Redis that is cut off, stops or stands still.

use std::time::Duration;

use tokio::time::interval;

use crate::{
    Chance, alone,
    audience::Audience,
    author::{Author, Script, Telling},
    record::{Places, Plan, Target},
    rounds,
    stage::{Stage, address, blocking},
    verdict::Verdict,
};

const CLIENTS: usize = 500;

/// A stage with a sync that is followed by many clients and by some followers of its project.
struct Scene {
    stage: Stage,
    _gateway: testkit::service::ServiceProcess,
    author: Author,
    script: Script,
    audience: Audience,
}

impl Scene {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let gateway = stage.deployment.gateway().await;
        let author = Author::new(&stage).await;
        let project = author.project("restless").await;
        let script = author.ask(&project, "main", Telling::Aloud).await;
        let mut audience = Audience::new(&Places::new([address(&gateway)]), &author.ledger);
        audience.add(CLIENTS, &Plan::new(Target::Sync(script.id)));
        audience.add(CLIENTS / 5, &Plan::new(Target::Project(project.project.id)));
        audience.listens(CLIENTS + CLIENTS / 5).await;
        Self { stage, _gateway: gateway, author, script, audience }
    }

    async fn verdict(self) -> Verdict {
        self.author.ledger.close();
        Verdict::of(&self.audience.records().await, &self.author.ledger)
    }
}

/// Ten of a hundred clients go away each second, for ten seconds, and all who listen to Redis are cut off four times.
#[tokio::test(flavor = "multi_thread")]
async fn clients_come_and_go_and_listeners_are_cut_off() {
    let _alone = alone().await;
    let mut chance = Chance::new();
    for _ in 0..rounds(1) {
        let mut scene = Scene::new().await;
        let cutting = async {
            let mut beat = interval(Duration::from_millis(2_300));
            beat.tick().await;
            for _ in 0..4 {
                beat.tick().await;
                scene.stage.cut_off_listeners().await;
            }
        };
        let writing = async {
            scene.script.write(200, Duration::from_millis(50)).await;
            scene.script.end().await;
        };
        tokio::join!(writing, scene.audience.churn(10, 10, &mut chance), cutting);
        let verdict = scene.verdict().await;
        assert!(verdict.connections > CLIENTS * 2, "{verdict:?}");
        assert!(verdict.resets.is_empty(), "{verdict:?}");
    }
}

/// Redis is away for five seconds and forgets everything.
#[tokio::test(flavor = "multi_thread")]
async fn redis_stops_for_five_seconds() {
    let _alone = alone().await;
    let mut scene = Scene::new().await;
    scene.script.write(50, Duration::from_millis(20)).await;
    blocking(|| scene.stage.redis.stop());
    scene.script.write(100, Duration::from_millis(50)).await;
    blocking(|| scene.stage.redis.start_again().unwrap());
    scene.script.write(50, Duration::from_millis(20)).await;
    scene.script.end().await;
    let verdict = scene.verdict().await;
    assert!(verdict.resets.is_empty(), "{verdict:?}");
    verdict.assert_told_within(Duration::from_secs(3));
}

/// Redis stands still for five seconds, and clients come meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn redis_stands_still_for_five_seconds() {
    let _alone = alone().await;
    let mut scene = Scene::new().await;
    scene.script.write(50, Duration::from_millis(20)).await;
    scene.stage.redis.freeze();
    let late =
        Plan { comes_after: scene.author.ledger.events() + 5, ..Plan::new(Target::Sync(scene.script.id)) };
    scene.audience.add(50, &late);
    scene.script.write(100, Duration::from_millis(50)).await;
    scene.stage.redis.thaw();
    scene.script.write(50, Duration::from_millis(20)).await;
    scene.script.end().await;
    let verdict = scene.verdict().await;
    assert!(verdict.resets.is_empty(), "{verdict:?}");
}
