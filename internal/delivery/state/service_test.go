package state_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const stack = "acme/shop/orders/dev"

func apply(fence int64) state.Caller {
	return state.Caller{Run: fmt.Sprintf("run_%d", fence), Stack: stack, Fence: fence, MayWrite: true}
}

func content(serial int, lineage, secret string) []byte {
	return fmt.Appendf(nil, `{"version":4,"serial":%d,"lineage":%q,"outputs":{"url":{"value":"https://x","type":"string"},"key":{"value":%q,"type":"string","sensitive":true}},"resources":[]}`, serial, lineage, secret)
}

func each(t *testing.T, test func(t *testing.T, r *statetest.Room)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{statesql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, statetest.New(t, d)) })
}

// step is one call on a room, and the kind of error it must end in.
type step struct {
	why  string
	do   func(ctx context.Context, s *state.Service) error
	want kernel.Kind
}

func lock(c state.Caller, id string) func(context.Context, *state.Service) error {
	return func(ctx context.Context, s *state.Service) error { return s.Lock(ctx, c, stack, state.Lock{ID: id}) }
}

func unlock(c state.Caller, id string) func(context.Context, *state.Service) error {
	return func(ctx context.Context, s *state.Service) error { return s.Unlock(ctx, c, stack, id) }
}

func write(c state.Caller, id string, raw []byte) func(context.Context, *state.Service) error {
	return func(ctx context.Context, s *state.Service) error {
		_, err := s.Write(ctx, c, stack, id, bytes.NewReader(raw))
		return err
	}
}

func read(ctx context.Context, s *state.Service, c state.Caller) ([]byte, error) {
	state, err := s.Read(ctx, c, stack)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(state)
	return raw, errors.Join(err, state.Close())
}

func remove(c state.Caller) func(context.Context, *state.Service) error {
	return func(ctx context.Context, s *state.Service) error { return s.Delete(ctx, c, stack) }
}

func run(t *testing.T, r *statetest.Room, steps []step) {
	t.Helper()
	for _, step := range steps {
		if err := step.do(context.Background(), r.Service); kernel.KindOf(err) != step.want {
			t.Errorf("%s: %v, want kind %q", step.why, err, step.want)
		}
	}
}

func TestLockRules(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		planner := state.Caller{Run: "run_1", Stack: stack, Fence: 1}
		run(t, r, []step{
			{"the first lock", lock(apply(1), "a"), ""},
			{"the same lock again, its answer was lost", lock(apply(1), "a"), ""},
			{"another run under the same fence", lock(state.Caller{Run: "run_2", Stack: stack, Fence: 1}, "b"), kernel.Locked},
			{"giving back a lock that is not held", unlock(apply(1), "b"), kernel.Locked},
			{"the run's next process, after one that was killed", lock(apply(1), "a2"), ""},
			{"the killed one writes", write(apply(1), "a", content(1, "l", "")), kernel.Locked},
			{"the killed one gives its lock back", unlock(apply(1), "a"), kernel.Locked},
			{"once more the next", lock(apply(1), "a"), ""},
			{"giving back without an id", unlock(apply(1), ""), kernel.Invalid},
			{"giving it back", unlock(apply(1), "a"), ""},
			{"giving it back again", unlock(apply(1), "a"), ""},
			{"a lock without an id", lock(apply(1), ""), kernel.Invalid},
			{"a lock from the future's fence", lock(apply(2), "c"), kernel.Stale},
			{"a plan locks too", lock(planner, "p"), ""},
			{"a plan may not write", write(planner, "p", content(1, "l", "")), kernel.Denied},
			{"a plan may not delete", remove(planner), kernel.Denied},
			{"a plan unlocks", unlock(planner, "p"), ""},
		})
		stranger := state.Caller{Run: "run_9", Stack: "acme/shop/other/dev", Fence: 1, MayWrite: true}
		run(t, r, []step{
			{"another stack's run locks", lock(stranger, "s"), kernel.Denied},
			{"another stack's run unlocks", unlock(stranger, "s"), kernel.Denied},
			{"another stack's run writes", write(stranger, "s", content(1, "l", "")), kernel.Denied},
			{"another stack's run deletes", remove(stranger), kernel.Denied},
		})
		if _, err := r.Service.Read(context.Background(), stranger, stack); !kernel.Is(err, kernel.Denied) {
			t.Errorf("another stack's run reads: %v, want denied", err)
		}
	})
}

