//! A rolling restart of everything while syncs are asked for.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{
    repo::{TestRepo, change_files},
    service::{ApiClient, Launcher, ServiceProcess},
};

use crate::{
    Chance, alone,
    sound::assert_sound,
    stage::{POLL, Stage, blocking, source},
};

/// Projects that are synced again and again.
const PROJECTS: usize = 5;

const APIS: usize = 2;
const WORKERS: usize = 3;

const FILES: usize = 2_000;
const CHANGED: usize = 1_500;

/// How often a request is sent again because the process that it went to is being restarted.
const TRIES: usize = 20;

/// What stands before the processes that answer requests: it knows which are there.
struct Balancer {
    apis: Mutex<Vec<(u32, ApiClient)>>,
    /// Those that were asked to end: they may refuse connections.
    leaving: Mutex<HashSet<u32>>,
    chance: Mutex<Chance>,
}

impl Balancer {
    fn join(&self, api: &ServiceProcess) {
        self.apis.lock().unwrap().push((api.id(), api.client()));
    }

    /// Ends a process in order; requests may still be on their way to it.
    async fn retire(&self, api: ServiceProcess) {
        let id = api.id();
        self.leaving.lock().unwrap().insert(id);
        let status = api.terminate().await;
        self.apis.lock().unwrap().retain(|(other, _)| *other != id);
        assert!(status.success(), "an API ended with {status}");
    }

    fn pick(&self) -> (u32, ApiClient) {
        let apis = self.apis.lock().unwrap();
        apis[self.chance.lock().unwrap().below(apis.len())].clone()
    }

    /// Asks one process, and another one if the first is just leaving. Anything else that goes wrong is an error.
    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        for _ in 0..TRIES {
            let (id, client) = self.pick();
            match client.ask(method.clone(), path, body).await {
                Ok(answer) if matches!(answer.status, 200..=202) => return answer.body,
                Ok(answer) => panic!("{method} {path}: {answer:?}"),
                Err(error) => {
                    let is_leaving = self.leaving.lock().unwrap().contains(&id);
                    assert!(is_leaving, "{method} {path}: {error}");
                    tokio::time::sleep(POLL).await;
                }
            }
        }
        panic!("{method} {path}: nobody answered in {TRIES} tries");
    }
}

/// All processes are restarted, one after the other, while syncs are asked for: no request fails but for refused
/// connections, no sync is lost, and none is run twice.
#[tokio::test(flavor = "multi_thread")]
async fn everything_is_restarted_under_load() {
    let _alone = alone().await;
    // Some syncs are done before the drain is over, some are handed over.
    let short_drain = |launcher: Launcher| launcher.set("worker.drain_seconds", 1);
    let stage = Stage::without_losses(|launcher| short_drain(launcher).set("worker.concurrency", 2)).await;
    let balancer =
        Balancer { apis: Mutex::default(), leaving: Mutex::default(), chance: Mutex::new(Chance::new()) };
    let apis = join_all((0..APIS).map(|_| stage.deployment.api())).await;
    apis.iter().for_each(|api| balancer.join(api));
    let workers = join_all((0..WORKERS).map(|_| stage.deployment.worker())).await;
    let mut projects = Vec::new();
    for number in 0..PROJECTS {
        let repo = stage.repository(&format!("repository-{number}"), FILES);
        let project = apis[0].client().create_project(&format!("project-{number}"), source(&repo)).await;
        projects.push((repo, project));
    }
    let is_over = AtomicBool::new(false);
    let load =
        join_all(projects.iter().map(|(repo, project)| load(&stage, &balancer, repo, project, &is_over)));
    let restart = async {
        let fleet = restart_everything(&stage, &balancer, apis, workers).await;
        is_over.store(true, Ordering::Relaxed);
        fleet
    };
    let (synced, _fleet) = tokio::join!(load, restart);
    println!("{} syncs during the restart", synced.iter().sum::<usize>());
    stage.until_the_queue_is_empty().await;
    let sound = assert_sound(&stage.db).await;
    assert_eq!(sound.completed, sound.syncs.len());
    assert_eq!(sound.lost + sound.errors, 0, "{}", sound.summary());
    for sync in &sound.syncs {
        assert_eq!(sync.attempts, 1, "run twice: {sync:#?}");
    }
}

/// Moves a branch and syncs it, until the restart is over and once more. Tells how often.
async fn load(
    stage: &Stage,
    balancer: &Balancer,
    repo: &TestRepo,
    project: &str,
    is_over: &AtomicBool,
) -> usize {
    for round in 0.. {
        let is_last = is_over.load(Ordering::Relaxed);
        let commit = blocking(|| change_files(repo, CHANGED, round as u64));
        let path = format!("/api/v1/projects/{project}/sync");
        let answer = balancer.ask(Method::POST, &path, Some(&json!({}))).await;
        let id = answer["sync"]["id"].as_str().unwrap();
        stage.completed(id).await;
        let sync = balancer.ask(Method::GET, &format!("/api/v1/syncs/{id}"), None).await;
        assert_eq!(sync["status"], "completed");
        assert_eq!(sync["commit"], commit.as_str());
        if is_last {
            return round + 1;
        }
    }
    0
}

/// Each process is replaced: the new one is there before the old one is asked to end.
async fn restart_everything(
    stage: &Stage,
    balancer: &Balancer,
    apis: Vec<ServiceProcess>,
    workers: Vec<ServiceProcess>,
) -> Vec<ServiceProcess> {
    let mut fleet = Vec::new();
    for worker in workers {
        fleet.push(stage.deployment.worker().await);
        let status = worker.terminate().await;
        assert!(status.success(), "a worker ended with {status}");
    }
    for api in apis {
        let next = stage.deployment.api().await;
        balancer.join(&next);
        fleet.push(next);
        balancer.retire(api).await;
    }
    fleet
}
