// Package dbtest gives tests real databases: Each runs a test on SQLite and on
// PostgreSQL, so that one suite holds for both.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Each runs test on an empty SQLite database and an empty PostgreSQL one, each
// migrated by sets. Where PostgreSQL's programs are missing its half is
// skipped, saying so. With -short, as under the race detector, PostgreSQL is enough where it is:
// what races does so on either, and SQLite is computed by instrumented code.
func Each(t *testing.T, sets []db.Migrations, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		if testing.Short() {
			if _, err := server(); err == nil {
				t.Skip("-short: PostgreSQL is enough")
			}
		}
		test(t, SQLite(t, sets...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		template, err := serverOrSkip(t).migratedDatabase(t, &databases, sets)
		if err != nil {
			t.Fatalf("migrate test database: %v", err)
		}
		test(t, open(t, copyOf(t, template)))
	})
}

// SQLite opens an empty SQLite database, migrated by sets, for one test.
func SQLite(t testing.TB, sets ...db.Migrations) *db.DB {
	t.Helper()
	content, err := migratedFile(sets)
	if err != nil {
		t.Fatalf("migrate test database: %v", err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite://"+path)
}

func open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), url)
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}
