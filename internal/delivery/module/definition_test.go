package module_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/iac"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/module/moduletest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// definition returns the YAML of one that serves redis, with more of its spec.
func definition(name, more string) string {
	return fmt.Sprintf(`apiVersion: terrace.dev/v1
kind: Definition
metadata:
  name: %s
spec:
  type: redis
  module:
    source: acme/cache/local
    version: ~> 1.0
%s`, name, more)
}

func apply(t *testing.T, rig *moduletest.Rig, name, more string) (module.Stored, error) {
	t.Helper()
	return rig.ApplyDefinition(t.Context(), acme(), name, []byte(definition(name, more)))
}

func TestApplyDefinition(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, rig *moduletest.Rig) {
		mustPublish(t, rig, "1.0.0")
		first, err := apply(t, rig, "cache", "")
		if err != nil || first.Revision != 1 || first.Type != "redis" {
			t.Fatalf("got %+v, %v", first, err)
		}
		if again, err := apply(t, rig, "cache", ""); err != nil || again.Revision != 1 {
			t.Fatalf("the same again: %+v, %v", again, err)
		}
		changed, err := apply(t, rig, "cache", "  inputs:\n    size: ${params.size:-2}\n")
		if err != nil || changed.Revision != 2 {
			t.Fatalf("a change: %+v, %v", changed, err)
		}
		got, err := rig.Definition(t.Context(), acme(), "cache")
		if diff := cmp.Diff(changed, got); err != nil || diff != "" {
			t.Fatal(diff, err)
		}
		all, err := rig.All(t.Context(), acme())
		if err != nil || len(all) != 1 || all[0].Inputs["size"] != "${params.size:-2}" {
			t.Fatalf("got %+v, %v", all, err)
		}
		if all, err := rig.All(t.Context(), kernel.Scope{Tenant: "other"}); err != nil || len(all) != 0 {
			t.Fatalf("another tenant sees %v, %v", all, err)
		}
	})
}

func TestOneCriterionServesOneDefinition(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, rig *moduletest.Rig) {
		mustPublish(t, rig, "1.0.0")
		if _, err := apply(t, rig, "first", "  criteria:\n    - target: local\n"); err != nil {
			t.Fatal(err)
		}
		_, err := apply(t, rig, "second", "  criteria:\n    - stage: dev\n    - target: local\n      class: default\n")
		if !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), "first") {
			t.Fatalf("got %v, want a conflict that names the other definition", err)
		}
		if _, err := apply(t, rig, "second", "  criteria:\n    - stage: dev\n"); err != nil {
			t.Fatalf("another criterion: %v", err)
		}
		if _, err := apply(t, rig, "first", "  criteria:\n    - target: azure\n"); err != nil {
			t.Fatalf("moving away: %v", err)
		}
		if _, err := apply(t, rig, "third", "  criteria:\n    - target: local\n"); err != nil {
			t.Fatalf("a criterion that was left: %v", err)
		}
	})
}

func TestApplyDefinitionRefuses(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	mustPublish(t, rig, "1.0.0")
	for name, c := range map[string]struct{ source, want string }{
		"another name":       {definition("other", ""), `calls itself "other"`},
		"no such module":     {strings.Replace(definition("cache", ""), "acme/cache", "acme/nothing", 1), "no module acme/nothing/local"},
		"no such version":    {strings.Replace(definition("cache", ""), "~> 1.0", "~> 9.0", 1), "satisfies"},
		"no such input":      {definition("cache", "  inputs:\n    speed: 1\n"), "name, size"},
		"broken placeholder": {definition("cache", "  inputs:\n    size: ${nothing.x}\n"), "nothing"},
		"no definition":      {"a: 1", "apiVersion"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := rig.ApplyDefinition(t.Context(), acme(), "cache", []byte(c.source))
			if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want invalid with %q", err, c.want)
			}
		})
	}
}

func TestDeleteDefinition(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, rig *moduletest.Rig) {
		mustPublish(t, rig, "1.0.0")
		if _, err := apply(t, rig, "cache", ""); err != nil {
			t.Fatal(err)
		}
		rig.Live = []module.Deployment{
			{Project: "shop", Workload: "orders", Stage: "dev", Resource: "redis.default#orders.cache"},
			{Project: "shop", Workload: "orders", Stage: "prod", Resource: "redis.default#orders.cache"},
		}
		err := rig.DeleteDefinition(t.Context(), acme(), "cache")
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || e.Kind != kernel.Conflict || len(e.Problems) != 2 || e.Problems[1].Path != "shop/orders/prod" {
			t.Fatalf("got %v, want a conflict that lists both deployments", err)
		}
		rig.Live = nil
		if err := rig.DeleteDefinition(t.Context(), acme(), "cache"); err != nil {
			t.Fatal(err)
		}
		if err := rig.DeleteDefinition(t.Context(), acme(), "cache"); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("again: %v, want not found", err)
		}
		if _, err := apply(t, rig, "other", ""); err != nil {
			t.Fatalf("the criterion is not free: %v", err)
		}
	})
}

