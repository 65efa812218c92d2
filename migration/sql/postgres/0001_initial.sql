-- Object ids are 20 bytes, digests of paths 16, digests of content 32.

CREATE TABLE tenants (
    id          UUID NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    created_at  TIMESTAMPTZ NOT NULL
);

CREATE TABLE projects (
    id          UUID NOT NULL PRIMARY KEY,
    tenant_id   UUID NOT NULL REFERENCES tenants (id),
    name        TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, name)
);

-- One repository a project. The source is where it is; never a secret.
CREATE TABLE repositories (
    id              UUID NOT NULL PRIMARY KEY,
    tenant_id       UUID NOT NULL,
    project_id      UUID NOT NULL,
    source          JSONB NOT NULL,
    default_branch  TEXT,
    created_at      TIMESTAMPTZ NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, project_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);

-- The row is the lock of its branch, and its head is what readers see: a sync becomes visible when head_seq moves.
CREATE TABLE branches (
    id              UUID NOT NULL PRIMARY KEY,
    tenant_id       UUID NOT NULL,
    repository_id   UUID NOT NULL,
    name            TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 1000),
    head_seq        BIGINT NOT NULL DEFAULT 0 CHECK (head_seq >= 0),
    head_sync_id    UUID,
    validator       TEXT,
    created_at      TIMESTAMPTZ NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (repository_id, name),
    CHECK ((head_seq = 0) = (head_sync_id IS NULL)),
    FOREIGN KEY (tenant_id, repository_id) REFERENCES repositories (tenant_id, id)
);

CREATE TABLE project_syncs (
    id                  UUID NOT NULL PRIMARY KEY,
    tenant_id           UUID NOT NULL,
    branch_id           UUID NOT NULL,
    kind                TEXT NOT NULL CHECK (kind IN ('sync', 'restore')),
    "trigger"           TEXT NOT NULL CHECK ("trigger" IN ('cli', 'api', 'webhook', 'schedule')),
    forced              BOOLEAN NOT NULL DEFAULT FALSE,
    restore_seq         BIGINT,
    status              TEXT NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    -- The link. Held by completed syncs only: one root and one chain for each branch.
    seq                 BIGINT CHECK (seq >= 1),
    previous_sync_id    UUID UNIQUE,
    commit_id           BYTEA,
    tree_id             BYTEA,
    committed_at        TIMESTAMPTZ,
    commit_summary      TEXT,
    rules_digest        TEXT,
    -- Who runs it, until when it may, and the token that outdates every earlier claim.
    worker              TEXT,
    lease_until         TIMESTAMPTZ,
    fencing_token       BIGINT NOT NULL DEFAULT 0,
    cancel_requested    BOOLEAN NOT NULL DEFAULT FALSE,
    phase               TEXT,
    phases              JSONB NOT NULL DEFAULT '[]',
    files_added         BIGINT NOT NULL DEFAULT 0,
    files_modified      BIGINT NOT NULL DEFAULT 0,
    files_deleted       BIGINT NOT NULL DEFAULT 0,
    files_renamed       BIGINT NOT NULL DEFAULT 0,
    files_unchanged     BIGINT NOT NULL DEFAULT 0,
    entries_created     BIGINT NOT NULL DEFAULT 0,
    entries_superseded  BIGINT NOT NULL DEFAULT 0,
    blobs_fetched       BIGINT NOT NULL DEFAULT 0,
    bytes_fetched       BIGINT NOT NULL DEFAULT 0,
    requests_made       BIGINT NOT NULL DEFAULT 0,
    warnings            BIGINT NOT NULL DEFAULT 0,
    error_code          TEXT,
    error_message       TEXT,
    created_at          TIMESTAMPTZ NOT NULL,
    started_at          TIMESTAMPTZ,
    finished_at         TIMESTAMPTZ,
    UNIQUE (tenant_id, id),
    UNIQUE (branch_id, id),
    UNIQUE (branch_id, seq),
    UNIQUE (branch_id, id, seq),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branches (tenant_id, id),
    FOREIGN KEY (branch_id, previous_sync_id) REFERENCES project_syncs (branch_id, id),
    CHECK ((status = 'completed') = (seq IS NOT NULL)),
    CHECK (seq IS NOT NULL OR previous_sync_id IS NULL),
    CHECK (seq IS NULL OR (seq = 1) = (previous_sync_id IS NULL)),
    CHECK (status <> 'completed' OR (commit_id IS NOT NULL AND tree_id IS NOT NULL)),
    CHECK ((kind = 'restore') = (restore_seq IS NOT NULL)),
    CHECK ((status = 'running') = (lease_until IS NOT NULL)),
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK ((status = 'failed') = (error_code IS NOT NULL))
);
ALTER TABLE branches ADD CONSTRAINT branches_head
    FOREIGN KEY (id, head_sync_id, head_seq) REFERENCES project_syncs (branch_id, id, seq) DEFERRABLE INITIALLY DEFERRED;
CREATE UNIQUE INDEX project_syncs_one_running ON project_syncs (branch_id) WHERE status = 'running';
CREATE UNIQUE INDEX project_syncs_one_pending ON project_syncs (branch_id) WHERE status = 'pending';
CREATE INDEX project_syncs_history ON project_syncs (branch_id, created_at);
CREATE INDEX project_syncs_expiry ON project_syncs (lease_until) WHERE status = 'running';

