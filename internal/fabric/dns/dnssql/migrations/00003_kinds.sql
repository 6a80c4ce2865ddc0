-- +goose Up
CREATE INDEX dns_objects_kind ON dns_objects (kind);

-- +goose Down
DROP INDEX dns_objects_kind;
