package secret_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// told are the reads that are recorded: for what, and how many before were not.
func (j *journal) told() (reads []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.facts {
		if data, ok := f.Data.(map[string]any); ok && f.Type == "secret.read" {
			reads = append(reads, fmt.Sprint(data["from"], " ", data["version"], " ", data["unrecorded"]))
		}
	}
	return reads
}

// TestEachReaderIsRecorded reads one version again and again as the platform itself, for
// several runs, and from several addresses for one workload.
func TestEachReaderIsRecorded(t *testing.T) {
	t.Parallel()
	s, j := newService(t, dbtest.SQLite(t, secretsql.Migrations()))
	if _, err := s.Put(system(dev), dev, "password", "hush"); err != nil {
		t.Fatal(err)
	}
	read := func(what, address string) {
		t.Helper()
		ctx := kernel.WithAddress(secretref.ReadFor(system(dev), what), address)
		if _, _, err := s.Resolve(ctx, dev, secretref.Reference{Name: "password"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, what := range []string{"run run_1", "run run_2", "run run_1", "run run_3"} {
		read(what, "")
	}
	for _, address := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.1"} {
		read("configuration of orders", address)
	}
	read("", "192.0.2.1")
	want := []string{"run run_1 1 0", "run run_2 1 0", "run run_3 1 0", "configuration of orders 1 0", "configuration of orders 1 0", "192.0.2.1 1 0"}
	if diff := cmp.Diff(want, j.told()); diff != "" {
		t.Errorf("the reads that are recorded:\n%s", diff)
	}
}

// TestNothingIsReadThatIsNotRecorded reads while the journal fails, more than once, and in a
// transaction that comes to nothing.
func TestNothingIsReadThatIsNotRecorded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		s, j := newService(t, d)
		if _, err := s.Put(system(dev), dev, "password", "hush"); err != nil {
			t.Fatal(err)
		}
		read := func(ctx context.Context) (string, error) {
			value, _, err := s.Resolve(ctx, dev, secretref.Reference{Name: "password"})
			return value, err
		}
		j.fails = true
		for range 3 {
			if value, err := read(system(dev)); !kernel.Is(err, kernel.Unavailable) || value != "" {
				t.Errorf("while the journal fails: %q, %v", value, err)
			}
		}
		j.fails = false
		undone := kernel.Errorf(kernel.Refused, "undone")
		if err := d.InTx(system(dev), func(ctx context.Context) error {
			if _, err := read(ctx); err != nil {
				return err
			}
			return undone
		}); !kernel.Is(err, kernel.Refused) {
			t.Fatal(err)
		}
		before := len(j.told())
		for range 2 {
			if value, err := read(system(dev)); err != nil || value != "hush" {
				t.Errorf("%q, %v", value, err)
			}
		}
		if got := j.told()[before:]; len(got) != 1 {
			t.Errorf("after a transaction that came to nothing %q is recorded", got)
		}
	})
}

// TestACopyIsARead of the value, from where it was asked for.
func TestACopyIsARead(t *testing.T) {
	t.Parallel()
	s, j := newService(t, dbtest.SQLite(t, secretsql.Migrations()))
	ctx := kernel.WithAddress(system(dev), "192.0.2.7")
	if _, err := s.Put(ctx, dev, "password", "hush"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Copy(ctx, dev, dev.InStage("test"), "password", "one for both"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"192.0.2.7 1 0"}, j.told()); diff != "" {
		t.Error(diff)
	}
}
