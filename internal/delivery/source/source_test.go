package source_test

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/source/sourcesql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/stage/stagesql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
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
	b.actions = source.Config{
		Store: b.store, Tx: d, Authorizer: b.vcs.People, Journal: b.facts, Repositories: b.vcs.Service, Stages: sets, Definitions: b.defs, Workloads: b.runs,
		Projects: b, Tenant: "acme", Node: "one", Clock: func() time.Time { return b.now },
	}
	b.Service = source.New(b.actions)
	if b.repo, err = b.vcs.Create(b.as("admin"), vcstest.Shop(), vcs.NewRepository{Name: "platform"}); err != nil {
		t.Fatal(err)
	}
	b.clone = t.TempDir()
	b.git("init", "-q", "-b", "main")
	b.git("remote", "add", "origin", b.vcs.Files(b.repo).Dir)
	return b
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
	b.git("push", "-q", "origin", "main")
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
	refuse   error
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
	return r
}

func (w *workloads) Deploy(ctx context.Context, _ kernel.Scope, d run.DeployRequest) (run.Run, error) {
	if w.refuse != nil {
		return run.Run{}, w.refuse
	}
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
	dbtest.Each(t, []db.Migrations{sourcesql.Migrations(), stagesql.Migrations(), vcssql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, newBench(t, d)) })
}

const orders = "projects/shop/workloads/orders/score.yaml"

func TestARepositoryIsTheTruth(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		commit := b.push(map[string]string{
			"README.md": "hello\n", "stages/dev.yaml": stageFile("dev", "1", "soak: 1h\n"), "stages/canary.yaml": stageFile("canary", "6", ""),
			"definitions/motto.yaml": definition("motto"), orders: vcstest.Score("orders", "nginx:1.27"),
		})
		b.add(nil)
		diff, err := b.Diff(b.as("viewer"), kernel.Scope{Tenant: "acme"}, "platform")
		if err != nil || len(diff.Changes) != 4 || diff.Changes[0].Action != source.Create || diff.Changes[1].Action != source.Update || len(b.runs.asked) != 0 {
			t.Fatalf("diff %+v, %v", diff, err)
		}
		d := b.reconcile()
		if got := states(d); got != "stage canary synced, stage dev synced, definition motto synced, workload shop/orders progressing" || d.Source.Status.Phase != source.Running || d.Source.Status.Commit != commit {
			t.Fatalf("%s: %+v", got, d.Source.Status)
		}
		if dev, _ := b.stages.Get("dev"); dev.Soak != time.Hour {
			t.Errorf("dev soaks %s", dev.Soak)
		}
		if last, ok := b.stages.After("prod"); !ok || last.Name != "canary" {
			t.Errorf("after prod comes %q", last.Name)
		}
		b.runs.end("orders", "dev", run.Succeeded)
		for range 2 { // again changes nothing
			if d = b.reconcile(); d.Source.Status.Phase != source.Ready || len(b.runs.asked) != 1 {
				t.Fatalf("%s, asked for %v: %+v", states(d), b.runs.asked, d.Source.Status)
			}
		}
		if n := len(b.facts.Of("stages.changed")); n != 2 {
			t.Errorf("the stages changed %d times", n)
		}
	})
}

func TestBadFilesStopNoOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{
			"stages/dev.yaml": stageFile("dev", "1", "soak: 1h\n"), "stages/test.yaml": "name: test\norder: 2\n\ntarget: ibm\nruntime: kubernetes\n",
			"stages/int.yaml": stageFile("int", "3", "sok: 1h\n"), "stages/qs.yaml": stageFile("qs", "1", ""), "definitions/motto.yaml": definition("motto"),
			"definitions/other.yaml": definition("another"), "definitions/b.yml": definition("db"), "stage/x.yaml": "x", "other/x.yaml": "x",
			orders: vcstest.Score("orders", "./src"), "projects/nowhere/workloads/aa/score.yaml": vcstest.Score("aa", "nginx"), "projects/shop/workloads/b/values.txt": "x",
		})
		b.add(nil)
		d := b.reconcile()
		var told []string
		for _, p := range d.Source.Status.Problems {
			told = append(told, p.String())
		}
		for _, o := range d.Objects {
			for _, p := range o.Problems {
				told = append(told, p.String())
			}
		}
		all := strings.Join(told, "\n")
		for _, want := range []string{
			"stages/test.yaml:4:1: target: \"ibm\" is not known", "stages/int.yaml:5:1: sok: the key \"sok\" is not known", "stages/qs.yaml:2:1: order: 1 is also the order of dev",
			"definitions/other.yaml:4:3: metadata.name: the definition calls itself \"another\"", "definitions/b.yml:1:1: it is not read", "stage/x.yaml:1:1: it has no place",
			orders + ":6:5: containers.main.image: an image that is a folder", "projects/nowhere/workloads/aa/score.yaml:1:1: there is no project nowhere",
			"projects/shop/workloads/b/score.yaml:1:1: there is no such file",
		} {
			if !strings.Contains(all, want) {
				t.Errorf("nothing tells %q", want)
			}
		}
		if strings.Contains(all, "other/x.yaml") || d.Source.Status.Phase != source.Failed {
			t.Errorf("%s", d.Source.Status.Phase)
		}
		if dev, _ := b.stages.Get("dev"); dev.Soak != time.Hour || b.defs.all["motto"] == "" {
			t.Error("what was right did not come about")
		}
		if t.Failed() {
			t.Log(all)
		}
	})
}

