//! The proof notices every tampering with rows, and what can be mended is.

use entities::{
    ObjectId, PathHash, deletion,
    temporal::{Draft, NewTree, StateAt},
};
use sea_orm::{ConnectionTrait, Statement};
use testkit::{on_each_database, repo::TestRepo};

use crate::{
    scene::{Scene, local},
    worker::{error::SyncError, proof},
};

/// What may go wrong with rows, as SQL. Files are told apart by their modes, which the repository makes all different.
const TAMPERINGS: [(&str, &str); 5] = [
    ("a file is missing", "DELETE FROM repository_files WHERE mode = 33261"),
    ("a mode differs", "UPDATE repository_files SET mode = 33188 WHERE mode = 33261"),
    (
        "a content differs",
        "UPDATE repository_files SET blob_id = (SELECT blob_id FROM repository_files WHERE mode = 40960) \
         WHERE mode = 33261",
    ),
    ("a directory's row differs", "UPDATE repository_trees SET tree_id = $1 WHERE dir_hash IS NOT NULL"),
    ("a directory's row is missing", "DELETE FROM repository_trees WHERE dir_hash IS NOT NULL"),
];

async fn tamper(scene: &Scene, sql: &str) {
    let backend = scene.db.get_database_backend();
    let values: Vec<sea_orm::Value> =
        if sql.contains("$1") { vec![vec![7_u8; 20].into()] } else { Vec::new() };
    let changed = change(scene, Statement::from_sql_and_values(backend, sql, values)).await;
    assert_eq!(changed, 1, "{sql}");
}

/// Changes rows that the database guards, and tells how many.
async fn change(scene: &Scene, statement: Statement) -> u64 {
    let transaction = scene.db.begin_write().await.unwrap();
    let changed = deletion::announced(&transaction, transaction.execute_raw(statement)).await.unwrap();
    transaction.commit().await.unwrap();
    changed.rows_affected()
}

fn repository() -> TestRepo {
    let repo = TestRepo::new();
    repo.write("plain", "1")
        .write("dir/run", "2")
        .chmod("dir/run", true)
        .symlink("link", "plain")
        .commit("one");
    repo
}

on_each_database! {
    /// `verify` names what was tampered with.
    async fn every_tampering_is_noticed(db: TestDatabase) {
        let scene = Scene::new(db).await;
        for (what, sql) in TAMPERINGS {
            let repo = repository();
            let sync = scene.sync(&local(&repo), None).await;
            let state = StateAt::after(&scene.db, &sync).await.unwrap();
            proof::verify(&scene.db, state, sync.tree_id.unwrap()).await.unwrap();
            tamper(&scene, sql).await;
            let error = proof::verify(&scene.db, state, sync.tree_id.unwrap()).await.expect_err(what);
            assert!(matches!(error, SyncError::Proof { .. }), "{what}: {error:?}");
            // Out of the way of the next tampering, which looks for exactly one such row.
            for table in ["repository_files", "repository_trees"] {
                let sql = format!("DELETE FROM {table}");
                change(&scene, Statement::from_string(scene.db.get_database_backend(), sql)).await;
            }
        }
    }

    /// Damage in a directory that a sync touches is mended by it; elsewhere `verify` finds it and a forced sync mends it.
    async fn damaged_rows_are_mended(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = repository();
        scene.sync(&local(&repo), None).await;
        tamper(&scene, "DELETE FROM repository_files WHERE mode = 33261").await;
        let touching = repo.write("dir/other", "3").commit("two");
        let two = scene.sync(&local(&repo), None).await;
        scene.files(StateAt::after(&scene.db, &two).await.unwrap()).await;
        proof::verify(&scene.db, StateAt::after(&scene.db, &two).await.unwrap(), two.tree_id.unwrap()).await.unwrap();
        assert_eq!(two.commit_id, Some(crate::scene::oid(&touching)));
        tamper(&scene, "UPDATE repository_files SET mode = 33188 WHERE mode = 33261").await;
        let commit = repo.write("elsewhere", "4").commit("three");
        let three = scene.sync(&local(&repo), None).await;
        let state = StateAt::after(&scene.db, &three).await.unwrap();
        let error = proof::verify(&scene.db, state, three.tree_id.unwrap()).await.unwrap_err();
        assert!(matches!(&error, SyncError::Proof { path, .. } if path == "dir"), "{error:?}");
        let asked = scene.ask(&scene.branch(&three).await, true, None).await;
        let (mended, error) = scene.run(&asked, None).await;
        assert!(error.is_none(), "{error:?}");
        scene.assert_is(&mended, &repo, &commit).await;
    }

    /// A draft whose rows do not make its trees is refused, as is one that is whole but not what the commit shows.
    async fn drafts_are_proved(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = repository();
        let sync = scene.sync(&local(&repo), None).await;
        let branch = scene.branch(&sync).await;
        let draft = Draft::after_head(&branch);
        let (root, wrong) = (PathHash::of(b""), ObjectId([7; 20]));
        let transaction = scene.db.begin_write().await.unwrap();
        proof::prove_draft(&transaction, draft, sync.tree_id.unwrap()).await.unwrap();
        let error = proof::prove_draft(&transaction, draft, wrong).await.unwrap_err();
        assert!(matches!(&error, SyncError::Proof { path, .. } if path == "the root"), "{error:?}");
        let tree = NewTree { path: b"new".to_vec(), dir_hash: Some(root), tree_id: wrong };
        draft.add_trees(&transaction, &[tree]).await.unwrap();
        let error = proof::prove_draft(&transaction, draft, sync.tree_id.unwrap()).await.unwrap_err();
        assert!(matches!(&error, SyncError::Proof { path, .. } if path == "new"), "{error:?}");
    }
}
