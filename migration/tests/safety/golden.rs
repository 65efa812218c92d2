//! The schema is the committed one. After a new migration: `UPDATE_SCHEMA=1 ./test -p project-sync-migration golden`.

use std::{env, fs, path::Path};

use project_sync_migration::fingerprint::{drift, fingerprint};
use sea_orm::{ConnectionTrait, DbBackend};
use testkit::on_each_database;

/// Set to write the committed fingerprints anew.
const UPDATE_VARIABLE: &str = "UPDATE_SCHEMA";

on_each_database! {
    /// What all migrations make is what is committed, and what is changed by hand is found.
    async fn the_schema_is_the_committed_one(db: TestDatabase) {
        let name = if db.backend() == DbBackend::Sqlite { "sqlite" } else { "postgres" };
        let lines = fingerprint(db.connection()).await.unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/{name}.txt"));
        let text = lines.join("\n") + "\n";
        if env::var_os(UPDATE_VARIABLE).is_some() {
            fs::write(&file, &text).unwrap();
            return;
        }
        let committed = fs::read_to_string(&file).unwrap();
        assert!(committed == text, "golden/{name}.txt is stale: set {UPDATE_VARIABLE}=1 and run this test");
        assert!(drift(db.connection()).await.unwrap().is_none());

        let (sql, expected) = match db.backend() {
            DbBackend::Sqlite => ("DROP TRIGGER project_sync_guard_delete_embeddings", "trigger"),
            _ => ("DROP POLICY tenant ON embeddings", "policy"),
        };
        db.connection().execute_unprepared(sql).await.unwrap();
        db.connection().execute_unprepared("CREATE INDEX by_hand ON embeddings (model)").await.unwrap();
        let drift = drift(db.connection()).await.unwrap();
        assert_eq!(drift.missing.len(), 1, "{drift:?}");
        assert!(drift.missing[0].starts_with(expected) && drift.missing[0].contains("embeddings"), "{drift:?}");
        assert!(drift.unexpected.len() == 1 && drift.unexpected[0].contains("by_hand"), "{drift:?}");
    }
}
