-- What other systems are told. A row is written in the transaction in which a sync ends, and passed on later: so nothing
-- is told that did not happen, and what happened is told at least once. Ids of one project rise in the order of commits.
CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id       BLOB NOT NULL REFERENCES tenants (id),
    -- Not a key: what happened to a project is told though the project is gone.
    project_id      BLOB NOT NULL,
    lane            INTEGER NOT NULL CHECK (lane BETWEEN 0 AND 63),
    event_id        BLOB NOT NULL UNIQUE,
    sequence        INTEGER NOT NULL CHECK (sequence >= 1),
    kind            TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    data            TEXT NOT NULL,
    trace_parent    TEXT CHECK (length(trace_parent) <= 100),
    created_at      TEXT NOT NULL,
    published_at    TEXT,
    UNIQUE (project_id, sequence)
);
CREATE INDEX outbox_waiting ON outbox (lane, id) WHERE published_at IS NULL;
CREATE INDEX outbox_created ON outbox (created_at);

-- How many events of a project there were: the sequence of the latest one.
ALTER TABLE projects ADD COLUMN events_told INTEGER NOT NULL DEFAULT 0 CHECK (events_told >= 0);

-- Who passes a lane's events on, so that several relays share the work and each project is told by one at a time.
CREATE TABLE outbox_lanes (
    lane            INTEGER NOT NULL PRIMARY KEY CHECK (lane BETWEEN 0 AND 63),
    holder          TEXT CHECK (length(holder) <= 200),
    lease_until     TEXT,
    fencing_token   INTEGER NOT NULL DEFAULT 0
);

-- Where a tenant wants to be told over HTTP. No project is all of them, no kinds are all of them.
CREATE TABLE webhooks (
    id              BLOB NOT NULL PRIMARY KEY,
    tenant_id       BLOB NOT NULL REFERENCES tenants (id),
    project_id      BLOB,
    url             TEXT NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    kinds           TEXT NOT NULL,
    key_id          TEXT NOT NULL CHECK (length(key_id) <= 64),
    sealed          BLOB NOT NULL CHECK (length(sealed) <= 4096),
    enabled         BOOLEAN NOT NULL,
    -- How many deliveries in a row came to nothing, and why it was switched off where that was us.
    failures        INTEGER NOT NULL DEFAULT 0,
    disabled_reason TEXT CHECK (length(disabled_reason) <= 200),
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX webhooks_tenant ON webhooks (tenant_id, id);

-- What is to be told to one of them, and what came of it.
CREATE TABLE webhook_deliveries (
    id              BLOB NOT NULL PRIMARY KEY,
    tenant_id       BLOB NOT NULL,
    webhook_id      BLOB NOT NULL,
    event_id        BLOB NOT NULL,
    kind            TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    body            TEXT NOT NULL CHECK (length(body) <= 65536),
    trace_parent    TEXT CHECK (length(trace_parent) <= 100),
    status          TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- Not before; a sender that takes it moves this past its own patience, which is its lease.
    next_at         TEXT,
    response_status INTEGER,
    error           TEXT CHECK (length(error) <= 500),
    took_ms         INTEGER,
    created_at      TEXT NOT NULL,
    last_tried_at   TEXT,
    finished_at     TEXT,
    CHECK ((status = 'pending') = (next_at IS NOT NULL)),
    FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (tenant_id, webhook_id, id);
