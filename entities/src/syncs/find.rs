//! Finding syncs.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    ids::{BranchId, SyncId},
    object::ObjectId,
    scope::{OfSystem, Scoped},
    status::SyncStatus,
    tables::project_sync,
};

/// That the state of a completed sync is kept.
const IS_KEPT: &str = "project_syncs.seq >= (SELECT b.kept_from FROM branches b \
                       WHERE b.id = project_syncs.branch_id AND b.tenant_id = project_syncs.tenant_id)";

/// Finds a sync by id.
pub async fn get(db: &impl Scoped, id: SyncId) -> Result<Option<project_sync::Model>, DbErr> {
    project_sync::Entity::find_by_id(id).filter(db.only(project_sync::Column::TenantId)).one(db).await
}

/// The sync of a branch that runs, if one does.
pub async fn running(db: &impl Scoped, branch: BranchId) -> Result<Option<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::BranchId.eq(branch))
        .filter(project_sync::Column::Status.eq(SyncStatus::Running))
        .one(db)
        .await
}

/// The completed sync of a branch with this number.
pub async fn by_seq(
    db: &impl Scoped,
    branch: BranchId,
    seq: i64,
) -> Result<Option<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::BranchId.eq(branch))
        .filter(project_sync::Column::Seq.eq(seq))
        .one(db)
        .await
}

/// The syncs of these branches whose ids begin with these hexadecimal digits (hyphens do not count), at most `limit`.
/// None if `digits` are no such digits, none at all, or too many.
pub async fn by_id_prefix(
    db: &impl Scoped,
    branches: &[BranchId],
    digits: &str,
    limit: u64,
) -> Result<Vec<project_sync::Model>, DbErr> {
    let Some((first, last)) = SyncId::range_of_prefix(digits) else { return Ok(Vec::new()) };
    project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::BranchId.is_in(branches.iter().copied()))
        .filter(project_sync::Column::Id.between(first, last))
        .order_by_desc(project_sync::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// The sync of a branch that was begun and has not ended, if there is one: it runs, or waits to be continued.
pub async fn active(db: &impl Scoped, branch: BranchId) -> Result<Option<project_sync::Model>, DbErr> {
    let waits_again = project_sync::Column::Status
        .eq(SyncStatus::Pending)
        .and(project_sync::Column::StartedAt.is_not_null());
    project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::BranchId.eq(branch))
        .filter(project_sync::Column::Status.eq(SyncStatus::Running).or(waits_again))
        .one(db)
        .await
}

/// The sync of a branch that waits and was never begun, if there is one.
pub async fn waiting(db: &impl Scoped, branch: BranchId) -> Result<Option<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::BranchId.eq(branch))
        .filter(project_sync::Column::Status.eq(SyncStatus::Pending))
        .filter(project_sync::Column::StartedAt.is_null())
        .one(db)
        .await
}

/// The syncs that run, those whose lease ends first at the top, at most `limit`.
pub async fn all_running(db: &impl OfSystem, limit: u64) -> Result<Vec<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::Status.eq(SyncStatus::Running))
        .order_by_asc(project_sync::Column::LeaseUntil)
        .limit(limit)
        .all(db)
        .await
}

/// The syncs of these branches, newest first, at most `limit`.
pub async fn history(
    db: &impl Scoped,
    branches: &[BranchId],
    limit: u64,
) -> Result<Vec<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::BranchId.is_in(branches.iter().copied()))
        .order_by_desc(project_sync::Column::CreatedAt)
        .order_by_desc(project_sync::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// The commits of the latest completed syncs of these branches whose states are kept, each once, newest first, at most
/// `limit`.
pub async fn recent_commits(
    db: &impl Scoped,
    branches: &[BranchId],
    limit: usize,
) -> Result<Vec<ObjectId>, DbErr> {
    // Several syncs may show one commit, so look at a few more rows than commits wanted.
    let rows = project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::BranchId.is_in(branches.iter().copied()))
        .filter(project_sync::Column::Status.eq(SyncStatus::Completed))
        .filter(Expr::cust(IS_KEPT))
        .order_by_desc(project_sync::Column::CreatedAt)
        .limit(4 * limit as u64)
        .all(db)
        .await?;
    let mut commits = Vec::new();
    for commit in rows.into_iter().filter_map(|sync| sync.commit_id) {
        if commits.len() < limit && !commits.contains(&commit) {
            commits.push(commit);
        }
    }
    Ok(commits)
}
