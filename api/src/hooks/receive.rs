//! From what a host sent to a sync.

use axum::{
    body::Body,
    http::{HeaderMap, request::Parts},
};
use entities::{
    Branch, HookDeliveryId, ProjectId, Secret, SyncId, SyncTrigger, TenantDb, TenantId,
    credentials::CredentialError,
    projects::{self, ConnectedProject},
    syncs::{MAX_TRACE_PARENT_CHARS, NewSync},
    triggers::{
        DeliveryResult, HookKind,
        deliveries::{self, MAX_DELIVERY_BYTES, MAX_EVENT_BYTES, NewDelivery},
        hooks,
    },
};
use metrics::counter;
use sea_orm::{DbErr, prelude::Uuid};
use sha2::{Digest, Sha256};

use super::{
    HOOKS_RECEIVED,
    payload::{self, Told, What},
    signature::Check,
};
use crate::{
    problem::{Code, Problem},
    state::App,
};

/// What is compared with where there is no secret, so that this takes as long.
const NO_SECRET: &str = "there is no such project";

/// Something that a host sent and signed.
pub(crate) struct Signed {
    kind: HookKind,
    db: TenantDb,
    project: ProjectId,
    headers: HeaderMap,
    body: super::body::Held,
}

/// What came of it.
pub(crate) struct Received {
    /// In a word.
    pub(crate) result: &'static str,
    /// The sync that was asked for.
    pub(crate) sync: Option<SyncId>,
}

impl Signed {
    /// Reads a hook and checks who sent it.
    ///
    /// # Errors
    /// [`Code::Unauthorized`] if it is not signed by whom the project takes hooks from, or there is no such project.
    pub(crate) async fn read(
        app: &App,
        host: &str,
        project: &str,
        request: (Parts, Body),
    ) -> Result<Self, Problem> {
        let (parts, body) = request;
        let kind = [HookKind::Github, HookKind::Gitlab, HookKind::Gitea]
            .into_iter()
            .find(|kind| kind.as_str() == host);
        // One that is no id is looked for all the same: so nobody sees what is missing by the time it takes.
        let id = ProjectId(project.parse().unwrap_or_default());
        let (db, known) = secret(app, id).await?;
        let (wanted, is_known) = match (&known, kind) {
            (Some((wanted, secret)), Some(kind)) => (secret.clone(), *wanted == kind),
            _ => (Secret::new(NO_SECRET), false),
        };
        let kind = kind.unwrap_or(HookKind::Github);
        let mut check = Check::new(kind, &wanted, &parts.headers, app.now());
        let body = app.hooks.read(&parts.headers, body, |part| {
            if let Some(check) = &mut check {
                check.update(part);
            }
        });
        let body = body.await?;
        let is_signed = check.is_some_and(Check::holds);
        if !is_signed || !is_known {
            counter!(HOOKS_RECEIVED, "host" => kind.as_str(), "result" => "refused").increment(1);
            return Err(Problem::new(
                Code::Unauthorized,
                "this is not signed with the secret of a project's hook",
            ));
        }
        Ok(Self { kind, db, project: id, headers: parts.headers, body })
    }

    /// What the host calls it; where it does not say, a name made of the body.
    fn delivery(&self) -> String {
        match payload::delivery(self.kind, &self.headers) {
            Some(told) if told.len() <= MAX_DELIVERY_BYTES => told.to_owned(),
            _ => hex::encode(Sha256::digest(&self.body.bytes)),
        }
    }
}

/// Whose the project is, and the secret of its hook.
async fn secret(app: &App, id: ProjectId) -> Result<(TenantDb, Option<(HookKind, Secret)>), Problem> {
    let tenant = projects::tenant_of(&app.dispatcher.db.system(), id).await?;
    let db = app.dispatcher.db.tenant(tenant.unwrap_or(TenantId(Uuid::nil())));
    match hooks::open(&db, app.source_settings.keys.store(), id).await {
        Ok(found) => Ok((db, found)),
        Err(CredentialError::Database(error)) => Err(error.into()),
        Err(error) => {
            tracing::error!(%error, project = %id, "the secret of a hook does not open");
            Ok((db, None))
        }
    }
}

/// Does what follows from a hook.
///
/// # Errors
/// If the database is away: then the host may send it again.
pub(crate) async fn act(app: &App, signed: Signed) -> Result<Received, Problem> {
    let kind = signed.kind;
    let received = follow(app, signed).await;
    let result = received.as_ref().map_or("failed", |received| received.result);
    counter!(HOOKS_RECEIVED, "host" => kind.as_str(), "result" => result).increment(1);
    received
}

