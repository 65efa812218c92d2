//! Workers that are killed while they publish: repeats at most, nothing lost, nothing overtaken.

use std::collections::{BTreeMap, HashSet};

use chrono::Utc;
use entities::{
    EventId, ProjectId, SourceSpec, TenantDb,
    outbox::{self, NewEvent},
    projects,
};
use serde_json::json;
use testkit::{
    database::{TestDatabase, local_tenant},
    rabbitmq,
    redis::test_redis_url,
    server::server_folder,
    service::Deployment,
};

use crate::{Listener, launcher};

const PROJECTS: usize = 10;
const ROUNDS: usize = 6;
const EACH: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_while_they_publish_lose_nothing() {
    let broker = rabbitmq::vhost().await;
    let mut events = Listener::connect(&broker).await;
    let database = TestDatabase::postgres().await;
    let db = local_tenant(database.database()).await;
    let projects = make_projects(&db).await;
    let folder = server_folder().unwrap();
    let launcher = launcher(folder.path(), &broker).set("queue.prefix", EventId::generate());
    let deployment =
        Deployment { launcher, postgres_url: database.url().to_owned(), redis_url: test_redis_url() };
    let telling = tokio::spawn(async move {
        for _ in 0..ROUNDS * EACH {
            for project in &projects {
                tell(&db, *project).await;
            }
        }
    });
    let (mut ids, mut latest) = (HashSet::new(), BTreeMap::<String, u64>::new());
    let mut doubled = 0;
    let mut worker = deployment.worker().await;
    let all = ROUNDS * EACH * PROJECTS;
    while ids.len() < all {
        let event = events.next().await;
        if !ids.insert(event["id"].as_str().unwrap().to_owned()) {
            doubled += 1;
            continue;
        }
        let sequence: u64 = event["sequence"].as_str().unwrap().parse().unwrap();
        let before = latest.insert(event["projectid"].as_str().unwrap().to_owned(), sequence);
        assert_eq!(sequence, before.unwrap_or_default() + 1, "{event}");
        // In the middle of a batch: more of it is on its way.
        if ids.len() % (all / ROUNDS) == all / ROUNDS / 2 {
            worker.kill_9().await;
            worker = deployment.worker().await;
        }
    }
    telling.await.unwrap();
    println!("told {all}, doubled {doubled}, lost 0, out of order 0");
    assert!(worker.terminate().await.success());
    let system = database.database().system();
    assert_eq!(outbox::backlog(&system).await.unwrap().waiting, 0);
}

async fn make_projects(db: &TenantDb) -> Vec<ProjectId> {
    let mut made = Vec::new();
    for number in 0..PROJECTS {
        let name = format!("project-{number}");
        let source = SourceSpec::Git { url: format!("/{name}") };
        made.push(projects::create(db, &name, &source, Utc::now()).await.unwrap().project.id);
    }
    made
}

/// Writes an event as the end of a sync does.
async fn tell(db: &TenantDb, project: ProjectId) {
    let transaction = db.begin_write().await.unwrap();
    projects::lock_project(&transaction, project).await.unwrap();
    let kind = "project_sync.completed".to_owned();
    let new = NewEvent { id: EventId::generate(), project, kind, data: json!({}), trace_parent: None };
    outbox::append(&transaction, new, Utc::now()).await.unwrap();
    transaction.commit().await.unwrap();
}
