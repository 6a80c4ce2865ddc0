-- +goose Up
ALTER TABLE leak_findings ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE leak_findings ADD COLUMN source_repository TEXT NOT NULL DEFAULT '';
ALTER TABLE leak_findings ADD COLUMN tell TIMESTAMP;
CREATE INDEX leak_findings_standing ON leak_findings (tenant, source, place) WHERE source <> '';
CREATE INDEX leak_findings_standing_under ON leak_findings (tenant, source, source_repository, id) WHERE source <> '';
CREATE INDEX leak_findings_crowd ON leak_findings (tenant, source, project, stage, state) WHERE source <> '';
CREATE INDEX leak_findings_tell ON leak_findings (tell) WHERE tell IS NOT NULL;

ALTER TABLE leak_branches ADD COLUMN pusher TEXT NOT NULL DEFAULT '';

-- Those without a name told in a project that a value is a secret of another one. They are
-- found again where they belong: branches are looked through for secrets once more.
DELETE FROM leak_findings WHERE rule = 'terrace-secret' AND project <> '' AND body NOT LIKE '%"secret":"%';
INSERT INTO leak_added (id, tenant) SELECT 'apart-' || tenant, tenant FROM leak_branches WHERE looked <> '' GROUP BY tenant;

-- +goose Down
ALTER TABLE leak_branches DROP COLUMN pusher;
DROP INDEX leak_findings_tell;
DROP INDEX leak_findings_crowd;
DROP INDEX leak_findings_standing_under;
DROP INDEX leak_findings_standing;
DELETE FROM leak_findings WHERE source <> '';
ALTER TABLE leak_findings DROP COLUMN tell;
ALTER TABLE leak_findings DROP COLUMN source_repository;
ALTER TABLE leak_findings DROP COLUMN source;
