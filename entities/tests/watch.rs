//! What those are told who watch syncs, on both databases.

use chrono::{DateTime, Utc};
use project_sync_entities::{
    Branch, Project, ProjectId, ProjectSync, SourceSpec, SyncEvent, SyncId, SyncStatus, SyncTrigger,
    TenantDb,
    projects::{self, Deletion},
    syncs::{self, NewSync},
};
use sea_orm::DbErr;
use serde_json::json;
use testkit::{database::TestDatabase, on_each_database};

/// The database in the name of a tenant.
async fn tenant(database: &TestDatabase) -> TenantDb {
    let system = database.database().system();
    let tenant = projects::ensure_tenant(&system, projects::LOCAL_TENANT, Utc::now()).await.unwrap();
    database.database().tenant(tenant)
}

/// A project with one repository.
async fn project(db: &TenantDb, name: &str) -> projects::ConnectedProject {
    let source = SourceSpec::Git { url: format!("/{name}") };
    projects::create(db, name, &source, Utc::now()).await.unwrap()
}

async fn branch(db: &TenantDb, project: &projects::ConnectedProject, name: &str) -> Branch {
    projects::ensure_branch(db, &project.repository, name, Utc::now()).await.unwrap()
}

fn wanted() -> NewSync {
    NewSync { trigger: SyncTrigger::Api, forced: false, restore_seq: None, trace_parent: None }
}

fn event(sync: &ProjectSync, seq: i64, payload: serde_json::Value) -> SyncEvent {
    SyncEvent { tenant_id: sync.tenant_id, sync_id: sync.id, seq, at: DateTime::UNIX_EPOCH, payload }
}

fn first_event(sync: &ProjectSync) -> Result<SyncEvent, DbErr> {
    Ok(event(sync, 1, json!({ "type": "queued" })))
}

async fn request(db: &TenantDb, branch: &Branch) -> ProjectSync {
    let requested = syncs::request(db, branch, wanted(), false, Utc::now(), first_event).await.unwrap();
    assert!(requested.is_new);
    requested.sync
}

/// A sync that was asked for and called off.
async fn cancelled(db: &TenantDb, branch: &Branch) -> ProjectSync {
    let sync = request(db, branch).await;
    assert!(syncs::cancel_pending(db, sync.id, Utc::now()).await.unwrap());
    sync
}

async fn append(db: &TenantDb, sync: &ProjectSync, seq: i64, payload: serde_json::Value) {
    syncs::append_event(db, event(sync, seq, payload)).await.unwrap();
}

fn ids(rows: &[ProjectSync]) -> Vec<SyncId> {
    rows.iter().map(|row| row.id).collect()
}

fn ordinals(rows: &[ProjectSync]) -> Vec<i64> {
    rows.iter().map(|row| row.ordinal).collect()
}

async fn reread(db: &TenantDb, project: &Project) -> Project {
    projects::get(db, project.id).await.unwrap().unwrap().project
}

