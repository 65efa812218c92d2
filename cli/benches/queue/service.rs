//! Pick-up as a user sees it: from the API's answer, over Postgres and Redis.

use std::{sync::Arc, time::Instant};

use api::Gate;
use bus::{Dispatcher, RedisProgressBus, RedisQueue};
use chrono::{DateTime, Utc};
use entities::{
    OfTenant, SyncId,
    identity::{TenantName, tickets::Signer},
    projects,
};
use futures::StreamExt;
use serde_json::{Value, json};
use testkit::{
    database::{open_local, prepared},
    postgres::PrivatePostgres,
    repo::TestRepo,
    server::server_folder,
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use worker::{
    clock::Clock,
    instance::Instance,
    memory::Rules,
    pipeline::{Persistence, Runner},
    settings::WorkerSettings,
};

use crate::{
    Bench, RUNS,
    cases::{PAUSE, SINGLES},
    figures::{millis, report_latency},
    ours,
    watched::Watched,
};

/// Syncs that are asked for one after the other: until the worker has the job, and until the sync's first event.
pub fn pickup(bench: &Bench) {
    let folder = server_folder().unwrap();
    let postgres = match PrivatePostgres::start(&folder.path().join("postgres")) {
        Ok(postgres) => postgres,
        Err(error) => return println!("api is not measured: {error}"),
    };
    bench.empty();
    let (claims, events) = bench.runtime.block_on(async {
        let service = Service::start(&bench.redis.url(), &postgres.url()).await;
        let (mut claims, mut events) = (Vec::new(), Vec::new());
        let (project, mut claimed) = (service.project, service.claims);
        let asking = Asking { client: reqwest::Client::new(), api: service.api, project };
        // The first one imports; those that are measured find nothing new.
        one(&asking, &service.dispatcher, &mut claimed).await;
        for _ in 0..RUNS {
            let (mut until_claim, mut until_event) = (Vec::new(), Vec::new());
            for _ in 0..SINGLES {
                ours::emptied(&*service.dispatcher.queue).await;
                sleep(PAUSE).await;
                let (claim, event) = one(&asking, &service.dispatcher, &mut claimed).await;
                until_claim.push(claim);
                until_event.push(event);
            }
            claims.push(until_claim);
            events.push(until_event);
        }
        service.stop.cancel();
        for task in service.tasks {
            task.await.unwrap();
        }
        (claims, events)
    });
    report_latency("API's answer to claim", &claims, &[], ["ours <= 2 ms", "ours <= 15 ms"]);
    report_latency("API's answer to the sync's first event", &events, &[], ["", ""]);
}

/// An API and a worker in this process.
struct Service {
    dispatcher: Dispatcher,
    claims: mpsc::UnboundedReceiver<(SyncId, Instant)>,
    api: String,
    project: String,
    stop: CancellationToken,
    tasks: [JoinHandle<()>; 2],
    _repo: TestRepo,
}

impl Service {
    async fn start(redis: &str, postgres: &str) -> Self {
        let local = open_local(&prepared(postgres).await).await;
        let (db, tenant) = (local.database(), local.tenant());
        let (settings, (told, claims)) = (ours::settings(redis), mpsc::unbounded_channel());
        let queue = Arc::new(RedisQueue::connect(&settings).await.unwrap());
        let progress = Arc::new(RedisProgressBus::connect(&settings).await.unwrap());
        let dispatcher = Dispatcher { db, queue: Arc::new(Watched { queue, claims: told }), progress };
        let stop = CancellationToken::new();
        let work = work(dispatcher.clone(), stop.clone()).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}/api/v1", listener.local_addr().unwrap());
        // Whoever is on this machine is let in, as with the others that are measured.
        let settings = api::Settings { access: api::Access::Open, ..Default::default() };
        let name = TenantName { id: tenant, name: projects::LOCAL_TENANT.to_owned() };
        let gate = Gate::new(
            settings.clone(),
            dispatcher.db.clone(),
            name,
            Arc::new(Utc::now),
            Signer::alone().unwrap(),
        );
        let router = api::router(
            api::AppState {
                dispatcher: dispatcher.clone(),
                source_settings: Default::default(),
                webhook_reach: worker::webhooks::WebhookSettings::default().reach(&Default::default()),
                settings,
                gate,
                clock: Arc::new(Utc::now),
                metrics: None,
                pages: None,
                shown_settings: Arc::default(),
                triggers: Default::default(),
            },
            axum::Router::new(),
            gateway::openapi(),
        );
        let until = stop.clone();
        let serve = async move { api::serve(listener, router, until.cancelled_owned()).await.unwrap() };
        let tasks = [work, tokio::spawn(serve)];
        let repo = TestRepo::new();
        repo.write("README.md", "# Read me\n").commit("first");
        let source = json!({ "kind": "git", "url": repo.path() });
        let made =
            post(&reqwest::Client::new(), &format!("{api}/projects"), &json!({ "source": source })).await;
        let project = made["id"].as_str().unwrap().to_owned();
        Self { dispatcher, claims, api, project, stop, tasks, _repo: repo }
    }
}

/// A worker that is ready.
async fn work(dispatcher: Dispatcher, stop: CancellationToken) -> JoinHandle<()> {
    let settings = WorkerSettings::default();
    let runner = Runner {
        dispatcher,
        rules: Arc::new(Rules::new(&settings.memory).unwrap()),
        settings: Arc::new(settings),
        instance: Arc::new(Instance::anywhere()),
        clock: Clock::system(),
        persistence: Persistence::Retry,
    };
    let (ready, is_ready) = oneshot::channel();
    let work = worker::service::serve(Arc::new(runner), stop, || ready.send(()).unwrap());
    let task = tokio::spawn(work);
    is_ready.await.unwrap();
    task
}

/// Who asks for syncs.
struct Asking {
    client: reqwest::Client,
    api: String,
    project: String,
}

/// Asks for a sync and waits for its end: milliseconds from the answer to the claim, and to the first event.
async fn one(
    asking: &Asking,
    dispatcher: &Dispatcher,
    claims: &mut mpsc::UnboundedReceiver<(SyncId, Instant)>,
) -> (f64, f64) {
    let url = format!("{}/projects/{}/sync", asking.api, asking.project);
    let started = post(&asking.client, &url, &json!({})).await;
    let (answered, time): (Instant, DateTime<Utc>) = (Instant::now(), Utc::now());
    assert_eq!(started["isNew"], true, "{started}");
    let sync: SyncId = started["sync"]["id"].as_str().unwrap().parse().unwrap();
    let events: Vec<_> = dispatcher.progress.subscribe(sync, 0).await.collect().await;
    // The rescue may have queued an earlier one again, which then had nothing left to do.
    let moment = loop {
        match claims.recv().await.unwrap() {
            (claimed, moment) if claimed == sync => break moment,
            _ => {}
        }
    };
    let first = events.first().filter(|event| event.seq == 1).expect("the log has all events");
    let until_event = (first.at - time).to_std().unwrap_or_default();
    (millis(moment.saturating_duration_since(answered)), millis(until_event))
}

async fn post(client: &reqwest::Client, url: &str, body: &Value) -> Value {
    let request = client.post(url).header("content-type", "application/json").body(body.to_string());
    let response = request.send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap()
}
