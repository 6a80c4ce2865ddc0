package scripts_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // the daemon's database

	"github.com/terrace-idp/terrace/test/harness"
)

// TestDriftScripts runs those of what is changed behind the platform's back.
func TestDriftScripts(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "terrace.yaml")
	const stages = "stages:\n" +
		"  - {name: dev, order: 1, target: local, runtime: process, drift: {every: 24h, rules: [{name: short-names, attribute: ttl, severity: low}]}}\n" +
		"  - {name: test, order: 2, target: local, runtime: process}\n"
	if err := os.WriteFile(config, []byte(stages), 0o600); err != nil {
		t.Fatal(err)
	}
	d := harness.Start(t, "--config", config)
	run(t, "drift", d, "TERRACE_DATA="+d.Data)
}

// drifting are the commands of scripts about drift.
func drifting() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"outside": outside, "kept": kept, "idof": idOf}
}

func database(ts *testscript.TestScript) *sql.DB {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(ts.Getenv("TERRACE_DATA"), "terrace.db")+"?_pragma=busy_timeout(10000)")
	ts.Check(err)
	ts.Defer(func() { _ = db.Close() })
	return db
}

// outside changes an object of the target local as nobody may: outside KIND NAME
// PATH VALUE, or, without a path, removes it.
func outside(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 4 {
		ts.Fatalf("usage: outside KIND NAME [PATH VALUE]")
	}
	var result sql.Result
	var err error
	if len(args) == 2 {
		result, err = database(ts).Exec("DELETE FROM local_objects WHERE kind = ? AND name = ? AND project = ?", args[0], args[1], ts.Getenv("TERRACE_PROJECT"))
	} else {
		result, err = database(ts).Exec("UPDATE local_objects SET spec = json_set(spec, ?, CAST(? AS INTEGER)) WHERE kind = ? AND name = ? AND project = ?",
			args[2], args[3], args[0], args[1], ts.Getenv("TERRACE_PROJECT"))
	}
	ts.Check(err)
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		ts.Fatalf("%d objects were changed: %v", n, err)
	}
}

// kept checks what the target local keeps of an object: kept KIND NAME TEXT.
func kept(ts *testscript.TestScript, neg bool, args []string) {
	var spec string
	ts.Check(database(ts).QueryRow("SELECT spec FROM local_objects WHERE kind = ? AND name = ? AND project = ?",
		args[0], args[1], ts.Getenv("TERRACE_PROJECT")).Scan(&spec))
	if neg || !strings.Contains(spec, args[2]) {
		ts.Fatalf("%s/%s is kept as %s, without %s", args[0], args[1], spec, args[2])
	}
}

// idOf makes the id of the newest drift the variable DRIFT.
func idOf(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(ts.Exec("terrace", "drift", "list", "-o", "json"))
	ts.Setenv("DRIFT", regexp.MustCompile(`drift_[0-9a-z]+`).FindString(ts.ReadFile("stdout")))
}
