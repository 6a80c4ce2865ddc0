package state_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// putAside sets a state aside, and returns its id.
func putAside(t *testing.T, r *statetest.Room, raw []byte) string {
	t.Helper()
	key, err := r.Service.SetAside(t.Context(), stack, 1, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return key[strings.LastIndexByte(key, '/')+1:]
}

func asideIDs(t *testing.T, r *statetest.Room) (ids []string) {
	t.Helper()
	for cursor := ""; ; {
		page, err := r.Service.Asides(signedIn(t.Context()), stack, kernel.PageRequest{Limit: 1, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			ids = append(ids, a.ID)
		}
		if cursor = page.Next; cursor == "" {
			return ids
		}
	}
}

func TestWhatWasSetAsideIsSeenAndTakenBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		t.Helper()
		ctx := signedIn(t.Context())
		written(t, r, "one", "two")
		older, id := putAside(t, r, withResource(7, "old")), putAside(t, r, withResource(9, "lost"))
		if ids := asideIDs(t, r); !slices.Equal(ids, []string{older, id}) {
			t.Fatalf("set aside are %v, want %s and %s", ids, older, id)
		}
		page, err := r.Service.Asides(ctx, stack, kernel.PageRequest{})
		if err != nil || page.Items[1].Serial != 9 || page.Items[1].Fence != 1 || page.Items[1].KeptAt == nil || page.Items[1].Waits {
			t.Errorf("%+v, %v", page.Items, err)
		}
		shown, err := r.Service.Show(ctx, stack, id, `module.cache["a"].terrace_cache.this`)
		if err != nil || shown.Attributes["host"] != "lost" || shown.Attributes["admin_password"] != "(sensitive)" {
			t.Errorf("%+v, %v", shown, err)
		}
		d, err := r.Service.Diff(ctx, stack, id, "")
		if err != nil || len(d.Resources) != 1 || d.From.Serial != 9 || d.To.Serial != 2 {
			t.Errorf("%+v, %v", d, err)
		}
		if _, err := r.Service.Rollback(ctx, stack, id, "wrong"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("it is no version to go back to: %v", err)
		}
		v, err := r.Service.TakeBack(ctx, stack, id, state.Replacing{State: true}, "it is there")
		if err != nil || v.Serial != 9 || v.By != "ada" || !strings.Contains(v.Cause, id) {
			t.Fatalf("%+v, %v", v, err)
		}
		if now, err := r.Service.Show(ctx, stack, "", `module.cache["a"].terrace_cache.this`); err != nil || now.Attributes["host"] != "lost" {
			t.Errorf("%+v, %v", now, err)
		}
		if err := r.Service.Discard(ctx, stack, older, "overtaken"); err != nil {
			t.Error(err)
		}
		if ids := asideIDs(t, r); len(ids) != 0 {
			t.Errorf("still there: %v", ids)
		}
		facts := r.Journal.Types()
		if want := []string{"state.taken_back", "state.discarded"}; !cmp.Equal(facts[len(facts)-2:], want) {
			t.Errorf("facts %v, want %v at the end", facts, want)
		}
	})
}

// TestWhatIsTakenBackIsFenced: nobody takes back under a run that works, without a
// reason, without the right, or what is of something else.
func TestWhatIsTakenBackIsFenced(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		t.Helper()
		ctx := signedIn(t.Context())
		written(t, r, "one")
		same, other := putAside(t, r, withResource(1, "lost")), putAside(t, r, stateOf("another", 3))
		take := func(id, reason string, lineage bool) error {
			_, err := r.Service.TakeBack(ctx, stack, id, state.Replacing{State: true, Lineage: lineage}, reason)
			return err
		}
		if err := take(same, " ", false); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if err := take(other, "x", false); !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), "--other-lineage") {
			t.Errorf("of something else: %v", err)
		}
		for _, id := range []string{"sv_none", "../dev/" + same, ""} {
			if err := take(id, "x", false); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		r.Fences.Work(stack, "run_1")
		if err := take(same, "x", false); !kernel.Is(err, kernel.Locked) {
			t.Errorf("while a run works: %v", err)
		}
		r.Fences.Work(stack, "")
		denied := r.Service.Authorizer
		r.Service.Authorizer = statetest.Nobody{}
		_, list := r.Service.Asides(ctx, stack, kernel.PageRequest{})
		for what, err := range map[string]error{"list": list, "take back": take(same, "x", false), "discard": r.Service.Discard(ctx, stack, same, "x")} {
			if !kernel.Is(err, kernel.Denied) {
				t.Errorf("%s without the right: %v", what, err)
			}
		}
		r.Service.Authorizer = denied
		if err := errors.Join(take(other, "x", true), take(same, "x", true)); err != nil {
			t.Error(err)
		}
	})
}

// TestWhatWaitsForTheNextRunIsDecided: a kept state of something else holds every run
// back until somebody takes it or sets it aside.
func TestWhatWaitsForTheNextRunIsDecided(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		t.Helper()
		ctx := signedIn(t.Context())
		written(t, r, "one")
		keep := func(serial int) {
			t.Helper()
			if err := r.Service.Keep(t.Context(), stack, 0, bytes.NewReader(stateOf("another", serial))); err != nil {
				t.Fatal(err)
			}
			if err := r.Service.Restore(t.Context(), apply(1), stack); !kernel.Is(err, kernel.Conflict) {
				t.Fatalf("%v, want a conflict", err)
			}
		}
		keep(5)
		if ids := asideIDs(t, r); !slices.Equal(ids, []string{state.Unstored}) {
			t.Fatalf("%v", ids)
		}
		if d, err := r.Service.Diff(ctx, stack, "", state.Unstored); err != nil || len(d.Resources) != 1 || d.Resources[0].Change != "removed" {
			t.Errorf("%+v, %v", d, err)
		}
		if err := r.Service.Discard(ctx, stack, state.Unstored, "it is not of here"); err != nil {
			t.Fatal(err)
		}
		if err := r.Service.Restore(t.Context(), apply(1), stack); err != nil {
			t.Errorf("runs go on: %v", err)
		}
		ids := asideIDs(t, r)
		if len(ids) != 1 || ids[0] == state.Unstored {
			t.Fatalf("it is set aside: %v", ids)
		}
		keep(6)
		if v, err := r.Service.TakeBack(ctx, stack, state.Unstored, state.Replacing{State: true, Lineage: true}, "it is right"); err != nil || v.Lineage != "another" || v.Serial != 6 {
			t.Errorf("%+v, %v", v, err)
		}
		if left := asideIDs(t, r); !slices.Equal(left, ids) {
			t.Errorf("it still waits: %v", left)
		}
	})
}
