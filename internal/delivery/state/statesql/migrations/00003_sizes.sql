-- +goose Up
-- What a tenant, or a project, stores is summed up without a look at the versions.
CREATE INDEX state_versions_sizes ON state_versions (tenant, project, size);

-- +goose Down
DROP INDEX state_versions_sizes;
