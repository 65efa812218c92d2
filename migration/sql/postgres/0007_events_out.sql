-- What other systems are told. A row is written in the transaction in which a sync ends, and passed on later: so nothing
-- is told that did not happen, and what happened is told at least once. Ids of one project rise in the order of commits.
CREATE TABLE outbox (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id       UUID NOT NULL REFERENCES tenants (id),
    -- Not a key: what happened to a project is told though the project is gone.
    project_id      UUID NOT NULL,
    lane            SMALLINT NOT NULL CHECK (lane BETWEEN 0 AND 63),
    event_id        UUID NOT NULL UNIQUE,
    sequence        BIGINT NOT NULL CHECK (sequence >= 1),
    kind            TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    data            JSONB NOT NULL,
    trace_parent    TEXT CHECK (length(trace_parent) <= 100),
    created_at      TIMESTAMPTZ NOT NULL,
    published_at    TIMESTAMPTZ,
    UNIQUE (project_id, sequence)
);
CREATE INDEX outbox_waiting ON outbox (lane, id) WHERE published_at IS NULL;
CREATE INDEX outbox_created ON outbox (created_at);

-- How many events of a project there were: the sequence of the latest one.
ALTER TABLE projects ADD COLUMN events_told BIGINT NOT NULL DEFAULT 0 CHECK (events_told >= 0);

-- Who passes a lane's events on, so that several relays share the work and each project is told by one at a time.
CREATE TABLE outbox_lanes (
    lane            SMALLINT NOT NULL PRIMARY KEY CHECK (lane BETWEEN 0 AND 63),
    holder          TEXT CHECK (length(holder) <= 200),
    lease_until     TIMESTAMPTZ,
    fencing_token   BIGINT NOT NULL DEFAULT 0
);

-- Where a tenant wants to be told over HTTP. No project is all of them, no kinds are all of them.
CREATE TABLE webhooks (
    id              UUID NOT NULL PRIMARY KEY,
    tenant_id       UUID NOT NULL REFERENCES tenants (id),
    project_id      UUID,
    url             TEXT NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    kinds           JSONB NOT NULL,
    key_id          TEXT NOT NULL CHECK (length(key_id) <= 64),
    sealed          BYTEA NOT NULL CHECK (octet_length(sealed) <= 4096),
    enabled         BOOLEAN NOT NULL,
    -- How many deliveries in a row came to nothing, and why it was switched off where that was us.
    failures        INTEGER NOT NULL DEFAULT 0,
    disabled_reason TEXT CHECK (length(disabled_reason) <= 200),
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX webhooks_tenant ON webhooks (tenant_id, id);

-- What is to be told to one of them, and what came of it.
CREATE TABLE webhook_deliveries (
    id              UUID NOT NULL PRIMARY KEY,
    tenant_id       UUID NOT NULL,
    webhook_id      UUID NOT NULL,
    event_id        UUID NOT NULL,
    kind            TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    body            TEXT NOT NULL CHECK (length(body) <= 65536),
    trace_parent    TEXT CHECK (length(trace_parent) <= 100),
    status          TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- Not before; a sender that takes it moves this past its own patience, which is its lease.
    next_at         TIMESTAMPTZ,
    response_status SMALLINT,
    error           TEXT CHECK (length(error) <= 500),
    took_ms         BIGINT,
    created_at      TIMESTAMPTZ NOT NULL,
    last_tried_at   TIMESTAMPTZ,
    finished_at     TIMESTAMPTZ,
    CHECK ((status = 'pending') = (next_at IS NOT NULL)),
    FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (tenant_id, webhook_id, id);

ALTER TABLE outbox OWNER TO project_sync_owner;
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON outbox TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON outbox TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON outbox TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON outbox TO project_sync_app;
GRANT SELECT, UPDATE, DELETE ON outbox TO project_sync_system;

-- Of no tenant, so the tenants' role has no right to it.
ALTER TABLE outbox_lanes OWNER TO project_sync_owner;
ALTER TABLE outbox_lanes ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox_lanes FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON outbox_lanes TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON outbox_lanes TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON outbox_lanes TO project_sync_system;

ALTER TABLE webhooks OWNER TO project_sync_owner;
ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhooks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webhooks TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON webhooks TO project_sync_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO project_sync_app;

-- The system finds what is due, and whose it is; it sends nothing.
ALTER TABLE webhook_deliveries OWNER TO project_sync_owner;
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webhook_deliveries TO project_sync_app
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner ON webhook_deliveries TO project_sync_owner USING (true) WITH CHECK (true);
CREATE POLICY system ON webhook_deliveries TO project_sync_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries TO project_sync_app;
GRANT SELECT, UPDATE, DELETE ON webhook_deliveries TO project_sync_system;
