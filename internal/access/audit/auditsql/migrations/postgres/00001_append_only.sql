-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION audit_append_only() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM audit_removals WHERE tenant = OLD.tenant) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only';
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION audit_not_emptied() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd
CREATE TRIGGER audit_entries_kept BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_entries_not_emptied BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_not_emptied();
CREATE TRIGGER audit_signed_heads_kept BEFORE UPDATE OR DELETE ON audit_signed_heads FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_signed_heads_not_emptied BEFORE TRUNCATE ON audit_signed_heads FOR EACH STATEMENT EXECUTE FUNCTION audit_not_emptied();

-- +goose Down
DROP TRIGGER audit_signed_heads_not_emptied ON audit_signed_heads;
DROP TRIGGER audit_signed_heads_kept ON audit_signed_heads;
DROP TRIGGER audit_entries_not_emptied ON audit_entries;
DROP TRIGGER audit_entries_kept ON audit_entries;
DROP FUNCTION audit_not_emptied();
DROP FUNCTION audit_append_only();
