-- Who may do what. Users are of no tenant: what they may do in one is a membership.
CREATE TABLE users (
    id              BLOB NOT NULL PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    password_hash   TEXT CHECK (length(password_hash) <= 300),
    is_operator     BOOLEAN NOT NULL DEFAULT FALSE,
    created_at      TEXT NOT NULL,
    disabled_at     TEXT
);

CREATE TABLE memberships (
    tenant_id       BLOB NOT NULL REFERENCES tenants (id),
    user_id         BLOB NOT NULL REFERENCES users (id),
    role            TEXT NOT NULL CHECK (role IN ('owner', 'member', 'viewer')),
    created_at      TEXT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);

-- Tokens of machines. What is kept is the SHA-256 of the token, which itself is shown once.
CREATE TABLE api_tokens (
    id              BLOB NOT NULL PRIMARY KEY,
    tenant_id       BLOB NOT NULL REFERENCES tenants (id),
    name            TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    hash            BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    hint            TEXT NOT NULL CHECK (length(hint) <= 16),
    scopes          TEXT NOT NULL,
    is_operator     BOOLEAN NOT NULL DEFAULT FALSE,
    project_id      BLOB,
    created_by      BLOB REFERENCES users (id),
    created_at      TEXT NOT NULL,
    expires_at      TEXT,
    last_used_at    TEXT,
    revoked_at      TEXT,
    UNIQUE (tenant_id, id),
    CHECK (NOT (is_operator AND project_id IS NOT NULL)),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);

-- Logins of browsers, in the tenant that is looked at. What is kept is the SHA-256 of the cookie.
CREATE TABLE sessions (
    id              BLOB NOT NULL PRIMARY KEY,
    tenant_id       BLOB NOT NULL,
    user_id         BLOB NOT NULL,
    hash            BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at      TEXT NOT NULL,
    last_used_at    TEXT NOT NULL,
    expires_at      TEXT NOT NULL,
    FOREIGN KEY (tenant_id, user_id) REFERENCES memberships (tenant_id, user_id)
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Who did what. Written only; nothing here is changed.
CREATE TABLE audit_log (
    id              BLOB NOT NULL PRIMARY KEY,
    tenant_id       BLOB REFERENCES tenants (id),
    at              TEXT NOT NULL,
    actor_kind      TEXT NOT NULL CHECK (actor_kind IN ('user', 'token', 'local', 'command', 'system')),
    actor_id        BLOB,
    actor_name      TEXT NOT NULL CHECK (length(actor_name) <= 200),
    address         TEXT CHECK (length(address) <= 64),
    action          TEXT NOT NULL CHECK (length(action) <= 64),
    target_kind     TEXT CHECK (length(target_kind) <= 32),
    target_id       TEXT CHECK (length(target_id) <= 200),
    detail          TEXT NOT NULL
);
CREATE INDEX audit_log_tenant ON audit_log (tenant_id, id);

-- How a project's source is read where it is not open to all: sealed, with the name of the key that opens it.
CREATE TABLE project_credentials (
    tenant_id       BLOB NOT NULL,
    project_id      BLOB NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('token', 'githubApp')),
    hint            TEXT NOT NULL CHECK (length(hint) <= 100),
    key_id          TEXT NOT NULL CHECK (length(key_id) <= 64),
    sealed          BLOB NOT NULL CHECK (length(sealed) <= 65536),
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    PRIMARY KEY (tenant_id, project_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);

-- The vectors of memory, by content and model: little-endian 32-bit floats.
CREATE TABLE embeddings (
    tenant_id       BLOB NOT NULL,
    content_hash    BLOB NOT NULL,
    model           TEXT NOT NULL CHECK (length(model) BETWEEN 1 AND 200),
    dimensions      INTEGER NOT NULL CHECK (dimensions BETWEEN 1 AND 16384),
    vector          BLOB NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (tenant_id, content_hash, model),
    CHECK (length(vector) = 4 * dimensions),
    FOREIGN KEY (tenant_id, content_hash) REFERENCES memory_contents (tenant_id, hash)
);

-- The first sync whose state is kept: what only earlier ones showed was removed.
ALTER TABLE branches ADD COLUMN kept_from INTEGER NOT NULL DEFAULT 1 CHECK (kept_from >= 1);
