package state_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// withResource is a state with one resource that has a value and secrets.
func withResource(serial int, value string) []byte {
	return fmt.Appendf(nil, `{"version":4,"serial":%d,"lineage":"l","outputs":{},"resources":[{"module":"module.cache[\"a\"]","mode":"managed","type":"terrace_cache","name":"this",
	"provider":"provider[\"registry.terraform.io/terrace-idp/terrace\"]","instances":[{"schema_version":0,
	"attributes":{"host":%q,"admin_password":"named like one","inner":[{"text":"marked as one"}]},
	"sensitive_attributes":[[{"type":"get_attr","value":"inner"},{"type":"index","value":{"value":0,"type":"number"}},{"type":"get_attr","value":"text"}]]}]}]}`, serial, value)
}

func signedIn(ctx context.Context) context.Context {
	return kernel.WithActor(ctx, kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1", Name: "ada", Tenant: "acme"})
}

// written puts states on the stack, the first under serial 1.
func written(t *testing.T, r *statetest.Room, values ...string) {
	t.Helper()
	ctx := t.Context()
	if err := r.Service.Lock(ctx, apply(1), stack, state.Lock{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	for i, value := range values {
		if _, err := r.Service.Write(ctx, apply(1), stack, "a", bytes.NewReader(withResource(i+1, value))); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Service.Unlock(ctx, apply(1), stack, "a"); err != nil {
		t.Fatal(err)
	}
}

func TestPeopleSeeStatesWithoutSecrets(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		t.Helper()
		ctx := signedIn(t.Context())
		written(t, r, "one", "two")
		view, err := r.Service.Look(ctx, stack, "")
		if err != nil || len(view.Resources) != 1 || view.Resources[0].Address != `module.cache["a"].terrace_cache.this` || view.Version.Serial != 2 {
			t.Fatalf("%+v, %v", view, err)
		}
		shown, err := r.Service.Show(ctx, stack, "", view.Resources[0].Address)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(shown)
		if err != nil || strings.Contains(string(text), "as one") || strings.Contains(string(text), "like one") || !strings.Contains(string(text), `"two"`) {
			t.Errorf("%s, %v", text, err)
		}
		versions, err := r.Service.Versions(ctx, stack, kernel.PageRequest{})
		if err != nil {
			t.Fatal(err)
		}
		diff, err := r.Service.Diff(ctx, stack, versions.Items[1].ID, "")
		if err != nil || len(diff.Resources) != 1 || len(diff.Resources[0].Attributes) != 1 || diff.Resources[0].Attributes[0].Path != "host" {
			t.Errorf("%+v, %v", diff, err)
		}
		if _, err := r.Service.Look(kernel.WithActor(t.Context(), kernel.System("test", "other")), stack, ""); !kernel.Is(err, kernel.Denied) {
			t.Errorf("another tenant sees it: %v", err)
		}
	})
}

func TestRollbackOfAState(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		t.Helper()
		ctx := signedIn(t.Context())
		written(t, r, "one", "two")
		versions, err := r.Service.Versions(ctx, stack, kernel.PageRequest{})
		if err != nil {
			t.Fatal(err)
		}
		first := versions.Items[1].ID
		if _, err := r.Service.Rollback(ctx, stack, first, " "); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		r.Fences.Work(stack, "run_9")
		if _, err := r.Service.Rollback(ctx, stack, first, "why"); !kernel.Is(err, kernel.Locked) || !strings.Contains(err.Error(), "run_9") {
			t.Errorf("under a run that works: %v", err)
		}
		r.Fences.Work(stack, "")
		v, err := r.Service.Rollback(ctx, stack, first, "the second was wrong")
		if err != nil || v.Serial != 3 || v.By != "ada" {
			t.Fatalf("%+v, %v", v, err)
		}
		diff, err := r.Service.Diff(ctx, stack, first, "")
		if err != nil || len(diff.Resources) != 0 {
			t.Errorf("after the rollback %+v differs, %v", diff.Resources, err)
		}
		if types := r.Journal.Types(); !slices.Contains(types, "state.rolled_back") {
			t.Errorf("recorded is %v", types)
		}
		written2 := withResource(4, "three") // the tool goes on from there
		if err := r.Service.Lock(ctx, apply(1), stack, state.Lock{ID: "b"}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Service.Write(ctx, apply(1), stack, "b", bytes.NewReader(written2)); err != nil {
			t.Error(err)
		}
	})
}

func TestImportOfAState(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		t.Helper()
		ctx := signedIn(t.Context())
		if _, err := r.Service.Import(ctx, stack, strings.NewReader(`{"version":3,"serial":1,"lineage":"l"}`), false, "why"); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("an old format: %v", err)
		}
		v, err := r.Service.Import(ctx, stack, bytes.NewReader(withResource(41, "old")), false, "from the old backend")
		if err != nil || v.Serial != 41 || v.Lineage != "l" {
			t.Fatalf("%+v, %v", v, err)
		}
		if _, err := r.Service.Import(ctx, stack, bytes.NewReader(withResource(1, "new")), false, "again"); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("over a state that is there: %v", err)
		}
		v, err = r.Service.Import(ctx, stack, bytes.NewReader(withResource(1, "new")), true, "again")
		if err != nil || v.Serial != 42 {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

func TestALockIsGivenBackByHand(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		t.Helper()
		ctx := signedIn(t.Context())
		written(t, r, "one")
		if err := r.Service.Lock(ctx, apply(1), stack, state.Lock{ID: "left"}); err != nil {
			t.Fatal(err)
		}
		if err := r.Service.ForceUnlock(ctx, stack, "another", "gone"); !kernel.Is(err, kernel.Locked) {
			t.Errorf("by another id: %v", err)
		}
		r.Fences.Work(stack, "run_1")
		if err := r.Service.ForceUnlock(ctx, stack, "left", "gone"); !kernel.Is(err, kernel.Locked) {
			t.Errorf("under a run that works: %v", err)
		}
		r.Fences.Work(stack, "")
		if err := r.Service.ForceUnlock(ctx, stack, "left", "gone"); err != nil {
			t.Error(err)
		}
		if view, err := r.Service.Look(ctx, stack, ""); err != nil || view.Lock != nil {
			t.Errorf("%+v, %v", view.Lock, err)
		}
	})
}
