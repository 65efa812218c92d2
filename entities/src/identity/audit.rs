//! Who did what. Lines are written and read; nothing changes them.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, JsonValue, QueryFilter, QueryOrder, QuerySelect, Set};
use serde_json::json;
use uuid::Uuid;

use super::{Principal, PrincipalKind};
use crate::{
    ids::{AuditId, TenantId},
    scope::{OfSystem, OfTenant, Scoped},
    tables::audit_record,
};

/// The longest name, address and target that are kept, in characters.
const MAX_ACTOR_CHARS: usize = 200;
const MAX_ADDRESS_CHARS: usize = 64;
const MAX_TARGET_CHARS: usize = 200;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)+) => {
        /// What was done. Stable: programs match their words.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Action { $($(#[$doc])* $name,)+ }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word as rows and the API spell it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

actions! {
    /// Somebody logged in.
    SessionLogin = "session.login";
    /// Somebody tried to.
    SessionLoginFailed = "session.login_failed";
    /// Somebody logged out.
    SessionLogout = "session.logout";
    /// The first user was made.
    SetUp = "setup";
    /// A password was changed.
    PasswordChange = "password.change";
    /// A token was made.
    TokenCreate = "token.create";
    /// A token was revoked.
    TokenRevoke = "token.revoke";
    /// A user became a member of the tenant.
    MemberAdd = "member.add";
    /// A member got another role.
    MemberChange = "member.change";
    /// A member left the tenant.
    MemberRemove = "member.remove";
    /// A project was made.
    ProjectCreate = "project.create";
    /// A project was deleted.
    ProjectDelete = "project.delete";
    /// A sync was asked for.
    SyncStart = "sync.start";
    /// A sync was asked to end.
    SyncCancel = "sync.cancel";
    /// A branch was asked to go back to an earlier sync.
    SyncRestore = "sync.restore";
    /// A project got a credential.
    CredentialSet = "credential.set";
    /// A project's credential was removed.
    CredentialRemove = "credential.remove";
    /// A project got a secret that its host signs hooks with.
    HookSet = "hook.set";
    /// A project takes no hooks any more.
    HookRemove = "hook.remove";
    /// A schedule was made.
    ScheduleCreate = "schedule.create";
    /// A schedule was changed.
    ScheduleChange = "schedule.change";
    /// A schedule was removed.
    ScheduleRemove = "schedule.remove";
    /// A project is polled, or at another pace.
    PollingSet = "polling.set";
    /// A project is polled no more.
    PollingRemove = "polling.remove";
    /// The queue or a project was paused.
    QueuePause = "queue.pause";
    /// The queue or a project goes on.
    QueueResume = "queue.resume";
    /// Jobs were queued again.
    JobRequeue = "job.requeue";
    /// Jobs were asked to end.
    JobCancel = "job.cancel";
    /// Jobs were removed.
    JobRemove = "job.remove";
    /// Dead jobs were queued again.
    DeadRequeue = "dead.requeue";
    /// Dead jobs were removed.
    DeadRemove = "dead.remove";
    /// A tenant was made.
    TenantCreate = "tenant.create";
    /// A webhook was made.
    WebhookCreate = "webhook.create";
    /// A webhook was changed.
    WebhookUpdate = "webhook.update";
    /// A webhook was removed.
    WebhookDelete = "webhook.delete";
    /// A webhook got another secret.
    WebhookRotate = "webhook.rotate";
    /// A webhook was tried.
    WebhookTest = "webhook.test";
    /// Something was to be delivered to a webhook again.
    WebhookRedeliver = "webhook.redeliver";
    /// A webhook that took nothing was switched off.
    WebhookDisable = "webhook.disable";
}

impl Action {
    /// The action that is called so.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == word)
    }
}

/// Who did something, and from where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    kind: &'static str,
    id: Option<Uuid>,
    name: String,
    address: Option<String>,
}

