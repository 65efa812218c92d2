//! Workers, and the whole service in one process, killed at random moments.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use entities::{
    TenantDb, projects,
    temporal::{MemoryFilter, StateAt},
};
use futures::future::join_all;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    database::open_local,
    repo::{TestRepo, change_files, git_command, large_repository},
    service::{ApiClient, ServiceProcess},
};

use crate::{
    Chance, alone, rounds,
    sound::assert_sound,
    stage::{self, Stage, blocking, source, took},
};

/// Files of a repository, and how many of them a commit changes.
const FILES: usize = 2_000;
const CHANGED: usize = 600;

/// Branches that are synced at once, each by one worker.
const LANES: usize = 3;

/// Longer than any sync here may take from the moment that its worker is killed: lease, rescue, another worker's start,
/// and itself again on a busy machine.
const STUCK: Duration = Duration::from_secs(60);

/// Workers are killed while they run syncs of branches whose heads keep moving. Every sync is completed by another
/// worker, and what is stored in the end is what a first sync of the same commit stores.
#[tokio::test(flavor = "multi_thread")]
async fn workers_are_killed_at_random_moments() {
    let _alone = alone().await;
    let rounds = rounds(50);
    let stage =
        Stage::with(|launcher| launcher.set("sync.lease_seconds", 1).set("worker.concurrency", 1)).await;
    let api = stage.deployment.api().await;
    // One worker more than syncs, so that one is there to rescue.
    let workers = join_all((0..=LANES).map(|_| stage.deployment.worker())).await;
    let fleet = Fleet {
        stage: &stage,
        client: api.client(),
        workers: Mutex::new(workers),
        chance: Mutex::new(Chance::new()),
        next: AtomicUsize::new(0),
        rounds,
    };
    let begun = Instant::now();
    let lanes: Vec<Lane> = join_all((0..LANES).map(|number| fleet.lane(number))).await;
    let (hits, slowest) = lanes
        .iter()
        .fold((0, Duration::ZERO), |(hits, slowest), lane| (hits + lane.hits, slowest.max(lane.slowest)));
    println!(
        "{rounds} kills in {:.1} s, {hits} of them hit a running sync; slowest from kill to completion {:.2} s",
        begun.elapsed().as_secs_f64(),
        slowest.as_secs_f64()
    );
    assert!(slowest < STUCK, "{slowest:?}");
    assert!(hits * 3 >= rounds, "only {hits} of {rounds} kills hit a running sync");
    stage.until_the_queue_is_empty().await;
    let sound = assert_sound(&stage.db).await;
    assert_eq!(sound.completed, sound.syncs.len());
    let lane = &lanes[0];
    let copy = stage.folder().join("fresh.git");
    blocking(|| clone(&lane.repo, &copy));
    let fresh = fleet.client.create_project("fresh", copy.to_str().unwrap()).await;
    let first = fleet.client.start_sync(&fresh, &json!({})).await;
    stage.completed(&first.id).await;
    assert_eq!(memory(&stage.db, &lane.project).await, memory(&stage.db, &fresh).await);
}

struct Fleet<'a> {
    stage: &'a Stage,
    client: ApiClient,
    workers: Mutex<Vec<ServiceProcess>>,
    chance: Mutex<Chance>,
    next: AtomicUsize,
    rounds: usize,
}

/// One repository whose syncs have their workers killed.
struct Lane {
    repo: TestRepo,
    project: String,
    hits: usize,
    slowest: Duration,
    /// How long its last sync took that nobody disturbed.
    usual: Duration,
}

