//! The roles of a Postgres database: who owns, who reads and writes, who sees across tenants, who passes events on.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// The four groups. None of them can log in; logins are made members.
pub const ROLES: [&str; 4] =
    ["project_sync_owner", "project_sync_app", "project_sync_system", "project_sync_relay"];

const GROUPS: &str = include_str!("../sql/roles/groups.sql");
const OWNERSHIP: &str = include_str!("../sql/roles/ownership.sql");
const WATCH: &str = include_str!("../sql/roles/watch.sql");
const LOGINS: &str = include_str!("../sql/roles/logins.sql");

/// The SQL that sets the roles up, for a superuser in the database itself. It may be run as often as one likes, before
/// the first migration or after the last.
pub fn script() -> String {
    [GROUPS, OWNERSHIP, WATCH, LOGINS].join("\n")
}

/// Runs [`script`].
///
/// # Errors
/// If the database refuses: event triggers want a superuser.
pub async fn apply(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    for part in [GROUPS, OWNERSHIP, WATCH] {
        db.execute_unprepared(part).await?;
    }
    Ok(())
}

/// Makes the groups if one is missing, which wants the right to make roles.
///
/// # Errors
/// If the database refuses.
pub(crate) async fn ensure(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let names = ROLES.map(|role| format!("'{role}'")).join(", ");
    let sql = format!("SELECT count(*) AS n FROM pg_roles WHERE rolname IN ({names})");
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let there: i64 = row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or_default();
    if usize::try_from(there).is_ok_and(|there| there < ROLES.len()) {
        db.execute_unprepared(GROUPS).await?;
    }
    Ok(())
}

/// What the one who migrates owns and should not: everything new. What a role of ours owns already stays its own. The
/// schema comes first: nothing in it may be given to who has no right to make something there.
const STRAY: &str = "\
WITH owner AS (SELECT oid FROM pg_roles WHERE rolname = 'project_sync_owner' \
                  AND pg_has_role(current_user, oid, 'MEMBER')), \
     ours AS (SELECT oid FROM pg_namespace WHERE nspname IN (current_schema(), 'project_sync_guard')), \
     mine AS (SELECT oid FROM pg_roles WHERE rolname = current_user) \
SELECT 2 AS step, \
       format('ALTER %s %s OWNER TO project_sync_owner', \
              CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' \
                             ELSE 'TABLE' END, c.oid::regclass) AS sql \
FROM pg_class c, owner, mine \
WHERE c.relnamespace IN (SELECT oid FROM ours) AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relowner = mine.oid \
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid \
                      AND d.deptype IN ('a', 'i', 'e')) \
UNION ALL \
SELECT 2, format('ALTER FUNCTION %s OWNER TO project_sync_owner', p.oid::regprocedure) \
FROM pg_proc p, owner, mine \
WHERE p.pronamespace IN (SELECT oid FROM ours) AND p.prokind = 'f' AND p.proowner = mine.oid \
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid \
                      AND d.deptype = 'e') \
UNION ALL \
SELECT 1, 'ALTER SCHEMA project_sync_guard OWNER TO project_sync_owner' \
FROM pg_namespace n, owner, mine WHERE n.nspname = 'project_sync_guard' AND n.nspowner = mine.oid \
ORDER BY step";

/// Hands what a migration made over to the owner, and lets services read the history.
pub(crate) async fn hand_over(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    db.execute_unprepared("GRANT SELECT ON schema_history TO project_sync_app, project_sync_system").await?;
    for row in db.query_all_raw(Statement::from_string(DbBackend::Postgres, STRAY)).await? {
        let sql: String = row.try_get("", "sql")?;
        db.execute_unprepared(&sql).await?;
    }
    Ok(())
}
