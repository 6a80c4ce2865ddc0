package canary_test

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // what database/sql speaks with

	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestNothingOfACanaryIsInPostgreSQL puts what is kept in the database through a daemon on
// PostgreSQL, and searches a dump of all tables, and every file of the server: tables,
// indexes, and the log that is written ahead.
func TestNothingOfACanaryIsInPostgreSQL(t *testing.T) {
	t.Parallel()
	address := dbtest.NewPostgres(t)
	w := newWorld(t, "--database", address)
	w.listens()
	w.store(w.invent("a former version"))
	w.store(w.invent("a stored secret"))
	w.people()
	w.errors()
	w.forge()
	w.locker()
	w.deploys()
	w.lookInDump(address)
	w.lookInServer(address)
	w.lookInLog()
	w.lookInTraces()
}

// lookInDump searches what a backup by pg_dump has, which must have what is not secret.
func (w *world) lookInDump(address string) {
	w.t.Helper()
	dump, err := exec.CommandContext(w.t.Context(), postgresProgram(w.t, "pg_dump"), "--inserts", address).Output()
	w.must(err)
	if found := searchFor(map[string]string{"it": "db/credentials"}).find(dump); len(found) == 0 || len(dump) < 100<<10 {
		w.t.Errorf("the dump of %d bytes has not even the name of the secret", len(dump))
	}
	w.look("a dump of the database", dump, nil)
}

// lookInServer searches the files of the server, where they are on this machine.
func (w *world) lookInServer(address string) {
	w.t.Helper()
	db, err := sql.Open("pgx", address)
	w.must(err)
	defer func() { _ = db.Close() }()
	var folder string
	w.must(db.QueryRowContext(w.t.Context(), "SHOW data_directory").Scan(&folder))
	if _, err := db.ExecContext(w.t.Context(), "CHECKPOINT"); err != nil { // what is in memory goes to the files
		w.t.Fatal(err)
	}
	if _, err := os.ReadDir(folder); err != nil {
		w.t.Logf("the files of the server cannot be read here, its dump was: %v", err)
		return
	}
	for _, below := range []string{"base", "pg_wal", "global"} {
		if files := w.lookBelow(filepath.Join(folder, below)); files == 0 {
			w.t.Errorf("no file of %s was looked through", below)
		}
	}
}

// postgresProgram finds a program of the server's, which is beside those of PATH.
func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		t.Skipf("%s is not there", name)
	}
	return found[len(found)-1]
}
