//! What is told to others: rises in order of commit, goes with its transaction, and each lane has one holder.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use project_sync_entities::{
    EventId, ProjectId, SourceSpec, TenantDb,
    outbox::{self, Backlog, NewEvent},
    projects,
};
use serde_json::json;
use testkit::{database::local_tenant, on_each_database};

const LEASE: Duration = Duration::from_secs(30);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

async fn project(db: &TenantDb, name: &str) -> ProjectId {
    let source = SourceSpec::Git { url: format!("/{name}") };
    projects::create(db, name, &source, at(0)).await.unwrap().project.id
}

fn event(project: ProjectId) -> NewEvent {
    let kind = "project_sync.completed".to_owned();
    NewEvent { id: EventId::generate(), project, kind, data: json!({ "a": 1 }), trace_parent: None }
}

async fn tell(db: &TenantDb, project: ProjectId, now: DateTime<Utc>) -> i64 {
    let transaction = db.begin_write().await.unwrap();
    projects::lock_project(&transaction, project).await.unwrap();
    let row = outbox::append(&transaction, event(project), now).await.unwrap();
    transaction.commit().await.unwrap();
    row.id
}

on_each_database! {
    async fn they_rise_in_the_order_of_commits_whoever_writes(db: TestDatabase) {
        const WRITERS: usize = 8;
        const EACH: i64 = 10;
        let tenant = local_tenant(db.database()).await;
        let project = project(&tenant, "p").await;
        let writers = (0..WRITERS).map(|_| {
            let tenant = tenant.clone();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    tell(&tenant, project, at(0)).await;
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let all = WRITERS as i64 * EACH;
        let rows = outbox::waiting(&db.database().system(), outbox::lane_of(project), 1_000).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.sequence).collect::<Vec<_>>(), (1..=all).collect::<Vec<_>>());
        assert!(rows.is_sorted_by(|one, next| one.id < next.id));
    }

    async fn what_did_not_happen_is_not_told(db: TestDatabase) {
        let tenant = local_tenant(db.database()).await;
        let project = project(&tenant, "p").await;
        let transaction = tenant.begin_write().await.unwrap();
        projects::lock_project(&transaction, project).await.unwrap();
        outbox::append(&transaction, event(project), at(0)).await.unwrap();
        transaction.rollback().await.unwrap();
        let system = db.database().system();
        assert_eq!(outbox::backlog(&system).await.unwrap(), Backlog::default());
        tell(&tenant, project, at(7)).await;
        assert_eq!(outbox::backlog(&system).await.unwrap(), Backlog { waiting: 1, oldest: Some(at(7)) });
        // No number is left out for what was rolled back.
        assert_eq!(outbox::waiting(&system, outbox::lane_of(project), 10).await.unwrap()[0].sequence, 1);
    }

    async fn a_lane_has_one_holder_until_its_lease_ends(db: TestDatabase) {
        let tenant = local_tenant(db.database()).await;
        let system = db.database().system();
        let project = project(&tenant, "p").await;
        assert_eq!(outbox::take_lanes(&system, "one", at(0), LEASE, 64).await.unwrap(), [], "nothing waits");
        let id = tell(&tenant, project, at(0)).await;
        let [lane] = outbox::take_lanes(&system, "one", at(0), LEASE, 64).await.unwrap()[..] else { panic!() };
        assert_eq!(lane.lane, outbox::lane_of(project));
        assert_eq!(outbox::take_lanes(&system, "two", at(30), LEASE, 64).await.unwrap(), []);
        assert!(outbox::prolong(&system, &[lane], at(40)).await.unwrap());
        assert_eq!(outbox::take_lanes(&system, "two", at(40), LEASE, 64).await.unwrap(), []);
        // It is taken over, and the first one can neither hold nor release it any more.
        let [later] = outbox::take_lanes(&system, "two", at(41), LEASE, 64).await.unwrap()[..] else { panic!() };
        assert!(later.lane == lane.lane && later.token > lane.token);
        assert!(!outbox::prolong(&system, &[lane], at(99)).await.unwrap());
        outbox::release(&system, lane, None).await.unwrap();
        assert_eq!(outbox::take_lanes(&system, "three", at(42), LEASE, 64).await.unwrap(), []);
        outbox::release(&system, later, None).await.unwrap();
        let [held] = outbox::take_lanes(&system, "three", at(42), LEASE, 64).await.unwrap()[..] else { panic!() };
        // What was refused waits for a while, and whoever gave the lane back waits like the others.
        outbox::release(&system, held, Some(at(50))).await.unwrap();
        for holder in ["three", "four"] {
            assert_eq!(outbox::take_lanes(&system, holder, at(49), LEASE, 64).await.unwrap(), []);
        }
        assert_eq!(outbox::take_lanes(&system, "four", at(51), LEASE, 64).await.unwrap().len(), 1);
        assert!(outbox::was_relayed(&system).await.unwrap());
        outbox::mark_published(&system, &[id], at(43)).await.unwrap();
        assert_eq!(outbox::backlog(&system).await.unwrap().waiting, 0);
    }

    async fn only_what_a_broker_took_is_forgotten(db: TestDatabase) {
        let tenant = local_tenant(db.database()).await;
        let system = db.database().system();
        let project = project(&tenant, "p").await;
        let taken = tell(&tenant, project, at(0)).await;
        tell(&tenant, project, at(1)).await;
        tell(&tenant, project, at(100)).await;
        outbox::mark_published(&system, &[taken], at(2)).await.unwrap();
        assert_eq!(outbox::prune(&system, at(50), false, 10).await.unwrap(), 1);
        assert_eq!(outbox::prune(&system, at(50), false, 10).await.unwrap(), 0);
        assert_eq!(outbox::prune(&system, at(50), true, 10).await.unwrap(), 1, "without a broker");
        assert_eq!(outbox::backlog(&system).await.unwrap(), Backlog { waiting: 1, oldest: Some(at(100)) });
    }

    async fn what_happened_to_a_project_is_told_though_it_is_gone(db: TestDatabase) {
        let tenant = local_tenant(db.database()).await;
        let project = project(&tenant, "p").await;
        tell(&tenant, project, at(0)).await;
        assert_eq!(projects::delete(&tenant, project).await.unwrap(), projects::Deletion::Deleted);
        assert_eq!(outbox::backlog(&db.database().system()).await.unwrap().waiting, 1);
    }
}
