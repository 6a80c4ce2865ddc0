-- +goose Up
CREATE INDEX drift_findings_ended ON drift_findings (stack, id) WHERE resolved;

-- +goose Down
DROP INDEX drift_findings_ended;
