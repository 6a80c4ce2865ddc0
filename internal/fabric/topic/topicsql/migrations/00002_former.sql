-- +goose Up
CREATE TABLE IF NOT EXISTS event_topics (
    tenant        TEXT NOT NULL,
    project       TEXT NOT NULL,
    stage         TEXT NOT NULL,
    name          TEXT NOT NULL,
    subject       TEXT NOT NULL,
    retention     BIGINT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, name)
);
-- Topics of resources were the event room's before; their names, subjects and hashes have no
-- character that JSON would escape.
INSERT INTO topics (tenant, project, stage, name, managed, revision, created_at, body)
SELECT tenant, project, stage, name, TRUE, 1, created_at,
    '{"name":"' || name || '","subject":"' || subject || '","retentionSeconds":' || CAST(retention / 1000000000 AS TEXT)
    || ',"partitions":1,"replicas":1,"retentionBytes":1073741824,"maxMessageBytes":1048576,"validation":"reject","compatibility":"backward"}'
FROM event_topics;
INSERT INTO topic_grants (tenant, project, stage, topic, name, revision, body, hashes)
SELECT tenant, project, stage, name, 'workload', 1,
    '{"name":"workload","project":"' || project || '","publish":true,"consume":true,"managed":true,"credentials":[{"username":"'
    || tenant || '.' || project || '.' || stage || '.' || name || '"}]}',
    '["' || password_hash || '"]'
FROM event_topics;
DROP TABLE event_topics;
