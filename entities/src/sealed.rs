//! Rows that hold something sealed: sealing them with another key, and counting by key. What is sealed, and what the seal is
//! bound to, is the tables' own.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value, sea_query::Expr,
};

use crate::{
    keys::{KeyRing, Sealed},
    scope::OfTenant,
};

/// How many rows one call of a rotation looks at.
pub const ROTATION_BATCH: u64 = 100;

/// What one call of a rotation did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rotated<I> {
    /// How many rows are sealed with the first key now and were not before.
    pub resealed: u64,
    /// Those that do not open, and stay as they are.
    pub unreadable: Vec<I>,
    /// Where to go on; none after the last one.
    pub next: Option<I>,
}

impl<I> Default for Rotated<I> {
    fn default() -> Self {
        Self { resealed: 0, unreadable: Vec::new(), next: None }
    }
}

/// The columns of a table whose rows hold something sealed.
pub(crate) struct Columns<C> {
    pub(crate) tenant: C,
    /// By which a row is known within its tenant.
    pub(crate) id: C,
    pub(crate) key_id: C,
    pub(crate) sealed: C,
}

/// Seals rows of a tenant with the first key of the ring, those after `after`, at most [`ROTATION_BATCH`]. `known` gives the
/// id of a row and what it holds; `reseal` seals it anew, or gives none if it does not open. What was set anew meanwhile
/// stays. Can be broken off and repeated at will.
///
/// # Errors
/// If the database is away, or sealing fails.
pub(crate) async fn rotate<E, I, X>(
    db: &impl OfTenant,
    keys: &KeyRing,
    columns: Columns<E::Column>,
    after: Option<I>,
    known: impl Fn(&E::Model) -> (I, &[u8]) + Send,
    reseal: impl Fn(&E::Model) -> Result<Option<Sealed>, X> + Send,
) -> Result<Rotated<I>, X>
where
    E: EntityTrait,
    I: Copy + Into<Value>,
    X: From<DbErr>,
{
    let mut find = E::find()
        .filter(db.only(columns.tenant))
        .filter(columns.key_id.ne(keys.first_id()))
        .order_by_asc(columns.id)
        .limit(ROTATION_BATCH);
    if let Some(after) = after {
        find = find.filter(columns.id.gt(after));
    }
    let rows = find.all(db).await?;
    let mut rotated = Rotated::default();
    if rows.len() as u64 == ROTATION_BATCH {
        rotated.next = rows.last().map(|row| known(row).0);
    }
    for row in rows {
        let (id, held) = known(&row);
        let Some(sealed) = reseal(&row)? else {
            rotated.unreadable.push(id);
            continue;
        };
        let updated = E::update_many()
            .col_expr(columns.key_id, Expr::value(sealed.key_id))
            .col_expr(columns.sealed, Expr::value(sealed.bytes))
            .filter(db.only(columns.tenant))
            .filter(columns.id.eq(id))
            .filter(columns.sealed.eq(held))
            .exec(db)
            .await?;
        rotated.resealed += updated.rows_affected;
    }
    Ok(rotated)
}

/// How many rows of a tenant are sealed with each key, by the key's name.
///
/// # Errors
/// If the database is away.
pub(crate) async fn by_key<E: EntityTrait>(
    db: &impl OfTenant,
    columns: Columns<E::Column>,
) -> Result<Vec<(String, u64)>, DbErr> {
    let counts: Vec<(String, i64)> = E::find()
        .select_only()
        .column(columns.key_id)
        .column_as(columns.id.count(), "count")
        .filter(db.only(columns.tenant))
        .group_by(columns.key_id)
        .order_by_asc(columns.key_id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(counts.into_iter().map(|(key, count)| (key, count.unsigned_abs())).collect())
}
