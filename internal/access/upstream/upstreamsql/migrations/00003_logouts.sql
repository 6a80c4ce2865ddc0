-- +goose Up
-- Who was said to have signed out, for as long as a sign-in of theirs may be on its way.
CREATE TABLE upstream_logouts (
    id         TEXT NOT NULL PRIMARY KEY,
    tenant     TEXT NOT NULL,
    upstream   TEXT NOT NULL,
    subject    TEXT NOT NULL,
    sid        TEXT NOT NULL,
    at         TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX upstream_logouts_upstream ON upstream_logouts (upstream, expires_at);
CREATE INDEX upstream_logouts_end ON upstream_logouts (expires_at);

-- +goose Down
DROP TABLE upstream_logouts;
