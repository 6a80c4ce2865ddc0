// Package dbtest gives tests real databases: Each runs a test on SQLite and on
// PostgreSQL, so that one suite holds for both.
package dbtest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Each runs test on an empty SQLite database and an empty PostgreSQL one, each
// migrated by sets. Where PostgreSQL's programs are missing its half is
// skipped, saying so.
func Each(t *testing.T, sets []db.Migrations, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t, sets...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, NewPostgres(t), sets))
	})
}

// SQLite opens an empty SQLite database, migrated by sets, for one test.
func SQLite(t testing.TB, sets ...db.Migrations) *db.DB {
	t.Helper()
	return open(t, "sqlite://"+filepath.Join(t.TempDir(), "test.db"), sets)
}

func open(t testing.TB, url string, sets []db.Migrations) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), url)
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	t.Cleanup(func() { _ = d.Close() })
	for _, set := range sets {
		if err := d.Migrate(context.Background(), set); err != nil {
			t.Fatalf("migrate test database: %v", err)
		}
	}
	return d
}
