//! Followers of projects with many syncs, and of what is removed meanwhile.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::interval;

use crate::{
    Chance, alone,
    audience::Audience,
    author::{Author, Telling},
    record::{Finish, Parting, Places, Plan, Target},
    rounds,
    stage::{Stage, address},
    verdict::Verdict,
};

const FOLLOWERS: usize = 200;
const BRANCHES: usize = 6;

/// Syncs on one branch, one after the other.
const SYNCS: usize = 3;

/// Several syncs at once, followers who come and go between two gateways, and listeners that are cut off.
#[tokio::test(flavor = "multi_thread")]
async fn many_syncs_of_a_project() {
    let _alone = alone().await;
    let mut chance = Chance::new();
    for _ in 0..rounds(1) {
        let stage = Stage::new().await;
        let gateways = [stage.deployment.gateway().await, stage.deployment.gateway().await];
        let author = Author::new(&stage).await;
        let project = author.project("busy").await;
        let mut audience = Audience::new(&Places::new(gateways.each_ref().map(address)), &author.ledger);
        for number in 0..FOLLOWERS {
            let comes_after = if number % 10 < 6 { 0 } else { chance.below(BRANCHES * SYNCS * 40) };
            audience.join(Plan { comes_after, ..Plan::new(Target::Project(project.project.id)) });
        }
        audience.listens(FOLLOWERS * 6 / 10).await;
        let paces: Vec<Duration> = (0..BRANCHES)
            .map(|_| Duration::from_millis(20) + chance.moment(Duration::from_millis(40)))
            .collect();
        let (author_of_all, project) = (&author, &project);
        let lanes = paces.iter().enumerate().map(|(branch, pace)| async move {
            for sync in 0..SYNCS {
                // Of some, nobody is told.
                let telling = if (branch + sync) % 5 == 4 { Telling::Never } else { Telling::Aloud };
                let mut script = author_of_all.ask(project, &format!("branch-{branch}"), telling).await;
                script.write(40, *pace).await;
                script.end().await;
            }
        });
        let cutting = async {
            let mut beat = interval(Duration::from_millis(1_700));
            beat.tick().await;
            for _ in 0..4 {
                beat.tick().await;
                stage.cut_off_listeners().await;
            }
        };
        tokio::join!(join_all(lanes), audience.churn(10, 7, &mut chance), cutting);
        author.ledger.close();
        let verdict = Verdict::of(&audience.records().await, &author.ledger);
        assert!(verdict.resets.is_empty(), "{verdict:?}");
        verdict.assert_told_within(Duration::from_secs(3));
    }
}

/// Who follows a project that is removed hears the end, and then that there is no such project.
#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_removed() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let gateway = stage.deployment.gateway().await;
    let author = Author::new(&stage).await;
    let project = author.project("removed").await;
    let mut audience = Audience::new(&Places::new([address(&gateway)]), &author.ledger);
    audience.add(100, &Plan::new(Target::Project(project.project.id)));
    audience.listens(100).await;
    let mut script = author.ask(&project, "main", Telling::Aloud).await;
    script.write(10, Duration::ZERO).await;
    script.end().await;
    audience.hears(100 * (1 + 12)).await;
    author.forget(project.project.id).await;
    let verdict = Verdict::of(&audience.records().await, &author.ledger);
    assert_eq!(verdict.finishes.get(&Finish::NotFound), Some(&100), "{verdict:?}");
    assert_eq!(verdict.partings.get(&Parting::InOrder), Some(&100), "{verdict:?}");
}

/// The same for a sync that ended and was removed before anybody heard of its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_removed() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let gateway = stage.deployment.gateway().await;
    let author = Author::new(&stage).await;
    let project = author.project("removed").await;
    let mut audience = Audience::new(&Places::new([address(&gateway)]), &author.ledger);
    let mut script = author.ask(&project, "main", Telling::Aloud).await;
    audience.add(100, &Plan::new(Target::Sync(script.id)));
    audience.listens(100).await;
    script.write(10, Duration::ZERO).await;
    audience.hears(100 * (1 + 10)).await;
    script.telling = Telling::Never;
    script.end().await;
    script.remove().await;
    let records = audience.records().await;
    for record in &records {
        // The gateway may just have looked.
        assert!(matches!(record.finish, Finish::NotFound | Finish::Over), "{record:?}");
    }
    Verdict::of(&records, &author.ledger);
}
