-- +goose Up
CREATE TABLE vcs_identities (
    repository TEXT NOT NULL,
    login TEXT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (repository, login)
);

-- +goose Down
DROP TABLE vcs_identities;
