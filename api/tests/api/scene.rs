//! A database, a queue, a server and a client: the stage that the tests play on.

use std::{
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use bus::{Dispatcher, LocalProgressBus, LocalQueue, SyncJob};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    ProjectSync, SyncId, SyncStatus, SystemDb, TenantDb, TenantId,
    identity::TenantName,
    keys::{KeyRing, KeyStore},
    projects, syncs,
};
use gateway::Gateway;
use metrics_exporter_prometheus::PrometheusHandle;
use project_sync_api::{Access, AppState, Gate, PROBLEM_JSON, Settings, TYPE_PREFIX, router, serve};
use reqwest::{Client, Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use source::{guard::Reach, settings::CredentialKeys};
use testkit::{database::TestDatabase, repo::TestRepo};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use worker::{
    clock::Clock,
    instance::Instance,
    memory::Rules,
    pipeline::{Persistence, RunOutcome, Runner, Stop},
    settings::WorkerSettings,
};

/// How long a claim of these tests holds.
const LEASE: Duration = Duration::from_secs(30);

/// The service and a client of it.
pub struct Scene {
    pub db: TenantDb,
    pub tenant: TenantId,
    pub dispatcher: Dispatcher,
    pub address: SocketAddr,
    pub token: Option<String>,
    runner: Runner,
    client: Client,
    /// How far the service's clock is ahead, in seconds.
    ahead: Arc<AtomicI64>,
    /// When the service's clock stood still, if it does.
    stopped: Arc<OnceLock<DateTime<Utc>>>,
    _stop: DropGuard,
    pub database: TestDatabase,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    /// The body, which must be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem of an answer that must be one of this status and code.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(self.headers["content-type"], PROBLEM_JSON);
        assert_eq!(body["type"], format!("{TYPE_PREFIX}{code}"), "{body}");
        assert_eq!(body["status"], status);
        body
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Scene {
    pub async fn new(database: TestDatabase) -> Self {
        Self::with(database, Settings::default()).await
    }

    pub async fn with(database: TestDatabase, settings: Settings) -> Self {
        Self::measured(database, settings, None).await
    }

    /// The database in the name of the system.
    pub fn system(&self) -> SystemDb {
        self.db.database().system()
    }

    pub async fn measured(
        database: TestDatabase,
        settings: Settings,
        metrics: Option<PrometheusHandle>,
    ) -> Self {
        // On Postgres whoever is there would not be let in.
        let access = match settings.access {
            Access::Auto if settings.token.is_none() => Access::Open,
            access => access,
        };
        Self::set_up(database, Settings { access, ..settings }, metrics).await
    }

    /// Under just these settings.
    pub async fn as_is(database: TestDatabase, settings: Settings) -> Self {
        Self::set_up(database, settings, None).await
    }

    async fn set_up(database: TestDatabase, settings: Settings, metrics: Option<PrometheusHandle>) -> Self {
        let opened = database.database().clone();
        let tenant =
            projects::ensure_tenant(&opened.system(), projects::LOCAL_TENANT, Utc::now()).await.unwrap();
        let dispatcher = Dispatcher {
            db: opened.clone(),
            queue: Arc::new(LocalQueue::new(LEASE)),
            progress: Arc::new(LocalProgressBus::default()),
        };
        let (ahead, stopped) = (Arc::new(AtomicI64::new(0)), Arc::new(OnceLock::new()));
        let (clock, stop_clock) = (Arc::clone(&ahead), Arc::clone(&stopped));
        let token = settings.token.as_ref().map(|token| token.expose().to_owned());
        let worker_settings = WorkerSettings::default();
        let mut source_settings = worker_settings.source.clone();
        source_settings.attempts = 1;
        let keys = KeyStore::from_text(&KeyRing::new_line().unwrap()).unwrap();
        source_settings.keys = CredentialKeys::new(Arc::new(keys));
        let clock: project_sync_api::Clock = Arc::new(move || {
            let now = stop_clock.get().copied().unwrap_or_else(Utc::now);
            now + TimeDelta::seconds(clock.load(Ordering::Relaxed))
        });
        let local = TenantName { id: tenant, name: projects::LOCAL_TENANT.to_owned() };
        let signer = settings.signer().unwrap();
        let gate = Gate::new(settings.clone(), dispatcher.db.clone(), local, Arc::clone(&clock), signer);
        let state = AppState {
            dispatcher: dispatcher.clone(),
            source_settings,
            webhook_reach: Reach {
                section: "webhooks",
                allowed_hosts: vec!["*".to_owned()],
                private_networks: Some(Vec::new()),
            },
            settings,
            gate,
            clock,
            metrics,
            pages: None,
            shown_settings: Arc::default(),
            triggers: bus::triggers::TriggerSettings::default(),
        };
        let Dispatcher { db: streamed, progress, .. } = dispatcher.clone();
        let gateway = Gateway::start(streamed, progress, gateway::Settings::default()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(serve(
            listener,
            router(state, gateway.router(), gateway::openapi()),
            stop.clone().cancelled_owned(),
        ));
        let runner = Runner {
            dispatcher: dispatcher.clone(),
            rules: Arc::new(Rules::new(&worker_settings.memory).unwrap()),
            settings: Arc::new(worker_settings),
            instance: Arc::new(Instance::anywhere()),
            clock: Clock::system(),
            persistence: Persistence::FailAtOnce,
        };
        // Each request has a connection of its own, so that none meets one that the server is just closing.
        let client = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let _stop = stop.drop_guard();
        let db = opened.tenant(tenant);
        Self { db, tenant, dispatcher, address, token, runner, client, ahead, stopped, _stop, database }
    }

    /// Stops the service's clock: from now on time passes only as [`Self::advance`] says, however slow the machine is.
    pub fn stop_the_clock(&self) {
        self.stopped.get_or_init(Utc::now);
    }

    /// Lets time pass for the service.
    pub fn advance(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Sends a request.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Reply {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Reply { status, headers, text: response.text().await.unwrap() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &[], None).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_with(path, body, &[]).await
    }

    pub async fn post_with(&self, path: &str, body: Value, headers: &[(&str, &str)]) -> Reply {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        self.call("POST", path, &all, Some(serde_json::to_vec(&body).unwrap())).await
    }

    /// Makes a project of a repository; its path.
    pub async fn project(&self, name: &str, repo: &TestRepo) -> String {
        let reply = self.post("/api/v1/projects", json!({ "name": name, "source": source(repo) })).await;
        reply.expect(201);
        reply.header("location").unwrap().to_owned()
    }

    /// Asks for a sync of a project; its id.
    pub async fn start(&self, project: &str, body: Value) -> SyncId {
        let reply = self.post(&format!("{project}/sync"), body).await;
        assert!(matches!(reply.status.as_u16(), 200 | 202), "{reply:?}");
        id_of(&reply.json()["sync"])
    }

    /// Runs a sync to its end.
    pub async fn run(&self, id: SyncId) -> ProjectSync {
        match self.runner.run(&SyncJob::new(id), None, Stop::default()).await.unwrap() {
            RunOutcome::Ended(sync, _) => *sync,
            other => panic!("not run: {other:?}"),
        }
    }

    /// Syncs a project, which must go well.
    pub async fn sync(&self, project: &str) -> ProjectSync {
        let id = self.start(project, json!({})).await;
        let sync = self.run(id).await;
        assert_eq!(sync.status, SyncStatus::Completed, "{:?}", sync.error_message);
        sync
    }

    /// Lets a worker begin a sync and do nothing of it.
    pub async fn begin(&self, id: SyncId) -> syncs::Claim {
        match syncs::claim(&self.db, id, "a worker", Utc::now(), LEASE).await.unwrap() {
            syncs::ClaimOutcome::Claimed(claim) => claim,
            other => panic!("not claimed: {other:?}"),
        }
    }

    /// Ends a sync that a worker began, as the worker would that is asked to.
    pub async fn run_down(&self, id: SyncId) {
        let row = syncs::get(&self.db, id).await.unwrap().unwrap();
        let claim = syncs::Claim { sync: id, branch: row.branch_id, token: row.fencing_token };
        let ending = syncs::Ending::Cancelled;
        assert!(syncs::finish(&self.db, &claim, &ending, &Default::default(), Utc::now()).await.unwrap());
    }

    /// Lets a sync fail.
    pub async fn fail(&self, id: SyncId) {
        let claim = self.begin(id).await;
        let ending = syncs::Ending::Failed { code: "unreachable".to_owned(), message: "away".to_owned() };
        assert!(syncs::finish(&self.db, &claim, &ending, &Default::default(), Utc::now()).await.unwrap());
    }

    /// All items of a list, page by page; `between` is done after each page.
    pub async fn walk(
        &self,
        path: &str,
        items: &str,
        limit: usize,
        mut between: impl AsyncFnMut(),
    ) -> Vec<Value> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{sign}limit={limit}{cursor}")).await.expect(200);
            let found = page[items].as_array().unwrap();
            assert!(found.len() <= limit);
            all.extend(found.iter().cloned());
            let Some(next) = page["nextCursor"].as_str() else { return all };
            assert_eq!(found.len(), limit, "only the last page is not full");
            cursor = format!("&cursor={next}");
            between().await;
        }
    }
}

/// The source of a repository on disk, as a request names it.
pub fn source(repo: &TestRepo) -> Value {
    json!({ "kind": "git", "url": repo.path().to_str().unwrap() })
}

pub fn id_of(sync: &Value) -> SyncId {
    sync["id"].as_str().unwrap().parse().unwrap()
}

/// A repository with one commit of a few files.
pub fn small_repo() -> TestRepo {
    let repo = TestRepo::new();
    repo.write("README.md", "# Hello\n\nworld\n").write("src/main.rs", "fn main() {}\n");
    repo.write(".memory/letter_01.md", "# First letter\n\nWe began with elephants.\n");
    repo.commit("first");
    repo
}