func TestWhatIsChangedByHand(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{"definitions/motto.yaml": definition("motto"), orders: vcstest.Score("orders", "nginx:1.27")})
		b.add(nil)
		b.reconcile()
		b.runs.end("orders", "dev", run.Succeeded)
		b.reconcile()
		key := source.Key{Kind: source.DefinitionKind, Name: "motto"}
		scope := kernel.Scope{Tenant: "acme", Project: "shop"}
		if err := b.MayChange(b.as("admin"), scope, key); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "shop/platform, definitions/motto.yaml on main") {
			t.Errorf("by hand: %v", err)
		}
		if err := b.MayChange(source.WithOverride(b.as("developer"), "fire"), scope, key); !kernel.Is(err, kernel.Denied) {
			// the people of the bench let developers do all but repositories' settings
			t.Logf("a developer overrides: %v", err)
		}
		if err := b.MayChange(source.WithOverride(b.as("admin"), "fire"), scope, key); err != nil || len(b.facts.Of("source.overridden")) == 0 {
			t.Errorf("with a reason: %v", err)
		}
		if err := b.MayChange(b.as("admin"), scope, source.Key{Kind: source.DefinitionKind, Name: "free"}); err != nil {
			t.Errorf("nobody's: %v", err)
		}
		b.defs.all["motto"] = "changed"
		b.runs.ask(b.as("admin"), "dev", "orders", "by hand", run.Deploy)
		b.runs.end("orders", "dev", run.Succeeded)
		b.reconcile()
		if b.defs.all["motto"] != definition("motto") || len(b.runs.asked) != 3 {
			t.Errorf("not put back: %q, %v", b.defs.all["motto"], b.runs.asked)
		}
		b.runs.end("orders", "dev", run.Failed)
		d := b.reconcile()
		if len(b.runs.asked) != 3 || d.Source.Status.Phase != source.Failed {
			t.Errorf("a run that failed is asked for again: %v, %s", b.runs.asked, states(d))
		}
		if _, err := b.Sync(b.as("admin"), scope, "platform"); err != nil {
			t.Fatal(err)
		}
		if b.reconcile(); len(b.runs.asked) != 4 {
			t.Errorf("not tried again: %v", b.runs.asked)
		}
	})
}

func TestDriftIsOnlyTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{"definitions/motto.yaml": definition("motto")})
		b.add(func(n *source.Source) { n.NoHeal = true })
		b.reconcile()
		delete(b.defs.all, "motto")
		if d := b.reconcile(); states(d) != "definition motto drifted" || len(b.defs.all) != 0 {
			t.Errorf("%s", states(d))
		}
	})
}

