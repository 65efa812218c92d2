-- Guards that only a superuser can set up or take away: nobody else, the owner included, removes a protected table, a
-- column of one, or an anchor view, nor has the values of one rewritten. `project-sync migrate` says in its transaction
-- that it may (app.may_drop), and compares what is there before and after.
CREATE SCHEMA IF NOT EXISTS project_sync_watch;

CREATE OR REPLACE FUNCTION project_sync_watch.protects(name TEXT) RETURNS BOOLEAN
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT name IN ('tenants', 'projects', 'repositories', 'branches', 'project_syncs', 'sync_events', 'file_blobs',
                    'blob_contents', 'repository_files', 'repository_trees', 'memory_contents', 'memory_entries',
                    'embeddings', 'users', 'memberships', 'api_tokens', 'audit_log', 'project_credentials')
$$;

CREATE OR REPLACE FUNCTION project_sync_watch.refuse_drop() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    gone RECORD;
BEGIN
    IF current_setting('app.may_drop', true) IS NOT DISTINCT FROM 'on' THEN
        RETURN;
    END IF;
    FOR gone IN SELECT * FROM pg_event_trigger_dropped_objects() LOOP
        IF (gone.object_type IN ('table', 'table column') AND gone.address_names[1] = 'public'
                AND project_sync_watch.protects(gone.address_names[2]))
           OR (gone.object_type = 'view' AND gone.schema_name = 'project_sync_guard')
           OR (gone.object_type = 'trigger' AND gone.address_names[3] LIKE 'project\_sync\_guard\_%') THEN
            RAISE EXCEPTION '% is protected', gone.object_identity
                USING ERRCODE = 'insufficient_privilege', HINT = 'Change the schema with project-sync migrate.';
        END IF;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION project_sync_watch.refuse_rewrite() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF current_setting('app.may_drop', true) IS DISTINCT FROM 'on' AND EXISTS (
        SELECT 1 FROM pg_class c WHERE c.oid = pg_event_trigger_table_rewrite_oid()
            AND c.relnamespace = 'public'::regnamespace AND project_sync_watch.protects(c.relname)) THEN
        RAISE EXCEPTION 'rewriting the values of % is not allowed', pg_event_trigger_table_rewrite_oid()::regclass
            USING ERRCODE = 'insufficient_privilege', HINT = 'Change the schema with project-sync migrate.';
    END IF;
END $$;

GRANT USAGE ON SCHEMA project_sync_watch TO PUBLIC;
DROP EVENT TRIGGER IF EXISTS project_sync_refuse_drop;
CREATE EVENT TRIGGER project_sync_refuse_drop ON sql_drop EXECUTE FUNCTION project_sync_watch.refuse_drop();
DROP EVENT TRIGGER IF EXISTS project_sync_refuse_rewrite;
CREATE EVENT TRIGGER project_sync_refuse_rewrite ON table_rewrite
    EXECUTE FUNCTION project_sync_watch.refuse_rewrite();
