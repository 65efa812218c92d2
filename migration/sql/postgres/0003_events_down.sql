DROP INDEX project_syncs_unfinished;
DROP INDEX project_syncs_ordinal;
ALTER TABLE project_syncs DROP COLUMN ordinal;
ALTER TABLE project_syncs DROP COLUMN project_id;
ALTER TABLE projects DROP COLUMN syncs_asked;