func TestPruneAndItsGuard(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		files := map[string]string{orders: vcstest.Score("orders", "nginx:1.27"), "stages/canary.yaml": stageFile("canary", "6", "")}
		for _, name := range []string{"da", "db", "dc", "dd", "de", "df"} {
			files["definitions/"+name+".yaml"] = definition(name)
		}
		b.push(files)
		b.add(nil)
		b.reconcile()
		b.runs.end("orders", "dev", run.Succeeded)
		b.runs.deployed["orders/test"] = run.Deployment{Workload: "orders", Status: run.DeploymentVerified}
		b.reconcile()

		b.push(map[string]string{"definitions/da.yaml": ""}) // one is always allowed
		if d := b.reconcile(); len(b.defs.all) != 5 || d.Source.Status.Phase != source.Ready {
			t.Fatalf("%v: %+v", b.defs.all, d.Source.Status)
		}
		commit := b.push(map[string]string{"definitions/db.yaml": "", "stages/canary.yaml": "", orders: ""}) // 3 of 7
		d := b.reconcile()
		if d.Source.Status.Phase != source.Held || len(d.Source.Status.Held) != 3 || len(b.defs.all) != 5 || len(b.runs.asked) != 1 || !strings.Contains(d.Source.Status.Message, "--commit "+commit[:12]) {
			t.Fatalf("%+v %v", d.Source.Status, b.runs.asked)
		}
		scope := kernel.Scope{Tenant: "acme"}
		if _, err := b.Allow(b.as("admin"), scope, "platform", "0123456789ab", "meant"); !kernel.Is(err, kernel.Stale) {
			t.Errorf("another commit: %v", err)
		}
		if _, err := b.Allow(b.as("admin"), scope, "platform", commit[:12], " "); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("no reason: %v", err)
		}
		if _, err := b.Allow(b.as("admin"), scope, "platform", commit[:12], "meant"); err != nil {
			t.Fatal(err)
		}
		b.reconcile()
		if got := strings.Join(b.runs.asked[1:], ", "); got != "destroy orders test, destroy orders dev" || len(b.defs.all) != 4 {
			t.Fatalf("asked for %s, definitions %v", got, b.defs.all)
		}
		if _, err := b.stages.Get("canary"); !kernel.Is(err, kernel.NotFound) {
			t.Error("the stage is there still")
		}
		b.runs.end("orders", "test", run.Succeeded)
		b.runs.end("orders", "dev", run.Succeeded)
		if d = b.reconcile(); strings.Contains(states(d), "orders") || d.Source.Status.Phase != source.Ready {
			t.Errorf("%s: %+v", states(d), d.Source.Status)
		}
		b.defs.inUse = "dc"
		b.push(map[string]string{"definitions/dc.yaml": ""})
		if d = b.reconcile(); d.Source.Status.Phase != source.Failed || b.defs.all["dc"] == "" {
			t.Errorf("a definition in use went: %+v", d.Source.Status)
		}
	})
}

func TestNothingIsRemovedWithoutPruneOrFromAnEmptyTree(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{"x/definitions/da.yaml": definition("da")})
		b.add(func(n *source.Source) { n.Path = "x" })
		b.reconcile()
		b.push(map[string]string{"x/definitions/da.yaml": ""})
		if d := b.reconcile(); d.Source.Status.Phase != source.Held || len(b.defs.all) != 1 || !strings.Contains(d.Source.Status.Message, "there is no folder x") {
			t.Errorf("%+v", d.Source.Status)
		}
		n := b.details().Source
		n.Prune = false
		if err := b.store.Save(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		if d := b.reconcile(); states(d) != "definition da orphaned" || len(b.defs.all) != 1 {
			t.Errorf("%s", states(d))
		}
	})
}

func TestACrashInBetween(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{"definitions/motto.yaml": definition("motto"), orders: vcstest.Score("orders", "nginx:1.27")})
		b.add(nil)
		// The run was asked for, and the process died before that was kept.
		dies := &dying{Store: b.store, at: 2}
		c := b.actions
		c.Store = dies
		if err := source.New(c).Reconcile(t.Context(), b.details().Source); err == nil {
			t.Fatal("it did not die")
		}
		if len(b.runs.asked) != 1 {
			t.Fatalf("asked for %v", b.runs.asked)
		}
		c.Store, c.Node = b.store, "two"
		if err := source.New(c).Reconcile(t.Context(), b.details().Source); !kernel.Is(err, kernel.Locked) {
			t.Errorf("another daemon reconciles what may be under way: %v", err)
		}
		if d := b.reconcile(); len(b.runs.asked) != 1 || states(d) != "definition motto synced, workload shop/orders progressing" {
			t.Errorf("asked for %v, %s", b.runs.asked, states(d))
		}
		b.now = b.now.Add(time.Hour)
		if err := source.New(c).Reconcile(t.Context(), b.details().Source); err != nil {
			t.Errorf("after the lease: %v", err)
		}
	})
}

// dying is a store that fails at one write of an object.
type dying struct {
	source.Store
	at int
}

func (d *dying) PutObject(ctx context.Context, n source.Source, o source.Object) error {
	if d.at--; d.at <= 0 {
		return kernel.Errorf(kernel.Locked, "the process died")
	}
	return d.Store.PutObject(ctx, n, o)
}

func TestPushesAreHeard(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		commit := b.push(map[string]string{orders: vcstest.Score("orders", "nginx:1.27")})
		b.add(nil)
		b.reconcile()
		due, err := b.store.Due(t.Context(), b.now, 10)
		if err != nil || len(due) != 0 {
			t.Fatalf("due at once: %v, %v", due, err)
		}
		b.push(map[string]string{orders: vcstest.Score("orders", "nginx:1.28")})
		if err := b.Pushed(b.as("developer"), b.repo, vcs.Push{Ref: "refs/heads/other", After: commit}); err != nil {
			t.Fatal(err)
		}
		if due, _ := b.store.Due(t.Context(), b.now, 10); len(due) != 0 {
			t.Error("another branch made it due")
		}
		if err := b.Pushed(b.as("developer"), b.repo, vcs.Push{Ref: "refs/heads/main", After: commit}); err != nil {
			t.Fatal(err)
		}
		if due, _ := b.store.Due(t.Context(), b.now, 10); len(due) != 1 {
			t.Fatal("the push did not make it due")
		}
		b.reconcile()
		if last := b.runs.by[len(b.runs.by)-1]; last.ID != "usr_developer" || last.Kind != kernel.ActorSystem || len(b.runs.by) != 2 {
			t.Errorf("asked for by %+v", b.runs.by)
		}
	})
}