async fn follow(app: &App, signed: Signed) -> Result<Received, Problem> {
    let Some(project) = projects::get(&signed.db, signed.project).await? else {
        return Err(Problem::new(Code::Unauthorized, "the project is gone"));
    };
    let event = payload::event(signed.kind, &signed.headers);
    let told = payload::read(event, &signed.headers, &signed.body.bytes);
    let (result, branch) = judge(app, &signed.db, &project, told.as_ref()).await?;
    let (name, commit) = match told.map(|told| told.what) {
        Some(What::Pushed { branch, commit }) => (Some(branch), commit),
        Some(What::Deleted { branch }) => (Some(branch), None),
        _ => (None, None),
    };
    let now = app.now();
    let is_queued = result == DeliveryResult::Queued;
    let new = NewDelivery {
        project: signed.project,
        delivery: signed.delivery(),
        event: event.chars().filter(char::is_ascii_graphic).take(MAX_EVENT_BYTES).collect(),
        branch: name,
        commit: commit.filter(|_| is_queued),
        result,
        // Also what takes up a delivery of a process that ends right here.
        look_at: is_queued.then(|| now + app.triggers.look_delay(0)),
    };
    let Some(id) = deliveries::add(&signed.db, new, now).await? else {
        return Ok(Received { result: "repeated", sync: None });
    };
    let sync = match branch {
        Some(branch) => match on_branch(app, &signed, &branch, result).await {
            Ok(sync) => sync,
            Err(error) => return Err(take_back(&signed.db, id, error).await),
        },
        None => None,
    };
    if let Some(sync) = sync {
        deliveries::answered(&signed.db, id, sync).await?;
    }
    hooks::heard(&signed.db, signed.project, result, now).await?;
    Ok(Received { result: result.as_str(), sync })
}

/// What comes of what was told, and the branch, if it is one that is synced here.
async fn judge(
    app: &App,
    db: &TenantDb,
    project: &ConnectedProject,
    told: Option<&Told>,
) -> Result<(DeliveryResult, Option<Branch>), Problem> {
    let Some(told) = told else { return Ok((DeliveryResult::Unreadable, None)) };
    let (name, result) = match &told.what {
        What::Ping => return Ok((DeliveryResult::Ping, None)),
        What::Other => return Ok((DeliveryResult::Ignored, None)),
        What::Pushed { branch, .. } => (branch, DeliveryResult::Queued),
        What::Deleted { branch } => (branch, DeliveryResult::Deleted),
    };
    let is_ours = project.source().is_ok_and(|source| payload::is_of(&source, told.repository.as_deref()));
    if !is_ours {
        return Ok((DeliveryResult::OtherRepository, None));
    }
    let repository = &project.repository;
    let is_default = repository.default_branch.as_ref() == Some(name);
    let branch = match projects::branch_named(db, repository.id, name).await? {
        // A project that was never synced begins with its default branch.
        None if is_default && result == DeliveryResult::Queued => {
            Some(projects::ensure_branch(db, repository, name, app.now()).await?)
        }
        found => found,
    };
    Ok(if branch.is_some() { (result, branch) } else { (DeliveryResult::Untracked, None) })
}

/// Does what a branch that is synced here needs.
async fn on_branch(
    app: &App,
    signed: &Signed,
    branch: &Branch,
    result: DeliveryResult,
) -> Result<Option<SyncId>, DbErr> {
    let now = app.now();
    if result != DeliveryResult::Queued {
        projects::set_deleted(&signed.db, branch, Some(now)).await?;
        return Ok(None);
    }
    projects::set_deleted(&signed.db, branch, None).await?;
    let trace_parent = signed.headers.get("traceparent").and_then(|value| value.to_str().ok());
    let trace_parent = trace_parent.filter(|text| text.len() <= MAX_TRACE_PARENT_CHARS).map(str::to_owned);
    let new = NewSync { trigger: SyncTrigger::Webhook, forced: false, restore_seq: None, trace_parent };
    // One that runs may have looked at the branch before the push.
    let requested = app.dispatcher.request(branch, new, true, now).await?;
    Ok(Some(requested.sync.id))
}

/// Lets the host send it again.
async fn take_back(db: &TenantDb, id: HookDeliveryId, error: DbErr) -> Problem {
    if let Err(error) = deliveries::take_back(db, id).await {
        tracing::warn!(%error, delivery = %id, "a delivery stays that was not served; its commit is looked for");
    }
    error.into()
}
