package release_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/release/releasesql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// world is a service with everything around it, which tests change.
type world struct {
	*release.Service

	store    *releasesql.Store
	stages   *stage.Set
	defs     []graph.Definition
	versions map[string]string // of modules by source
	denied   string
	mu       sync.Mutex
	facts    []kernel.Fact
	blobs    *blob.Store
	config   release.Config
}

func (w *world) Index(context.Context, kernel.Scope) (*graph.Index, error) {
	return graph.NewIndex(w.defs)
}

func (w *world) Resolve(_ context.Context, _ kernel.Scope, ref graph.ModuleRef) (graph.ModulePin, error) {
	v, ok := w.versions[ref.Source]
	if !ok {
		return graph.ModulePin{}, kernel.Errorf(kernel.NotFound, "there is no module %s", ref.Source)
	}
	return graph.ModulePin{Source: ref.Source, Version: v, Digest: "sha256:" + v, Inputs: []string{"name", "size"}, Outputs: []string{"host"}}, nil
}

func (w *world) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if action == w.denied || scope.Project == "" || scope.Stage != "" {
		return kernel.Errorf(kernel.Denied, "%s is denied in %s", action, scope)
	}
	return nil
}

func (w *world) Record(_ context.Context, f kernel.Fact) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.facts = append(w.facts, f)
	return nil
}

func (w *world) factTypes() (out []string) {
	for _, f := range w.facts {
		out = append(out, f.Type)
	}
	return out
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	blobs, err := blob.Open(t.Context(), "file://"+t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	stages, err := stage.NewSet(stage.Default())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		store: releasesql.NewStore(d), stages: stages, blobs: blobs,
		defs: []graph.Definition{
			definition("redis", 1, graph.Criterion{}), definition("redis-prod", 5, graph.Criterion{Stage: "prod"}),
			definition("redis-other", 9, graph.Criterion{Project: "other"}),
		},
		versions: map[string]string{"terrace/redis/local": "1.0.0", "terrace/service/local": "1.1.0"},
	}
	w.config = release.Config{
		Store: w.store, Tx: d, Authorizer: w, Journal: w, Blobs: blobs, Definitions: w, Modules: w, Stages: stages,
		Lock: []byte("lock"), Spool: t.TempDir(),
	}
	w.Service = release.NewService(w.config)
	return w
}

func definition(name string, size int64, c graph.Criterion) graph.Definition {
	return graph.Definition{
		Name: name, Type: "redis", Criteria: []graph.Criterion{c}, Module: graph.ModuleRef{Source: "terrace/redis/local", Version: "~> 1.0"},
		Inputs: map[string]any{"size": size},
	}
}

func scope() kernel.Scope { return kernel.Scope{Tenant: "default", Project: "shop"} }

func asAda(ctx context.Context) context.Context {
	return kernel.WithActor(ctx, kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "default"})
}