func TestTwoSourcesOfOneObject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{"stages/canary.yaml": stageFile("canary", "6", ""), "definitions/da.yaml": definition("da"), "workloads/orders/score.yaml": vcstest.Score("orders", "nginx"), orders: vcstest.Score("orders", "nginx:2")})
		b.add(nil)
		b.reconcile()
		if _, err := b.Add(b.as("admin"), kernel.Scope{Tenant: "acme"}, source.Source{Name: "shop", Project: "shop", RepositoryProject: "shop", Repository: "platform"}); err != nil {
			t.Fatal(err)
		}
		d, err := b.Get(b.as("admin"), kernel.Scope{Tenant: "acme"}, "shop")
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Reconcile(t.Context(), d.Source); err != nil {
			t.Fatal(err)
		}
		if d, err = b.Get(b.as("admin"), kernel.Scope{Tenant: "acme"}, "shop"); err != nil || len(d.Objects) != 0 || d.Source.Status.Phase != source.Failed || len(b.runs.asked) != 1 {
			t.Errorf("%v %+v %v", err, d, b.runs.asked)
		}
		if err := b.Remove(b.as("admin"), kernel.Scope{Tenant: "acme"}, "platform"); err != nil {
			t.Fatal(err)
		}
		if v, err := b.actions.Stages.Current(t.Context()); err != nil || v.Origin != stage.FromConfiguration {
			t.Errorf("the stages are of %s, %v", v.Origin, err)
		}
		if err := b.MayChange(b.as("admin"), kernel.Scope{Tenant: "acme"}, source.Key{Kind: source.DefinitionKind, Name: "da"}); err != nil || b.defs.all["da"] == "" {
			t.Errorf("after the removal: %v", err)
		}
	})
}

func TestSignedCommits(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not on PATH")
	}
	each(t, func(t *testing.T, b *bench) {
		key := filepath.Join(t.TempDir(), "key")
		if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		public, err := os.ReadFile(key + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		b.push(map[string]string{"definitions/da.yaml": definition("da")})
		b.add(func(n *source.Source) { n.Signers = "ada@example.com " + string(public) })
		if d := b.reconcile(); d.Source.Status.Phase != source.Failed || !strings.Contains(d.Source.Status.Message, "not signed") || len(b.defs.all) != 0 {
			t.Fatalf("%+v", d.Source.Status)
		}
		b.git("config", "gpg.format", "ssh")
		b.git("config", "user.signingkey", key)
		b.git("config", "commit.gpgsign", "true")
		b.push(nil)
		if d := b.reconcile(); d.Source.Status.Phase != source.Ready || len(b.defs.all) != 1 {
			t.Errorf("%+v", d.Source.Status)
		}
	})
}

func TestTheGuardCounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{"definitions/da.yaml": definition("da"), "definitions/db.yaml": definition("db"), "definitions/dc.yaml": definition("dc")})
		b.add(func(n *source.Source) { n.Guard = source.Guard{Count: 1, Percent: 100} })
		b.reconcile()
		b.push(map[string]string{"definitions/da.yaml": "", "definitions/db.yaml": ""})
		if d := b.reconcile(); d.Source.Status.Phase != source.Held || len(b.defs.all) != 3 || !strings.Contains(d.Source.Status.Message, "2 objects would be removed, more than 1") {
			t.Errorf("%+v", d.Source.Status)
		}
	})
}

// TestFilesThatWereNeverRightAreNotGuarded removes two that no definition came of.
func TestFilesThatWereNeverRightAreNotGuarded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{"definitions/da.yaml": definition("da"), "definitions/db.yaml": definition("another"), "definitions/dc.yaml": definition("another")})
		b.add(func(n *source.Source) { n.Guard = source.Guard{Count: 1, Percent: 100} })
		if d := b.reconcile(); len(d.Objects) != 3 || len(b.defs.all) != 1 {
			t.Fatalf("%+v", d.Objects)
		}
		b.push(map[string]string{"definitions/db.yaml": "", "definitions/dc.yaml": ""})
		if d := b.reconcile(); d.Source.Status.Phase != source.Ready || len(d.Objects) != 1 || len(b.defs.all) != 1 {
			t.Errorf("%+v, %+v", d.Source.Status, d.Objects)
		}
	})
}
