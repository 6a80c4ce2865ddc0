package module_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/module/archive"
	"github.com/terrace-idp/terrace/internal/delivery/module/modulesql"
	"github.com/terrace-idp/terrace/internal/delivery/module/moduletest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const main = `
variable "name" {
  type        = string
  description = "Its name."
}
variable "size" {
  type    = number
  default = 1
}
output "host" {
  value = var.name
}
`

func acme() kernel.Scope { return kernel.Scope{Tenant: "acme"} }

func cache() module.Address {
	return module.Address{Namespace: "acme", Name: "cache", System: "local"}
}

func publish(t *testing.T, rig *moduletest.Rig, version, text string) (module.Version, error) {
	t.Helper()
	return rig.Publish(t.Context(), acme(), cache(), version, moduletest.Pack(t, map[string]string{"main.tf": text}))
}

func mustPublish(t *testing.T, rig *moduletest.Rig, versions ...string) {
	t.Helper()
	for _, version := range versions {
		if _, err := publish(t, rig, version, main); err != nil {
			t.Fatal(err)
		}
	}
}

func both(t *testing.T, test func(t *testing.T, rig *moduletest.Rig)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{modulesql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, moduletest.On(t, d)) })
}

func TestPublishRecordsWhatTheModuleTakesAndGives(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, rig *moduletest.Rig) {
		v, err := publish(t, rig, "1.0.0", main)
		if err != nil {
			t.Fatal(err)
		}
		inputs := []module.Input{{Name: "name", Type: "string", Description: "Its name.", Required: true}, {Name: "size", Type: "number"}}
		if diff := cmp.Diff(inputs, v.Inputs); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff([]module.Output{{Name: "host"}}, v.Outputs); diff != "" {
			t.Fatal(diff)
		}
		got, err := rig.Get(t.Context(), acme(), cache(), "1.0.0")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(v, got); diff != "" {
			t.Fatal(diff)
		}
		if len(rig.Facts) != 1 || rig.Facts[0].Type != "module.published" {
			t.Fatalf("recorded %v", rig.Facts)
		}
	})
}

func TestAVersionNeverChanges(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, rig *moduletest.Rig) {
		first, err := publish(t, rig, "1.0.0", main)
		if err != nil {
			t.Fatal(err)
		}
		again, err := publish(t, rig, "1.0.0", main)
		if err != nil || again.PublishedAt != first.PublishedAt || len(rig.Facts) != 1 {
			t.Fatalf("the same content again: %v, %v, %d facts", again, err, len(rig.Facts))
		}
		_, err = publish(t, rig, "1.0.0", main+"\n# changed\n")
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || e.Kind != kernel.Conflict || !strings.Contains(e.Fix, "raise the version") {
			t.Fatalf("other content: %v, want a conflict that tells to raise the version", err)
		}
	})
}

func TestPublishingAtOnceKeepsOne(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, rig *moduletest.Rig) {
		var wait sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			packed := moduletest.Pack(t, map[string]string{"main.tf": main})
			wait.Go(func() {
				_, results[i] = rig.Publish(t.Context(), acme(), cache(), "1.0.0", packed)
			})
		}
		wait.Wait()
		if err := errors.Join(results...); err != nil {
			t.Fatal(err)
		}
		if versions, err := rig.Versions(t.Context(), acme(), cache()); err != nil || len(versions) != 1 {
			t.Fatalf("%d versions, %v", len(versions), err)
		}
	})
}

func TestPublishRefusesWhatIsNoModule(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	for name, c := range map[string]struct {
		files map[string]string
		file  string
		line  int
	}{
		"syntax":                {map[string]string{"main.tf": "variable \"a\" {\n  type = \n}\n"}, "main.tf", 2},
		"syntax of a submodule": {map[string]string{"main.tf": main, "sub/a.tf": "\n\n}"}, "sub/a.tf", 3},
		"json":                  {map[string]string{"main.tf.json": "{\n\"a\" 1}"}, "main.tf.json", 2},
		"without end":           {map[string]string{"main.tf": main, "sub/a.tf": "a = " + strings.Repeat("(", 1<<18)}, "sub/a.tf", 1},
		"json without end":      {map[string]string{"main.tf.json": "{\n\"a\": " + strings.Repeat("[", 1<<18)}, "main.tf.json", 2},
		"not a module":          {map[string]string{"README.md": "hello"}, "", 0},
		"block without a name":  {map[string]string{"main.tf": main + "variable {\n}\n"}, "main.tf", 13},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := rig.Publish(t.Context(), acme(), cache(), "1.0.0", moduletest.Pack(t, c.files))
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok || e.Kind != kernel.Invalid {
				t.Fatalf("got %v, want invalid", err)
			}
			if c.file != "" && (len(e.Problems) == 0 || e.Problems[0].File != c.file || e.Problems[0].Line != c.line) {
				t.Fatalf("problems %v, want one at %s:%d", e.Problems, c.file, c.line)
			}
		})
	}
}

func TestPublishRefusesAddressesAndVersions(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	for name, c := range map[string]struct {
		address module.Address
		version string
	}{
		"upper case":     {module.Address{Namespace: "Acme", Name: "cache", System: "local"}, "1.0.0"},
		"empty system":   {module.Address{Namespace: "acme", Name: "cache"}, "1.0.0"},
		"slash":          {module.Address{Namespace: "a/b", Name: "cache", System: "local"}, "1.0.0"},
		"leading v":      {cache(), "v1.0.0"},
		"two numbers":    {cache(), "1.0"},
		"build metadata": {cache(), "1.0.0+7"},
		"word":           {cache(), "latest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := rig.Publish(t.Context(), acme(), c.address, c.version, moduletest.Pack(t, map[string]string{"main.tf": main}))
			if !kernel.Is(err, kernel.Invalid) {
				t.Fatalf("got %v, want invalid", err)
			}
		})
	}
}

func TestTenantsSeeTheirOwnModulesOnly(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, rig *moduletest.Rig) {
		mustPublish(t, rig, "1.0.0")
		other := kernel.Scope{Tenant: "other"}
		_, errGet := rig.Get(t.Context(), other, cache(), "1.0.0")
		_, errVersions := rig.Versions(t.Context(), other, cache())
		_, _, errArchive := rig.Archive(t.Context(), other, cache(), "1.0.0")
		_, errResolve := rig.Resolve(t.Context(), other, graph.ModuleRef{Source: cache().String()})
		for name, err := range map[string]error{"get": errGet, "versions": errVersions, "archive": errArchive, "resolve": errResolve} {
			if !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%s: %v, want not found", name, err)
			}
		}
		page, err := rig.List(t.Context(), other, kernel.PageRequest{})
		if err != nil || len(page.Items) != 0 {
			t.Errorf("list: %v, %v", page.Items, err)
		}
	})
}

func TestArchiveIsNormal(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	mustPublish(t, rig, "1.0.0")
	v, content, err := rig.Archive(t.Context(), acme(), cache(), "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	packed, err := io.ReadAll(content)
	if err != nil || content.Close() != nil {
		t.Fatal(err)
	}
	want, err := archive.Files{"main.tf": []byte(main)}.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if string(packed) != string(want) || kernel.DigestOf(packed) != v.Archive || int64(len(packed)) != v.Size {
		t.Fatal("the archive is not the module in its normal form")
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	mustPublish(t, rig, "1.0.0", "1.2.0", "1.10.0", "2.0.0", "2.1.0-rc.1")
	for name, c := range map[string]struct{ constraint, want string }{
		"any takes the newest release":     {"", "2.0.0"},
		"numbers, not texts":               {"~> 1.0", "1.10.0"},
		"a range":                          {">= 1.0.0, < 1.10.0", "1.2.0"},
		"exact":                            {"1.0.0", "1.0.0"},
		"a pre-release when asked for":     {"2.1.0-rc.1", "2.1.0-rc.1"},
		"no pre-release by a lower bound":  {">= 1.0.0", "2.0.0"},
		"no pre-release of the same minor": {"~> 2.0", "2.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pin, err := rig.Resolve(t.Context(), acme(), graph.ModuleRef{Source: cache().String(), Version: c.constraint})
			if err != nil {
				t.Fatal(err)
			}
			want := graph.ModulePin{
				Source: "acme/cache/local", Version: c.want, Digest: pin.Digest,
				Inputs: []string{"name", "size"}, Outputs: []string{"host"}, Required: []string{"name"}, SensitiveInputs: []string{},
			}
			if diff := cmp.Diff(want, pin); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestResolveSaysWhatThereIs(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	mustPublish(t, rig, "1.0.0", "1.1.0")
	_, err := rig.Resolve(t.Context(), acme(), graph.ModuleRef{Source: cache().String(), Version: "~> 2.0"})
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || e.Kind != kernel.NotFound || !strings.Contains(e.Fix, "1.1.0, 1.0.0") {
		t.Fatalf("got %v, want a fix that lists the versions", err)
	}
	for _, ref := range []graph.ModuleRef{{Source: "cache"}, {Source: cache().String(), Version: "newest"}} {
		if _, err := rig.Resolve(t.Context(), acme(), ref); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%v: %v, want invalid", ref, err)
		}
	}
}

func TestLatest(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	mustPublish(t, rig, "1.0.0", "1.10.0", "2.0.0-rc.1")
	azure := module.Address{Namespace: "acme", Name: "cache", System: "azurerm"}
	if _, err := rig.Publish(t.Context(), acme(), azure, "0.1.0-alpha", moduletest.Pack(t, map[string]string{"main.tf": main})); err != nil {
		t.Fatal(err)
	}
	got, err := rig.Latest(t.Context(), acme(), cache())
	if err != nil || got.Version != "1.10.0" {
		t.Fatalf("got %s, %v", got.Version, err)
	}
	each, err := rig.LatestOfEach(t.Context(), acme(), "acme", "cache")
	if err != nil || len(each) != 2 || each[0].Version != "0.1.0-alpha" || each[1].Version != "1.10.0" {
		t.Fatalf("got %v, %v", each, err)
	}
}

func TestListIsPaged(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, rig *moduletest.Rig) {
		mustPublish(t, rig, "1.0.0", "1.1.0", "1.2.0")
		var got []string
		request := kernel.PageRequest{Limit: 2}
		for {
			page, err := rig.List(t.Context(), acme(), request)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Items {
				got = append(got, v.Version)
			}
			if request.Cursor = page.Next; page.Next == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{"1.0.0", "1.1.0", "1.2.0"}, got); diff != "" {
			t.Fatal(diff)
		}
		if _, err := rig.List(t.Context(), acme(), kernel.PageRequest{Cursor: "x"}); !kernel.Is(err, kernel.Invalid) {
			t.Fatalf("a made-up cursor: %v, want invalid", err)
		}
	})
}

func TestEveryDoorAsksForPermission(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	mustPublish(t, rig, "1.0.0")
	for _, action := range []string{"module.publish", "module.read", "definition.apply", "definition.read", "definition.delete"} {
		rig.Denied[action] = true
	}
	ctx := t.Context()
	_, publishErr := publish(t, rig, "1.0.0", main)
	_, getErr := rig.Get(ctx, acme(), cache(), "1.0.0")
	_, versionsErr := rig.Versions(ctx, acme(), cache())
	_, latestErr := rig.Latest(ctx, acme(), cache())
	_, eachErr := rig.LatestOfEach(ctx, acme(), "acme", "cache")
	_, listErr := rig.List(ctx, acme(), kernel.PageRequest{})
	_, applyErr := rig.ApplyDefinition(ctx, acme(), "cache", []byte(definition("cache", "")))
	_, definitionErr := rig.Definition(ctx, acme(), "cache")
	_, definitionsErr := rig.ListDefinitions(ctx, acme(), kernel.PageRequest{})
	for i, err := range []error{
		publishErr, getErr, versionsErr, latestErr, eachErr, listErr, applyErr, definitionErr, definitionsErr,
		rig.DeleteDefinition(ctx, acme(), "cache"),
	} {
		if !kernel.Is(err, kernel.Denied) {
			t.Errorf("door %d: %v, want denied", i, err)
		}
	}
}

// TestWhatIsReadIsTheReaders: who changes what was read of a version changes nothing
// of what the next one reads, and versions with other variables keep theirs.
func TestWhatIsReadIsTheReaders(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, rig *moduletest.Rig) {
		mustPublish(t, rig, "1.0.0")
		if _, err := publish(t, rig, "2.0.0", `variable "other" {}`); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			v, err := rig.Get(t.Context(), acme(), cache(), "1.0.0")
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Inputs) != 2 || v.Inputs[0].Name != "name" || len(v.Outputs) != 1 || v.Outputs[0].Name != "host" {
				t.Fatalf("1.0.0 has %+v and %+v", v.Inputs, v.Outputs)
			}
			v.Inputs[0].Name, v.Outputs[0].Name = "changed", "changed"
			if v, err = rig.Get(t.Context(), acme(), cache(), "2.0.0"); err != nil || len(v.Inputs) != 1 || v.Inputs[0].Name != "other" || len(v.Outputs) != 0 {
				t.Fatalf("2.0.0 has %+v and %+v (%v)", v.Inputs, v.Outputs, err)
			}
		}
	})
}
