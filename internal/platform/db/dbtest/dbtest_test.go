package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/db"
)

// has reports whether the server has a database.
func (c cluster) has(t *testing.T, name string) bool {
	t.Helper()
	conn, err := sql.Open("pgx", c.base)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	var n int
	if err := conn.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM pg_database WHERE datname = $1", name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// TestASharedServerIsLeftAsItWas: the last test that copies a template drops it.
func TestASharedServerIsLeftAsItWas(t *testing.T) {
	t.Parallel()
	c := serverOrSkip(t)
	c.shared = true
	var all templates[string]
	var names [3]string
	use := func(t *testing.T, i int) {
		t.Helper()
		var err error
		if names[i], err = c.migratedDatabase(t, &all, []db.Migrations{}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("both", func(t *testing.T) { //nolint:paralleltest // one after the other
		use(t, 0)
		t.Run("within", func(t *testing.T) { use(t, 1) }) //nolint:paralleltest // one after the other
		if names[0] != names[1] || !c.has(t, names[0]) {
			t.Errorf("%v: the template is of both, and there while one needs it", names)
		}
	})
	t.Run("again", func(t *testing.T) { //nolint:paralleltest // one after the other
		if use(t, 2); c.has(t, names[0]) || !c.has(t, names[2]) {
			t.Errorf("%v: the first is gone, the last is there", names)
		}
	})
	if c.has(t, names[2]) {
		t.Errorf("%s is left over", names[2])
	}
}

// TestAServerThatDoesNotComeUpIsAFailure: it ends, or it is asked in vain.
func TestAServerThatDoesNotComeUpIsAFailure(t *testing.T) {
	t.Parallel()
	c := cluster{base: "postgres://nobody@127.0.0.1:1/none?sslmode=disable"}
	ended := make(chan error, 1)
	ended <- errors.New("exit status 1")
	if err := c.ready(t.Context(), "data", ended); err == nil || !strings.Contains(err.Error(), "ended before it was ready") || errors.Is(err, errMissing) {
		t.Errorf("it ended: %v", err)
	}
	late, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.ready(late, "data", make(chan error)); err == nil || !strings.Contains(err.Error(), "did not become ready") {
		t.Errorf("it does not answer: %v", err)
	}
}

func TestFoldersOfEndedServersAreRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := time.Now().Add(-2 * stale)
	for name, running := range map[string]bool{"over": false, "running": true, "young": false} {
		data := filepath.Join(dir, "terrace-postgres-"+name, "data")
		if err := os.MkdirAll(data, 0o700); err != nil {
			t.Fatal(err)
		}
		if running {
			if err := os.WriteFile(filepath.Join(data, "postmaster.pid"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if name != "young" {
			if err := os.Chtimes(filepath.Dir(data), long, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	removeStale(dir)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 2 || slices.Contains(left, filepath.Join(dir, "terrace-postgres-over")) {
		t.Errorf("left %v, %v", left, err)
	}
}
