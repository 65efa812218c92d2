//! A shared database: migrated by whoever runs it, never by a service on its way.

use migration::{Options, migrations, with};
use sea_orm::DbBackend;
use tempfile::TempDir;
use testkit::database::TestDatabase;

use crate::{ends, in_state, project_sync};

/// A service refuses to start on pending migrations and changes nothing; the migrator's own login brings it up to date.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_does_not_migrate() {
    let db = TestDatabase::postgres().await;
    let last = migrations(DbBackend::Postgres).pop().unwrap();
    with::down(db.connection(), &migrations(DbBackend::Postgres), &Options::default()).await.unwrap();
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str], variables: &[(&str, &str)], code| {
        let mut command = project_sync(folder.path(), arguments);
        command.env("PROJECT_SYNC__DATABASE__URL", db.url()).envs(variables.iter().copied());
        ends(command, code)
    };
    for service in [&["projects"][..], &["serve"]] {
        let (_, told) = run(service, &[], 1);
        assert!(told.contains("1 migrations behind") && told.contains("project-sync migrate"), "{told}");
    }
    let (status, _) = run(&["migrate", "status", "-o", "json"], &[], 0);
    assert_eq!(in_state(&status, "pending"), [last.title()], "nobody migrated");
    // The login of the service may not, either.
    let (_, told) = run(&["migrate"], &[], 1);
    assert!(told.contains("permission denied") || told.contains("must be owner"), "{told}");

    let migrator = [("PROJECT_SYNC__DATABASE__MIGRATOR_URL", db.admin_url())];
    run(&["migrate"], &migrator, 0);
    run(&["migrate", "verify"], &migrator, 0);
    run(&["projects"], &[], 0);
}

/// The roles are printed, and applied by a superuser's login that is no argument.
#[tokio::test(flavor = "multi_thread")]
async fn roles_are_printed_or_applied() {
    let db = TestDatabase::postgres().await;
    let folder = TempDir::new().unwrap();
    let (script, _) = ends(project_sync(folder.path(), &["migrate", "roles"]), 0);
    for part in ["CREATE ROLE project_sync_owner NOLOGIN", "CREATE EVENT TRIGGER", "BYPASSRLS"] {
        assert!(script.contains(part), "{part}");
    }
    let apply = |url: &str| {
        let mut command = project_sync(folder.path(), &["migrate", "roles", "--apply"]);
        command.env("PROJECT_SYNC__DATABASE__URL", db.url()).env("PROJECT_SYNC_ADMIN_URL", url);
        command
    };
    ends(apply(db.url()), 1);
    ends(apply(db.admin_url()), 0);
    let file = folder.path().join("admin-url");
    std::fs::write(&file, format!("{}\n", db.admin_url())).unwrap();
    let arguments = ["migrate", "roles", "--apply", "--admin-url-file", file.to_str().unwrap()];
    let mut command = project_sync(folder.path(), &arguments);
    command.env("PROJECT_SYNC__DATABASE__URL", db.url());
    ends(command, 0);
    ends(project_sync(folder.path(), &["migrate", "roles", "--apply"]), 2);
}
