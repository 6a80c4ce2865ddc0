-- +goose Up
-- How often the grants, tokens and users of a tenant have changed: what a replica has in
-- memory is right as long as the number is the same.
CREATE TABLE identity_revisions (
    tenant   TEXT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);

-- +goose Down
DROP TABLE identity_revisions;
