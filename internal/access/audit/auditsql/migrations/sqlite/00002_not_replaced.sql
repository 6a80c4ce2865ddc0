-- INSERT OR REPLACE removes what it replaces without a trigger of DELETE, unless the connection
-- asks for recursive triggers. A row is found by its key, or by the rowid that is given.
-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER audit_entries_replacement BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE tenant = NEW.tenant AND seq = NEW.seq) OR EXISTS (SELECT 1 FROM audit_entries WHERE rowid = NEW.rowid)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_signed_heads_replacement BEFORE INSERT ON audit_signed_heads
WHEN EXISTS (SELECT 1 FROM audit_signed_heads WHERE tenant = NEW.tenant AND seq = NEW.seq) OR EXISTS (SELECT 1 FROM audit_signed_heads WHERE rowid = NEW.rowid)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER audit_signed_heads_replacement;
DROP TRIGGER audit_entries_replacement;
