-- +goose Up
-- Where a version's value was taken from, empty for one that was written or made here.
ALTER TABLE secrets ADD COLUMN origin TEXT NOT NULL DEFAULT '';
