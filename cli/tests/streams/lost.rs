//! Words that get lost between the author and the gateway, and events that are lost for good.

use std::time::Duration;

use crate::{
    alone,
    audience::Audience,
    author::{Author, Telling, log_key},
    record::{Places, Plan, Target},
    stage::{Embedded, Stage, address},
    verdict::Verdict,
};

/// Within what time an event is told that nobody spoke of: the promise.
const HEALED_WITHIN: Duration = Duration::from_secs(3);

/// Followers of a sync and of its project hear of everything in time, also of the end, after which nothing shows a gap.
async fn nobody_is_told(author: Author, places: Places, telling: Telling) {
    let project = author.project("silent").await;
    let mut audience = Audience::new(&places, &author.ledger);
    audience.add(100, &Plan::new(Target::Project(project.project.id)));
    audience.listens(100).await;
    let mut script = author.ask(&project, "main", telling).await;
    audience.add(300, &Plan::new(Target::Sync(script.id)));
    audience.listens(400).await;
    script.write(100, Duration::from_millis(50)).await;
    script.end().await;
    author.ledger.close();
    let verdict = Verdict::of(&audience.records().await, &author.ledger);
    verdict.assert_told_within(HEALED_WITHIN);
    assert!(verdict.resets.is_empty(), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_words_are_lost() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let gateway = stage.deployment.gateway().await;
    let author = Author::new(&stage).await;
    nobody_is_told(author, Places::new([address(&gateway)]), Telling::Never).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_words_are_lost_but_the_log() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let gateway = stage.deployment.gateway().await;
    let author = Author::new(&stage).await;
    nobody_is_told(author, Places::new([address(&gateway)]), Telling::InTheLog).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_words_are_lost_to_one_process() {
    let _alone = alone().await;
    let stage = Embedded::new().await;
    let author = Author::beside(&stage.db).await;
    nobody_is_told(author, Places::new([address(&stage.process)]), Telling::Never).await;
}

/// The log in Redis is emptied again and again, and what was said meanwhile is not heard: the database has it.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_trimmed() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let gateway = stage.deployment.gateway().await;
    let author = Author::new(&stage).await;
    let project = author.project("trimmed").await;
    let mut script = author.ask(&project, "main", Telling::Aloud).await;
    let mut audience = Audience::new(&Places::new([address(&gateway)]), &author.ledger);
    audience.add(300, &Plan::new(Target::Sync(script.id)));
    audience.listens(300).await;
    for round in 0..10 {
        script.write(20, Duration::from_millis(10)).await;
        let late = Plan { comes_after: author.ledger.events() + 5, ..Plan::new(Target::Sync(script.id)) };
        audience.join(Plan { last_event_id: Some((script.last - 15).to_string()), ..late });
        script.telling = Telling::Never;
        script.write(5, Duration::ZERO).await;
        script.telling = Telling::Aloud;
        let log = log_key(script.id);
        if round % 2 == 0 {
            stage.redis(&["XTRIM", &log, "MAXLEN", "1"]).await;
        } else {
            stage.redis(&["DEL", &log]).await;
        }
    }
    script.end().await;
    let verdict = Verdict::of(&audience.records().await, &author.ledger);
    assert!(verdict.resets.is_empty(), "{verdict:?}");
}

/// Events that are kept nowhere any more: who follows is told so, and goes on in order.
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_gone() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let gateway = stage.deployment.gateway().await;
    let author = Author::new(&stage).await;
    let project = author.project("gone").await;
    let mut script = author.ask(&project, "main", Telling::Aloud).await;
    let mut audience = Audience::new(&Places::new([address(&gateway)]), &author.ledger);
    audience.add(100, &Plan::new(Target::Sync(script.id)));
    audience.listens(100).await;
    script.write(50, Duration::ZERO).await;
    audience.hears(100 * 51).await;
    // Nobody ever heard of these.
    script.lose(10);
    script.write(10, Duration::from_millis(10)).await;
    audience.hears(100 * (51 + 2 + 10)).await;
    // These are found by the comparison with the database.
    script.lose(10);
    script.telling = Telling::Never;
    script.write(10, Duration::ZERO).await;
    audience.hears(100 * (51 + 2 + 10 + 2 + 10)).await;
    script.telling = Telling::Aloud;
    script.end().await;
    let verdict = Verdict::of(&audience.records().await, &author.ledger);
    assert_eq!(verdict.resets.get("lost"), Some(&200), "{verdict:?}");
}

/// Who comes again to another gateway with the number of an event before the hole is told so.
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_gone_when_clients_come_again() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let author = Author::new(&stage).await;
    let project = author.project("gone").await;
    for (number, events) in [(1, 60), (2, 400)] {
        let mut script = author.ask(&project, &format!("branch-{number}"), Telling::Aloud).await;
        script.write(events, Duration::ZERO).await;
        script.remove_rows(30, 40).await;
        // It has never heard of the sync.
        let gateway = stage.deployment.gateway().await;
        let mut audience = Audience::new(&Places::new([address(&gateway)]), &author.ledger);
        for seen in [1, 28, 29, 35, 39, 40, 41, 50] {
            let plan = Plan { last_event_id: Some(seen.to_string()), ..Plan::new(Target::Sync(script.id)) };
            audience.add(5, &plan);
        }
        audience.listens(40).await;
        script.end().await;
        let verdict = Verdict::of(&audience.records().await, &author.ledger);
        // The first event after the hole is the 41st.
        assert_eq!(verdict.resets.get("lost"), Some(&25), "{verdict:?}");
    }
}

/// Who missed more than is replayed gets the state.
#[tokio::test(flavor = "multi_thread")]
async fn clients_are_too_far_behind() {
    let _alone = alone().await;
    let stage = Stage::with(|launcher| launcher.set("gateway.replay_events", 20)).await;
    let author = Author::new(&stage).await;
    let project = author.project("far").await;
    let mut script = author.ask(&project, "main", Telling::Aloud).await;
    script.write(400, Duration::ZERO).await;
    let gateway = stage.deployment.gateway().await;
    let mut audience = Audience::new(&Places::new([address(&gateway)]), &author.ledger);
    for seen in [0, 1, 50, 100, 390, 400] {
        let plan = Plan { last_event_id: Some(seen.to_string()), ..Plan::new(Target::Sync(script.id)) };
        audience.add(20, &plan);
    }
    // The last ones are told nothing yet but what they ask for.
    audience.listens(100).await;
    script.write(10, Duration::from_millis(10)).await;
    script.end().await;
    let verdict = Verdict::of(&audience.records().await, &author.ledger);
    // What is still in memory is told all the same.
    assert_eq!(verdict.resets.get("tooOld"), Some(&80), "{verdict:?}");
}
