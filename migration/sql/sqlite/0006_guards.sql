-- What a foreign tool must get past. The views hold on to the columns that nothing may lose: whoever drops one is told
-- that a view needs it. The triggers refuse to delete rows unless the transaction says that it is meant, by a permit.
CREATE TABLE deletion_permits (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    -- Points nowhere, so that no transaction ends while its permit is still there.
    ends    INTEGER NOT NULL DEFAULT 2 CHECK (ends = 2)
            REFERENCES deletion_permits (id) DEFERRABLE INITIALLY DEFERRED
);

CREATE VIEW project_sync_guard_project_syncs AS
    SELECT id, tenant_id, branch_id, kind, "trigger", forced, restore_seq, status, seq, previous_sync_id,
           commit_id, tree_id, committed_at, commit_summary, rules_digest, worker, lease_until,
           fencing_token, cancel_requested, phase, phases, files_added, files_modified, files_deleted,
           files_renamed, files_unchanged, entries_created, entries_superseded, blobs_fetched,
           bytes_fetched, requests_made, warnings, error_code, error_message, created_at, started_at,
           finished_at, priority, run_after, attempts, trace_parent, project_id, ordinal
    FROM project_syncs;
CREATE VIEW project_sync_guard_file_blobs AS
    SELECT tenant_id, id, size
    FROM file_blobs;
CREATE VIEW project_sync_guard_blob_contents AS
    SELECT tenant_id, blob_id, kind, content
    FROM blob_contents;
CREATE VIEW project_sync_guard_repository_files AS
    SELECT id, tenant_id, branch_id, path, path_hash, dir_hash, mode, blob_id, submodule_id, valid_from,
           valid_to
    FROM repository_files;
CREATE VIEW project_sync_guard_repository_trees AS
    SELECT id, tenant_id, branch_id, path, path_hash, dir_hash, tree_id, valid_from, valid_to
    FROM repository_trees;
CREATE VIEW project_sync_guard_memory_contents AS
    SELECT id, tenant_id, hash, body
    FROM memory_contents;
CREATE VIEW project_sync_guard_memory_entries AS
    SELECT id, tenant_id, branch_id, kind, entry_key, key_hash, path, path_hash, title, heading_path,
           dated_at, content_hash, valid_from, valid_to
    FROM memory_entries;
CREATE VIEW project_sync_guard_embeddings AS
    SELECT tenant_id, content_hash, model, dimensions, vector, created_at
    FROM embeddings;

CREATE TRIGGER project_sync_guard_delete_tenants BEFORE DELETE ON tenants
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from tenants was not announced');
END;
CREATE TRIGGER project_sync_guard_delete_projects BEFORE DELETE ON projects
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from projects was not announced');
END;
CREATE TRIGGER project_sync_guard_delete_repositories BEFORE DELETE ON repositories
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from repositories was not announced');
END;
CREATE TRIGGER project_sync_guard_delete_branches BEFORE DELETE ON branches
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from branches was not announced');
END;
CREATE TRIGGER project_sync_guard_delete_project_syncs BEFORE DELETE ON project_syncs
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from project_syncs was not announced');
END;
CREATE TRIGGER project_sync_guard_delete_file_blobs BEFORE DELETE ON file_blobs
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from file_blobs was not announced');
END;
CREATE TRIGGER project_sync_guard_delete_blob_contents BEFORE DELETE ON blob_contents
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from blob_contents was not announced');
END;
CREATE TRIGGER project_sync_guard_delete_repository_files BEFORE DELETE ON repository_files
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from repository_files was not announced');
END;
CREATE TRIGGER project_sync_guard_delete_repository_trees BEFORE DELETE ON repository_trees
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from repository_trees was not announced');
END;
CREATE TRIGGER project_sync_guard_delete_memory_contents BEFORE DELETE ON memory_contents
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from memory_contents was not announced');
END;
CREATE TRIGGER project_sync_guard_delete_memory_entries BEFORE DELETE ON memory_entries
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from memory_entries was not announced');
END;
CREATE TRIGGER project_sync_guard_delete_embeddings BEFORE DELETE ON embeddings
    WHEN NOT EXISTS (SELECT 1 FROM deletion_permits)
BEGIN
    SELECT RAISE(ABORT, 'deleting from embeddings was not announced');
END;
