-- What a foreign tool must get past. The views hold on to the columns that nothing may lose: whoever drops one, or
-- changes its type, is told that a view depends on it. The triggers refuse to delete or empty rows unless the
-- transaction says that it is meant: SET LOCAL app.may_delete = 'on'.
CREATE SCHEMA IF NOT EXISTS project_sync_guard;

CREATE VIEW project_sync_guard.project_syncs WITH (security_invoker = true) AS
    SELECT id, tenant_id, branch_id, kind, "trigger", forced, restore_seq, status, seq, previous_sync_id,
           commit_id, tree_id, committed_at, commit_summary, rules_digest, worker, lease_until,
           fencing_token, cancel_requested, phase, phases, files_added, files_modified, files_deleted,
           files_renamed, files_unchanged, entries_created, entries_superseded, blobs_fetched,
           bytes_fetched, requests_made, warnings, error_code, error_message, created_at, started_at,
           finished_at, priority, run_after, attempts, trace_parent, project_id, ordinal
    FROM project_syncs;
CREATE VIEW project_sync_guard.file_blobs WITH (security_invoker = true) AS
    SELECT tenant_id, id, size
    FROM file_blobs;
CREATE VIEW project_sync_guard.blob_contents WITH (security_invoker = true) AS
    SELECT tenant_id, blob_id, kind, content
    FROM blob_contents;
CREATE VIEW project_sync_guard.repository_files WITH (security_invoker = true) AS
    SELECT id, tenant_id, branch_id, path, path_hash, dir_hash, mode, blob_id, submodule_id, valid_from,
           valid_to
    FROM repository_files;
CREATE VIEW project_sync_guard.repository_trees WITH (security_invoker = true) AS
    SELECT id, tenant_id, branch_id, path, path_hash, dir_hash, tree_id, valid_from, valid_to
    FROM repository_trees;
CREATE VIEW project_sync_guard.memory_contents WITH (security_invoker = true) AS
    SELECT id, tenant_id, hash, body
    FROM memory_contents;
CREATE VIEW project_sync_guard.memory_entries WITH (security_invoker = true) AS
    SELECT id, tenant_id, branch_id, kind, entry_key, key_hash, path, path_hash, title, heading_path,
           dated_at, content_hash, valid_from, valid_to
    FROM memory_entries;
CREATE VIEW project_sync_guard.embeddings WITH (security_invoker = true) AS
    SELECT tenant_id, content_hash, model, dimensions, vector, created_at
    FROM embeddings;

CREATE FUNCTION project_sync_guard.refuse_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('app.may_delete', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'deleting from % was not announced', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Rows that are kept are removed by project-sync itself.';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION project_sync_guard.refuse_emptying() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a value of % cannot be replaced by nothing', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON tenants
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON projects
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON repositories
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON branches
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON project_syncs
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON file_blobs
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON blob_contents
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON repository_files
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON repository_trees
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON memory_contents
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON memory_entries
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_delete BEFORE DELETE OR TRUNCATE ON embeddings
    FOR EACH STATEMENT EXECUTE FUNCTION project_sync_guard.refuse_deletion();
CREATE TRIGGER project_sync_guard_vector BEFORE UPDATE OF vector ON embeddings
    FOR EACH ROW WHEN (NEW.vector IS NULL) EXECUTE FUNCTION project_sync_guard.refuse_emptying();
CREATE TRIGGER project_sync_guard_body BEFORE UPDATE OF body ON memory_contents
    FOR EACH ROW WHEN (NEW.body IS NULL) EXECUTE FUNCTION project_sync_guard.refuse_emptying();
CREATE TRIGGER project_sync_guard_content BEFORE UPDATE OF content ON blob_contents
    FOR EACH ROW WHEN (NEW.content IS NULL) EXECUTE FUNCTION project_sync_guard.refuse_emptying();
