//! One trace from the request through the queue to each phase, whichever processes it goes through.

use std::{collections::BTreeSet, net::TcpListener, time::Instant};

use tempfile::TempDir;
use testkit::{address::KeptAddress, server::server_folder};

use crate::{
    collector::{Collector, Received},
    stage::{PATIENCE, Stage, http, launcher, project, repository, streamed, traced_sync},
};

/// The trace and the span of whoever asks.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

fn parent(trace: &str, flags: &str) -> String {
    format!("00-{trace}-{CALLER}-{flags}")
}

fn one<'a>(spans: &'a [Received], what: &str, is_it: impl Fn(&Received) -> bool) -> &'a Received {
    let found: Vec<&Received> = spans.iter().filter(|span| is_it(span)).collect();
    assert_eq!(found.len(), 1, "{what}: {found:#?}\nof {spans:#?}");
    found[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_leads_from_the_request_to_each_phase() {
    let collector = Collector::start().await;
    let stage = Stage::with(|launcher| launcher.set("telemetry.otlp_endpoint", &collector.endpoint)).await;
    let (api, gateway) = (stage.deployment.api().await, stage.deployment.gateway().await);
    let worker = stage.deployment.worker().await;
    let repo = repository();
    let id = project(&api.client(), "traced", &repo).await;
    let sync = traced_sync(api.url(), &id, &parent(TRACE, "01")).await;
    streamed(gateway.url(), &sync, Some(&parent(TRACE, "01"))).await;
    assert_eq!(api.client().wait_until_ended(&sync).await["status"], "completed");
    // One that fails, begun by nobody else's trace.
    let gone = repository();
    let id = project(&api.client(), "gone", &gone).await;
    drop(gone);
    let failed = api.client().start_sync(&id, &serde_json::json!({})).await.id;
    assert_eq!(api.client().wait_until_ended(&failed).await["status"], "failed");
    // What they have not sent yet they send when they end.
    for process in [api, gateway, worker] {
        assert!(process.terminate().await.success());
    }

    let spans = collector.of(TRACE);
    let request = one(&spans, "the request", |span| span.name == "request");
    assert_eq!((request.service.as_str(), request.kind), ("project-sync-api", 2));
    assert_eq!(request.parent, CALLER);
    assert_eq!(request.attributes["route"], "/api/v1/projects/{projectId}/sync");
    assert_eq!(request.attributes["status"], "202");
    let run = one(&spans, "the sync", |span| span.name == "sync");
    assert_eq!((run.service.as_str(), run.kind), ("project-sync-worker", 5));
    assert_eq!(run.parent, request.id);
    assert_eq!(run.attributes["sync"], sync);
    assert_eq!(run.attributes["trace_id"], TRACE);
    let phases: Vec<&Received> = spans.iter().filter(|span| span.name == "phase").collect();
    let names: BTreeSet<&str> = phases.iter().map(|span| span.attributes["phase"].as_str()).collect();
    assert_eq!(names, BTreeSet::from(["prepare", "scan", "import", "finalize"]));
    assert!(phases.iter().all(|span| span.parent == run.id), "{phases:#?}");
    let stream = one(&spans, "the stream", |span| span.name == "stream");
    assert_eq!((stream.service.as_str(), stream.parent.as_str()), ("project-sync-gateway", CALLER));
    assert!(spans.iter().all(|span| span.error.is_none()), "{spans:#?}");
    assert_eq!(run.resource["service.version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(run.resource["service.namespace"], "project-sync");
    assert_ne!(run.resource["service.instance.id"], request.resource["service.instance.id"]);

    let all = collector.spans();
    let run = one(&all, "the failed sync", |span| {
        span.attributes.get("sync") == Some(&failed) && span.name == "sync"
    });
    assert!(run.error.is_some(), "{run:#?}");
    assert_ne!(run.trace, TRACE);
    let of_run = collector.of(&run.trace);
    one(&of_run, "its request", |span| span.name == "request" && span.id == run.parent);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_decides_what_is_sent_otherwise_the_setting() {
    let collector = Collector::start().await;
    let (folder, data) = (server_folder().unwrap(), TempDir::new().unwrap());
    let launcher = launcher(folder.path())
        .set("telemetry.otlp_endpoint", &collector.endpoint)
        .set("telemetry.otlp_sample_one_in", 0);
    let service = launcher.embedded(data.path()).await;
    let repo = repository();
    let id = project(&service.client(), "sampled", &repo).await;
    let wanted = traced_sync(service.url(), &id, &parent(TRACE, "01")).await;
    service.client().wait_until_ended(&wanted).await;
    let unwanted = "1af7651916cd43dd8448eb211c80319c";
    let path = format!("{}/api/v1/projects/{id}", service.url());
    http().get(path).header("traceparent", parent(unwanted, "00")).send().await.unwrap();
    assert!(service.terminate().await.success());
    let spans = collector.spans();
    assert!(spans.iter().any(|span| span.name == "phase"), "{spans:#?}");
    assert!(spans.iter().all(|span| span.trace == TRACE && span.service == "project-sync"), "{spans:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_or_hangs_costs_nothing() {
    // One that takes connections and never answers.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let away = KeptAddress::any().unwrap();
    for address in [away.address(), mute.local_addr().unwrap()] {
        let (folder, data) = (server_folder().unwrap(), TempDir::new().unwrap());
        let launcher =
            launcher(folder.path()).set("telemetry.otlp_endpoint", format!("http://{address}/v1/traces"));
        let service = launcher.embedded(data.path()).await;
        let repo = repository();
        let id = project(&service.client(), "alone", &repo).await;
        let sync = service.client().start_sync(&id, &serde_json::json!({})).await.id;
        assert_eq!(service.client().wait_until_ended(&sync).await["status"], "completed");
        let asked = Instant::now();
        assert!(service.terminate().await.success());
        assert!(asked.elapsed() < PATIENCE / 2, "{address}: {:?}", asked.elapsed());
    }
}
