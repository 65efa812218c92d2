//! The first schema: tenants, projects, syncs, content, and temporal rows.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 12] = [
    "memory_entries",
    "memory_contents",
    "repository_trees",
    "repository_files",
    "blob_contents",
    "file_blobs",
    "sync_events",
    "project_syncs",
    "branches",
    "repositories",
    "projects",
    "tenants",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let sql = match db.get_database_backend() {
            DbBackend::Sqlite => include_str!("../sql/sqlite/0001_initial.sql"),
            DbBackend::Postgres => include_str!("../sql/postgres/0001_initial.sql"),
            other => return Err(DbErr::Migration(format!("no schema for {other:?}"))),
        };
        db.execute_unprepared(sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        match db.get_database_backend() {
            DbBackend::Sqlite => {
                db.execute_unprepared("DROP TABLE memory_contents_search; PRAGMA defer_foreign_keys = ON;")
                    .await?;
            }
            _ => {
                db.execute_unprepared("ALTER TABLE branches DROP CONSTRAINT branches_head").await?;
            }
        }
        for table in TABLES {
            db.execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        Ok(())
    }
}
