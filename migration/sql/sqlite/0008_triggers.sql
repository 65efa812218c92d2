-- What asks for syncs by itself: hooks that hosts send, schedules, and looking at branches now and then.

-- The secret that a host signs its hooks with, sealed, with the name of the key that opens it.
CREATE TABLE project_hooks (
    tenant_id           BLOB NOT NULL,
    project_id          BLOB NOT NULL,
    kind                TEXT NOT NULL CHECK (kind IN ('github', 'gitlab', 'gitea')),
    hint                TEXT NOT NULL CHECK (length(hint) <= 100),
    key_id              TEXT NOT NULL CHECK (length(key_id) <= 64),
    sealed              BLOB NOT NULL CHECK (length(sealed) <= 65536),
    created_at          TEXT NOT NULL,
    updated_at          TEXT NOT NULL,
    last_delivery_at    TEXT,
    last_result         TEXT CHECK (length(last_result) <= 32),
    PRIMARY KEY (tenant_id, project_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);

-- What hosts sent, each once. Whoever receives it again does nothing. While look_at is set, the pushed commit was not
-- seen yet, and is looked for at that time.
CREATE TABLE hook_deliveries (
    id                  BLOB NOT NULL PRIMARY KEY,
    tenant_id           BLOB NOT NULL,
    project_id          BLOB NOT NULL,
    delivery            TEXT NOT NULL CHECK (length(delivery) BETWEEN 1 AND 200),
    received_at         TEXT NOT NULL,
    event               TEXT NOT NULL CHECK (length(event) <= 64),
    branch              TEXT CHECK (length(branch) <= 1000),
    commit_id           BLOB,
    result              TEXT NOT NULL CHECK (length(result) <= 32),
    sync_id             BLOB,
    looks               INTEGER NOT NULL DEFAULT 0 CHECK (looks >= 0),
    look_at             TEXT,
    UNIQUE (tenant_id, project_id, delivery),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX hook_deliveries_looks ON hook_deliveries (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX hook_deliveries_log ON hook_deliveries (tenant_id, project_id, id);
CREATE INDEX hook_deliveries_age ON hook_deliveries (received_at);

-- next_at is when it comes due, its jitter included. Whoever claims it has until claimed_until to ask for the sync.
CREATE TABLE schedules (
    id                  BLOB NOT NULL PRIMARY KEY,
    tenant_id           BLOB NOT NULL,
    project_id          BLOB NOT NULL,
    branch              TEXT CHECK (length(branch) BETWEEN 1 AND 1000),
    cron                TEXT NOT NULL CHECK (length(cron) BETWEEN 1 AND 200),
    time_zone           TEXT NOT NULL CHECK (length(time_zone) BETWEEN 1 AND 64),
    jitter_seconds      INTEGER NOT NULL DEFAULT 0 CHECK (jitter_seconds BETWEEN 0 AND 3600),
    enabled             BOOLEAN NOT NULL DEFAULT TRUE,
    next_at             TEXT,
    claimed_until       TEXT,
    last_at             TEXT,
    last_result         TEXT CHECK (length(last_result) <= 32),
    last_sync_id        BLOB,
    created_at          TEXT NOT NULL,
    updated_at          TEXT NOT NULL,
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX schedules_project ON schedules (tenant_id, project_id);
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;

-- seen holds the heads of the branches as they were when they were looked at last.
CREATE TABLE polls (
    tenant_id           BLOB NOT NULL,
    project_id          BLOB NOT NULL,
    every_seconds       INTEGER NOT NULL CHECK (every_seconds >= 1),
    branches            TEXT,
    seen                TEXT NOT NULL DEFAULT '{}',
    next_at             TEXT NOT NULL,
    claimed_until       TEXT,
    failures            INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    last_at             TEXT,
    last_result         TEXT CHECK (length(last_result) <= 32),
    last_error          TEXT CHECK (length(last_error) <= 500),
    created_at          TEXT NOT NULL,
    updated_at          TEXT NOT NULL,
    PRIMARY KEY (tenant_id, project_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX polls_due ON polls (next_at);

-- When the branch was told, or found, to be deleted at its host. What was synced of it stays.
ALTER TABLE branches ADD COLUMN deleted_at TEXT;
