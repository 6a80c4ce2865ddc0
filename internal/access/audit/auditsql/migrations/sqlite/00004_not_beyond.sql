-- Who writes the log moves its end first. What is put in beyond that would stop the log when it
-- gets there.
-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER audit_entries_beyond BEFORE INSERT ON audit_entries
WHEN NOT EXISTS (SELECT 1 FROM audit_heads WHERE tenant = NEW.tenant AND (seq > NEW.seq OR seq = NEW.seq AND hash = NEW.hash))
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only: there is no such entry to come');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER audit_entries_beyond;
