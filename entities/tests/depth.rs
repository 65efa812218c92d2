//! What an operator is told of the queue: how much there is in each state, and what may be stuck.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use project_sync_entities::{
    SourceSpec, SyncEvent, SyncId, SyncTrigger, TenantDb, projects,
    queue::{Depth, LONG_AFTER, depth},
    syncs::{self, ClaimOutcome, NewSync},
};
use serde_json::json;
use testkit::{database::local_tenant, on_each_database};

const LEASE: Duration = Duration::from_secs(15);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

/// A sync of a project of its own, asked for at a moment.
async fn asked(db: &TenantDb, name: &str, now: DateTime<Utc>) -> SyncId {
    let source = SourceSpec::Git { url: format!("/{name}") };
    let connected = projects::create(db, name, &source, now).await.unwrap();
    let branch = projects::ensure_branch(db, &connected.repository, "main", now).await.unwrap();
    let new = NewSync { trigger: SyncTrigger::Api, forced: false, restore_seq: None, trace_parent: None };
    let first = |sync: &project_sync_entities::ProjectSync| {
        Ok(SyncEvent { tenant_id: sync.tenant_id, sync_id: sync.id, seq: 1, at: now, payload: json!({}) })
    };
    syncs::request(db, &branch, new, false, now, first).await.unwrap().sync.id
}

async fn begun(db: &TenantDb, name: &str, now: DateTime<Utc>) -> syncs::Claim {
    let id = asked(db, name, now).await;
    match syncs::claim(db, id, "worker", now, LEASE).await.unwrap() {
        ClaimOutcome::Claimed(claim) => claim,
        other => panic!("not claimed: {other:?}"),
    }
}

fn of(count: u64, oldest: i64) -> Depth {
    Depth { count, oldest: Some(at(oldest)) }
}

on_each_database! {
    async fn what_may_be_stuck_is_counted_apart(db: TestDatabase) {
        let tenant = local_tenant(db.database()).await;
        let system = db.database().system();
        asked(&tenant, "waits", at(3)).await;
        asked(&tenant, "waits too", at(5)).await;
        let kept = begun(&tenant, "kept", at(10)).await;
        begun(&tenant, "left", at(20)).await;

        let soon = depth(&system, at(21)).await.unwrap();
        assert_eq!((soon.ready, soon.running), (of(2, 3), of(2, 10)));
        assert_eq!((soon.abandoned, soon.long, soon.dead), (Depth::default(), Depth::default(), Depth::default()));

        // One is looked after, the other's lease runs out.
        let later = at(10) + LONG_AFTER;
        syncs::heartbeat(&tenant, &kept, later, LEASE).await.unwrap();
        let then = depth(&system, later).await.unwrap();
        assert_eq!((then.running, then.abandoned, then.long), (of(2, 10), of(1, 35), Depth::default()));
        let then = depth(&system, later + TimeDelta::seconds(1)).await.unwrap();
        assert_eq!((then.abandoned, then.long), (of(1, 35), of(1, 10)));
    }
}
