-- +goose Up
-- What cookies of sessions at the gateway are signed with, sealed for the platform.
CREATE TABLE gateway_session_keys (
    id         TEXT NOT NULL PRIMARY KEY,
    sealed     BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL
);