impl Actor {
    /// Somebody who was let in.
    pub fn of(principal: &Principal, address: Option<&str>) -> Self {
        let kind = match principal.kind {
            PrincipalKind::Local => "local",
            PrincipalKind::User => "user",
            PrincipalKind::Token | PrincipalKind::StaticToken => "token",
            PrincipalKind::Command => "command",
        };
        let address = address.map(|address| cut(address, MAX_ADDRESS_CHARS));
        Self { kind, id: principal.id, name: cut(&principal.name, MAX_ACTOR_CHARS), address }
    }

    /// Somebody who says that they are this user, and did not show it.
    pub fn claimed(user: Option<(Uuid, &str)>, address: Option<&str>) -> Self {
        let address = address.map(|address| cut(address, MAX_ADDRESS_CHARS));
        match user {
            Some((id, name)) => {
                Self { kind: "user", id: Some(id), name: cut(name, MAX_ACTOR_CHARS), address }
            }
            // What was typed for a name may be a password.
            None => Self { kind: "user", id: None, name: "unknown".to_owned(), address },
        }
    }

    /// The service itself.
    pub fn system() -> Self {
        Self { kind: "system", id: None, name: "project-sync".to_owned(), address: None }
    }
}

/// What to note.
#[derive(Clone, PartialEq, Debug)]
pub struct NewRecord {
    actor: Actor,
    action: Action,
    target: Option<(&'static str, String)>,
    detail: JsonValue,
}

impl NewRecord {
    /// That somebody did something.
    pub fn new(actor: Actor, action: Action) -> Self {
        Self { actor, action, target: None, detail: json!({}) }
    }

    /// To what.
    #[must_use]
    pub fn target(mut self, kind: &'static str, id: impl ToString) -> Self {
        self.target = Some((kind, cut(&id.to_string(), MAX_TARGET_CHARS)));
        self
    }

    /// More about it: a small JSON object, without secrets.
    #[must_use]
    pub fn detail(mut self, detail: JsonValue) -> Self {
        self.detail = detail;
        self
    }
}

/// Notes who did what, in the tenant in whose name `db` is asked.
///
/// # Errors
/// If the database is away.
pub async fn record(db: &impl OfTenant, new: NewRecord, now: DateTime<Utc>) -> Result<(), DbErr> {
    insert(db, Some(db.tenant()), new, now).await
}

/// Notes who did what before the tenant was known, or across tenants; `tenant` is the one that it concerns.
///
/// # Errors
/// If the database is away.
pub async fn record_for(
    db: &impl OfSystem,
    tenant: Option<TenantId>,
    new: NewRecord,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    insert(db, tenant, new, now).await
}

async fn insert(
    db: &impl Scoped,
    tenant: Option<TenantId>,
    new: NewRecord,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let (target_kind, target_id) = new.target.unzip();
    let row = audit_record::ActiveModel {
        id: Set(AuditId::generate()),
        tenant_id: Set(tenant),
        at: Set(now),
        actor_kind: Set(new.actor.kind.to_owned()),
        actor_id: Set(new.actor.id),
        actor_name: Set(new.actor.name),
        address: Set(new.actor.address),
        action: Set(new.action.as_str().to_owned()),
        target_kind: Set(target_kind.map(str::to_owned)),
        target_id: Set(target_id),
        detail: Set(new.detail),
    };
    // Without reading it back: who may write the log may not always read it.
    audit_record::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The lines of a tenant, the latest first, at most `limit`; `after` continues behind one of an earlier page.
///
/// # Errors
/// If the database is away.
pub async fn page(
    db: &impl OfTenant,
    action: Option<Action>,
    after: Option<AuditId>,
    limit: u64,
) -> Result<Vec<audit_record::Model>, DbErr> {
    let mut select = audit_record::Entity::find().filter(db.only(audit_record::Column::TenantId));
    if let Some(action) = action {
        select = select.filter(audit_record::Column::Action.eq(action.as_str()));
    }
    if let Some(after) = after {
        select = select.filter(audit_record::Column::Id.lt(after));
    }
    select.order_by_desc(audit_record::Column::Id).limit(limit).all(db).await
}

/// A text without what Postgres refuses, cut at so many characters.
fn cut(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}