on_each_database! {
    async fn a_project_counts_its_syncs_over_all_branches(db: TestDatabase) {
        let db = &tenant(&db).await;
        let (one, other) = (project(db, "one").await, project(db, "other").await);
        let (main, side) = (branch(db, &one, "main").await, branch(db, &one, "side").await);
        let foreign = branch(db, &other, "main").await;
        let made = [
            cancelled(db, &main).await,
            cancelled(db, &side).await,
            cancelled(db, &foreign).await,
            cancelled(db, &main).await,
        ];
        assert_eq!(ordinals(&made), [1, 2, 1, 3]);
        assert!(made.iter().all(|sync| (sync.project_id == other.project.id) == (sync.branch_id == foreign.id)));
        assert_eq!(reread(db, &one.project).await.syncs_asked, 3);
        // Who asks for what waits already makes nothing.
        let waiting = request(db, &main).await;
        let again = syncs::request(db, &main, wanted(), false, Utc::now(), first_event).await.unwrap();
        assert_eq!((again.is_new, again.sync.id, waiting.ordinal), (false, waiting.id, 4));
        assert_eq!(reread(db, &one.project).await.syncs_asked, 4);
        // A number that was given is not given again.
        assert!(syncs::cancel_pending(db, waiting.id, Utc::now()).await.unwrap());
        assert!(syncs::remove(db, waiting.id).await.unwrap());
        assert_eq!(request(db, &main).await.ordinal, 5);
    }

    /// Many ask at once; the numbers have no hole, and who sees one sees all before it.
    async fn numbers_become_visible_in_order(db: TestDatabase) {
        let db = &tenant(&db).await;
        let project = project(db, "p").await;
        let id = project.project.id;
        let mut askers = tokio::task::JoinSet::new();
        for number in 0..12 {
            let branch = branch(db, &project, &format!("b{number}")).await;
            let db = db.clone();
            askers.spawn(async move {
                request(&db, &branch).await;
                let seen = syncs::asked_after(&db, id, 0, 100).await.unwrap();
                assert_eq!(ordinals(&seen), (1..=seen.len() as i64).collect::<Vec<_>>());
            });
        }
        askers.join_all().await;
        assert_eq!(ordinals(&syncs::asked_after(db, id, 0, 100).await.unwrap()), (1..=12).collect::<Vec<_>>());
        assert_eq!(syncs::last_ordinals(db, &[id]).await.unwrap(), [(id, 12)]);
    }

    /// Asking and deleting take their locks in one order.
    async fn asking_and_deleting_do_not_hold_each_other_up(db: TestDatabase) {
        let db = &tenant(&db).await;
        for round in 0..10 {
            let project = project(db, &format!("p{round}")).await;
            let branch = branch(db, &project, "main").await;
            let (asked, deleted) = tokio::join!(
                syncs::request(db, &branch, wanted(), false, Utc::now(), first_event),
                projects::delete(db, project.project.id),
            );
            match deleted.unwrap() {
                Deletion::Busy(sync) => assert_eq!(sync.id, asked.unwrap().sync.id),
                Deletion::Deleted => assert!(matches!(asked, Err(DbErr::RecordNotFound(_)))),
                Deletion::NotFound => panic!("it was there"),
            }
        }
    }

    async fn the_numbers_of_last_events_are_told_at_once(db: TestDatabase) {
        let db = &tenant(&db).await;
        let project = project(db, "p").await;
        let mut syncs = Vec::new();
        for number in 0..3 {
            let branch = branch(db, &project, &format!("b{number}")).await;
            let sync = syncs::create(db, &branch, wanted(), Utc::now()).await.unwrap();
            for seq in 1..=number {
                append(db, &sync, seq, json!({ "type": "cancelled" })).await;
            }
            syncs.push(sync);
        }
        let mut asked = ids(&syncs);
        asked.push(SyncId::generate());
        let mut told = syncs::last_event_seqs(db, &asked).await.unwrap();
        told.sort();
        assert_eq!(told, [(syncs[0].id, 0), (syncs[1].id, 1), (syncs[2].id, 2)]);
        assert_eq!(syncs::last_event_seqs(db, &[]).await.unwrap(), []);
        // As many as may be asked for.
        asked.resize_with(syncs::MAX_SYNCS_AT_ONCE, SyncId::generate);
        assert_eq!(syncs::last_event_seqs(db, &asked).await.unwrap().len(), 3);
    }

    async fn the_syncs_of_a_project_are_found_by_number(db: TestDatabase) {
        let db = &tenant(&db).await;
        let (one, other) = (project(db, "one").await, project(db, "other").await);
        let (main, side) = (branch(db, &one, "main").await, branch(db, &one, "side").await);
        cancelled(db, &branch(db, &other, "main").await).await;
        let mut made = vec![cancelled(db, &main).await, request(db, &side).await];
        made.push(cancelled(db, &main).await);
        made.push(request(db, &main).await);
        let (id, all) = (one.project.id, ids(&made));
        assert_eq!(ids(&syncs::asked_after(db, id, 0, 10).await.unwrap()), all);
        assert_eq!(ids(&syncs::asked_after(db, id, 1, 2).await.unwrap()), all[1..3]);
        assert_eq!(ids(&syncs::asked_after(db, id, 4, 10).await.unwrap()), []);
        assert_eq!(ids(&syncs::by_ordinals(db, id, &[3, 1, 9]).await.unwrap()), [all[0], all[2]]);
        assert_eq!(ids(&syncs::by_ordinals(db, id, &[]).await.unwrap()), []);
        assert_eq!(ids(&syncs::unfinished(db, id, 10).await.unwrap()), [all[1], all[3]]);
        assert_eq!(ids(&syncs::unfinished(db, id, 1).await.unwrap()), [all[1]]);
        let mut told = syncs::last_ordinals(db, &[id, ProjectId::generate(), other.project.id]).await.unwrap();
        told.sort();
        let mut right = [(id, 4), (other.project.id, 1)];
        right.sort();
        assert_eq!(told, right);
    }

    /// A sync is never seen without its first event, and one that cannot have it is not made.
    async fn a_sync_begins_with_an_event(db: TestDatabase) {
        let db = &tenant(&db).await;
        let project = project(db, "p").await;
        let main = branch(db, &project, "main").await;
        let refused = |_: &ProjectSync| Err(DbErr::Custom("no event".to_owned()));
        assert!(syncs::request(db, &main, wanted(), false, Utc::now(), refused).await.is_err());
        assert_eq!(syncs::last_ordinals(db, &[project.project.id]).await.unwrap(), [(project.project.id, 0)]);
        let sync = request(db, &main).await;
        assert_eq!((sync.ordinal, syncs::last_event_seq(db, sync.id).await.unwrap()), (1, 1));
    }

    /// A running one has not ended either.
    async fn what_runs_is_unfinished(db: TestDatabase) {
        let db = &tenant(&db).await;
        let project = project(db, "p").await;
        let sync = request(db, &branch(db, &project, "main").await).await;
        let lease = std::time::Duration::from_secs(60);
        syncs::claim(db, sync.id, "w", Utc::now(), lease).await.unwrap();
        let unfinished = syncs::unfinished(db, project.project.id, 10).await.unwrap();
        assert_eq!(unfinished.iter().map(|row| row.status).collect::<Vec<_>>(), [SyncStatus::Running]);
    }

    async fn milestones_leave_out_all_progress_but_the_last(db: TestDatabase) {
        let db = &tenant(&db).await;
        let project = project(db, "p").await;
        let sync = request(db, &branch(db, &project, "main").await).await;
        let other = request(db, &branch(db, &project, "other").await).await;
        let scan = |done| json!({ "type": "phaseProgress", "phase": "scan", "done": done });
        let import = |done| json!({ "type": "phaseProgress", "phase": "import", "done": done });
        let event = |kind: &str| json!({ "type": kind });
        let payloads =
            [scan(1), scan(2), event("phaseCompleted"), import(1), event("warning"), import(2)];
        for (payload, seq) in payloads.into_iter().zip(2..) {
            append(db, &sync, seq, payload).await;
        }
        append(db, &other, 2, scan(9)).await;
        let seqs = async |up_to| {
            let events = syncs::milestones(db, sync.id, up_to).await.unwrap();
            assert!(events.iter().all(|event| event.sync_id == sync.id));
            events.iter().map(|event| event.seq).collect::<Vec<_>>()
        };
        assert_eq!(seqs(None).await, [1, 3, 4, 6, 7]);
        assert_eq!(seqs(Some(6)).await, [1, 3, 4, 5, 6]);
        assert_eq!(seqs(Some(2)).await, [1, 2]);
        assert_eq!(seqs(Some(0)).await, [] as [i64; 0]);
        let last = syncs::milestones(db, sync.id, None).await.unwrap().pop().unwrap();
        assert_eq!(last.payload, import(2));
    }
}
