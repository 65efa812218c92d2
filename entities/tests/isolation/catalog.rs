//! What the database's own catalog says: a table, a view, a key or a function that is added without a thought of tenants
//! is found here.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use testkit::database::TestDatabase;

/// Tables that are no tenant's: the history of the schema itself, and who passes on which lane of the outbox.
pub(crate) const OF_NOBODY: [&str; 3] = ["outbox_lanes", "schema_history", "seaql_migrations"];

/// Foreign keys between rows of tenants that do not name the tenant, each because both sides hang from one that does.
const KEYS: [&str; 3] = [
    // Both are of one branch, whose row names the tenant.
    "branches_head",
    "project_syncs_branch_id_previous_sync_id_fkey",
    // A user is of no tenant.
    "memberships_user_id_fkey",
];

/// The names in the rows that a query gives.
async fn names(database: &TestDatabase, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Postgres, sql.to_owned());
    let rows = database.connection().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_under_row_level_security() {
    let database = TestDatabase::postgres().await;
    let open = names(
        &database,
        "SELECT c.relname::text AS name FROM pg_class c WHERE c.relkind IN ('r', 'p') \
         AND c.relnamespace = 'public'::regnamespace AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS \
             (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))",
    )
    .await;
    let open: Vec<_> = open.into_iter().filter(|name| !OF_NOBODY.contains(&name.as_str())).collect();
    assert_eq!(open, [] as [&str; 0]);
    // Rows of a tenant are told by a column, which every policy for services asks for.
    let vague = names(
        &database,
        "SELECT c.relname || '.' || p.polname AS name FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid \
         WHERE 'project_sync_app'::regrole = ANY (p.polroles) AND NOT (pg_get_expr(p.polqual, p.polrelid) \
             LIKE '%current_setting(''app.tenant_id''%' OR c.relname = 'users')",
    )
    .await;
    assert_eq!(vague, [] as [&str; 0]);
    let for_all = names(
        &database,
        "SELECT c.relname || '.' || p.polname AS name FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid \
         WHERE 0 = ANY (p.polroles)",
    )
    .await;
    assert_eq!(for_all, [] as [&str; 0], "a policy for everybody");
}

#[tokio::test(flavor = "multi_thread")]
async fn views_and_functions_act_for_whoever_asks() {
    let database = TestDatabase::postgres().await;
    let views = names(
        &database,
        "SELECT relname::text AS name FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace \
         AND NOT coalesce(reloptions @> ARRAY['security_invoker=true'], false)",
    )
    .await;
    assert_eq!(views, [] as [&str; 0]);
    let definers = names(
        &database,
        "SELECT proname::text AS name FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace",
    )
    .await;
    assert_eq!(definers, ["memory_search"], "each has the tenant written in, and a test of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_name_the_tenant() {
    let database = TestDatabase::postgres().await;
    let keys = names(
        &database,
        "SELECT k.conname::text AS name FROM pg_constraint k \
         JOIN pg_attribute t ON t.attrelid = k.conrelid AND t.attname = 'tenant_id' \
         WHERE k.contype = 'f' AND NOT (t.attnum = ANY (k.conkey)) ORDER BY k.conname",
    )
    .await;
    let unexplained: Vec<_> = keys.iter().filter(|key| !KEYS.contains(&key.as_str())).collect();
    assert!(unexplained.iter().all(|key| key.starts_with("api_tokens_created_by")), "{unexplained:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_have_no_more_rights_than_they_need() {
    let database = TestDatabase::postgres().await;
    let grants = |role: &str, more: &str| {
        format!(
            "SELECT table_name || ' ' || privilege_type AS name FROM information_schema.role_table_grants \
             WHERE grantee = '{role}' AND table_schema = 'public' {more} ORDER BY 1"
        )
    };
    let app = "AND privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')";
    assert_eq!(names(&database, &grants("project_sync_app", app)).await, [] as [&str; 0]);
    let hidden = "AND (table_name = 'sessions' OR (table_name = 'users') OR (table_name = 'audit_log' \
                  AND privilege_type IN ('UPDATE', 'DELETE')))";
    assert_eq!(names(&database, &grants("project_sync_app", hidden)).await, [] as [&str; 0]);
    let content = "AND table_name IN ('file_blobs', 'blob_contents', 'repository_files', 'repository_trees', \
                   'memory_contents', 'memory_entries', 'embeddings', 'project_credentials', 'project_hooks')";
    assert_eq!(names(&database, &grants("project_sync_system", content)).await, [] as [&str; 0]);
    for role in ["PUBLIC", "project_sync_relay", "project_sync_test"] {
        assert_eq!(names(&database, &grants(role, "")).await, [] as [&str; 0], "{role}");
    }
    let owned = "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                 AND relowner IN ('project_sync_app'::regrole, 'project_sync_system'::regrole, 'project_sync_test'::regrole)";
    assert_eq!(names(&database, owned).await, [] as [&str; 0]);
}

/// The search runs as the owner of the texts, and finds those of the tenant alone.
#[tokio::test(flavor = "multi_thread")]
async fn the_search_stays_in_the_tenant() {
    let database = super::matrix::two_tenants().await;
    let found = "SELECT body AS name FROM memory_contents WHERE id IN \
                 (SELECT memory_search(plainto_tsquery('english', 'secret')))";
    let ids = "SELECT 'x' AS name FROM memory_search(plainto_tsquery('english', 'secret'))";
    let db = database.database().tenant(super::matrix::tenant('a'));
    let rows = |sql: &'static str| Statement::from_string(DbBackend::Postgres, sql);
    let bodies = db.query_all_raw(rows(found)).await.unwrap();
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0].try_get::<String>("", "name").unwrap(), "the secret of tenant a");
    assert_eq!(db.query_all_raw(rows(ids)).await.unwrap().len(), 1);
    let nobody = database.database().pool().query_all_raw(rows(ids)).await.unwrap();
    assert_eq!(nobody.len(), 0);
}
