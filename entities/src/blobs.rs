//! Content by git id: stored once for each tenant, whatever branches and paths show it.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Set, Statement,
    sea_query::OnConflict,
};

use crate::{
    ids::BranchId,
    object::ObjectId,
    scope::OfTenant,
    status::ContentKind,
    tables::{blob_content, file_blob},
    temporal::ROWS_PER_STATEMENT,
};

/// A blob and its size in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromQueryResult)]
pub struct KnownBlob {
    /// The git object id.
    pub id: ObjectId,
    /// Its size in bytes.
    pub size: i64,
}

/// Records blobs, those that are not known yet. Their content may follow.
pub async fn insert_known(db: &impl OfTenant, blobs: &[KnownBlob]) -> Result<(), DbErr> {
    for chunk in blobs.chunks(ROWS_PER_STATEMENT) {
        let rows = chunk.iter().map(|blob| file_blob::ActiveModel {
            tenant_id: Set(db.tenant()),
            id: Set(blob.id),
            size: Set(blob.size),
        });
        let known =
            OnConflict::columns([file_blob::Column::TenantId, file_blob::Column::Id]).do_nothing().to_owned();
        file_blob::Entity::insert_many(rows)
            .on_conflict(known)
            .try_insert()
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Which of `ids` are recorded.
pub async fn known(db: &impl OfTenant, ids: &[ObjectId]) -> Result<HashSet<ObjectId>, DbErr> {
    let mut known = HashSet::with_capacity(ids.len());
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let found: Vec<ObjectId> = file_blob::Entity::find()
            .select_only()
            .column(file_blob::Column::Id)
            .filter(file_blob::Column::TenantId.eq(db.tenant()))
            .filter(file_blob::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        known.extend(found);
    }
    Ok(known)
}

/// Stores contents, those that are not stored yet. The blobs must be recorded.
pub async fn store(db: &impl OfTenant, blobs: Vec<(ObjectId, ContentKind, Vec<u8>)>) -> Result<(), DbErr> {
    if blobs.is_empty() {
        return Ok(());
    }
    let rows = blobs.into_iter().map(|(id, kind, content)| blob_content::ActiveModel {
        tenant_id: Set(db.tenant()),
        blob_id: Set(id),
        kind: Set(kind),
        content: Set(content),
    });
    let stored = OnConflict::columns([blob_content::Column::TenantId, blob_content::Column::BlobId])
        .do_nothing()
        .to_owned();
    blob_content::Entity::insert_many(rows)
        .on_conflict(stored)
        .try_insert()
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Up to `limit` recorded blobs of at most `max_size` bytes without content, of the rows that sync number `seq` of a
/// branch brought, after the row with id `after`. Gives each with its row's id; one blob may come several times.
pub async fn without_content(
    db: &impl OfTenant,
    branch: BranchId,
    seq: i64,
    after: i64,
    max_size: i64,
    limit: u64,
) -> Result<Vec<(i64, KnownBlob)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        row_id: i64,
        id: ObjectId,
        size: i64,
    }
    let sql = format!(
        "SELECT f.id AS row_id, b.id, b.size FROM repository_files f \
         JOIN file_blobs b ON b.tenant_id = f.tenant_id AND b.id = f.blob_id \
         WHERE f.tenant_id = $1 AND f.branch_id = $2 AND f.valid_from = $3 AND f.id > $4 AND b.size <= $5 \
         AND NOT EXISTS (SELECT 1 FROM blob_contents c WHERE c.tenant_id = b.tenant_id AND c.blob_id = b.id) \
         ORDER BY f.id LIMIT {limit}"
    );
    let values = [db.tenant().into(), branch.into(), seq.into(), after.into(), max_size.into()];
    let rows = Row::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.row_id, KnownBlob { id: row.id, size: row.size })).collect())
}

/// How many distinct blobs [`without_content`] would give in all.
pub async fn count_without_content(
    db: &impl OfTenant,
    branch: BranchId,
    seq: i64,
    max_size: i64,
) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT count(DISTINCT b.id) AS n FROM repository_files f \
         JOIN file_blobs b ON b.tenant_id = f.tenant_id AND b.id = f.blob_id \
         WHERE f.tenant_id = $1 AND f.branch_id = $2 AND f.valid_from = $3 AND b.size <= $4 \
         AND NOT EXISTS (SELECT 1 FROM blob_contents c WHERE c.tenant_id = b.tenant_id AND c.blob_id = b.id)",
        [db.tenant().into(), branch.into(), seq.into(), max_size.into()],
    );
    let count: i64 = db.query_one_raw(statement).await?.map_or(Ok(0), |row| row.try_get("", "n"))?;
    Ok(count as u64)
}

/// The sizes of those of `ids` that are recorded.
pub async fn sizes(db: &impl OfTenant, ids: &[ObjectId]) -> Result<HashMap<ObjectId, i64>, DbErr> {
    let mut sizes = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let found = file_blob::Entity::find()
            .filter(file_blob::Column::TenantId.eq(db.tenant()))
            .filter(file_blob::Column::Id.is_in(chunk.iter().copied()))
            .all(db)
            .await?;
        sizes.extend(found.into_iter().map(|blob| (blob.id, blob.size)));
    }
    Ok(sizes)
}

/// Up to `limit` files that sync number `seq` brought whose content is above `max_size` bytes and is not stored: path
/// and size.
pub async fn above_limit(
    db: &impl OfTenant,
    branch: BranchId,
    seq: i64,
    max_size: i64,
    limit: u64,
) -> Result<Vec<(Vec<u8>, i64)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        path: Vec<u8>,
        size: i64,
    }
    let sql = format!(
        "SELECT f.path, b.size FROM repository_files f \
         JOIN file_blobs b ON b.tenant_id = f.tenant_id AND b.id = f.blob_id \
         WHERE f.tenant_id = $1 AND f.branch_id = $2 AND f.valid_from = $3 AND b.size > $4 \
         AND NOT EXISTS (SELECT 1 FROM blob_contents c WHERE c.tenant_id = b.tenant_id AND c.blob_id = b.id) \
         ORDER BY f.id LIMIT {limit}"
    );
    let values = [db.tenant().into(), branch.into(), seq.into(), max_size.into()];
    let rows = Row::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.path, row.size)).collect())
}

/// The stored contents of `ids`, at most [`ROWS_PER_STATEMENT`] of them.
pub async fn contents(db: &impl OfTenant, ids: &[ObjectId]) -> Result<Vec<blob_content::Model>, DbErr> {
    blob_content::Entity::find()
        .filter(blob_content::Column::TenantId.eq(db.tenant()))
        .filter(blob_content::Column::BlobId.is_in(ids.iter().copied()))
        .all(db)
        .await
}
