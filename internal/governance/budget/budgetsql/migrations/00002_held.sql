-- +goose Up
-- Whether a budget holds the run, so that what it adds takes no room away from others.
ALTER TABLE budget_reservations ADD COLUMN held BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE budget_reservations DROP COLUMN held;
