package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func stateOf(lineage string, serial int) []byte {
	return fmt.Appendf(nil, `{"version":4,"serial":%d,"lineage":%q,"resources":[]}`, serial, lineage)
}

func TestWhatIsKeptIsRestored(t *testing.T) {
	t.Parallel()
	const stack = "acme/shop/orders/dev"
	caller := state.Caller{Run: "run_2", Stack: stack, Fence: 1, MayWrite: true}
	for name, c := range map[string]struct {
		before, kept []byte
		serial       int64
		kind         kernel.Kind
	}{
		"nothing":                {nil, nil, 0, ""},
		"the first state":        {nil, stateOf("a", 1), 1, ""},
		"a newer state":          {stateOf("a", 1), stateOf("a", 4), 4, ""},
		"an older state":         {stateOf("a", 5), stateOf("a", 4), 5, ""},
		"one of something else":  {stateOf("a", 1), stateOf("b", 9), 1, kernel.Conflict},
		"one that is no state":   {nil, []byte("{}"), 0, ""},
		"the state that is held": {stateOf("a", 3), stateOf("a", 3), 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
			for _, raw := range [][]byte{c.before, c.kept} {
				if raw == nil {
					continue
				}
				if err := room.Service.Keep(t.Context(), stack, 0, bytes.NewReader(raw)); err != nil {
					if kernel.Is(err, kernel.Invalid) && string(raw) == "{}" {
						return
					}
					t.Fatal(err)
				}
				if string(raw) == string(c.before) && string(raw) != string(c.kept) {
					if err := room.Service.Restore(t.Context(), caller, stack); err != nil {
						t.Fatal(err)
					}
				}
			}
			err := room.Service.Restore(t.Context(), caller, stack)
			if c.kind == "" && err != nil || c.kind != "" && !kernel.Is(err, c.kind) {
				t.Errorf("%v, want %q", err, c.kind)
			}
			if e, ok := errors.AsType[*kernel.Error](err); ok && !strings.Contains(e.Fix, "terrace state take-back orders unstored --stage dev") {
				t.Errorf("%v does not say where it is kept", err)
			}
			if serial, err := room.Service.Serial(t.Context(), stack); err != nil || serial != c.serial {
				t.Errorf("serial %d, %v; want %d", serial, err, c.serial)
			}
		})
	}
}

// TestAKeptStateIsOvertakenByALaterLease: whatever its serial is, what was made under
// an earlier lease than the state in force never replaces it.
func TestAKeptStateIsOvertakenByALaterLease(t *testing.T) {
	t.Parallel()
	const stack = "acme/shop/orders/dev"
	room := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	keep := func(fence int64, serial int) error {
		return room.Service.Keep(t.Context(), stack, fence, bytes.NewReader(stateOf("a", serial)))
	}
	must(keep(1, 1))
	must(room.Service.Restore(t.Context(), state.Caller{Run: "run_1", Stack: stack, Fence: 1, MayWrite: true}, stack))
	must(keep(1, 9)) // and before anybody restores it:
	room.Fences.Next(stack)
	next := state.Caller{Run: "run_2", Stack: stack, Fence: 2, MayWrite: true}
	must(room.Service.Lock(t.Context(), next, stack, state.Lock{ID: "b"}))
	_, err := room.Service.Write(t.Context(), next, stack, "b", bytes.NewReader(stateOf("a", 2)))
	must(err)
	must(room.Service.Restore(t.Context(), next, stack))
	if err := keep(1, 9); !kernel.Is(err, kernel.Stale) {
		t.Errorf("kept after it was overtaken: %v", err)
	}
	must(keep(2, 3)) // that of the lease itself follows
	must(room.Service.Restore(t.Context(), next, stack))
	if serial, err := room.Service.Serial(t.Context(), stack); err != nil || serial != 3 {
		t.Errorf("serial %d, %v; want 3", serial, err)
	}
}

