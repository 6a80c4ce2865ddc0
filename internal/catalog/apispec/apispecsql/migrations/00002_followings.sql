-- +goose Up
CREATE TABLE apispec_followings (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    repository TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (tenant, project, repository)
);

-- +goose Down
DROP TABLE apispec_followings;
