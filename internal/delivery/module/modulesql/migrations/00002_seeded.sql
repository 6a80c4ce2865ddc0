-- +goose Up
-- Of all that comes with Terrace, what a tenant was given last, as one digest: where it is that
-- of this build, nothing has to be looked at.
CREATE TABLE module_seeded (
    tenant TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL
);

-- +goose Down
DROP TABLE module_seeded;
