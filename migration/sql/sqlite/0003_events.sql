-- How many syncs of a project were asked for, and the number of each: whoever watches a project knows what it missed.
ALTER TABLE projects ADD COLUMN syncs_asked INTEGER NOT NULL DEFAULT 0 CHECK (syncs_asked >= 0);

-- The defaults stand for nothing: a column that is added must have one, and the unique index lets no two rows keep them.
ALTER TABLE project_syncs ADD COLUMN project_id BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';
ALTER TABLE project_syncs ADD COLUMN ordinal INTEGER NOT NULL DEFAULT 0 CHECK (ordinal >= 0);
UPDATE project_syncs SET project_id = o.project_id, ordinal = o.ordinal
    FROM (SELECT s.id, r.project_id,
                 row_number() OVER (PARTITION BY r.project_id ORDER BY s.created_at, s.id) AS ordinal
          FROM project_syncs s JOIN branches b ON b.id = s.branch_id JOIN repositories r ON r.id = b.repository_id) o
    WHERE o.id = project_syncs.id;
CREATE UNIQUE INDEX project_syncs_ordinal ON project_syncs (project_id, ordinal);
CREATE INDEX project_syncs_unfinished ON project_syncs (project_id, ordinal) WHERE status IN ('pending', 'running');
UPDATE projects SET syncs_asked =
    coalesce((SELECT max(s.ordinal) FROM project_syncs s WHERE s.project_id = projects.id), 0);
