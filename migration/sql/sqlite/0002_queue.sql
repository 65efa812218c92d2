-- How a sync waits for a worker, and how often it was begun.
ALTER TABLE project_syncs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 2);
ALTER TABLE project_syncs ADD COLUMN run_after TEXT;
ALTER TABLE project_syncs ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0);
ALTER TABLE project_syncs ADD COLUMN trace_parent TEXT CHECK (length(trace_parent) <= 100);

-- A sync that was begun and waits to be continued still has its branch; beside it one other may wait.
DROP INDEX project_syncs_one_running;
DROP INDEX project_syncs_one_pending;
CREATE UNIQUE INDEX project_syncs_one_active ON project_syncs (branch_id)
    WHERE status = 'running' OR (status = 'pending' AND started_at IS NOT NULL);
CREATE UNIQUE INDEX project_syncs_one_waiting ON project_syncs (branch_id)
    WHERE status = 'pending' AND started_at IS NULL;
CREATE INDEX project_syncs_queue ON project_syncs (priority, created_at, id) WHERE status = 'pending';

-- What the queue gave up on: a sync that failed for good though a retry might have helped, or a message that is no job.
CREATE TABLE dead_jobs (
    id          BLOB NOT NULL PRIMARY KEY,
    tenant_id   BLOB,
    sync_id     BLOB UNIQUE,
    payload     TEXT CHECK (length(payload) <= 65536),
    code        TEXT NOT NULL,
    message     TEXT NOT NULL,
    attempts    INTEGER NOT NULL CHECK (attempts >= 0),
    created_at  TEXT NOT NULL,
    CHECK ((sync_id IS NULL) = (tenant_id IS NULL)),
    FOREIGN KEY (tenant_id, sync_id) REFERENCES project_syncs (tenant_id, id)
);

-- Who may not be begun: everything (one row without a project), or a project.
CREATE TABLE queue_pauses (
    id          BLOB NOT NULL PRIMARY KEY,
    tenant_id   BLOB,
    project_id  BLOB,
    reason      TEXT CHECK (length(reason) <= 1000),
    created_at  TEXT NOT NULL,
    CHECK ((project_id IS NULL) = (tenant_id IS NULL)),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE UNIQUE INDEX queue_pauses_one_each ON queue_pauses (project_id) WHERE project_id IS NOT NULL;
CREATE UNIQUE INDEX queue_pauses_one_whole ON queue_pauses ((project_id IS NULL)) WHERE project_id IS NULL;

-- What was answered to a request with an Idempotency-Key, so that the same request gets the same answer.
CREATE TABLE idempotency_keys (
    tenant_id       BLOB NOT NULL REFERENCES tenants (id),
    key             TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request_digest  BLOB NOT NULL,
    status          INTEGER,
    headers         TEXT,
    body            TEXT CHECK (length(body) <= 1048576),
    created_at      TEXT NOT NULL,
    PRIMARY KEY (tenant_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Who shows a content: when a project is deleted, what nobody else shows goes with it.
CREATE INDEX repository_files_blob ON repository_files (blob_id, tenant_id);
