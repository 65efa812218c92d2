-- What asks for syncs by itself: hooks that hosts send, schedules, and looking at branches now and then.

-- The secret that a host signs its hooks with, sealed, with the name of the key that opens it.
CREATE TABLE project_hooks (
    tenant_id           UUID NOT NULL,
    project_id          UUID NOT NULL,
    kind                TEXT NOT NULL CHECK (kind IN ('github', 'gitlab', 'gitea')),
    hint                TEXT NOT NULL CHECK (length(hint) <= 100),
    key_id              TEXT NOT NULL CHECK (length(key_id) <= 64),
    sealed              BYTEA NOT NULL CHECK (octet_length(sealed) <= 65536),
    created_at          TIMESTAMPTZ NOT NULL,
    updated_at          TIMESTAMPTZ NOT NULL,
    last_delivery_at    TIMESTAMPTZ,
    last_result         TEXT CHECK (length(last_result) <= 32),
    PRIMARY KEY (tenant_id, project_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);

-- What hosts sent, each once. Whoever receives it again does nothing. While look_at is set, the pushed commit was not
-- seen yet, and is looked for at that time.
CREATE TABLE hook_deliveries (
    id                  UUID NOT NULL PRIMARY KEY,
    tenant_id           UUID NOT NULL,
    project_id          UUID NOT NULL,
    delivery            TEXT NOT NULL CHECK (length(delivery) BETWEEN 1 AND 200),
    received_at         TIMESTAMPTZ NOT NULL,
    event               TEXT NOT NULL CHECK (length(event) <= 64),
    branch              TEXT CHECK (length(branch) <= 1000),
    commit_id           BYTEA,
    result              TEXT NOT NULL CHECK (length(result) <= 32),
    sync_id             UUID,
    looks               INTEGER NOT NULL DEFAULT 0 CHECK (looks >= 0),
    look_at             TIMESTAMPTZ,
    UNIQUE (tenant_id, project_id, delivery),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX hook_deliveries_looks ON hook_deliveries (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX hook_deliveries_log ON hook_deliveries (tenant_id, project_id, id);
CREATE INDEX hook_deliveries_age ON hook_deliveries (received_at);

-- next_at is when it comes due, its jitter included. Whoever claims it has until claimed_until to ask for the sync.
CREATE TABLE schedules (
    id                  UUID NOT NULL PRIMARY KEY,
    tenant_id           UUID NOT NULL,
    project_id          UUID NOT NULL,
    branch              TEXT CHECK (length(branch) BETWEEN 1 AND 1000),
    cron                TEXT NOT NULL CHECK (length(cron) BETWEEN 1 AND 200),
    time_zone           TEXT NOT NULL CHECK (length(time_zone) BETWEEN 1 AND 64),
    jitter_seconds      INTEGER NOT NULL DEFAULT 0 CHECK (jitter_seconds BETWEEN 0 AND 3600),
    enabled             BOOLEAN NOT NULL DEFAULT TRUE,
    next_at             TIMESTAMPTZ,
    claimed_until       TIMESTAMPTZ,
    last_at             TIMESTAMPTZ,
    last_result         TEXT CHECK (length(last_result) <= 32),
    last_sync_id        UUID,
    created_at          TIMESTAMPTZ NOT NULL,
    updated_at          TIMESTAMPTZ NOT NULL,
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX schedules_project ON schedules (tenant_id, project_id);
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;

-- seen holds the heads of the branches as they were when they were looked at last.
CREATE TABLE polls (
    tenant_id           UUID NOT NULL,
    project_id          UUID NOT NULL,
    every_seconds       INTEGER NOT NULL CHECK (every_seconds >= 1),
    branches            JSONB,
    seen                JSONB NOT NULL DEFAULT '{}',
    next_at             TIMESTAMPTZ NOT NULL,
    claimed_until       TIMESTAMPTZ,
    failures            INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    last_at             TIMESTAMPTZ,
    last_result         TEXT CHECK (length(last_result) <= 32),
    last_error          TEXT CHECK (length(last_error) <= 500),
    created_at          TIMESTAMPTZ NOT NULL,
    updated_at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, project_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX polls_due ON polls (next_at);

-- When the branch was told, or found, to be deleted at its host. What was synced of it stays.
ALTER TABLE branches ADD COLUMN deleted_at TIMESTAMPTZ;

-- Whose rows these are: see 0005_isolation. The system finds what is due, in all tenants, and claims it; what is signed with
-- it does not see.
ALTER TABLE project_hooks OWNER TO project_sync_owner;
ALTER TABLE project_hooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE project_hooks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON project_hooks TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON project_hooks TO project_sync_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON project_hooks TO project_sync_app;

ALTER TABLE hook_deliveries OWNER TO project_sync_owner;
ALTER TABLE hook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE hook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON hook_deliveries TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON hook_deliveries TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON hook_deliveries TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON hook_deliveries TO project_sync_app;
GRANT SELECT, UPDATE, DELETE ON hook_deliveries TO project_sync_system;

ALTER TABLE schedules OWNER TO project_sync_owner;
ALTER TABLE schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE schedules FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON schedules TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON schedules TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON schedules TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON schedules TO project_sync_app;
GRANT SELECT, UPDATE ON schedules TO project_sync_system;

ALTER TABLE polls OWNER TO project_sync_owner;
ALTER TABLE polls ENABLE ROW LEVEL SECURITY;
ALTER TABLE polls FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON polls TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON polls TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON polls TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON polls TO project_sync_app;
GRANT SELECT, UPDATE ON polls TO project_sync_system;