func TestListDefinitionsIsPaged(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, rig *moduletest.Rig) {
		mustPublish(t, rig, "1.0.0")
		for _, name := range []string{"ca", "cb", "cc"} {
			if _, err := apply(t, rig, name, "  criteria:\n    - stage: "+name+"\n"); err != nil {
				t.Fatal(err)
			}
		}
		first, err := rig.ListDefinitions(t.Context(), acme(), kernel.PageRequest{Limit: 2})
		if err != nil || len(first.Items) != 2 || first.Next != "cb" {
			t.Fatalf("got %+v, %v", first, err)
		}
		second, err := rig.ListDefinitions(t.Context(), acme(), kernel.PageRequest{Limit: 2, Cursor: first.Next})
		if err != nil || len(second.Items) != 1 || second.Items[0].Name != "cc" || second.Next != "" {
			t.Fatalf("got %+v, %v", second, err)
		}
	})
}

func TestSeed(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	first, err := rig.SeedTree(t.Context(), acme(), "local", iac.Trees("local", "")[0].Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Modules) != 12 || len(first.Definitions) != 12 || len(first.Kept) != 0 {
		t.Fatalf("seeded %+v, want twelve modules and twelve definitions", first)
	}
	facts := len(rig.Facts)
	again, err := rig.SeedTree(t.Context(), acme(), "local", iac.Trees("local", "")[0].Files)
	if err != nil || len(again.Modules)+len(again.Definitions)+len(again.Kept) != 0 || len(rig.Facts) != facts {
		t.Fatalf("again: %+v, %v", again, err)
	}
}

// TestSeedAzure publishes the Azure tree: each shipped definition fits its module.
func TestSeedAzure(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	start := time.Now()
	for i := range 2 {
		modules, definitions := 0, 0
		for _, tree := range iac.Trees("azure", "kubernetes") {
			done, err := rig.SeedTree(t.Context(), acme(), tree.System, tree.Files)
			if err != nil {
				t.Fatal(err)
			}
			modules, definitions = modules+len(done.Modules), definitions+len(done.Definitions)
		}
		if first := i == 0; first != (modules >= 20) || first != (definitions >= 13) {
			t.Errorf("round %d published %d modules and %d definitions", i, modules, definitions)
		}
		t.Logf("round %d took %v", i, time.Since(start))
		start = time.Now()
	}
}

func TestSeedLeavesTheTenantsChanges(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	shipped := func(size string) fstest.MapFS {
		files := fstest.MapFS{
			"modules/cache/main.tf": {Data: []byte(main)},
			"modules/cache/VERSION": {Data: []byte("1.0.0\n")},
		}
		for _, name := range []string{"kept", "changed", "deleted"} {
			source := strings.ReplaceAll(definition(name, "  criteria:\n    - stage: "+name+"\n  inputs:\n    size: "+size+"\n"), "acme/cache", "terrace/cache")
			files["definitions/"+name+".yaml"] = &fstest.MapFile{Data: []byte(source)}
		}
		return files
	}
	ctx := t.Context()
	if _, err := rig.SeedTree(ctx, acme(), "local", shipped("1")); err != nil {
		t.Fatal(err)
	}
	own := strings.ReplaceAll(definition("changed", "  criteria:\n    - stage: changed\n  inputs:\n    size: 7\n"), "acme/cache", "terrace/cache")
	if _, err := rig.ApplyDefinition(ctx, acme(), "changed", []byte(own)); err != nil {
		t.Fatal(err)
	}
	if err := rig.DeleteDefinition(ctx, acme(), "deleted"); err != nil {
		t.Fatal(err)
	}
	done, err := rig.SeedTree(ctx, acme(), "local", shipped("2"))
	if err != nil {
		t.Fatal(err)
	}
	want := module.Seeded{Definitions: []string{"kept"}, Kept: []string{"changed", "deleted"}}
	if diff := cmp.Diff(want, done); diff != "" {
		t.Fatal(diff)
	}
	if got, err := rig.Definition(ctx, acme(), "changed"); err != nil || got.Source != own {
		t.Fatalf("the tenant's change is gone: %v", err)
	}
	if _, err := rig.Definition(ctx, acme(), "deleted"); !kernel.Is(err, kernel.NotFound) {
		t.Fatalf("what the tenant deleted is back: %v", err)
	}
}

func TestSeedRefusesOtherContentUnderTheSameVersion(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	fsys := fstest.MapFS{
		"modules/cache/main.tf": {Data: []byte(main)},
		"modules/cache/VERSION": {Data: []byte("1.0.0\n")},
	}
	if _, err := rig.SeedTree(t.Context(), acme(), "local", fsys); err != nil {
		t.Fatal(err)
	}
	fsys["modules/cache/main.tf"].Data = []byte(main + "# changed\n")
	_, err := rig.SeedTree(t.Context(), acme(), "local", fsys)
	if !kernel.Is(err, kernel.Conflict) {
		t.Fatalf("got %v, want a conflict", err)
	}
	for _, want := range []string{"terrace/cache/local 1.0.0", "iac/modules/cache raises the number in its VERSION", "--data"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("whoever starts the daemon is told %v; want %q", err, want)
		}
	}
}
