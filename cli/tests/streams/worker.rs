//! Real workers and a real repository: one worker is killed in the middle, and another one goes on.

use std::time::Duration;

use entities::{SyncId, SyncStatus, syncs};
use serde_json::json;
use testkit::{
    git_http::{Fault, GitHttp},
    repo::large_repository,
    service::ServiceProcess,
};
use tokio::time::sleep;

use crate::{
    alone,
    audience::Audience,
    author::Author,
    record::{Places, Plan, Target},
    stage::{Embedded, POLL, Stage, address, blocking},
    verdict::Verdict,
};

/// More events than any sync here has.
const MANY: u64 = 10_000;

/// Waits until a sync has ended, and takes its events into the author's ledger.
async fn ended(author: &Author, db: &entities::TenantDb, id: SyncId) -> entities::ProjectSync {
    let row = loop {
        let row = syncs::get(db, id).await.unwrap().unwrap();
        if row.status.is_terminal() {
            break row;
        }
        sleep(POLL).await;
    };
    let events = syncs::events(db, id, 0, MANY).await.unwrap();
    author.ledger.note_end(id);
    events.iter().for_each(|_| author.ledger.note(id));
    author.ledger.close();
    row
}

async fn followers(author: &Author, process: &ServiceProcess, sync: &str, project: &str) -> Audience {
    let mut audience = Audience::new(&Places::new([address(process)]), &author.ledger);
    audience.add(100, &Plan::new(Target::Project(project.parse().unwrap())));
    audience.add(200, &Plan::new(Target::Sync(sync.parse().unwrap())));
    audience.listens(300).await;
    audience
}

/// The sync is interrupted and goes on elsewhere, and all who follow it see all of that.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_killed() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let (api, gateway) = (stage.deployment.api().await, stage.deployment.gateway().await);
    let author = Author::silent(&stage.db).await;
    blocking(|| large_repository(&stage.folder().join("real.git"), 2_000, 4_000_000, 7));
    let host = GitHttp::start(stage.folder()).await;
    let client = api.client();
    let project = client.create_project("real", &host.url("real.git")).await;
    // What the host can do, where the head is, and then no answer when the content is wanted.
    for fault in [Fault::Pass, Fault::Pass, Fault::Hold] {
        host.push_fault(fault);
    }
    let sync = client.start_sync(&project, &json!({})).await.id;
    let audience = followers(&author, &gateway, &sync, &project).await;
    let first = stage.deployment.worker().await;
    host.until_held().await;
    let _second = stage.deployment.worker().await;
    first.kill_9().await;
    let id = sync.parse().unwrap();
    let row = ended(&author, &stage.db, id).await;
    assert_eq!((row.status, row.attempts), (SyncStatus::Completed, 2), "{row:#?}");
    let events = syncs::events(&stage.db, id, 0, MANY).await.unwrap();
    let is_lost = |event: &entities::SyncEvent| event.payload["reason"] == "workerLost";
    assert_eq!(events.iter().filter(|event| is_lost(event)).count(), 1);
    let verdict = Verdict::of(&audience.records().await, &author.ledger);
    assert!(verdict.resets.is_empty(), "{verdict:?}");
}

/// A real sync in one process.
#[tokio::test(flavor = "multi_thread")]
async fn one_process_does_it_all() {
    let _alone = alone().await;
    let stage = Embedded::new().await;
    let author = Author::silent(&stage.db).await;
    blocking(|| large_repository(&stage.folder().join("real.git"), 2_000, 4_000_000, 7));
    let host = GitHttp::start(stage.folder()).await;
    let client = stage.process.client();
    let project = client.create_project("real", &host.url("real.git")).await;
    host.push_fault(Fault::Hold);
    let sync = client.start_sync(&project, &json!({})).await.id;
    let audience = followers(&author, &stage.process, &sync, &project).await;
    host.until_held().await;
    host.release();
    let row = ended(&author, &stage.db, sync.parse().unwrap()).await;
    assert_eq!((row.status, row.attempts), (SyncStatus::Completed, 1), "{row:#?}");
    let verdict = Verdict::of(&audience.records().await, &author.ledger);
    assert!(verdict.resets.is_empty(), "{verdict:?}");
    verdict.assert_told_within(Duration::from_secs(1));
}
