-- The groups. None can log in. project_sync_app may become project_sync_system for a transaction and has none of its
-- rights before, which is what NOINHERIT says on every version of Postgres.
DO $$ BEGIN CREATE ROLE project_sync_owner NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE project_sync_app NOLOGIN NOINHERIT;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE project_sync_system NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE project_sync_relay NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
    IF NOT pg_has_role('project_sync_app', 'project_sync_system', 'MEMBER') THEN
        GRANT project_sync_system TO project_sync_app;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

-- What each may do with the schema. Rights on tables come with the migrations.
GRANT USAGE ON SCHEMA public TO project_sync_app, project_sync_system, project_sync_relay;
GRANT USAGE, CREATE ON SCHEMA public TO project_sync_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
DO $$ BEGIN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO project_sync_owner', current_database());
END $$;
