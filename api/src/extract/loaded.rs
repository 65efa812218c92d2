//! Rows that the path of a request names, loaded, of the tenant of whoever asks, and with the right to use them.
//!
//! Whatever is another tenant's, or outside the project that a token is for, is not there.

use axum::{extract::FromRequestParts, http::request::Parts};
use entities::{
    ApiToken, ApiTokenId, DeliveryId, ProjectId, ProjectSync, Scoped, SyncId, UserId, Webhook,
    WebhookDelivery, WebhookId,
    identity::{
        members::{self, Member},
        tokens,
    },
    projects::{self, ConnectedProject},
    syncs, webhooks,
};

use super::{
    path,
    permit::{Manage, Needs, Operate, Permitted},
};
use crate::{
    problem::{Code, Problem},
    state::App,
};

/// The project that `{projectId}` names, and the permission.
pub(crate) struct LoadedProject<R> {
    pub(crate) project: ConnectedProject,
    pub(crate) permit: Permitted<R>,
}

impl<R: Needs> FromRequestParts<App> for LoadedProject<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let permit = Permitted::from_request_parts(parts, app).await?;
        let id: ProjectId = path::one(parts, app, "projectId").await?;
        let project = project(&permit, id).await?;
        Ok(Self { project, permit })
    }
}

/// The project of this id, which `projectId` of the request holds.
pub(crate) async fn project<R>(permit: &Permitted<R>, id: ProjectId) -> Result<ConnectedProject, Problem> {
    let mut found = None;
    if permit.is_for(id) {
        let reading = permit.db().begin().await?;
        found = projects::get(&reading, id).await?;
        reading.commit().await?;
    }
    found.ok_or_else(|| {
        Problem::new(Code::ProjectNotFound, format!("there is no project {id}")).field("projectId")
    })
}

/// The sync that `{syncId}` names, and the permission.
pub(crate) struct LoadedSync<R> {
    pub(crate) sync: ProjectSync,
    pub(crate) permit: Permitted<R>,
}

impl<R: Needs> FromRequestParts<App> for LoadedSync<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let permit = Permitted::from_request_parts(parts, app).await?;
        let id: SyncId = path::one(parts, app, "syncId").await?;
        let sync = sync(&permit, id, "syncId").await?;
        Ok(Self { sync, permit })
    }
}

/// The sync of this id, which `field` of the request holds.
pub(crate) async fn sync<R>(permit: &Permitted<R>, id: SyncId, field: &str) -> Result<ProjectSync, Problem> {
    let found = load(permit.db(), id, field).await?;
    if permit.is_for(found.project_id) { Ok(found) } else { Err(missing(id, field)) }
}

async fn load(db: &impl Scoped, id: SyncId, field: &str) -> Result<ProjectSync, Problem> {
    syncs::get(db, id).await?.ok_or_else(|| missing(id, field))
}

fn missing(id: SyncId, field: &str) -> Problem {
    Problem::new(Code::SyncNotFound, format!("there is no sync {id}")).field(field)
}

/// The sync of whatever tenant that `{syncId}` names, for whoever operates the installation.
pub(crate) struct LoadedJob {
    pub(crate) sync: ProjectSync,
    pub(crate) permit: Permitted<Operate>,
}

impl FromRequestParts<App> for LoadedJob {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let permit = Permitted::<Operate>::from_request_parts(parts, app).await?;
        let id: SyncId = path::one(parts, app, "syncId").await?;
        let sync = load(&permit.system(), id, "syncId").await?;
        Ok(Self { sync, permit })
    }
}

/// The token that `{tokenId}` names, and the permission.
pub(crate) struct LoadedToken {
    pub(crate) token: ApiToken,
    pub(crate) permit: Permitted<Manage>,
}

impl FromRequestParts<App> for LoadedToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let permit = Permitted::<Manage>::from_request_parts(parts, app).await?;
        let id: ApiTokenId = path::one(parts, app, "tokenId").await?;
        let missing =
            || Problem::new(Code::TokenNotFound, format!("there is no token {id}")).field("tokenId");
        let token = tokens::get(permit.db(), id).await?.ok_or_else(missing)?;
        Ok(Self { token, permit })
    }
}

/// The member that `{userId}` names, and the permission.
pub(crate) struct LoadedMember {
    pub(crate) member: Member,
    pub(crate) permit: Permitted<Manage>,
}

impl FromRequestParts<App> for LoadedMember {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let permit = Permitted::<Manage>::from_request_parts(parts, app).await?;
        let id: UserId = path::one(parts, app, "userId").await?;
        let missing =
            || Problem::new(Code::MemberNotFound, format!("there is no member {id}")).field("userId");
        let member = members::get(permit.db(), id).await?.ok_or_else(missing)?;
        Ok(Self { member, permit })
    }
}

/// The webhook that `{webhookId}` names, and the permission.
pub(crate) struct LoadedWebhook {
    pub(crate) webhook: Webhook,
    pub(crate) permit: Permitted<Manage>,
}

impl FromRequestParts<App> for LoadedWebhook {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let permit = Permitted::<Manage>::from_request_parts(parts, app).await?;
        let id: WebhookId = path::one(parts, app, "webhookId").await?;
        let missing =
            || Problem::new(Code::WebhookNotFound, format!("there is no webhook {id}")).field("webhookId");
        let webhook = webhooks::get(permit.db(), id).await?.ok_or_else(missing)?;
        Ok(Self { webhook, permit })
    }
}

/// The delivery that `{deliveryId}` names, to the webhook that `{webhookId}` names, and the permission.
pub(crate) struct LoadedDelivery {
    pub(crate) webhook: Webhook,
    pub(crate) delivery: WebhookDelivery,
    pub(crate) permit: Permitted<Manage>,
}

impl FromRequestParts<App> for LoadedDelivery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let LoadedWebhook { webhook, permit } = LoadedWebhook::from_request_parts(parts, app).await?;
        let id: DeliveryId = path::one(parts, app, "deliveryId").await?;
        let missing =
            || Problem::new(Code::DeliveryNotFound, format!("there is no delivery {id}")).field("deliveryId");
        let delivery = webhooks::delivery(permit.db(), webhook.id, id).await?.ok_or_else(missing)?;
        Ok(Self { webhook, delivery, permit })
    }
}