impl Fleet<'_> {
    async fn lane(&self, number: usize) -> Lane {
        let repo = self.stage.repository(&format!("lane-{number}"), FILES);
        let project = self.client.create_project(&format!("lane-{number}"), source(&repo)).await;
        let first = self.client.start_sync(&project, &json!({})).await;
        self.stage.completed(&first.id).await;
        blocking(|| change_files(&repo, CHANGED, u64::MAX));
        let second = self.client.start_sync(&project, &json!({})).await;
        let usual = took(&self.stage.completed(&second.id).await);
        let mut lane = Lane { repo, project, hits: 0, slowest: Duration::ZERO, usual };
        loop {
            let round = self.next.fetch_add(1, Ordering::Relaxed);
            if round >= self.rounds {
                return lane;
            }
            self.round(&mut lane, round).await;
        }
    }

    async fn round(&self, lane: &mut Lane, round: usize) {
        let commit = blocking(|| change_files(&lane.repo, CHANGED, round as u64));
        let moment = self.chance.lock().unwrap().moment(lane.usual);
        let started = self.client.start_sync(&lane.project, &json!({})).await;
        assert!(started.is_new);
        tokio::time::sleep(moment).await;
        let worker = self.stage.row(&started.id).await.worker;
        self.victim(worker.as_deref()).kill_9().await;
        let killed = Instant::now();
        let replacement = self.stage.deployment.worker().await;
        self.workers.lock().unwrap().push(replacement);
        let row = self.stage.completed(&started.id).await;
        assert_eq!(row.commit_id.map(|id| id.to_string()).as_deref(), Some(commit.as_str()));
        if row.attempts > 1 {
            lane.hits += 1;
            lane.slowest = lane.slowest.max(killed.elapsed());
        } else {
            lane.usual = took(&row);
        }
    }

    /// The worker of this name, or any.
    fn victim(&self, name: Option<&str>) -> ServiceProcess {
        let mut workers = self.workers.lock().unwrap();
        let named = workers.iter().position(|worker| Some(worker.worker_name()) == name);
        let at = named.unwrap_or_else(|| self.chance.lock().unwrap().below(workers.len()));
        workers.swap_remove(at)
    }
}

fn clone(repo: &TestRepo, to: &std::path::Path) {
    let mut command = git_command(repo.path());
    let status = command.args(["clone", "--quiet", "--bare", "."]).arg(to).status().unwrap();
    assert!(status.success());
}

/// The memory of a project's only branch: everything but ids.
async fn memory(db: &TenantDb, project: &str) -> Vec<(Vec<u8>, String, String, String)> {
    let project = projects::find(db, project).await.unwrap().unwrap();
    let branch = projects::branches(db, &project.repository).await.unwrap().remove(0);
    let entries = StateAt::head(&branch).memory(db, &MemoryFilter::default()).await.unwrap();
    assert!(!entries.is_empty());
    let mut memory: Vec<_> = entries
        .into_iter()
        .map(|entry| (entry.path, entry.heading_path.to_string(), entry.title, entry.body))
        .collect();
    memory.sort();
    memory
}

fn moment(value: &Value) -> DateTime<Utc> {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no moment: {value}"))
}

/// The service in one process, killed while it runs three syncs: the next one goes on with them.
#[tokio::test(flavor = "multi_thread")]
async fn the_whole_service_is_killed_at_random_moments() {
    let _alone = alone().await;
    let mut chance = Chance::new();
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let launcher = stage::launcher(folder.path());
    let mut service = launcher.embedded(&data).await;
    let mut lanes = Vec::new();
    for number in 0..LANES {
        let path = folder.path().join(format!("lane-{number}.git"));
        let repo = blocking(|| large_repository(&path, FILES, 2_000 * FILES as u64, 7));
        let project = service.client().create_project(&format!("lane-{number}"), source(&repo)).await;
        lanes.push((repo, project));
    }
    let body = json!({});
    let mut usual = Duration::from_secs(1);
    let mut hits = 0;
    for round in 0..rounds(10) {
        let client = service.client();
        let started = join_all(lanes.iter().map(|(_, project)| client.start_sync(project, &body))).await;
        tokio::time::sleep(chance.moment(usual)).await;
        service.kill_9().await;
        let killed = Utc::now();
        service = launcher.embedded(&data).await;
        let client = service.client();
        for sync in &started {
            let sync = client.wait_until_ended(&sync.id).await;
            assert_eq!(sync["status"], "completed", "{sync}");
            hits += usize::from(sync["attempts"].as_i64() > Some(1));
            // What was through before tells how soon the next ones are to be killed.
            let [asked, ended] = ["createdAt", "finishedAt"].map(|key| moment(&sync[key]));
            if ended < killed {
                usual = (ended - asked).to_std().unwrap_or_default();
            }
        }
        for (repo, _) in &lanes {
            blocking(|| change_files(repo, CHANGED, round as u64));
        }
    }
    println!("{hits} syncs were hit while they ran");
    assert!(hits > 0);
    assert!(service.terminate().await.success());
    let url = format!("sqlite:{}", data.join("project-sync.db").display());
    let db = open_local(&url).await;
    let sound = assert_sound(&db).await;
    assert_eq!(sound.completed, sound.syncs.len());
}
