-- +goose Up
CREATE TABLE focus_imports (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    status TEXT NOT NULL,
    touched_at TIMESTAMP NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX focus_imports_tenant ON focus_imports (tenant, id);

CREATE TABLE focus_slices (
    id BIGINT PRIMARY KEY,
    tenant TEXT NOT NULL,
    import TEXT NOT NULL,
    account TEXT NOT NULL,
    period TEXT NOT NULL,
    period_end TEXT NOT NULL,
    part TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    status TEXT NOT NULL
);
CREATE INDEX focus_slices_period ON focus_slices (tenant, status, period);
CREATE INDEX focus_slices_import ON focus_slices (import);

CREATE TABLE focus_things (
    tenant TEXT NOT NULL,
    id BIGINT NOT NULL,
    provider TEXT NOT NULL,
    service TEXT NOT NULL,
    category TEXT NOT NULL,
    sub_account TEXT NOT NULL,
    resource TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE focus_labels (
    tenant TEXT NOT NULL,
    id BIGINT NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE focus_sums (
    slice BIGINT NOT NULL,
    thing BIGINT NOT NULL,
    label BIGINT NOT NULL,
    currency TEXT NOT NULL,
    category TEXT NOT NULL,
    charges BIGINT NOT NULL,
    billed_milli BIGINT NOT NULL,
    billed_pico BIGINT NOT NULL,
    effective_milli BIGINT NOT NULL,
    effective_pico BIGINT NOT NULL,
    list_milli BIGINT NOT NULL,
    list_pico BIGINT NOT NULL
);
CREATE INDEX focus_sums_slice ON focus_sums (slice);

CREATE TABLE focus_days (
    slice BIGINT NOT NULL,
    label BIGINT NOT NULL,
    day TEXT NOT NULL,
    service TEXT NOT NULL,
    currency TEXT NOT NULL,
    effective_milli BIGINT NOT NULL,
    effective_pico BIGINT NOT NULL
);
CREATE INDEX focus_days_slice ON focus_days (slice);

CREATE TABLE focus_rules (
    tenant TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE focus_told (
    tenant TEXT NOT NULL,
    anomaly TEXT NOT NULL,
    told_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, anomaly)
);

-- one row of a tenant is held while its imports change what counts
CREATE TABLE focus_turns (
    tenant TEXT PRIMARY KEY
);

-- +goose Down
DROP TABLE focus_turns;
DROP TABLE focus_told;
DROP TABLE focus_rules;
DROP TABLE focus_days;
DROP TABLE focus_sums;
DROP TABLE focus_labels;
DROP TABLE focus_things;
DROP TABLE focus_slices;
DROP TABLE focus_imports;