func orders(t *testing.T, more string) *workload.Workload {
	t.Helper()
	w, err := workload.Parse("score.yaml", []byte("apiVersion: score.dev/v1b1\nmetadata: {name: orders}\n"+
		"containers: {main: {image: ., variables: {HOST: '${resources.cache.host}'}}}\nresources: {cache: {type: redis}}\n"+more))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// each runs the test on both databases.
func each(t *testing.T, test func(ctx context.Context, t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{releasesql.Migrations()}, func(t *testing.T, d *db.DB) {
		test(asAda(t.Context()), t, newWorld(t, d))
	})
}

// Create composes a release and keeps it, as a deployment does.
func (w *world) Create(ctx context.Context, where kernel.Scope, n release.New) (release.Release, error) {
	composed, err := w.Compose(ctx, where, n)
	if err != nil {
		return release.Release{}, err
	}
	for {
		if made, err := w.Add(ctx, composed); !kernel.Is(err, kernel.Conflict) {
			return made, err
		}
	}
}

func create(ctx context.Context, t *testing.T, w *world, n release.New) release.Release {
	t.Helper()
	r, err := w.Create(ctx, scope(), n)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCreateFixesWhatServesTheWorkload(t *testing.T) {
	t.Parallel()
	each(t, func(ctx context.Context, t *testing.T, w *world) {
		r := create(ctx, t, w, release.New{Workload: orders(t, ""), Version: "1.0.0"})
		got, err := w.Get(ctx, scope().InStage("prod"), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Errorf("it is stored as something else: %s", diff)
		}
		if r.Number != 1 || r.CreatedBy != "ada" || r.Version != "1.0.0" || r.ID != "rel_"+r.Digest.Hex()[:20] || string(r.Lock) != "lock" {
			t.Errorf("release %+v", r)
		}
		var names []string
		for _, d := range r.Definitions {
			names = append(names, d.Name)
		}
		if diff := cmp.Diff([]string{"redis", "redis-prod"}, names); diff != "" {
			t.Errorf("only what serves some stage is fixed: %s", diff)
		}
		if len(r.Modules) != 2 || r.Modules[0].Pin.Version != "1.0.0" || r.Modules[1].Ref.Source != "terrace/service/local" {
			t.Errorf("modules %+v", r.Modules)
		}
		if diff := cmp.Diff([]string{"release.created"}, w.factTypes()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheSameContentIsTheSameRelease(t *testing.T) {
	t.Parallel()
	each(t, func(ctx context.Context, t *testing.T, w *world) {
		first := create(ctx, t, w, release.New{Workload: orders(t, "")})
		again := create(ctx, t, w, release.New{Workload: orders(t, "# a comment\n")})
		if diff := cmp.Diff(first, again); diff != "" || len(w.facts) != 1 {
			t.Errorf("the same content: %s, facts %v", diff, w.factTypes())
		}
		w.defs = append(w.defs, definition("unrelated", 1, graph.Criterion{ID: "x"}))
		if r := create(ctx, t, w, release.New{Workload: orders(t, "")}); r.ID != first.ID {
			t.Error("a definition that serves nothing of it must not change the release")
		}
		changes := map[string]release.New{
			"workload": {Workload: orders(t, "service: {ports: {web: {port: 80}}}\n")},
			"version":  {Workload: orders(t, ""), Version: "2"},
		}
		ids := map[string]string{first.ID: "first"}
		for name, n := range changes {
			r := create(ctx, t, w, n)
			if other, ok := ids[r.ID]; ok || r.Number < 2 {
				t.Errorf("%s: another content is another release than %q, got number %d", name, other, r.Number)
			}
			ids[r.ID] = name
		}
		w.defs[0].Inputs["size"] = int64(2)
		if r := create(ctx, t, w, release.New{Workload: orders(t, "")}); ids[r.ID] != "" {
			t.Error("another definition is another release")
		}
	})
}

func TestAReleaseDoesNotChange(t *testing.T) {
	t.Parallel()
	each(t, func(ctx context.Context, t *testing.T, w *world) {
		r := create(ctx, t, w, release.New{Workload: orders(t, "")})
		w.versions["terrace/redis/local"], w.versions["terrace/service/local"] = "1.9.0", "1.9.0"
		w.defs = []graph.Definition{definition("newer", 7, graph.Criterion{}), definition("newest", 8, graph.Criterion{Stage: "prod"})}
		if newer := create(ctx, t, w, release.New{Workload: orders(t, "")}); newer.ID == r.ID {
			t.Fatal("newer modules make a new release")
		}
		stored, err := w.Get(ctx, scope(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]int64{"dev": 1, "qs": 1, "prod": 5} {
			st, _ := w.stages.Get(name)
			g, read, err := w.Graph(ctx, stored, st)
			if err != nil {
				t.Fatal(err)
			}
			n := g.Nodes[0]
			if n.Module.Version != "1.0.0" || n.Inputs["size"] != want || read.Name != "orders" {
				t.Errorf("%s: %s with the size %v, want 1.0.0 and %d", name, n.Module.Version, n.Inputs["size"], want)
			}
			if pin, err := stored.Runtime(st); err != nil || pin.Version != "1.1.0" {
				t.Errorf("%s: runtime %+v, %v", name, pin, err)
			}
		}
	})
}

func TestAChangedStageIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, releasesql.Migrations()))
	ctx := asAda(t.Context())
	r := create(ctx, t, w, release.New{Workload: orders(t, "")})
	st, _ := w.stages.Get("dev")
	st.Target = stage.TargetAzure
	if _, err := r.Runtime(st); !kernel.Is(err, kernel.Refused) {
		t.Errorf("a module that the release does not have: %v", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	bare := func(*world) {}
	file, err := workload.Parse("score.yaml", []byte("apiVersion: score.dev/v1b1\nmetadata: {name: orders}\ncontainers: {main: {image: ., files: {/a: {source: a.txt}}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		change func(*world)
		n      release.New
		kind   kernel.Kind
		want   string
	}{
		"who may not":         {func(w *world) { w.denied = release.ActionDeploy }, release.New{Workload: orders(t, "")}, kernel.Denied, "workload.deploy"},
		"a version":           {bare, release.New{Workload: orders(t, ""), Version: "a b"}, kernel.Invalid, `"a b"`},
		"unknown container":   {bare, release.New{Workload: orders(t, ""), Artifacts: map[string]kernel.Digest{"mian": "sha256:1"}}, kernel.Invalid, `no container "mian"`},
		"unknown artifact":    {bare, release.New{Workload: orders(t, ""), Artifacts: map[string]kernel.Digest{"main": "sha256:1"}}, kernel.Invalid, "was not uploaded"},
		"files not inlined":   {bare, release.New{Workload: file}, kernel.Invalid, "a.txt"},
		"a stage without one": {func(w *world) { w.defs = []graph.Definition{definition("dev", 1, graph.Criterion{Stage: "dev"})} }, release.New{Workload: orders(t, "")}, kernel.Invalid, "for the stage test"},
		"a missing module":    {func(w *world) { delete(w.versions, "terrace/redis/local") }, release.New{Workload: orders(t, "")}, kernel.NotFound, "terrace/redis/local"},
		"no runtime":          {func(w *world) { delete(w.versions, "terrace/service/local") }, release.New{Workload: orders(t, "")}, kernel.NotFound, "terrace/service/local"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, dbtest.SQLite(t, releasesql.Migrations()))
			c.change(w)
			_, err := w.Create(asAda(t.Context()), scope(), c.n)
			if !kernel.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s %q", err, c.kind, c.want)
			}
			if len(w.facts) != 0 {
				t.Errorf("facts %v", w.factTypes())
			}
		})
	}
}

func TestVersionComesFromTheAnnotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, releasesql.Migrations()))
	labelled := orders(t, "")
	labelled.Annotations = map[string]string{release.VersionAnnotation: "3.1.4"}
	ctx := asAda(t.Context())
	if r := create(ctx, t, w, release.New{Workload: labelled}); r.Version != "3.1.4" {
		t.Errorf("version %q", r.Version)
	}
	if r := create(ctx, t, w, release.New{Workload: orders(t, "")}); r.Version != r.Digest.Hex()[:8] {
		t.Errorf("version %q", r.Version)
	}
}

func TestReleasesAreNumberedAndListed(t *testing.T) {
	t.Parallel()
	each(t, func(ctx context.Context, t *testing.T, w *world) {
		const n = 5
		var group sync.WaitGroup
		errs := make([]error, n)
		for i := range n {
			group.Go(func() {
				_, errs[i] = w.Create(ctx, scope(), release.New{Workload: orders(t, ""), Version: "v" + string(rune('0'+i))})
			})
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		var numbers []int
		page := kernel.PageRequest{Limit: 2}
		for {
			p, err := w.List(ctx, scope(), "orders", page)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range p.Items {
				numbers = append(numbers, r.Number)
			}
			if page.Cursor = p.Next; p.Next == "" {
				break
			}
		}
		if diff := cmp.Diff([]int{5, 4, 3, 2, 1}, numbers); diff != "" {
			t.Error(diff)
		}
		if _, err := w.List(ctx, scope(), "orders", kernel.PageRequest{Cursor: "x"}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("a strange cursor: %v", err)
		}
	})
}

func TestScopesAreApart(t *testing.T) {
	t.Parallel()
	each(t, func(ctx context.Context, t *testing.T, w *world) {
		r := create(ctx, t, w, release.New{Workload: orders(t, "")})
		for _, other := range []kernel.Scope{{Tenant: "default", Project: "other"}, {Tenant: "other", Project: "shop"}} {
			if _, err := w.Get(ctx, other, r.ID); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%s sees the release: %v", other, err)
			}
			if p, err := w.List(ctx, other, "orders", kernel.PageRequest{}); err != nil || len(p.Items) != 0 {
				t.Errorf("%s lists %v, %v", other, p.Items, err)
			}
		}
		w.denied = release.ActionRead
		if _, err := w.Get(ctx, scope(), r.ID); !kernel.Is(err, kernel.Denied) {
			t.Errorf("get: %v", err)
		}
		if _, err := w.List(ctx, scope(), "orders", kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("list: %v", err)
		}
	})
}
