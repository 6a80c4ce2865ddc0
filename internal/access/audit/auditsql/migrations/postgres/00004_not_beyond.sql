-- Who writes the log moves its end first. What is put in beyond that would stop the log when it
-- gets there.
-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION audit_not_beyond() RETURNS trigger AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM audit_heads WHERE tenant = NEW.tenant AND (seq > NEW.seq OR seq = NEW.seq AND hash = NEW.hash)) THEN
        RAISE EXCEPTION 'the audit log is append-only: there is no such entry to come';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd
CREATE TRIGGER audit_entries_beyond BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_not_beyond();
ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_beyond;

-- +goose Down
DROP TRIGGER audit_entries_beyond ON audit_entries;
DROP FUNCTION audit_not_beyond();
