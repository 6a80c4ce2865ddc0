package source_test

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/delivery/build/buildsql"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/source/sourcesql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/stage/stagesql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/headers"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// bench is a service on a real database and real repositories, with what it
// changes written by hand but for the stages.
type bench struct {
	*source.Service
	t       *testing.T
	store   *sourcesql.Store
	stages  *stage.Set
	defs    *definitions
	runs    *workloads
	facts   *vcstest.Facts
	repo    vcs.Repository
	clone   string
	vcs     *vcstest.Bench
	now     time.Time
	actions source.Config
	builds  *build.Service
	// gateway is a real one, with a kind of policy.
	gateway *gateway.Service
	mesh    *mesh.Service
	// built are the folders that were built, with their files.
	built []string
}

func newBench(t *testing.T, d *db.DB) *bench {
	t.Helper()
	b := &bench{t: t, store: sourcesql.NewStore(d), vcs: vcstest.On(t, d, nil), defs: &definitions{all: map[string]string{}}, facts: &vcstest.Facts{}}
	b.now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var err error
	if b.stages, err = stage.NewSet(stage.Default()); err != nil {
		t.Fatal(err)
	}
	sets := stage.NewService(stage.Config{Set: b.stages, Store: stagesql.NewStore(d), Tx: d, Journal: b.facts, Authorizer: b.vcs.People, Uses: b, Tenant: "acme"})
	if err := sets.Load(b.as("admin"), stage.Default()); err != nil {
		t.Fatal(err)
	}
	b.runs = &workloads{stages: b.stages, deployed: map[string]run.Deployment{}, last: map[string]run.Run{}}
	b.builds = build.New(build.Config{
		Store: buildsql.NewStore(d), Tx: d, Journal: b.facts, Commits: b, Builder: b, Dir: t.TempDir(), Node: "one", Clock: func() time.Time { return b.now },
	})
	kept := gatewaysql.NewStore(d)
	b.gateway = gateway.NewService(gateway.Config{
		Store: kept, PolicyStore: kept, Owners: kept, Library: kept, Authorizer: b.vcs.People, Stages: known{b.stages}, Journal: b.facts, Tx: d,
		Log: slog.New(slog.DiscardHandler), Clock: func() time.Time { return b.now }, Kinds: []gateway.Kind{headers.New()},
	})
	meshed := meshsql.NewStore(d)
	b.mesh = mesh.NewService(mesh.Config{
		Store: meshed, Owners: meshed, Authorizer: b.vcs.People, Stages: known{b.stages}, Journal: b.facts, Tx: d,
		Log: slog.New(slog.DiscardHandler), Clock: func() time.Time { return b.now }, Domain: "localhost",
	})
	b.actions = source.Config{
		Gateway: b.gateway, Mesh: b.mesh,
		Builds: b.builds,
		Store:  b.store, Tx: d, Authorizer: b.vcs.People, Journal: b.facts, Repositories: b.vcs.Service, Stages: sets, Definitions: b.defs, Workloads: b.runs,
		Projects: b, Tenant: "acme", Node: "one", Clock: func() time.Time { return b.now },
	}
	b.Service = source.New(b.actions)
	b.builds.Listeners = append(b.builds.Listeners, b.Service)
	if b.repo, err = b.vcs.Create(b.as("admin"), vcstest.Shop(), vcs.NewRepository{Name: "platform"}); err != nil {
		t.Fatal(err)
	}
	b.clone = t.TempDir()
	b.git("init", "-q", "-b", "main")
	b.git("remote", "add", "origin", b.vcs.Files(b.repo).Dir)
	return b
}

// known are the stages that there are.
type known struct{ set *stage.Set }

// Check implements gateway.Stages.
func (k known) Check(name string) error {
	_, err := k.set.Get(name)
	return err
}

// StageUse finds prod in use.
func (b *bench) StageUse(_ context.Context, name string) (string, error) {
	if name == "prod" {
		return "workload orders of project shop", nil
	}
	return "", nil
}

// Exists knows the project shop.
func (b *bench) Exists(_ context.Context, scope kernel.Scope) error {
	if scope.Project == "shop" {
		return nil
	}
	return kernel.Errorf(kernel.NotFound, "no project")
}

func (b *bench) as(name string) context.Context { return vcstest.As(b.t.Context(), name) }

func (b *bench) git(args ...string) string {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), "git", args...)
	cmd.Dir = b.clone
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// push commits the files, empty ones removed, and pushes.
func (b *bench) push(files map[string]string) string {
	b.t.Helper()
	return b.pushTo("main", files)
}

// pushTo is push to a branch, over what it was.
func (b *bench) pushTo(branch string, files map[string]string) string {
	b.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(b.clone, name)
		if files[name] == "" {
			b.git("rm", "-q", name)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[name]), 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	b.git("add", "-A")
	b.git("commit", "-q", "--allow-empty", "-m", "change")
	b.git("push", "-q", "-f", "origin", "HEAD:"+branch)
	return b.git("rev-parse", "HEAD")
}

func (b *bench) add(change func(*source.Source)) {
	b.t.Helper()
	n := source.Source{Name: "platform", RepositoryProject: "shop", Repository: "platform", Prune: true}
	if change != nil {
		change(&n)
	}
	if _, err := b.Add(b.as("admin"), kernel.Scope{Tenant: "acme"}, n); err != nil {
		b.t.Fatal(err)
	}
}

