//! Who may do what, sealed credentials, vectors of memory, and what of a branch is kept.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let sql = match db.get_database_backend() {
            DbBackend::Sqlite => include_str!("../sql/sqlite/0004_identity.sql"),
            DbBackend::Postgres => include_str!("../sql/postgres/0004_identity.sql"),
            other => return Err(DbErr::Migration(format!("no schema for {other:?}"))),
        };
        db.execute_unprepared(sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let sql = match db.get_database_backend() {
            DbBackend::Sqlite => include_str!("../sql/sqlite/0004_identity_down.sql"),
            _ => include_str!("../sql/postgres/0004_identity_down.sql"),
        };
        db.execute_unprepared(sql).await?;
        Ok(())
    }
}
