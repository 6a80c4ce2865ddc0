-- +goose Up
ALTER TABLE leak_branches ADD COLUMN again BIGINT NOT NULL DEFAULT 0;
ALTER TABLE leak_branches ADD COLUMN rules TEXT NOT NULL DEFAULT '';
ALTER TABLE leak_branches ADD COLUMN shipped TEXT NOT NULL DEFAULT '';
ALTER TABLE leak_branches ADD COLUMN asked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE leak_branches ADD COLUMN asked_at TIMESTAMP;
ALTER TABLE leak_branches ADD COLUMN sought BIGINT NOT NULL DEFAULT 0;
ALTER TABLE leak_branches ADD COLUMN progress TEXT NOT NULL DEFAULT '';

CREATE TABLE leak_added (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL
);
CREATE INDEX leak_added_of_tenant ON leak_added (tenant);

-- +goose Down
DROP TABLE leak_added;
ALTER TABLE leak_branches DROP COLUMN progress;
ALTER TABLE leak_branches DROP COLUMN sought;
ALTER TABLE leak_branches DROP COLUMN asked_at;
ALTER TABLE leak_branches DROP COLUMN asked;
ALTER TABLE leak_branches DROP COLUMN shipped;
ALTER TABLE leak_branches DROP COLUMN rules;
ALTER TABLE leak_branches DROP COLUMN again;
