//! As whom a service must not log in.

use project_sync_entities::{ConnectOptions, RoleError, check_role, connect};
use sea_orm::ConnectionTrait;
use testkit::database::{TestDatabase, with_user};
use uuid::Uuid;

/// What comes of logging in as a new role of these attributes and groups.
async fn login(database: &TestDatabase, attributes: &str, groups: &[&str]) -> Result<(), RoleError> {
    let name = format!("login_{}", Uuid::now_v7().simple());
    let admin = database.connection();
    admin.execute_unprepared(&format!("CREATE ROLE {name} LOGIN {attributes}")).await.unwrap();
    for group in groups {
        admin.execute_unprepared(&format!("GRANT {group} TO {name}")).await.unwrap();
    }
    let options = ConnectOptions { max_connections: 1, ..Default::default() };
    let opened = connect(&with_user(database.admin_url(), &name), &options).await.unwrap();
    let checked = check_role(&opened).await;
    opened.close().await.unwrap();
    admin.execute_unprepared(&format!("DROP ROLE {name}")).await.unwrap();
    checked
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_are_served_whom_row_level_security_binds() {
    let database = TestDatabase::postgres().await;
    check_role(database.database()).await.unwrap();
    assert!(login(&database, "", &["project_sync_app"]).await.is_ok());
    assert!(matches!(login(&database, "SUPERUSER", &[]).await, Err(RoleError::Superuser(_))));
    let bypassing = login(&database, "BYPASSRLS", &["project_sync_app"]).await;
    assert!(matches!(bypassing, Err(RoleError::BypassesRowSecurity(_))));
    let owner = login(&database, "", &["project_sync_app", "project_sync_owner"]).await;
    assert!(matches!(owner, Err(RoleError::Owner(_))));
    let later = login(&database, "NOINHERIT", &["project_sync_app", "project_sync_owner"]).await;
    assert!(matches!(later, Err(RoleError::Owner(_))), "who may become the owner is as good as one");
    let system = login(&database, "", &["project_sync_app", "project_sync_system"]).await;
    assert!(matches!(system, Err(RoleError::InheritsSystem(_))));
    assert!(matches!(login(&database, "", &[]).await, Err(RoleError::NoSystem(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_nobody_to_be_in_sqlite() {
    check_role(TestDatabase::sqlite().await.database()).await.unwrap();
}
