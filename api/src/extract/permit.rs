//! What somebody is permitted to do, as a value: without one there is no way to the database.

use std::{marker::PhantomData, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use entities::{
    ProjectId, SystemDb, TenantDb, TenantId,
    identity::{
        Principal, Right,
        audit::{self, Action, NewRecord},
        sessions,
    },
};
use serde_json::json;

use crate::{
    access::Caller,
    problem::{Code, Problem},
    state::App,
};

/// Which right a route needs.
pub(crate) trait Needs: Send + Sync + 'static {
    /// The right.
    const RIGHT: Right;
    /// Whether the route concerns the whole tenant, so that whoever is for one project only is refused.
    const WHOLE_TENANT: bool = false;
}

/// Looking at what the tenant has.
pub(crate) struct Read;
/// Starting, cancelling and restoring syncs.
pub(crate) struct Syncs;
/// Deciding about a project.
pub(crate) struct Admin;
/// Deciding about the tenant: its projects, members and tokens.
pub(crate) struct Manage;
/// Operating the installation, across tenants.
pub(crate) struct Operate;

impl Needs for Read {
    const RIGHT: Right = Right::Read;
}
impl Needs for Syncs {
    const RIGHT: Right = Right::Sync;
}
impl Needs for Admin {
    const RIGHT: Right = Right::Admin;
}
impl Needs for Manage {
    const RIGHT: Right = Right::Admin;
    const WHOLE_TENANT: bool = true;
}
impl Needs for Operate {
    const RIGHT: Right = Right::Operate;
    const WHOLE_TENANT: bool = true;
}

/// That whoever asks has a right, and the database in their tenant's name.
pub(crate) struct Permitted<R> {
    /// Who asks.
    pub(crate) principal: Principal,
    caller: Arc<Caller>,
    db: TenantDb,
    app: App,
    right: PhantomData<R>,
}

impl<R: Needs> FromRequestParts<App> for Permitted<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let AnyCaller(caller) = AnyCaller::of(parts)?;
        let principal = caller.principal.clone().ok_or_else(|| {
            Problem::new(Code::Unauthorized, "log in, or send a token: Authorization: Bearer TOKEN")
        })?;
        if !principal.may(R::RIGHT) {
            return Err(lacks(R::RIGHT));
        }
        if R::WHOLE_TENANT && !principal.is_for_all_projects() {
            return Err(Problem::new(
                Code::Forbidden,
                "the token is for one project, and this is for all of them",
            ));
        }
        let db = app.dispatcher.db.tenant(principal.tenant.id);
        Ok(Self { principal, caller, db, app: Arc::clone(app), right: PhantomData })
    }
}

/// That a right is missing.
pub(crate) fn lacks(right: Right) -> Problem {
    Problem::new(Code::Forbidden, format!("this needs the right '{right}'"))
}

impl<R> Permitted<R> {
    /// The database, in the name of whoever asks.
    pub(crate) fn db(&self) -> &TenantDb {
        &self.db
    }

    /// Whether this project is within what they may do.
    pub(crate) fn is_for(&self, project: ProjectId) -> bool {
        self.principal.is_for(project)
    }

    /// A line for the audit log: that they did something.
    pub(crate) fn did(&self, action: Action) -> NewRecord {
        self.caller.did(action)
    }

    /// Notes what was done by other means than a transaction of ours. It is done: that it cannot be noted must not make
    /// the request fail, and is told in the log of the process instead.
    pub(crate) async fn note(&self, record: NewRecord) {
        if let Err(error) = audit::record(&self.db, record.clone(), self.app.now()).await {
            tracing::error!(%error, ?record, "a line of the audit log is lost");
        }
    }
}

impl Permitted<Operate> {
    /// The database in the name of the system.
    pub(crate) fn system(&self) -> SystemDb {
        self.app.dispatcher.db.system()
    }

    /// As [`Permitted::note`], for the tenant to whose rows it was done; for none of what is of no tenant.
    pub(crate) async fn note_for(&self, tenant: Option<TenantId>, record: NewRecord) {
        if let Err(error) = audit::record_for(&self.system(), tenant, record.clone(), self.app.now()).await {
            tracing::error!(%error, ?record, "a line of the audit log is lost");
        }
    }

    /// Notes what was done to many things, of whatever tenants, if there were any: in the tenant of whoever did it.
    pub(crate) async fn note_bulk(&self, action: Action, changed: u64) {
        if changed > 0 {
            self.note(self.did(action).detail(json!({ "changed": changed }))).await;
        }
    }
}

impl Permitted<Manage> {
    /// Where users and memberships are written, in the name of the system.
    pub(crate) fn identity(&self) -> SystemDb {
        self.app.dispatcher.db.system()
    }
}

/// Whoever asks, on the routes that are for everybody: to log in, to set up, and to learn that one has to.
pub(crate) struct AnyCaller(pub(crate) Arc<Caller>);

impl AnyCaller {
    fn of(parts: &Parts) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Arc<Caller>>();
        caller.cloned().map(Self).ok_or_else(|| Problem::internal("a request came round the gate"))
    }
}

impl FromRequestParts<App> for AnyCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        Self::of(parts)
    }
}

/// The session of whoever asks, for what people do to their own one. Machines have none.
pub(crate) struct OwnSession {
    pub(crate) session: sessions::Found,
    pub(crate) caller: Arc<Caller>,
}

impl FromRequestParts<App> for OwnSession {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let AnyCaller(caller) = AnyCaller::of(parts)?;
        let none = || Problem::new(Code::Forbidden, "this is for people who logged in: there is no session");
        let session = caller.session.clone().ok_or_else(none)?;
        Ok(Self { session, caller })
    }
}
