-- +goose Up
ALTER TABLE local_objects ADD COLUMN sealed BYTEA;
