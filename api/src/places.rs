//! Rows of syncs as they are answered: with the names of their branches.

use entities::{
    ProjectSync, Scoped, SyncId, projects,
    syncs::{self, SyncFilter},
};
use sea_orm::DbErr;

use crate::{
    cursor,
    model::{Page, SyncDto},
    problem::Problem,
};

/// A sync as it is answered.
pub(crate) async fn sync_dto(db: &impl Scoped, sync: &ProjectSync) -> Result<SyncDto, DbErr> {
    let places = projects::places(db, [sync.branch_id]).await?;
    Ok(SyncDto::new(sync, &places))
}

/// Syncs as they are answered.
pub(crate) async fn sync_dtos(db: &impl Scoped, syncs: &[ProjectSync]) -> Result<Vec<SyncDto>, DbErr> {
    let mut branches: Vec<_> = syncs.iter().map(|sync| sync.branch_id).collect();
    branches.sort_unstable();
    branches.dedup();
    let places = projects::places(db, branches).await?;
    Ok(syncs.iter().map(|sync| SyncDto::new(sync, &places)).collect())
}

/// A page of syncs, as it is answered.
pub(crate) async fn sync_page(
    db: &impl Scoped,
    filter: &SyncFilter,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Page<SyncDto>, Problem> {
    let after: Option<SyncId> = cursor::decode(cursor)?;
    let mut found = syncs::page(db, filter, after, limit + 1).await?;
    let has_more = found.len() as u64 > limit;
    found.truncate(limit as usize);
    let next_cursor = match found.last() {
        Some(last) if has_more => Some(cursor::encode(&last.id)?),
        _ => None,
    };
    Ok(Page { items: sync_dtos(db, &found).await?, next_cursor })
}
