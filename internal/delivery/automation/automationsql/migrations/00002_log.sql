-- +goose Up
-- Events are in another log from here on.
DELETE FROM automation_cursor;
