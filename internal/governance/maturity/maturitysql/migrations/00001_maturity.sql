-- +goose Up
CREATE TABLE maturity_answers (
    tenant TEXT NOT NULL,
    criterion TEXT NOT NULL,
    met BOOLEAN NOT NULL,
    note TEXT NOT NULL,
    answered_by TEXT NOT NULL,
    answered_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, criterion)
);

-- +goose Down
DROP TABLE maturity_answers;
