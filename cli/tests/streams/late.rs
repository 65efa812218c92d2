//! Clients that come late, and clients that come before anything happens.

use std::time::Duration;

use crate::{
    Chance, alone,
    audience::Audience,
    author::{Author, Telling},
    record::{Places, Plan, Target},
    rounds,
    stage::{Embedded, Stage, address},
    verdict::Verdict,
};

/// Events of a sync, besides the first and the last one.
const EVENTS: usize = 200;

/// The pause between two of them.
const PACE: Duration = Duration::from_millis(20);

/// Of all clients, 60 of a hundred are there from the beginning; the others come at any moment, half of them with the
/// number of an event that they may have seen.
pub(crate) fn some_come_late(audience: &mut Audience, clients: usize, target: Target, chance: &mut Chance) {
    for number in 0..clients {
        let mut plan = Plan::new(target);
        if number % 10 >= 6 {
            plan.comes_after = 1 + chance.below(EVENTS + 2);
            if number % 2 == 0 {
                plan.last_event_id = Some(chance.below(plan.comes_after + 1).to_string());
            }
        }
        audience.join(plan);
    }
}

async fn late_joiners(author: Author, places: Places, clients: usize, telling: Telling, chance: &mut Chance) {
    let project = author.project("late").await;
    let mut script = author.ask(&project, "main", telling).await;
    let mut audience = Audience::new(&places, &author.ledger);
    some_come_late(&mut audience, clients, Target::Sync(script.id), chance);
    audience.listens(clients * 6 / 10).await;
    script.write(EVENTS, PACE).await;
    script.end().await;
    Verdict::of(&audience.records().await, &author.ledger);
}

/// Forty of a hundred clients come late, at any moment, some after the end.
#[tokio::test(flavor = "multi_thread")]
async fn clients_come_late() {
    let _alone = alone().await;
    let mut chance = Chance::new();
    for _ in 0..rounds(1) {
        let stage = Stage::new().await;
        let gateway = stage.deployment.gateway().await;
        let places = Places::new([address(&gateway)]);
        late_joiners(Author::new(&stage).await, places, 1_000, Telling::Aloud, &mut chance).await;
    }
}

/// The same in one process, which nobody tells anything from outside: it finds the rows.
#[tokio::test(flavor = "multi_thread")]
async fn clients_come_late_to_one_process() {
    let _alone = alone().await;
    let mut chance = Chance::new();
    for _ in 0..rounds(1) {
        let stage = Embedded::new().await;
        let places = Places::new([address(&stage.process)]);
        late_joiners(Author::beside(&stage.db).await, places, 500, Telling::Never, &mut chance).await;
    }
}

/// Whoever follows a sync that waits sees it begin.
#[tokio::test(flavor = "multi_thread")]
async fn clients_come_before_the_worker() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let gateway = stage.deployment.gateway().await;
    let author = Author::new(&stage).await;
    let project = author.project("early").await;
    let mut script = author.ask(&project, "main", Telling::Aloud).await;
    let mut audience = Audience::new(&Places::new([address(&gateway)]), &author.ledger);
    audience.add(100, &Plan::new(Target::Sync(script.id)));
    audience.add(100, &Plan::new(Target::Project(project.project.id)));
    let from_the_start = Plan { last_event_id: Some("0".to_owned()), ..Plan::new(Target::Sync(script.id)) };
    audience.add(100, &from_the_start);
    audience.listens(300).await;
    script.write(20, PACE).await;
    script.end().await;
    author.ledger.close();
    let records = audience.records().await;
    let verdict = Verdict::of(&records, &author.ledger);
    // Nobody had to come twice but to hear that this is all.
    assert_eq!(verdict.connections, 100 + 2 * 200, "{verdict:?}");
    assert_eq!(verdict.snapshots, 200);
    verdict.assert_told_within(Duration::from_secs(1));
}
