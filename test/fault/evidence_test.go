package fault_test

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// evidence reads the daemon's database beside it. It changes nothing.
type evidence struct {
	w  *world
	db *sql.DB
}

func (w *world) evidence() evidence {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.Data, "terrace.db")+"?mode=ro&_pragma=busy_timeout(10000)")
	w.must(err)
	w.t.Cleanup(func() { _ = db.Close() })
	return evidence{w, db}
}

// rows reads all rows of a query of text columns.
func (e evidence) rows(query string, args ...any) [][]string {
	e.w.t.Helper()
	rows, err := e.db.QueryContext(e.w.t.Context(), query, args...)
	e.w.must(err)
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	e.w.must(err)
	var out [][]string
	for rows.Next() {
		row := make([]string, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		e.w.must(rows.Scan(into...))
		out = append(out, row)
	}
	e.w.must(rows.Err())
	return out
}

// fact is an entry of the audit log.
type fact struct {
	typ, stage, subject string
	data                struct {
		Stack, Release, Dossier string
		Attempt, Revision       int
	}
}

// facts returns the entries whose type begins with prefix, in their order.
func (e evidence) facts(prefix string) []fact {
	e.w.t.Helper()
	var facts []fact
	for _, row := range e.rows("SELECT type, stage, subject, data FROM audit_entries WHERE substr(type, 1, ?) = ? ORDER BY seq", len(prefix), prefix) {
		f := fact{typ: row[0], stage: row[1], subject: row[2]}
		if row[3] != "" {
			e.w.must(json.Unmarshal([]byte(row[3]), &f.data))
		}
		facts = append(facts, f)
	}
	return facts
}

// applied are the releases that a stack's applies brought, in their order, one
// after another that brings the same left out; interrupted continued applies too.
func (e evidence) applied() map[string][]string {
	e.w.t.Helper()
	releases := map[string][]string{}
	for _, f := range e.facts("run.applying") {
		of := releases[f.data.Stack]
		if len(of) == 0 || of[len(of)-1] != f.data.Release {
			releases[f.data.Stack] = append(of, f.data.Release)
		}
	}
	return releases
}

// object is what the local target has recorded.
type object struct {
	stage, kind, name, owners string
	revision                  string
}

func (e evidence) objects() []object {
	e.w.t.Helper()
	var objects []object
	for _, row := range e.rows("SELECT stage, kind, name, owners, revision FROM local_objects ORDER BY stage, kind, name") {
		objects = append(objects, object{row[0], row[1], row[2], row[3], row[4]})
	}
	return objects
}

// workload names whose object it is: each of the service's has its name in its own.
func (o object) workload(names []string) string {
	for _, name := range names {
		if o.name == name || strings.HasPrefix(o.name, name+"-") || strings.HasPrefix(o.name, name+".") {
			return name
		}
	}
	return ""
}
