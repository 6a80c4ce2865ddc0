-- +goose Up
-- One row for each tenant: who counts its rules holds it until the end of the
-- transaction.
CREATE TABLE automation_quota (
    tenant TEXT PRIMARY KEY
);

-- +goose Down
DROP TABLE automation_quota;