func TestANewFenceTakesOver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		run(t, r, []step{
			{"the first holder locks", lock(apply(1), "old"), ""},
			{"and writes", write(apply(1), "old", content(1, "l", "")), ""},
		})
		r.Fences.Next(stack)
		run(t, r, []step{
			{"the old holder writes after losing its lease", write(apply(1), "old", content(2, "l", "")), kernel.Stale},
			{"the old holder deletes", remove(apply(1)), kernel.Stale},
			{"the new one writes under the old one's lock", write(apply(2), "old", content(2, "l", "")), kernel.Locked},
			{"the new one deletes while the old one's lock stands", remove(apply(2)), kernel.Locked},
			{"the new one locks", lock(apply(2), "new"), ""},
			{"the old one locks again", lock(apply(1), "old"), kernel.Stale},
			{"the old one gives its lock back", unlock(apply(1), "old"), kernel.Locked},
			{"the new one writes", write(apply(2), "new", content(2, "l", "")), ""},
		})
		if serial, err := r.Service.Serial(context.Background(), stack); serial != 2 || err != nil {
			t.Errorf("serial %d, %v; want 2", serial, err)
		}
		if types := r.Journal.Types(); !slices.Equal(types, []string{"state.written", "state.lock_taken_over", "state.written"}) {
			t.Errorf("facts: %v", types)
		}
		if n := len(r.Contents(t)); n != 2 {
			t.Errorf("%d contents are stored, want those of the 2 accepted versions", n)
		}
	})
}

func TestWriteRules(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		run(t, r, []step{
			{"a write without a lock", write(apply(1), "", content(1, "l", "")), kernel.Locked},
			{"lock", lock(apply(1), "a"), ""},
			{"a write without the lock's id", write(apply(1), "", content(1, "l", "")), kernel.Locked},
			{"a write with another id", write(apply(1), "b", content(1, "l", "")), kernel.Locked},
			{"not JSON", write(apply(1), "a", []byte("<html>")), kernel.Invalid},
			{"cut in the middle", write(apply(1), "a", content(1, "l", "")[:40]), kernel.Invalid},
			{"an old format", write(apply(1), "a", []byte(`{"version":3,"serial":1,"lineage":"l"}`)), kernel.Invalid},
			{"no lineage", write(apply(1), "a", []byte(`{"version":4,"serial":1}`)), kernel.Invalid},
			{"too large", write(apply(1), "a", bytes.Repeat([]byte(" "), state.MaxSize+1)), kernel.TooLarge},
			{"the first state", write(apply(1), "a", content(5, "l", "x")), ""},
			{"the same again, its answer was lost", write(apply(1), "a", content(5, "l", "x")), ""},
			{"the same serial with other content", write(apply(1), "a", content(5, "l", "y")), kernel.Conflict},
			{"a smaller serial", write(apply(1), "a", content(4, "l", "x")), kernel.Conflict},
			{"another lineage", write(apply(1), "a", content(6, "m", "x")), kernel.Conflict},
			{"the next", write(apply(1), "a", content(6, "l", "x")), ""},
			{"delete", remove(apply(1)), ""},
			{"delete again", remove(apply(1)), ""},
			{"a new life with another lineage", write(apply(1), "a", content(1, "n", "x")), ""},
		})
		ctx := kernel.WithActor(context.Background(), kernel.System("test", "acme"))
		page, err := r.Service.Versions(ctx, stack, kernel.PageRequest{})
		if err != nil || len(page.Items) != 3 {
			t.Errorf("%d versions, %v; want 3", len(page.Items), err)
		}
		outsider := kernel.WithActor(context.Background(), kernel.System("test", "rival"))
		if _, err := r.Service.Versions(outsider, stack, kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("versions for another tenant: %v, want denied", err)
		}
	})
}

func TestRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		ctx := context.Background()
		if _, err := r.Service.Read(ctx, apply(1), stack); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("no state yet: %v, want not found", err)
		}
		want := content(1, "l", "hidden")
		run(t, r, []step{{"lock", lock(apply(1), "a"), ""}, {"write", write(apply(1), "a", want), ""}})
		if got, err := read(ctx, r.Service, apply(1)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("read %q, %v; want what was written", got, err)
		}
	})
}

// TestEncryptedAtRest looks for a known plaintext in everything that is stored.
func TestEncryptedAtRest(t *testing.T) {
	t.Parallel()
	const secret = "plaintext-that-must-not-be-found"
	d := dbtest.SQLite(t, statesql.Migrations())
	r := statetest.New(t, d)
	run(t, r, []step{{"lock", lock(apply(1), "a"), ""}, {"write", write(apply(1), "a", content(1, "l", secret)), ""}})
	database := filepath.Join(t.TempDir(), "copy.db")
	if _, err := d.SQL().ExecContext(context.Background(), "VACUUM INTO ?", database); err != nil {
		t.Fatal(err)
	}
	files := append(r.Contents(t), database)
	if len(files) != 2 {
		t.Fatalf("%d files, want a content and the database", len(files))
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(secret)) || bytes.Contains(raw, []byte("https://x")) {
			t.Errorf("%s holds the state in the clear", file)
		}
	}
}

