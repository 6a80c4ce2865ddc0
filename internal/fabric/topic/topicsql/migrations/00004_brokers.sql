-- +goose Up
-- Which embedded server has a topic; '' is not told yet, or a cluster.
ALTER TABLE topics ADD COLUMN home TEXT NOT NULL DEFAULT '';