CREATE TABLE sync_events (
    tenant_id   UUID NOT NULL,
    sync_id     UUID NOT NULL,
    seq         BIGINT NOT NULL CHECK (seq >= 1),
    at          TIMESTAMPTZ NOT NULL,
    payload     JSONB NOT NULL,
    PRIMARY KEY (sync_id, seq),
    FOREIGN KEY (tenant_id, sync_id) REFERENCES project_syncs (tenant_id, id)
);

-- Content, stored once by its git id. A blob whose content is above the limit has a row here and none in blob_contents.
CREATE TABLE file_blobs (
    tenant_id   UUID NOT NULL REFERENCES tenants (id),
    id          BYTEA NOT NULL CHECK (octet_length(id) = 20),
    size        BIGINT NOT NULL CHECK (size >= 0),
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE blob_contents (
    tenant_id   UUID NOT NULL,
    blob_id     BYTEA NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('text', 'binary', 'lfs')),
    content     BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, blob_id),
    FOREIGN KEY (tenant_id, blob_id) REFERENCES file_blobs (tenant_id, id)
);

-- Temporal rows: valid from one sync (its seq) until another closes them. A row is seen at seq s if
-- valid_from <= s and (valid_to is null or valid_to > s). Rows of a sync that has not moved the head yet are not seen.
CREATE TABLE repository_files (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id       UUID NOT NULL,
    branch_id       UUID NOT NULL,
    path            BYTEA NOT NULL CHECK (octet_length(path) BETWEEN 1 AND 16384),
    path_hash       BYTEA NOT NULL,
    dir_hash        BYTEA NOT NULL,
    mode            INT NOT NULL,
    blob_id         BYTEA,
    submodule_id    BYTEA,
    valid_from      BIGINT NOT NULL CHECK (valid_from >= 1),
    valid_to        BIGINT CHECK (valid_to > valid_from),
    CHECK ((blob_id IS NULL) <> (submodule_id IS NULL)),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branches (tenant_id, id),
    FOREIGN KEY (tenant_id, blob_id) REFERENCES file_blobs (tenant_id, id)
);
CREATE UNIQUE INDEX repository_files_open ON repository_files (branch_id, path_hash) WHERE valid_to IS NULL;
CREATE INDEX repository_files_dir ON repository_files (branch_id, dir_hash, valid_to);
CREATE INDEX repository_files_from ON repository_files (branch_id, valid_from, id);
CREATE INDEX repository_files_to ON repository_files (branch_id, valid_to);

-- The directories between the files, with the tree id that was proved for each. The root is the empty path.
CREATE TABLE repository_trees (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id       UUID NOT NULL,
    branch_id       UUID NOT NULL,
    path            BYTEA NOT NULL CHECK (octet_length(path) <= 16384),
    path_hash       BYTEA NOT NULL,
    dir_hash        BYTEA,
    tree_id         BYTEA NOT NULL,
    valid_from      BIGINT NOT NULL CHECK (valid_from >= 1),
    valid_to        BIGINT CHECK (valid_to > valid_from),
    CHECK ((dir_hash IS NULL) = (octet_length(path) = 0)),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branches (tenant_id, id)
);
CREATE UNIQUE INDEX repository_trees_open ON repository_trees (branch_id, path_hash) WHERE valid_to IS NULL;
CREATE INDEX repository_trees_dir ON repository_trees (branch_id, dir_hash, valid_to);
CREATE INDEX repository_trees_from ON repository_trees (branch_id, valid_from, id);
CREATE INDEX repository_trees_to ON repository_trees (branch_id, valid_to);
CREATE INDEX repository_trees_tree ON repository_trees (tree_id, tenant_id);

-- The text of memory entries, stored once by its digest.
CREATE TABLE memory_contents (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   UUID NOT NULL REFERENCES tenants (id),
    hash        BYTEA NOT NULL CHECK (octet_length(hash) = 32),
    body        TEXT NOT NULL,
    -- A tsvector holds at most 1 MB; the first 250,000 characters of an entry are searchable.
    search      TSVECTOR GENERATED ALWAYS AS (to_tsvector('english', left(body, 250000))) STORED,
    UNIQUE (tenant_id, hash)
);
CREATE INDEX memory_contents_search ON memory_contents USING GIN (search);

CREATE TABLE memory_entries (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id       UUID NOT NULL,
    branch_id       UUID NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('letter', 'guide', 'document')),
    entry_key       TEXT NOT NULL,
    key_hash        BYTEA NOT NULL,
    path            BYTEA NOT NULL,
    path_hash       BYTEA NOT NULL,
    title           TEXT NOT NULL,
    heading_path    JSONB NOT NULL,
    dated_at        TIMESTAMPTZ,
    content_hash    BYTEA NOT NULL,
    valid_from      BIGINT NOT NULL CHECK (valid_from >= 1),
    valid_to        BIGINT CHECK (valid_to > valid_from),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branches (tenant_id, id),
    FOREIGN KEY (tenant_id, content_hash) REFERENCES memory_contents (tenant_id, hash)
);
CREATE UNIQUE INDEX memory_entries_open ON memory_entries (branch_id, key_hash) WHERE valid_to IS NULL;
CREATE INDEX memory_entries_path ON memory_entries (branch_id, path_hash, valid_to);
CREATE INDEX memory_entries_from ON memory_entries (branch_id, valid_from);
CREATE INDEX memory_entries_to ON memory_entries (branch_id, valid_to);
CREATE INDEX memory_entries_content ON memory_entries (content_hash, tenant_id);