// TestAMissingVersionIsNotNoState takes the record of the version in force away.
func TestAMissingVersionIsNotNoState(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{statesql.Migrations()}, func(t *testing.T, d *db.DB) {
		r := statetest.New(t, d)
		run(t, r, []step{
			{"lock", lock(apply(1), "a"), ""},
			{"write", write(apply(1), "a", content(1, "l", "s")), ""},
		})
		if _, err := d.Conn(t.Context()).NewRaw("DELETE FROM state_versions WHERE stack = ?", stack).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := read(t.Context(), r.Service, apply(1)); kernel.KindOf(err) != kernel.Internal {
			t.Errorf("read: %v, want an error that is not 'no state'", err)
		}
		if _, ok, err := r.Service.Current(t.Context(), stack); ok || kernel.KindOf(err) != kernel.Internal {
			t.Errorf("current: %t, %v, want an error that is not 'no state'", ok, err)
		}
	})
}

// TestContentIsBoundToItsVersion puts the content of one version in the place
// of another, and takes it away: both are errors, never "no state".
func TestContentIsBoundToItsVersion(t *testing.T) {
	t.Parallel()
	r := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
	run(t, r, []step{
		{"lock", lock(apply(1), "a"), ""},
		{"write", write(apply(1), "a", content(1, "l", "")), ""},
		{"write", write(apply(1), "a", content(2, "l", "")), ""},
	})
	files := r.Contents(t)
	old, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	spoil := map[string]func() error{
		"another version's": func() error { return os.WriteFile(files[1], old, 0o600) },
		"none":              func() error { return os.Remove(files[1]) },
	}
	for _, name := range []string{"another version's", "none"} {
		if err := spoil[name](); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Service.Read(context.Background(), apply(1), stack); err == nil || kernel.Is(err, kernel.NotFound) {
			t.Errorf("%s content: %v, want an error that is not 'no state'", name, err)
		}
	}
}

func TestAStackIDIsTakenApartAsItWasPutTogether(t *testing.T) {
	t.Parallel()
	want := kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
	id := kernel.StackID(want, "orders")
	scope, workload, err := state.SplitStack(id)
	if err != nil || id != stack || scope != want || workload != "orders" {
		t.Errorf("%s is %+v and %q, %v", id, scope, workload, err)
	}
}

// TestOrphansAreSwept keeps contents beside that of a version, as a process
// does that dies before the row is there.
func TestOrphansAreSwept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		run(t, r, []step{
			{"lock", lock(apply(1), "a"), ""},
			{"write", write(apply(1), "a", content(1, "l", "")), ""},
		})
		dir, started := filepath.Dir(r.Contents(t)[0]), time.Now()
		old, young, foreign := filepath.Join(dir, "sv_old"), filepath.Join(dir, "sv_young"), filepath.Join(r.Dir, "state", "foreign")
		for _, file := range []string{old, young, foreign} {
			if err := os.WriteFile(file, []byte("sealed"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, file := range r.Contents(t) {
			if file == young {
				continue
			}
			if err := os.Chtimes(file, time.Time{}, started.Add(-2*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := r.Service.Sweep(t.Context(), started); n != 1 || err != nil {
			t.Errorf("%d removed, %v; want 1", n, err)
		}
		left := r.Contents(t)
		if len(left) != 3 || slices.Contains(left, old) {
			t.Errorf("left are %v, want all but %s", left, old)
		}
		if _, err := read(t.Context(), r.Service, apply(1)); err != nil {
			t.Errorf("the state in force: %v", err)
		}
	})
}

func TestAHeldLockNamesItsHolder(t *testing.T) {
	t.Parallel()
	r := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
	ctx := context.Background()
	run(t, r, []step{{"lock", lock(apply(1), "c"), ""}})
	err := r.Service.Lock(ctx, state.Caller{Run: "run_2", Stack: stack, Fence: 1}, stack, state.Lock{ID: "d"})
	held, ok := errors.AsType[*state.HeldError](err)
	if !ok || held.Held.ID != "c" || !strings.Contains(err.Error(), "run_1") {
		t.Errorf("a lock that is held: %v, want its holder", err)
	}
}
