package state_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// large is a state of about n times 100 kB whose resources have one value, made as
// it is read.
func large(serial, n int, value string) io.Reader {
	parts := []io.Reader{strings.NewReader(fmt.Sprintf("{\n  \"version\": 4,\n  \"serial\": %d,\n  \"lineage\": \"l\",\n  \"resources\": [{\"mode\":\"managed\",\"type\":\"terraform_data\",\"name\":\"big\",\"provider\":\"provider[\\\"terraform.io/builtin/terraform\\\"]\",\"instances\":[", serial))}
	filler := strings.Repeat("0123456789abcdef", 100<<10/16)
	for i := range n {
		comma := ","
		if i == 0 {
			comma = ""
		}
		parts = append(parts, strings.NewReader(fmt.Sprintf(`%s{"index_key":%d,"attributes":{"value":%q,"input":"`, comma, i, value)), strings.NewReader(filler), strings.NewReader(`"}}`))
	}
	return io.MultiReader(append(parts, strings.NewReader("]}]}\n"))...)
}

// TestALargeStateIsNeverInMemory writes, reads, compares and rolls back a state of
// 24 MB, and looks at how much was allocated at once.
//
//nolint:paralleltest // it measures the heap of the process
func TestALargeStateIsNeverInMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it carries large states")
	}
	const n, most = 240, 20 << 20
	former := debug.SetGCPercent(100) // what the whole run is told is about its speed
	t.Cleanup(func() { debug.SetGCPercent(former) })
	r := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
	ctx := signedIn(t.Context())
	if err := r.Service.Lock(ctx, apply(1), stack, state.Lock{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	step := func(what string) {
		t.Helper()
		runtime.ReadMemStats(&now)
		if grown := int64(now.HeapSys) - int64(before.HeapSys); grown > most {
			t.Errorf("after %s the heap has grown by %d MB, at most %d MB are right", what, grown>>20, most>>20)
		}
	}
	var ids []string
	for i, value := range []string{"one", "two"} {
		v, err := r.Service.Write(ctx, apply(1), stack, "a", large(i+1, n, value))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, v.ID)
	}
	step("writing")
	raw, err := r.Service.Read(ctx, apply(1), stack)
	if err != nil {
		t.Fatal(err)
	}
	if size, err := io.Copy(io.Discard, raw); err != nil || size != raw.Version.Size || size < n*100<<10 {
		t.Errorf("%d bytes of %d, %v", size, raw.Version.Size, err)
	}
	_ = raw.Close()
	step("reading")
	if view, err := r.Service.Look(ctx, stack, ""); err != nil || len(view.Resources) != n {
		t.Errorf("%d resources, %v", len(view.Resources), err)
	}
	if one, err := r.Service.Show(ctx, stack, "", "terraform_data.big[7]"); err != nil || one.Attributes["value"] != "two" {
		t.Errorf("%v, %v", one.Attributes["value"], err)
	}
	step("looking")
	diff, err := r.Service.Diff(ctx, stack, ids[0], "")
	if err != nil || len(diff.Resources) != n || diff.Resources[0].Omitted || !diff.Resources[n-1].Omitted {
		t.Errorf("%d differ, %v", len(diff.Resources), err)
	}
	step("comparing")
	if err := r.Service.Unlock(ctx, apply(1), stack, "a"); err != nil {
		t.Fatal(err)
	}
	if v, err := r.Service.Rollback(ctx, stack, ids[0], "the second was wrong"); err != nil || v.Serial != 3 {
		t.Errorf("%+v, %v", v, err)
	}
	if diff, err := r.Service.Diff(ctx, stack, ids[0], ""); err != nil || len(diff.Resources) != 0 {
		t.Errorf("%d differ after the rollback, %v", len(diff.Resources), err)
	}
	step("rolling back")
}

// TestARollbackChangesTheSerialAlone compares texts: people's states have their own
// order and spaces.
func TestARollbackChangesTheSerialAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ raw, want string }{
		"spaces":        {"{\n \"serial\" :  41 ,\n \"version\":4, \"lineage\":\"l\",\"extra\":{\"serial\":7}}\n", "{\n \"serial\" :  42 ,\n \"version\":4, \"lineage\":\"l\",\"extra\":{\"serial\":7}}\n"},
		"at the end":    {`{"lineage":"l","version":4,"serial":41}`, `{"lineage":"l","version":4,"serial":42}`},
		"none":          {`{"version":4,"lineage":"l"}`, `{"serial":42,"version":4,"lineage":"l"}`},
		"sorted, early": {`{"lineage":"l","resources":[{"instances":[{"index_key":"k"}],"mode":"managed","name":"n","provider":"p","type":"t"}],"serial":1,"version":4}`, `{"lineage":"l","resources":[{"instances":[{"index_key":"k"}],"mode":"managed","name":"n","provider":"p","type":"t"}],"serial":42,"version":4}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
			ctx := signedIn(t.Context())
			if _, err := r.Service.Import(ctx, stack, strings.NewReader(`{"version":4,"serial":41,"lineage":"l"}`), state.Replacing{}, "first"); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Service.Import(ctx, stack, strings.NewReader(c.raw), state.Replacing{State: true, Lineage: true}, "second"); err != nil {
				t.Fatal(err)
			}
			if got, err := read(ctx, r.Service, apply(1)); err != nil || string(got) != c.want {
				t.Errorf("%s, %v; want %s", got, err, c.want)
			}
			if view, err := r.Service.Look(ctx, stack, ""); name == "sorted, early" && (err != nil || len(view.Resources) != 1 || view.Resources[0].Address != `t.n["k"]`) {
				t.Errorf("%+v, %v", view.Resources, err)
			}
			if left := r.Contents(t); len(left) != 2 {
				t.Errorf("contents are %v: what was spooled has to go", left)
			}
		})
	}
}

func TestNoStateIsStoredOfWhatIsNone(t *testing.T) {
	t.Parallel()
	r := statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
	ctx := t.Context()
	if err := r.Service.Lock(ctx, apply(1), stack, state.Lock{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"nothing": "", "a list": "[]", "cut": `{"version":4,"serial":1,"lineage":"l"`, "more behind it": `{"version":4,"serial":1,"lineage":"l"} {}`,
		"a resource that is none": `{"version":4,"serial":1,"lineage":"l","resources":[1]}`, "a serial with a fraction": `{"version":4,"serial":1.5,"lineage":"l"}`,
	} {
		if _, err := r.Service.Write(ctx, apply(1), stack, "a", bytes.NewReader([]byte(raw))); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	if left := r.Contents(t); len(left) != 0 {
		t.Errorf("contents are %v", left)
	}
}
