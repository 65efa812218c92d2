//! Rows that the path of a request names, loaded and of this tenant.

use axum::{extract::FromRequestParts, http::request::Parts};
use entities::{
    ProjectId, ProjectSync, Scoped, SyncId,
    projects::{self, ConnectedProject},
    syncs,
};

use super::path;
use crate::{
    problem::{Code, Problem},
    state::App,
};

/// The project that `{projectId}` names.
pub(crate) struct LoadedProject(pub(crate) ConnectedProject);

impl FromRequestParts<App> for LoadedProject {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let id: ProjectId = path::one(parts, app, "projectId").await?;
        let found = projects::get(app.db(), id).await?;
        let missing =
            || Problem::new(Code::ProjectNotFound, format!("there is no project {id}")).field("projectId");
        found.map(Self).ok_or_else(missing)
    }
}

/// The sync that `{syncId}` names.
pub(crate) struct LoadedSync(pub(crate) ProjectSync);

impl FromRequestParts<App> for LoadedSync {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let id: SyncId = path::one(parts, app, "syncId").await?;
        sync(app.db(), id, "syncId").await.map(Self)
    }
}

/// The sync of this id, which `field` of the request holds.
pub(crate) async fn sync(db: &impl Scoped, id: SyncId, field: &str) -> Result<ProjectSync, Problem> {
    let found = syncs::get(db, id).await?;
    found.ok_or_else(|| Problem::new(Code::SyncNotFound, format!("there is no sync {id}")).field(field))
}
