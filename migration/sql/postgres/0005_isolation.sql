-- Isolation of tenants by the database itself. Whoever logs in as a member of project_sync_app sees the rows of one
-- tenant: the one that the transaction was told (SET LOCAL app.tenant_id), and without being told none. Across tenants
-- looks only project_sync_system, which a transaction must turn into, and which has no right to content at all.
-- The owner of the tables is bound by row-level security, too, but sees all rows: migrations count and compare them.

GRANT USAGE ON SCHEMA public TO project_sync_app, project_sync_system, project_sync_relay;

-- What the queue and the operators look at across tenants.
ALTER TABLE tenants OWNER TO project_sync_owner;
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tenants TO project_sync_app
    USING (id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON tenants TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON tenants TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT ON tenants TO project_sync_app;
GRANT SELECT, INSERT ON tenants TO project_sync_system;

ALTER TABLE projects OWNER TO project_sync_owner;
ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE projects FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON projects TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON projects TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON projects TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON projects TO project_sync_app;
GRANT SELECT ON projects TO project_sync_system;

ALTER TABLE repositories OWNER TO project_sync_owner;
ALTER TABLE repositories ENABLE ROW LEVEL SECURITY;
ALTER TABLE repositories FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON repositories TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON repositories TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON repositories TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON repositories TO project_sync_app;
GRANT SELECT ON repositories TO project_sync_system;

ALTER TABLE branches OWNER TO project_sync_owner;
ALTER TABLE branches ENABLE ROW LEVEL SECURITY;
ALTER TABLE branches FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON branches TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON branches TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON branches TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON branches TO project_sync_app;
GRANT SELECT ON branches TO project_sync_system;

ALTER TABLE project_syncs OWNER TO project_sync_owner;
ALTER TABLE project_syncs ENABLE ROW LEVEL SECURITY;
ALTER TABLE project_syncs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON project_syncs TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON project_syncs TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON project_syncs TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON project_syncs TO project_sync_app;
GRANT SELECT ON project_syncs TO project_sync_system;

ALTER TABLE sync_events OWNER TO project_sync_owner;
ALTER TABLE sync_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sync_events TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON sync_events TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON sync_events TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON sync_events TO project_sync_app;
GRANT SELECT ON sync_events TO project_sync_system;

-- A message that is no job is of no tenant; nor is the pause of the whole queue, which every tenant's syncs heed.
ALTER TABLE dead_jobs OWNER TO project_sync_owner;
ALTER TABLE dead_jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE dead_jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON dead_jobs TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON dead_jobs TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON dead_jobs TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON dead_jobs TO project_sync_app;
GRANT SELECT, INSERT, DELETE ON dead_jobs TO project_sync_system;

ALTER TABLE queue_pauses OWNER TO project_sync_owner;
ALTER TABLE queue_pauses ENABLE ROW LEVEL SECURITY;
ALTER TABLE queue_pauses FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON queue_pauses TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid) OR tenant_id IS NULL)
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON queue_pauses TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON queue_pauses TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON queue_pauses TO project_sync_app;
GRANT SELECT, INSERT, DELETE ON queue_pauses TO project_sync_system;

ALTER TABLE idempotency_keys OWNER TO project_sync_owner;
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON idempotency_keys TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON idempotency_keys TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON idempotency_keys TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO project_sync_app;
GRANT SELECT, DELETE ON idempotency_keys TO project_sync_system;

-- Content: of its tenant alone.
ALTER TABLE file_blobs OWNER TO project_sync_owner;
ALTER TABLE file_blobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE file_blobs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON file_blobs TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON file_blobs TO project_sync_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON file_blobs TO project_sync_app;

ALTER TABLE blob_contents OWNER TO project_sync_owner;
ALTER TABLE blob_contents ENABLE ROW LEVEL SECURITY;
ALTER TABLE blob_contents FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON blob_contents TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON blob_contents TO project_sync_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON blob_contents TO project_sync_app;

ALTER TABLE repository_files OWNER TO project_sync_owner;
ALTER TABLE repository_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE repository_files FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON repository_files TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON repository_files TO project_sync_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON repository_files TO project_sync_app;

ALTER TABLE repository_trees OWNER TO project_sync_owner;
ALTER TABLE repository_trees ENABLE ROW LEVEL SECURITY;
ALTER TABLE repository_trees FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON repository_trees TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON repository_trees TO project_sync_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON repository_trees TO project_sync_app;

ALTER TABLE memory_contents OWNER TO project_sync_owner;
ALTER TABLE memory_contents ENABLE ROW LEVEL SECURITY;
ALTER TABLE memory_contents FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON memory_contents TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON memory_contents TO project_sync_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON memory_contents TO project_sync_app;

ALTER TABLE memory_entries OWNER TO project_sync_owner;
ALTER TABLE memory_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE memory_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON memory_entries TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON memory_entries TO project_sync_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON memory_entries TO project_sync_app;

ALTER TABLE embeddings OWNER TO project_sync_owner;
ALTER TABLE embeddings ENABLE ROW LEVEL SECURITY;
ALTER TABLE embeddings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON embeddings TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON embeddings TO project_sync_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON embeddings TO project_sync_app;

ALTER TABLE project_credentials OWNER TO project_sync_owner;
ALTER TABLE project_credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE project_credentials FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON project_credentials TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON project_credentials TO project_sync_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON project_credentials TO project_sync_app;

-- Who may log in. Passwords and sessions are the system's alone; a tenant sees its own members and their
-- names; who becomes one is the system's to say.
ALTER TABLE memberships OWNER TO project_sync_owner;
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON memberships TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON memberships TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON memberships TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT ON memberships TO project_sync_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON memberships TO project_sync_system;

ALTER TABLE users OWNER TO project_sync_owner;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON users TO project_sync_app
    USING (EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = users.id))
    WITH CHECK (false);
CREATE POLICY owner ON users TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON users TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT (id, name, is_operator, created_at, disabled_at) ON users TO project_sync_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON users TO project_sync_system;

ALTER TABLE api_tokens OWNER TO project_sync_owner;
ALTER TABLE api_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_tokens TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON api_tokens TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON api_tokens TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON api_tokens TO project_sync_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON api_tokens TO project_sync_system;

ALTER TABLE sessions OWNER TO project_sync_owner;
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON sessions TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON sessions TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO project_sync_system;

-- The audit log is written and read, and never changed.
ALTER TABLE audit_log OWNER TO project_sync_owner;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_log TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON audit_log TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON audit_log TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON audit_log TO project_sync_app;
GRANT SELECT, INSERT ON audit_log TO project_sync_system;

-- Identity columns take their numbers from sequences that belong to them; nothing else is to be granted.

-- Searching the texts of a tenant. Row-level security keeps an index from being used with an operator that the database
-- does not know to be free of leaks, and the one of full text is such: so the search runs as the owner, with the tenant
-- written in.
CREATE FUNCTION memory_search(words tsquery) RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
    SET search_path = pg_catalog, public
    AS $$
        SELECT c.id FROM public.memory_contents c
        WHERE c.search @@ words
        AND c.tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid)
    $$;
REVOKE ALL ON FUNCTION memory_search(tsquery) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION memory_search(tsquery) TO project_sync_app;
ALTER FUNCTION memory_search(tsquery) OWNER TO project_sync_owner;
