//! The log of what hosts sent: each delivery once, so that one that comes again does nothing. Bounded by age and number.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::{Expr, OnConflict},
};

use super::DeliveryResult;
use crate::{
    ids::{HookDeliveryId, ProjectId, SyncId, TenantId},
    object::ObjectId,
    scope::{OfSystem, OfTenant},
    tables::hook_delivery::{ActiveModel, Column, Entity, Model},
};

/// The longest name of a delivery, in bytes; hosts send 36.
pub const MAX_DELIVERY_BYTES: usize = 200;

/// The longest word for what happened, in bytes.
pub const MAX_EVENT_BYTES: usize = 64;

/// How many deliveries of one project one call of [`prune`] removes at most.
const PRUNE_BATCH: u64 = 1_000;

/// How many projects one call of [`prune`] looks after at most.
const PRUNE_PROJECTS: u64 = 100;

/// What a host sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDelivery {
    /// The project.
    pub project: ProjectId,
    /// What the host calls it, at most [`MAX_DELIVERY_BYTES`].
    pub delivery: String,
    /// The host's word for what happened, at most [`MAX_EVENT_BYTES`].
    pub event: String,
    /// The branch, where it is about one.
    pub branch: Option<String>,
    /// The commit that the branch was pushed to.
    pub commit: Option<ObjectId>,
    /// What comes of it.
    pub result: DeliveryResult,
    /// When the commit is looked for, if it is to be.
    pub look_at: Option<DateTime<Utc>>,
}

/// Writes a delivery down. `None` if it was there already.
///
/// # Errors
/// If the database is away.
pub async fn add(
    db: &impl OfTenant,
    new: NewDelivery,
    now: DateTime<Utc>,
) -> Result<Option<HookDeliveryId>, DbErr> {
    let id = HookDeliveryId::generate();
    let row = ActiveModel {
        id: Set(id),
        tenant_id: Set(db.tenant()),
        project_id: Set(new.project),
        delivery: Set(new.delivery),
        received_at: Set(now),
        event: Set(new.event),
        branch: Set(new.branch),
        commit_id: Set(new.commit),
        result: Set(new.result),
        sync_id: Set(None),
        looks: Set(0),
        look_at: Set(new.look_at),
    };
    let seen =
        OnConflict::columns([Column::TenantId, Column::ProjectId, Column::Delivery]).do_nothing().to_owned();
    Entity::insert(row).on_conflict(seen).try_insert().exec_without_returning(db).await?;
    let is_ours = Entity::find_by_id(id).filter(db.only(Column::TenantId)).one(db).await?.is_some();
    Ok(is_ours.then_some(id))
}

/// Notes the sync that answers a delivery.
///
/// # Errors
/// If the database is away.
pub async fn answered(db: &impl OfTenant, id: HookDeliveryId, sync: SyncId) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::SyncId, Expr::value(sync))
        .filter(db.only(Column::TenantId))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Takes a delivery back that could not be served, so that the host may send it again.
///
/// # Errors
/// If the database is away.
pub async fn take_back(db: &impl OfTenant, id: HookDeliveryId) -> Result<bool, DbErr> {
    let removed =
        Entity::delete_many().filter(db.only(Column::TenantId)).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(removed.rows_affected == 1)
}

/// A project's deliveries before `before`, the latest first, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn page(
    db: &impl OfTenant,
    project: ProjectId,
    before: Option<HookDeliveryId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut find = Entity::find()
        .filter(db.only(Column::TenantId))
        .filter(Column::ProjectId.eq(project))
        .order_by_desc(Column::Id)
        .limit(limit);
    if let Some(before) = before {
        find = find.filter(Column::Id.lt(before));
    }
    find.all(db).await
}

/// The deliveries whose commit is to be looked for by now, those that wait longest first, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn due(db: &impl OfSystem, now: DateTime<Utc>, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(db.only(Column::TenantId))
        .filter(Column::LookAt.lte(now))
        .order_by_asc(Column::LookAt)
        .limit(limit)
        .all(db)
        .await
}

/// Takes it on to look for a delivery's commit: nobody else does before `until`. `false` if somebody was faster.
///
/// # Errors
/// If the database is away.
pub async fn claim(db: &impl OfSystem, seen: &Model, until: DateTime<Utc>) -> Result<bool, DbErr> {
    let Some(look_at) = seen.look_at else { return Ok(false) };
    let updated = Entity::update_many()
        .col_expr(Column::LookAt, Expr::value(until))
        .filter(db.only(Column::TenantId))
        .filter(Column::Id.eq(seen.id))
        .filter(Column::LookAt.eq(look_at))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Notes how often a delivery's commit was looked for, when it is next, and what came of it.
///
/// # Errors
/// If the database is away.
pub async fn looked(
    db: &impl OfTenant,
    id: HookDeliveryId,
    looks: i32,
    next: Option<DateTime<Utc>>,
    result: DeliveryResult,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Looks, looks.into())
        .col_expr(Column::LookAt, Expr::value(next))
        .col_expr(Column::Result, Expr::value(result.as_str()))
        .filter(db.only(Column::TenantId))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Whether something later was sent about the same branch: then that is what counts.
///
/// # Errors
/// If the database is away.
pub async fn is_outdated(db: &impl OfTenant, delivery: &Model) -> Result<bool, DbErr> {
    let Some(branch) = &delivery.branch else { return Ok(false) };
    let later = Entity::find()
        .filter(db.only(Column::TenantId))
        .filter(Column::ProjectId.eq(delivery.project_id))
        .filter(Column::Branch.eq(branch))
        .filter(Column::Id.gt(delivery.id))
        .filter(Column::Result.is_in([DeliveryResult::Queued, DeliveryResult::Deleted]))
        .limit(1)
        .one(db)
        .await?;
    Ok(later.is_some())
}

/// Removes deliveries that came before `before`, and those beyond the `keep` latest of a project: a batch of each. Tells
/// how many went.
///
/// # Errors
/// If the database is away.
pub async fn prune(db: &impl OfSystem, before: DateTime<Utc>, keep: u64) -> Result<u64, DbErr> {
    let old: Vec<HookDeliveryId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(db.only(Column::TenantId))
        .filter(Column::ReceivedAt.lt(before))
        .order_by_asc(Column::ReceivedAt)
        .limit(PRUNE_BATCH)
        .into_tuple()
        .all(db)
        .await?;
    let mut removed = remove(db, old).await?;
    let crowded: Vec<(TenantId, ProjectId)> = Entity::find()
        .select_only()
        .columns([Column::TenantId, Column::ProjectId])
        .filter(db.only(Column::TenantId))
        .group_by(Column::TenantId)
        .group_by(Column::ProjectId)
        .having(Expr::cust(format!("count(*) > {keep}")))
        .limit(PRUNE_PROJECTS)
        .into_tuple()
        .all(db)
        .await?;
    for (tenant, project) in crowded {
        let beyond: Vec<HookDeliveryId> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::TenantId.eq(tenant))
            .filter(Column::ProjectId.eq(project))
            .order_by_desc(Column::Id)
            .offset(keep)
            .limit(PRUNE_BATCH)
            .into_tuple()
            .all(db)
            .await?;
        removed += remove(db, beyond).await?;
    }
    Ok(removed)
}

async fn remove(db: &impl OfSystem, ids: Vec<HookDeliveryId>) -> Result<u64, DbErr> {
    if ids.is_empty() {
        return Ok(0);
    }
    let removed = Entity::delete_many()
        .filter(db.only(Column::TenantId))
        .filter(Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(removed.rows_affected)
}
