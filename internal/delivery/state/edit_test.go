package state_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
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

// TestWhatTheToolMarksIsNowhere: the values of one instance, as terraform 1.11 writes them.
func TestWhatTheToolMarksIsNowhere(t *testing.T) {
	t.Parallel()
	const secret = `s3cret-"q<&>-äö`
	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	open := func(value, types string) string { return `{"value":` + value + `,"type":` + types + `}` }
	path := func(names ...string) string {
		var all []string
		for _, name := range names {
			all = append(all, fmt.Sprintf(`{"type":"get_attr","value":%q}`, name))
		}
		return "[[" + strings.Join(all, ",") + "]]"
	}
	for name, c := range map[string]struct{ attributes, sensitive string }{
		"a text":                          {`"input":` + open(string(quoted), `"string"`), path("input")},
		"what the provider repeats":       {`"input":"` + "x" + `","secret_key_base":` + string(quoted) + `,"output":` + open(string(quoted), `"string"`), `[]`},
		"a member of an open value":       {`"input":` + open(`{"a":`+string(quoted)+`,"plain":"p"}`, `["object",{"a":"string","plain":"string"}]`), path("input", "a")},
		"a member that is called type":    {`"input":` + open(`{"type":`+string(quoted)+`}`, `["object",{"type":"string"}]`), path("input", "type")},
		"a member that is called value":   {`"input":` + open(`{"value":`+string(quoted)+`}`, `["object",{"value":"string"}]`), path("input", "value")},
		"a block with a type and a value": {`"block":{"type":` + string(quoted) + `,"value":"x"}`, path("block", "type")},
		"a way that leads nowhere":        {`"input":{"a":` + string(quoted) + `}`, path("input", "b", "c")},
		"a mark that cannot be read":      {`"input":` + string(quoted), `["?"]`},
		"in another form":                 {`"input":` + string(quoted) + `,"user_data":"` + base64.StdEncoding.EncodeToString([]byte("PASS="+secret+"\n")) + `"`, path("input")},
		"a list of them":                  {`"tokens":[` + string(quoted) + `],"other":{"` + "k" + `":` + string(quoted) + `}`, `[]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
			text := fmt.Sprintf(`{"version":4,"serial":1,"lineage":"l","resources":[{"mode":"managed","type":"terraform_data","name":"a","provider":"provider[\"terraform.io/builtin/terraform\"]","instances":[{"attributes":{%s,"open":"seen"},"sensitive_attributes":%s}]}]}`, c.attributes, c.sensitive)
			if _, err := r.Service.Import(signedIn(t.Context()), stack, strings.NewReader(text), state.Replacing{}, "test"); err != nil {
				t.Fatal(err)
			}
			found, err := r.Service.Show(signedIn(t.Context()), stack, "", "terraform_data.a")
			if err != nil {
				t.Fatal(err)
			}
			said, err := json.Marshal(found)
			if err != nil || strings.Contains(string(said), "s3cret") || conceal.Of(secret).In(string(said)) {
				t.Errorf("%s, %v", said, err)
			}
			if !strings.Contains(string(said), `"open":"seen"`) && name != "a mark that cannot be read" {
				t.Errorf("%s has nothing of what is open", said)
			}
		})
	}
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
		_, err = r.Service.Rollback(ctx, stack, "sv_none", "why")
		if e, ok := errors.AsType[*kernel.Error](err); !ok || e.Kind != kernel.NotFound || !strings.Contains(e.Fix, "terrace state history") {
			t.Errorf("to an unknown version: %v", err)
		}
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
		if _, err := r.Service.Import(ctx, stack, strings.NewReader(`{"version":3,"serial":1,"lineage":"l"}`), state.Replacing{}, "why"); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("an old format: %v", err)
		}
		v, err := r.Service.Import(ctx, stack, bytes.NewReader(withResource(41, "old")), state.Replacing{}, "from the old backend")
		if err != nil || v.Serial != 41 || v.Lineage != "l" {
			t.Fatalf("%+v, %v", v, err)
		}
		if _, err := r.Service.Import(ctx, stack, bytes.NewReader(withResource(1, "new")), state.Replacing{}, "again"); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("over a state that is there: %v", err)
		}
		v, err = r.Service.Import(ctx, stack, bytes.NewReader(withResource(1, "new")), state.Replacing{State: true}, "again")
		if err != nil || v.Serial != 42 {
			t.Errorf("%+v, %v", v, err)
		}
		another := func() io.Reader { return strings.NewReader(`{"version":4,"serial":1,"lineage":"another"}`) }
		if _, err := r.Service.Import(ctx, stack, another(), state.Replacing{State: true}, "again"); !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), "another") {
			t.Errorf("the state of something else: %v", err)
		}
		v, err = r.Service.Import(ctx, stack, another(), state.Replacing{State: true, Lineage: true}, "again")
		if err != nil || v.Lineage != "another" || !strings.Contains(v.Cause, "another") {
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