// TestWhatANodeBringsBackIsOvertaken: it was away while others went on.
func TestWhatANodeBringsBackIsOvertaken(t *testing.T) {
	t.Parallel()
	const stack = "acme/shop/orders/dev"
	apply := func(fence int64) state.Caller {
		return state.Caller{Run: "run", Stack: stack, Fence: fence, MayWrite: true}
	}
	wrote := func(t *testing.T, room *statetest.Room, fence int64, serial int) {
		t.Helper()
		ctx := t.Context()
		if err := room.Service.Lock(ctx, apply(fence), stack, state.Lock{ID: "a"}); err != nil {
			t.Fatal(err)
		}
		if _, err := room.Service.Write(ctx, apply(fence), stack, "a", bytes.NewReader(stateOf("a", serial))); err != nil {
			t.Fatal(err)
		}
		if err := room.Service.Unlock(ctx, apply(fence), stack, "a"); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		meanwhile func(t *testing.T, room *statetest.Room)
		stale     bool
	}{
		"nothing happened":  {func(*testing.T, *statetest.Room) {}, false},
		"another run began": {func(_ *testing.T, room *statetest.Room) { room.Fences.Next(stack) }, false},
		"another run wrote": {func(t *testing.T, room *statetest.Room) {
			t.Helper()
			wrote(t, room, room.Fences.Next(stack), 2)
		}, true},
		"another run removed it": {func(t *testing.T, room *statetest.Room) {
			t.Helper()
			fence := room.Fences.Next(stack)
			wrote(t, room, fence, 2)
			if err := room.Service.Delete(t.Context(), apply(fence), stack); err != nil {
				t.Fatal(err)
			}
		}, true},
		"somebody changed it by hand": {func(t *testing.T, room *statetest.Room) {
			t.Helper()
			if _, err := room.Service.Import(signedIn(t.Context()), stack, bytes.NewReader(stateOf("a", 2)), state.Replacing{State: true}, "test"); err != nil {
				t.Fatal(err)
			}
		}, true},
		"a later one is kept": {func(t *testing.T, room *statetest.Room) {
			t.Helper()
			if err := room.Service.Keep(t.Context(), stack, room.Fences.Next(stack), bytes.NewReader(stateOf("a", 3))); err != nil {
				t.Fatal(err)
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
			wrote(t, room, 1, 1)
			c.meanwhile(t, room)
			err := room.Service.Keep(t.Context(), stack, 1, bytes.NewReader(stateOf("a", 9)))
			if kernel.Is(err, kernel.Stale) != c.stale || !c.stale && err != nil {
				t.Fatalf("%v, want stale %t", err, c.stale)
			}
			if !c.stale {
				return
			}
			key, err := room.Service.SetAside(t.Context(), stack, 1, bytes.NewReader(stateOf("a", 9)))
			if err != nil || !slices.Contains(room.Journal.Types(), "state.set_aside") {
				t.Errorf("%v, %v", err, room.Journal.Types())
			}
			if _, err := os.Stat(filepath.Join(room.Dir, filepath.FromSlash(key))); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNobodyChangesByHandWhatIsKept: it would be overtaken, and what was applied forgotten.
func TestNobodyChangesByHandWhatIsKept(t *testing.T) {
	t.Parallel()
	const stack = "acme/shop/orders/dev"
	room := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
	if err := room.Service.Keep(t.Context(), stack, 1, bytes.NewReader(stateOf("a", 1))); err != nil {
		t.Fatal(err)
	}
	take := func() error {
		_, err := room.Service.Import(signedIn(t.Context()), stack, bytes.NewReader(stateOf("a", 7)), state.Replacing{State: true}, "test")
		return err
	}
	if err := take(); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("%v, want a conflict", err)
	}
	if err := room.Service.Restore(t.Context(), state.Caller{Run: "run_2", Stack: stack, Fence: 1, MayWrite: true}, stack); err != nil {
		t.Fatal(err)
	}
	if err := take(); err != nil {
		t.Error(err)
	}
}

func TestARunThatLostItsStackRestoresNothing(t *testing.T) {
	t.Parallel()
	const stack = "acme/shop/orders/dev"
	room := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
	if err := room.Service.Keep(t.Context(), stack, 0, bytes.NewReader(stateOf("a", 1))); err != nil {
		t.Fatal(err)
	}
	room.Fences.Next(stack)
	if err := room.Service.Restore(t.Context(), state.Caller{Run: "run_1", Stack: stack, Fence: 1}, stack); !kernel.Is(err, kernel.Stale) {
		t.Errorf("%v, want stale", err)
	}
}

// TestKeptInTheFolder takes the blobs away: a disk of their own may be full.
func TestKeptInTheFolder(t *testing.T) {
	t.Parallel()
	const stack = "acme/shop/orders/dev"
	room := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
	room.Service.Folder = filepath.Join(t.TempDir(), "unstored")
	inTheWay := filepath.Join(room.Dir, "unstored-states") // a file where a folder is needed
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := room.Service.Keep(t.Context(), stack, 0, bytes.NewReader(stateOf("a", 1))); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(room.Service.Folder); err != nil || len(files) != 1 {
		t.Fatalf("the folder has %v, %v", files, err)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	if err := room.Service.Restore(t.Context(), state.Caller{Run: "run_2", Stack: stack, Fence: 1, MayWrite: true}, stack); err != nil {
		t.Fatal(err)
	}
	if serial, err := room.Service.Serial(t.Context(), stack); err != nil || serial != 1 {
		t.Errorf("serial %d, %v", serial, err)
	}
	if files, _ := os.ReadDir(room.Service.Folder); len(files) != 0 {
		t.Errorf("it is still kept: %v", files)
	}
}
