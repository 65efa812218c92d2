//! Retention: which states are kept, and the removal of what no kept state needs.
//!
//! The states of a branch are kept from one sync on ([`branches.kept_from`](crate::Branch::kept_from)) to its head.
//! [`forget`] moves that border, never back and never past the head or a sync that is to be restored; from then on nobody
//! begins to read what is before it ([`StateAt`](crate::temporal::StateAt)). [`remove`] removes what lies before it, and
//! besides it everything else that nobody needs. Each of its transactions is short, and whatever it was interrupted in,
//! the next one goes on with. The rows of the syncs themselves stay: the chain is whole.

mod expired;
mod keep;
mod syncs;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DbErr, EntityTrait, FromQueryResult, QueryOrder, Statement};

pub use self::expired::{Expired, remove_expired};
pub(crate) use self::syncs::remove_ended;
pub use crate::temporal::{RowCounts, UnshownCounts};
use crate::{
    deletion,
    ids::{BranchId, ProjectId},
    projects,
    scope::{OfSystem, OfTenant, TenantDb},
    tables::{branch, tenant},
    temporal::{self, Unshown},
};

/// Branches looked at in one query.
const BRANCHES_AT_ONCE: u64 = 500;

/// What is kept of a branch, at the least. What either rule keeps is kept; without a rule, everything is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Retention {
    /// The states of this many of the latest completed syncs; 0 is no rule.
    pub keep_syncs: u64,
    /// The states of the syncs that completed in as many days; 0 is no rule. The head's is always kept.
    pub keep_days: u32,
}

impl Retention {
    /// Whether there is no rule.
    pub fn keeps_all(&self) -> bool {
        self.keep_syncs == 0 && self.keep_days == 0
    }
}

/// What is to be removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Order {
    /// What is kept of each branch.
    pub retention: Retention,
    /// Only in the branches of this project; of all, where none is named.
    pub project: Option<ProjectId>,
    /// Whether the events of forgotten syncs that tell nothing but progress stay.
    pub keep_events: bool,
}

/// A branch some of whose states would be forgotten.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedBranch {
    /// The branch as it is.
    pub branch: branch::Model,
    /// The number of the first sync whose state would be kept.
    pub keep_from: i64,
}

impl PlannedBranch {
    /// How many states would be forgotten.
    pub fn forgotten(&self) -> i64 {
        self.keep_from - self.branch.kept_from
    }
}

/// What [`forget`] and [`remove`] would do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// The branches some of whose states would be forgotten.
    pub branches: Vec<PlannedBranch>,
    /// The rows that would be removed.
    pub rows: RowCounts,
    /// The contents that would be removed. `None` if there are too many branches to tell.
    pub contents: Option<UnshownCounts>,
    /// The failed and cancelled syncs that would be removed.
    pub syncs: u64,
}

impl Plan {
    /// How many states would be forgotten.
    pub fn forgotten(&self) -> i64 {
        self.branches.iter().map(PlannedBranch::forgotten).sum()
    }
}

/// What was removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Removed {
    /// Rows of files, directories and memory entries.
    pub rows: RowCounts,
    /// Contents that nothing shows.
    pub contents: UnshownCounts,
    /// Failed and cancelled syncs.
    pub syncs: u64,
    /// Events of forgotten syncs.
    pub events: u64,
}

/// All tenants, by name.
///
/// # Errors
/// If the database is away.
pub async fn tenants(db: &impl OfSystem) -> Result<Vec<tenant::Model>, DbErr> {
    tenant::Entity::find().order_by_asc(tenant::Column::Name).all(db).await
}

/// What would be removed now. Nothing is changed.
///
/// # Errors
/// If the database is away.
pub async fn plan(db: &TenantDb, order: &Order, now: DateTime<Utc>) -> Result<Plan, DbErr> {
    let mut plan = Plan::default();
    let mut kept_from: Vec<(BranchId, i64)> = Vec::new();
    let mut after = None;
    loop {
        let page = branches(db, order.project, after).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for branch in page {
            let keep_from = keep::keep_from(db, &branch, order.retention, now).await?;
            if keep_from > 1 {
                plan.rows += temporal::count_forgotten(db, branch.id, keep_from).await?;
                kept_from.push((branch.id, keep_from));
            }
            plan.syncs += syncs::count_ended(db, &branch, order.retention, now).await?;
            if keep_from > branch.kept_from {
                plan.branches.push(PlannedBranch { branch, keep_from });
            }
        }
    }
    plan.contents = temporal::count_unshown_without(db, &kept_from).await?;
    Ok(plan)
}

