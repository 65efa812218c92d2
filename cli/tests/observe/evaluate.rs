//! A private Prometheus that reads a run and answers what rules and dashboards ask. Without Prometheus on the machine,
//! nothing is evaluated, and that is said; `.ci/monitoring` installs it.

use std::{
    env, fs,
    io::Write,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Instant,
};

use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;
use testkit::address::KeptAddress;

use crate::{
    metrics::monitoring,
    stage::{PATIENCE, POLL, http},
};

/// How often each process must have been read, so that there are rates.
const READINGS: f64 = 4.0;

/// A process whose metrics are read.
pub(crate) struct Target {
    pub(crate) job: String,
    pub(crate) address: String,
}

/// A running Prometheus; it is gone with the value.
pub(crate) struct Prometheus {
    child: Child,
    base: String,
    client: Client,
    targets: usize,
    _address: KeptAddress,
    _folder: TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let found =
        env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        assert!(env::var_os("PROJECT_SYNC_TEST_PROMETHEUS").is_none(), "{name} is wanted and not there");
        eprintln!("SKIPPED: {name} is not there, so nothing is evaluated");
    }
    found
}

/// Lets promtool look at what a process shows.
pub(crate) fn check_metrics(job: &str, text: &str) {
    let Some(promtool) = program("promtool") else { return };
    let mut command = Command::new(promtool);
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{job}: {output:?}");
}

impl Prometheus {
    /// Reads `targets` each half second, under the committed rules. `None` if there is no Prometheus.
    pub(crate) async fn start(targets: &[Target]) -> Option<Self> {
        let program = program("prometheus")?;
        let folder = TempDir::new().unwrap();
        let rules = monitoring().join("prometheus/rules/*.yaml");
        let mut config = format!(
            "global: {{scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 1s}}\n\
             rule_files: ['{}']\nscrape_configs:\n",
            rules.display()
        );
        for Target { job, address } in targets {
            config += &format!("- {{job_name: {job}, static_configs: [{{targets: ['{address}']}}]}}\n");
        }
        fs::write(folder.path().join("prometheus.yml"), config).unwrap();
        let kept = KeptAddress::any().unwrap();
        let address = kept.address();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let child = command.spawn().unwrap();
        let base = format!("http://{address}/api/v1");
        let (client, targets) = (http(), targets.len());
        Some(Self { child, base, client, targets, _address: kept, _folder: folder })
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Option<Value> {
        let mut url = url::Url::parse(&format!("{}/{path}", self.base)).unwrap();
        url.query_pairs_mut().extend_pairs(query);
        let response = self.client.get(url).send().await.ok()?;
        serde_json::from_slice(&response.bytes().await.ok()?).ok()
    }

    /// Waits until every process was read so often that there are rates, and the rules were evaluated since.
    pub(crate) async fn until_all_were_read_often(&self) {
        let deadline = Instant::now() + PATIENCE;
        let read = format!("count(count_over_time(up[1m]) >= {READINGS}) >= {}", self.targets);
        let recorded = "count_over_time(project_sync:worker_busy_ratio[1m]) >= 2";
        for question in [read.as_str(), recorded] {
            loop {
                let answer = self.ask("query", &[("query", question)]).await;
                if answer.is_some_and(|it| it["data"]["result"].as_array().is_some_and(|it| !it.is_empty())) {
                    break;
                }
                assert!(Instant::now() < deadline, "Prometheus does not read all: {question}");
                tokio::time::sleep(POLL).await;
            }
        }
    }

    /// Every rule can be evaluated, and no alert is raised by a run that is well. What a machine that stood still for a
    /// moment made look otherwise passes.
    pub(crate) async fn check_rules(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.ask("rules", &[]).await.unwrap();
            let rules: Vec<&Value> = answer["data"]["groups"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|group| group["rules"].as_array().unwrap())
                .collect();
            assert!(rules.len() > 20, "{answer}");
            let is_well = |rule: &Value| {
                rule["health"] == "ok" && (rule["type"] == "recording" || rule["state"] == "inactive")
            };
            let Some(rule) = rules.into_iter().find(|rule| !is_well(rule)) else { return };
            assert!(Instant::now() < deadline && rule["state"] != "firing", "{rule}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// What answers a panel's question, with its variables set as widely as they may be.
    pub(crate) async fn query(&self, expression: &str) -> Vec<Value> {
        let expression = expression
            .replace("$__rate_interval", "1m")
            .replace("$__range", "1m")
            .replace("$__interval", "1m")
            .replace("$job", ".*")
            .replace("$instance", ".*");
        let answer = self.ask("query", &[("query", expression.as_str())]).await.unwrap();
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        answer["data"]["result"].as_array().unwrap().clone()
    }
}
