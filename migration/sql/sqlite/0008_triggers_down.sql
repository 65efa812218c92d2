ALTER TABLE branches DROP COLUMN deleted_at;
DROP TABLE polls;
DROP TABLE schedules;
DROP TABLE hook_deliveries;
DROP TABLE project_hooks;