/// Forgets states: nobody begins to read them any more. What they showed is still there. Gives how many.
///
/// # Errors
/// If the database is away.
pub async fn forget(db: &TenantDb, order: &Order, now: DateTime<Utc>) -> Result<i64, DbErr> {
    if order.retention.keeps_all() {
        return Ok(0);
    }
    let mut forgotten = 0;
    let mut after = None;
    loop {
        let page = branches(db, order.project, after).await?;
        let Some(last) = page.last() else { return Ok(forgotten) };
        after = Some(last.id);
        for branch in page {
            forgotten += keep::forget(db, &branch, order.retention, now).await?;
        }
    }
}

/// Removes what no kept state shows and nobody needs. Whoever began to read a state before it was forgotten should have
/// been given the time to end.
///
/// # Errors
/// If the database is away. What was removed until then is.
pub async fn remove(db: &TenantDb, order: &Order, now: DateTime<Utc>) -> Result<Removed, DbErr> {
    let mut removed = Removed::default();
    let mut after = None;
    loop {
        let page = branches(db, order.project, after).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for branch in page {
            removed.rows += remove_rows(db, &branch).await?;
            if !order.keep_events {
                removed.events += syncs::thin_events(db, &branch).await?;
            }
            removed.syncs += syncs::remove_all_ended(db, &branch, order.retention, now).await?;
        }
    }
    removed.contents.blobs = remove_contents(db, Unshown::blobs()).await?;
    removed.contents.texts = remove_contents(db, Unshown::texts()).await?;
    Ok(removed)
}

/// Removes the rows of a branch that no kept state shows.
async fn remove_rows(db: &TenantDb, branch: &branch::Model) -> Result<RowCounts, DbErr> {
    let mut removed = RowCounts::default();
    if branch.kept_from == 1 || temporal::count_forgotten(db, branch.id, branch.kept_from).await?.total() == 0
    {
        return Ok(removed);
    }
    loop {
        let transaction = db.begin_write().await?;
        // Nobody deletes the project meanwhile.
        projects::lock_branch(&transaction, branch.id).await?;
        let Some(branch) = projects::branch(&transaction, branch.id).await? else { return Ok(removed) };
        let removal = temporal::remove_forgotten(&transaction, branch.id, branch.kept_from);
        let counts = deletion::announced(&transaction, removal).await?;
        transaction.commit().await?;
        if counts.total() == 0 {
            return Ok(removed);
        }
        removed += counts;
    }
}

/// Removes the contents that nobody shows.
async fn remove_contents<Id: temporal::ContentId>(
    db: &TenantDb,
    mut unshown: Unshown<Id>,
) -> Result<u64, DbErr> {
    let mut removed = 0;
    loop {
        let ids = unshown.next(db).await?;
        if ids.is_empty() {
            return Ok(removed);
        }
        let transaction = db.begin_write().await?;
        removed += deletion::announced(&transaction, unshown.remove(&transaction, &ids)).await?;
        transaction.commit().await?;
    }
}

/// Branches of the tenant, or of one of its projects, behind this one, by id.
async fn branches(
    db: &impl OfTenant,
    project: Option<ProjectId>,
    after: Option<BranchId>,
) -> Result<Vec<branch::Model>, DbErr> {
    let mut sql = "SELECT b.* FROM branches b JOIN repositories r ON r.tenant_id = b.tenant_id AND r.id = b.repository_id \
                   WHERE b.tenant_id = $1"
        .to_owned();
    let mut values = vec![db.tenant().into()];
    if let Some(project) = project {
        values.push(project.into());
        sql += &format!(" AND r.project_id = ${}", values.len());
    }
    if let Some(after) = after {
        values.push(after.into());
        sql += &format!(" AND b.id > ${}", values.len());
    }
    sql += &format!(" ORDER BY b.id LIMIT {BRANCHES_AT_ONCE}");
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    branch::Model::find_by_statement(statement).all(db).await
}

/// The time as many days ago. `None` for none, and for more than there were.
fn days_before(now: DateTime<Utc>, days: u32) -> Option<DateTime<Utc>> {
    if days == 0 {
        return None;
    }
    now.checked_sub_signed(TimeDelta::try_days(days.into())?)
}
