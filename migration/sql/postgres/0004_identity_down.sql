ALTER TABLE branches DROP COLUMN kept_from;
DROP TABLE embeddings;
DROP TABLE project_credentials;
DROP TABLE audit_log;
DROP TABLE sessions;
DROP TABLE api_tokens;
DROP TABLE memberships;
DROP TABLE users;
