// Package armsql keeps the simulated cloud in one SQLite file.
//
// It owns the table of records and that of the activity log: what was
// written is there after a crash, all of a transaction or nothing. It does
// not know what is in a record.
package armsql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// maxEntries is how many entries of the activity log a start keeps.
const maxEntries = 20000

// Journal is a file.
type Journal struct{ db *db.DB }

var _ arm.Journal = (*Journal)(nil)

// Open opens the file, and makes it when it is not there.
func Open(ctx context.Context, path string) (*Journal, error) {
	if err := private(path); err != nil {
		return nil, fmt.Errorf("open the simulated cloud: %w", err)
	}
	d, err := db.Open(ctx, "sqlite://"+path)
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{
		`CREATE TABLE IF NOT EXISTS record (space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID`,
		`CREATE TABLE IF NOT EXISTS activity (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry BLOB NOT NULL)`,
		fmt.Sprintf(`DELETE FROM activity WHERE seq <= (SELECT coalesce(max(seq), 0) FROM activity) - %d`, maxEntries),
	} {
		if _, err := d.Conn(ctx).NewRaw(statement).Exec(ctx); err != nil {
			return nil, fmt.Errorf("open the simulated cloud: %w", err)
		}
	}
	return &Journal{d}, nil
}

// private makes the file readable by its owner alone, before anything is in it: there
// are keys among the resources. SQLite gives its other files the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// Close closes the file.
func (j *Journal) Close() error { return j.db.Close() }

// Load returns every record.
func (j *Journal) Load(ctx context.Context) ([]arm.Record, error) {
	var rows []struct {
		Space, Key string
		Value      []byte
	}
	if err := j.db.Reader(ctx).NewRaw(`SELECT space, key, value FROM record`).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	out := make([]arm.Record, 0, len(rows))
	for _, row := range rows {
		if row.Value == nil {
			row.Value = []byte{}
		}
		out = append(out, arm.Record(row))
	}
	return out, nil
}

// Write keeps records and entries, all of them or none.
func (j *Journal) Write(ctx context.Context, changed []arm.Record, entries []arm.Entry) error {
	return j.db.InTx(ctx, func(ctx context.Context) error {
		to := j.db.Conn(ctx)
		for _, r := range changed {
			if err := write(ctx, to, r); err != nil {
				return err
			}
		}
		for _, e := range entries {
			raw, err := json.Marshal(e)
			if err != nil {
				return err
			}
			if _, err := to.NewRaw(`INSERT INTO activity (entry) VALUES (?)`, raw).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func write(ctx context.Context, to bun.IDB, r arm.Record) error {
	if r.Value == nil {
		_, err := to.NewRaw(`DELETE FROM record WHERE space = ? AND key = ?`, r.Space, r.Key).Exec(ctx)
		return err
	}
	_, err := to.NewRaw(`INSERT INTO record (space, key, value) VALUES (?, ?, ?) ON CONFLICT (space, key) DO UPDATE SET value = excluded.value`,
		r.Space, r.Key, r.Value).Exec(ctx)
	return err
}

// Entries returns the newest entries of the activity log, the oldest of them first.
func (j *Journal) Entries(ctx context.Context) ([]arm.Entry, error) {
	var rows [][]byte
	err := j.db.Reader(ctx).NewRaw(`SELECT entry FROM (SELECT seq, entry FROM activity ORDER BY seq DESC LIMIT ?) AS newest ORDER BY seq`, maxEntries).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	out := make([]arm.Entry, len(rows))
	for i, raw := range rows {
		if err := json.Unmarshal(raw, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