// reconcile does so as the loop would, and returns how all stands.
func (b *bench) reconcile() source.Details {
	b.t.Helper()
	b.now = b.now.Add(time.Minute)
	d := b.details()
	if err := b.Reconcile(b.t.Context(), d.Source); err != nil {
		b.t.Fatal(err)
	}
	return b.details()
}

func (b *bench) details() source.Details {
	b.t.Helper()
	d, err := b.Get(b.as("admin"), kernel.Scope{Tenant: "acme"}, "platform")
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

func states(d source.Details) string {
	var out []string
	for _, o := range d.Objects {
		out = append(out, o.String()+" "+string(o.State))
	}
	return strings.Join(out, ", ")
}

// definitions keeps them in memory.
type definitions struct {
	all   map[string]string
	inUse string
}

func (d *definitions) Definition(_ context.Context, _ kernel.Scope, name string) (module.Stored, error) {
	src, ok := d.all[name]
	if !ok {
		return module.Stored{}, kernel.Errorf(kernel.NotFound, "no definition")
	}
	return module.Stored{Name: name, Source: src, Digest: kernel.DigestOf([]byte(src))}, nil
}

func (d *definitions) ApplyDefinition(_ context.Context, _ kernel.Scope, name string, src []byte) (module.Stored, error) {
	d.all[name] = string(src)
	return module.Stored{Name: name}, nil
}

func (d *definitions) DeleteDefinition(_ context.Context, _ kernel.Scope, name string) error {
	if name == d.inUse {
		return kernel.Errorf(kernel.Conflict, "definition %s serves 1 resources that live", name)
	}
	delete(d.all, name)
	return nil
}

// workloads are runs that end when a test says so.
type workloads struct {
	stages   *stage.Set
	deployed map[string]run.Deployment
	last     map[string]run.Run
	asked    []string
	by       []kernel.Actor
	causes   []string
	refuse   error
	// artifacts are those of the last deployment.
	artifacts map[string]kernel.Digest
}

func (w *workloads) Workload(_ context.Context, scope kernel.Scope, name string) (run.WorkloadStatus, error) {
	out := run.WorkloadStatus{Workload: name}
	for _, st := range w.stages.All() {
		in := run.StageStatus{Stage: st.Name}
		if d, ok := w.deployed[name+"/"+st.Name]; ok {
			in.Deployment = &d
		}
		if r, ok := w.last[name+"/"+st.Name]; ok {
			in.Run = &r
		}
		out.Stages = append(out.Stages, in)
	}
	return out, nil
}

func (w *workloads) ask(ctx context.Context, stageName, name, reason string, op run.Operation) run.Run {
	actor, _ := kernel.ActorFrom(ctx)
	r := run.Run{
		ID: kernel.NewID("run"), Workload: name, Operation: op, Status: run.Queued, Reason: reason, RequestedBy: actor, Scope: kernel.Scope{Stage: stageName},
		Release: run.ReleaseRef{ID: kernel.NewID("rel")},
	}
	w.last[name+"/"+stageName] = r
	w.asked, w.by = append(w.asked, string(op)+" "+name+" "+stageName), append(w.by, actor)
	w.causes = append(w.causes, kernel.CauseFrom(ctx))
	return r
}

func (w *workloads) Deploy(ctx context.Context, _ kernel.Scope, d run.DeployRequest) (run.Run, error) {
	if w.refuse != nil {
		return run.Run{}, w.refuse
	}
	w.artifacts = d.Artifacts
	return w.ask(ctx, d.Stage, d.Workload.Name, d.Reason, run.Deploy), nil
}

func (w *workloads) Destroy(ctx context.Context, _ kernel.Scope, c run.ChangeRequest) (run.Run, error) {
	return w.ask(ctx, c.Stage, c.Workload, c.Reason, run.Destroy), nil
}

// end ends the newest run of a workload on a stage.
func (w *workloads) end(name, stageName string, status run.Status) {
	r := w.last[name+"/"+stageName]
	r.Status = status
	w.last[name+"/"+stageName] = r
	switch {
	case status != run.Succeeded:
	case r.Operation == run.Destroy:
		delete(w.deployed, name+"/"+stageName)
	default:
		w.deployed[name+"/"+stageName] = run.Deployment{Workload: name, Scope: r.Scope, Release: r.Release, Run: r.ID, Status: run.DeploymentVerified}
	}
}

func stageFile(name string, order string, more string) string {
	return "name: " + name + "\norder: " + order + "\ntarget: local\nruntime: process\n" + more
}

func definition(name string) string {
	return "apiVersion: terrace.dev/v1\nkind: Definition\nmetadata:\n  name: " + name + "\nspec:\n  type: motto\n  module: {source: script/motto/local, version: 1.0.0}\n"
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on PATH")
	}
	dbtest.Each(t, []db.Migrations{sourcesql.Migrations(), stagesql.Migrations(), vcssql.Migrations(), buildsql.Migrations(), gatewaysql.Migrations(), meshsql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, newBench(t, d)) })
}

const orders = "projects/shop/workloads/orders/score.yaml"
