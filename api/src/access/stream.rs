//! Whether somebody may follow a stream. Streams do not pass the extractors: so it is said at the gate.

use entities::{Database, ProjectId, SyncId, TenantId, identity::Right, projects, syncs};

use super::caller::Caller;
use crate::{
    extract::lacks,
    problem::{Code, Problem},
};

/// Where streams are.
pub(super) const EVENTS: &str = "/api/v1/events/";

/// Lets a caller follow what the path names: a sync or a project of their tenant, that they may read. Anything else is
/// not there.
pub(super) async fn check(db: &Database, caller: &Caller, path: &str) -> Result<(), Problem> {
    let Some(tenant) = caller.tenant() else { return Ok(()) };
    if caller.principal.as_ref().is_some_and(|who| !who.may(Right::Read)) {
        return Err(lacks(Right::Read));
    }
    let Some((kind, id)) = path.strip_prefix(EVENTS).and_then(|rest| rest.split_once('/')) else {
        return Ok(());
    };
    match kind {
        "project-sync" => match id.parse() {
            Ok(id) => check_sync(db, tenant, caller, id).await,
            Err(_) => Ok(()),
        },
        "projects" => match id.parse() {
            Ok(id) => check_project(db, tenant, caller, id).await,
            Err(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

async fn check_sync(db: &Database, tenant: TenantId, caller: &Caller, id: SyncId) -> Result<(), Problem> {
    let found = syncs::get(&db.tenant(tenant), id).await?;
    let may = found.is_some_and(|sync| match (&caller.principal, &caller.ticket) {
        (Some(principal), _) => principal.is_for(sync.project_id),
        (None, Some(ticket)) => ticket.opens_sync(id, sync.project_id),
        (None, None) => false,
    });
    let missing = || Problem::new(Code::SyncNotFound, format!("there is no sync {id}")).field("syncId");
    if may { Ok(()) } else { Err(missing()) }
}

async fn check_project(
    db: &Database,
    tenant: TenantId,
    caller: &Caller,
    id: ProjectId,
) -> Result<(), Problem> {
    let may = match (&caller.principal, &caller.ticket) {
        (Some(principal), _) => principal.is_for(id),
        (None, Some(ticket)) => ticket.opens_project(id),
        (None, None) => false,
    };
    let missing =
        || Problem::new(Code::ProjectNotFound, format!("there is no project {id}")).field("projectId");
    match may && projects::get(&db.tenant(tenant), id).await?.is_some() {
        true => Ok(()),
        false => Err(missing()),
    }
}
