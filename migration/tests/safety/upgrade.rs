//! Every earlier release's database, with rows in every table, comes up to date unharmed.

use project_sync_migration::{State, pending, status, up};
use testkit::on_each_database;

use crate::{rows::fill, scene};

/// The releases before this engine ended with these migrations.
const RELEASES: [u32; 4] = [1, 2, 3, 4];

on_each_database! {
    /// What an earlier release left is taken over, and all of it is there afterwards.
    async fn earlier_releases_are_brought_up_to_date(db: TestDatabase) {
        for release in RELEASES {
            let db = scene::at_version(&db, release).await;
            fill(&db, release).await;
            scene::as_earlier_release(&db, release).await;
            let columns = scene::columns(&db).await;
            let before = scene::everything(&db, &columns).await.unwrap();
            for (table, rows) in &before {
                assert!(!rows.is_empty(), "release {release} has no row in {table}");
            }
            assert_eq!(before["memory_entries"].len(), 382);
            assert!(!pending(&db).await.unwrap().is_empty(), "release {release}");
            let outcome = up(&db).await.unwrap();
            assert!(outcome.adopted && outcome.losses.is_empty(), "release {release}");
            assert_eq!(scene::everything(&db, &columns).await.unwrap(), before, "release {release}");
            assert!(pending(&db).await.unwrap().is_empty());
            let all = status(&db).await.unwrap();
            assert!(all.iter().all(|one| one.state == State::Applied), "{all:?}");
            assert!(all.iter().take(release as usize).all(|one| one.duration_ms == Some(0)), "{all:?}");
        }
    }
}
