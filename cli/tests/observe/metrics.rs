//! Rules and dashboards ask for what a real run shows: api, worker and gateway over private servers and the service in
//! one process, with syncs that complete, one that fails, one over GitHub's API, and a stream.
//!
//! Where Prometheus is installed, it reads all of them, every rule is evaluated, and every panel's question answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    address::KeptAddress,
    github::{GitHubServer, RepositoryOptions},
    rabbitmq,
    repo::TestRepo,
    server::server_folder,
    service::{ApiClient, ServiceProcess},
};

use crate::{
    evaluate::{self, Target},
    stage::{PATIENCE, POLL, Stage, http, launcher, project, repository, streamed},
};

/// Where rules and dashboards are.
pub(crate) fn monitoring() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../monitoring").canonicalize().unwrap()
}

/// One process of each role, with something to tell, and who else must live until they were read.
struct Run {
    processes: Vec<(&'static str, ServiceProcess)>,
    worker_metrics: String,
    _kept: KeptAddress,
    _stage: Stage,
    _github: GitHubServer,
    _repos: Vec<TestRepo>,
    _folders: Vec<TempDir>,
}

impl Run {
    async fn start() -> Self {
        let (kept, broker) = (KeptAddress::any().unwrap(), rabbitmq::vhost().await);
        let worker_metrics = kept.address().to_string();
        let stage = Stage::with(|launcher| {
            launcher
                .set("telemetry.metrics_listen", &worker_metrics)
                .set("source.transfer", "rest")
                .set("relay.amqp_url", &broker)
        })
        .await;
        let (api, gateway) = (stage.deployment.api().await, stage.deployment.gateway().await);
        let worker = stage.deployment.worker().await;
        let (github, mut repos) = (GitHubServer::start().await, vec![repository(), repository()]);
        let options =
            RepositoryOptions { default_branch: repos[0].current_branch(), ..RepositoryOptions::default() };
        github.add_repository("owner", "name", repos[0].path(), options);
        let client = api.client();
        let good = project(&client, "good", &repos[0]).await;
        let sync = client.start_sync(&good, &json!({})).await.id;
        let told = streamed(gateway.url(), &sync, None).await;
        assert!(told.contains("event: completed"), "{told}");
        let over_api = github_project(&client, &github.api_url()).await;
        let sync = client.start_sync(&over_api, &json!({})).await.id;
        assert_eq!(client.wait_until_ended(&sync).await["status"], "completed");
        fails(&client, repos.remove(1)).await;

        let (folder, data) = (server_folder().unwrap(), TempDir::new().unwrap());
        let serve = launcher(folder.path()).embedded(data.path()).await;
        let alone = project(&serve.client(), "alone", &repos[0]).await;
        let sync = serve.client().start_sync(&alone, &json!({})).await.id;
        streamed(serve.url(), &sync, None).await;
        fails(&serve.client(), repository()).await;
        Self {
            processes: vec![("api", api), ("gateway", gateway), ("serve", serve), ("worker", worker)],
            worker_metrics,
            _kept: kept,
            _stage: stage,
            _github: github,
            _repos: repos,
            _folders: vec![folder, data],
        }
    }

    /// Each process has counted what it did, and each thing is counted by one.
    async fn check_counts(&self) {
        let api = self.processes[0].1.address().to_owned();
        let shows = [
            (&api, "project_sync_queue_enqueued_total{trigger=\"api\"} 3"),
            (&api, "project_sync_finished_total{outcome=\"completed\"} 0"),
            (&self.worker_metrics, "project_sync_queue_enqueued_total{trigger=\"api\"} 0"),
            (&self.worker_metrics, "project_sync_finished_total{outcome=\"completed\"} 2"),
            (&self.worker_metrics, "project_sync_finished_total{outcome=\"failed\"} 1"),
            (&self.worker_metrics, "project_sync_runs_total{outcome=\"completed\"} 2"),
            (&self.worker_metrics, "project_sync_duration_seconds_count{outcome=\"completed\"} 2"),
            (
                &self.worker_metrics,
                "project_sync_phase_duration_seconds_count{phase=\"finalize\",result=\"ok\"} 2",
            ),
            (&self.worker_metrics, "project_sync_proof_failures_total 0"),
            (&self.worker_metrics, "project_sync_worker_slots 4"),
            (&self.worker_metrics, "project_sync_worker_busy 0"),
            (&self.worker_metrics, "project_sync_workers 1"),
            (&self.worker_metrics, "project_sync_stuck_syncs{why=\"lease\"} 0"),
        ];
        for (address, line) in shows {
            until_shown(address, line).await;
        }
    }

