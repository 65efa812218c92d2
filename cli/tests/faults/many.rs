//! Many syncs at once.

use std::time::Instant;

use futures::{StreamExt, stream};
use serde_json::json;
use testkit::repo::change_files;

use crate::{
    alone,
    sound::assert_sound,
    stage::{Stage, blocking, source},
};

const PROJECTS: usize = 40;

/// Branches of each project, besides the first one.
const MORE_BRANCHES: usize = 4;

const FILES: usize = 60;

const WORKERS: usize = 3;

/// Requests at once.
const REQUESTS: usize = 16;

/// Three workers, two hundred syncs of forty projects: each is run once and shows its branch's head.
#[tokio::test(flavor = "multi_thread")]
async fn three_workers_and_two_hundred_syncs() {
    let _alone = alone().await;
    let stage = Stage::without_losses(|launcher| launcher).await;
    let api = stage.deployment.api().await;
    let client = api.client();
    let mut wanted = Vec::new();
    for number in 0..PROJECTS {
        let repo = stage.repository(&format!("repository-{number}"), FILES);
        let project = client.create_project(&format!("project-{number}"), source(&repo)).await;
        wanted.push((project.clone(), repo.current_branch(), repo.head()));
        for branch in 0..MORE_BRANCHES {
            let name = format!("branch-{branch}");
            repo.branch(&name).checkout(&name);
            let head = blocking(|| change_files(&repo, 10, branch as u64));
            wanted.push((project.clone(), name, head));
        }
    }
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(stage.deployment.worker().await);
    }
    let begun = Instant::now();
    let client = &client;
    let started: Vec<(String, &str)> = stream::iter(&wanted)
        .map(|(project, branch, head)| async move {
            let started = client.start_sync(project, &json!({ "branch": branch })).await;
            assert!(started.is_new);
            (started.id, head.as_str())
        })
        .buffer_unordered(REQUESTS)
        .collect()
        .await;
    for (id, head) in &started {
        let row = stage.completed(id).await;
        assert_eq!(row.commit_id.map(|commit| commit.to_string()).as_deref(), Some(*head));
        assert_eq!(row.attempts, 1, "{row:#?}");
    }
    println!("{} syncs in {:.1} s", started.len(), begun.elapsed().as_secs_f64());
    stage.until_the_queue_is_empty().await;
    let sound = assert_sound(&stage.db).await;
    assert_eq!((sound.syncs.len(), sound.completed), (wanted.len(), wanted.len()));
    assert_eq!(sound.lost + sound.errors + sound.handed_over, 0, "{}", sound.summary());
    let mut shares: Vec<usize> = workers
        .iter()
        .map(|worker| {
            sound.syncs.iter().filter(|sync| sync.worker.as_deref() == Some(worker.worker_name())).count()
        })
        .collect();
    shares.sort_unstable();
    println!("shares of the workers: {shares:?}");
    assert!(shares[0] > 0, "a worker had nothing to do: {shares:?}");
}
