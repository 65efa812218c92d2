DROP TABLE webhook_deliveries;
DROP TABLE webhooks;
DROP TABLE outbox_lanes;
ALTER TABLE projects DROP COLUMN events_told;
DROP TABLE outbox;