    /// Where the metrics of each process are.
    fn targets(&self) -> Vec<Target> {
        let address = |role: &str, process: &ServiceProcess| match role {
            "worker" => self.worker_metrics.clone(),
            _ => process.address().to_owned(),
        };
        let target = |(role, process): &(&'static str, ServiceProcess)| Target {
            job: format!("project-sync-{role}"),
            address: address(role, process),
        };
        self.processes.iter().map(target).collect()
    }
}

/// What a process shows.
async fn scraped(address: &str) -> String {
    let response = http().get(format!("http://{address}/metrics")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap()
}

/// Waits until a process shows this line.
async fn until_shown(address: &str, line: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = scraped(address).await;
        if text.lines().any(|shown| shown == line) {
            return;
        }
        assert!(Instant::now() < deadline, "{address} does not show {line}: {text}");
        tokio::time::sleep(POLL).await;
    }
}

async fn github_project(client: &ApiClient, api_url: &str) -> String {
    let source = json!({ "kind": "github", "owner": "owner", "name": "name", "apiUrl": api_url });
    let body = json!({ "name": "hub", "source": source });
    let project = client.must(reqwest::Method::POST, "/api/v1/projects", Some(&body), &[201]).await;
    project["id"].as_str().unwrap().to_owned()
}

/// A sync of a repository that is not there any more.
async fn fails(client: &ApiClient, repo: TestRepo) {
    let id = project(client, "gone", &repo).await;
    drop(repo);
    let sync = client.start_sync(&id, &json!({})).await.id;
    assert_eq!(client.wait_until_ended(&sync).await["status"], "failed");
}

/// The metrics that a text names, as they are exported: what a record or a panel derives is not among them.
fn named(text: &str) -> BTreeSet<String> {
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':');
    let names = text.split(word).filter(|name| name.starts_with("project_sync_"));
    let base = |name: &str| {
        ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
    };
    names.map(base).collect()
}

/// All panels' questions, by where they stand.
fn questions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut files: Vec<PathBuf> =
        fs::read_dir(monitoring().join("grafana")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "json"));
    files.sort_unstable();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let dashboard: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        for panel in dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row") {
            let place =
                format!("{}: {}", dashboard["title"].as_str().unwrap(), panel["title"].as_str().unwrap());
            assert!(place.ends_with('?'), "{place} is no question");
            assert!(
                panel["description"].as_str().is_some_and(|text| text.len() > 20),
                "{place} is not described"
            );
            for target in panel["targets"].as_array().unwrap() {
                found.push((place.clone(), target["expr"].as_str().unwrap().to_owned()));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_worker_the_api_says_so() {
    let stage = Stage::with(|launcher| launcher).await;
    let api = stage.deployment.api().await;
    until_shown(api.address(), "project_sync_workers 0").await;
    until_shown(api.address(), "project_sync_queue_depth{state=\"ready\"} 0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_and_dashboards_ask_for_what_is_there() {
    let run = Run::start().await;
    // A process may still be about to count what its rows tell already.
    run.check_counts().await;
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for target in run.targets() {
        let text = scraped(&target.address).await;
        evaluate::check_metrics(&target.job, &text);
        for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let (name, kind) = line.split_once(' ').unwrap();
            assert!(text.contains(&format!("# HELP {name} ")), "{name} of {} is not described", target.job);
            shown.insert(name.to_owned(), kind.to_owned());
        }
    }
    let document = fs::read_to_string(monitoring().join("../docs/METRICS.md")).unwrap();
    for name in shown.keys() {
        assert!(document.contains(&format!("| `{name}` |")), "docs/METRICS.md does not name {name}");
    }
    let rules = fs::read_to_string(monitoring().join("prometheus/rules/project-sync.yaml")).unwrap();
    let questions = questions();
    let asked = questions.iter().map(|(_, expression)| expression.as_str()).chain([rules.as_str()]);
    let asked: BTreeSet<String> = asked.flat_map(named).collect();
    let absent: Vec<&String> = asked.iter().filter(|name| !shown.contains_key(*name)).collect();
    assert!(absent.is_empty(), "asked for and not shown: {absent:?}");

    let Some(prometheus) = evaluate::Prometheus::start(&run.targets()).await else { return };
    prometheus.until_all_were_read_often().await;
    prometheus.check_rules().await;
    for (place, expression) in &questions {
        let series = prometheus.query(expression).await;
        assert!(!series.is_empty(), "{place}: nothing answers {expression}");
    }
}
