-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER audit_entries_change BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_entries_removal BEFORE DELETE ON audit_entries
WHEN NOT EXISTS (SELECT 1 FROM audit_removals WHERE tenant = OLD.tenant)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_signed_heads_change BEFORE UPDATE ON audit_signed_heads
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_signed_heads_removal BEFORE DELETE ON audit_signed_heads
WHEN NOT EXISTS (SELECT 1 FROM audit_removals WHERE tenant = OLD.tenant)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER audit_signed_heads_removal;
DROP TRIGGER audit_signed_heads_change;
DROP TRIGGER audit_entries_removal;
DROP TRIGGER audit_entries_change;
