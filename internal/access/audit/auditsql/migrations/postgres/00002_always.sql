-- A session that says it is a replica has no other triggers than these.
-- +goose Up
ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_kept;
ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_not_emptied;
ALTER TABLE audit_signed_heads ENABLE ALWAYS TRIGGER audit_signed_heads_kept;
ALTER TABLE audit_signed_heads ENABLE ALWAYS TRIGGER audit_signed_heads_not_emptied;

-- +goose Down
ALTER TABLE audit_entries ENABLE TRIGGER audit_entries_kept;
ALTER TABLE audit_entries ENABLE TRIGGER audit_entries_not_emptied;
ALTER TABLE audit_signed_heads ENABLE TRIGGER audit_signed_heads_kept;
ALTER TABLE audit_signed_heads ENABLE TRIGGER audit_signed_heads_not_emptied;
