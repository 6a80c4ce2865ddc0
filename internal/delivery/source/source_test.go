package source_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

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
			orders + ":6:5: containers.main.image: the image is the folder projects/shop/workloads/orders/src, which is not in the repository", "projects/nowhere/workloads/aa/score.yaml:1:1: there is no project nowhere",
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

// What is deployed and broken names the run that left it so, and why.
func TestWhatIsBrokenSaysWhy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{orders: vcstest.Score("orders", "nginx:1.27")})
		b.add(nil)
		b.reconcile()
		r := b.runs.last["orders/dev"]
		r.Status, r.Failure = run.Failed, &run.Failure{Phase: "apply", Message: "the service orders did not become ready"}
		b.runs.last["orders/dev"] = r
		b.runs.deployed["orders/dev"] = run.Deployment{Workload: "orders", Scope: r.Scope, Release: r.Release, Run: r.ID, Status: run.DeploymentBroken}
		want := "it is broken on dev: " + r.ID + " is failed in phase apply: the service orders did not become ready; terrace explain " + r.ID
		if d := b.reconcile(); states(d) != "workload shop/orders failed" || !strings.HasPrefix(d.Objects[0].Message, want) {
			t.Errorf("%s: %s", states(d), d.Objects[0].Message)
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
		due, err := b.store.Due(t.Context(), b.now, nil, 10)
		if err != nil || len(due) != 0 {
			t.Fatalf("due at once: %v, %v", due, err)
		}
		b.push(map[string]string{orders: vcstest.Score("orders", "nginx:1.28")})
		if err := b.Pushed(b.as("developer"), b.repo, vcs.Push{Ref: "refs/heads/other", After: commit}); err != nil {
			t.Fatal(err)
		}
		if due, _ := b.store.Due(t.Context(), b.now, nil, 10); len(due) != 0 {
			t.Error("another branch made it due")
		}
		if err := b.Pushed(b.as("developer"), b.repo, vcs.Push{Ref: "refs/heads/main", After: commit}); err != nil {
			t.Fatal(err)
		}
		if due, _ := b.store.Due(t.Context(), b.now, nil, 10); len(due) != 1 {
			t.Fatal("the push did not make it due")
		}
		b.reconcile()
		if due, _ := b.store.Due(t.Context(), b.now, nil, 10); len(due) != 0 {
			t.Errorf("due again: %v", due)
		}
		if err := b.Renewed(b.as("admin"), b.repo); err != nil {
			t.Fatal(err)
		}
		if due, _ := b.store.Due(t.Context(), b.now, nil, 10); len(due) != 1 {
			t.Error("another token did not make it due")
		}
		if last := b.runs.by[len(b.runs.by)-1]; last.ID != "usr_developer" || last.Kind != kernel.ActorSystem || len(b.runs.by) != 2 {
			t.Errorf("asked for by %+v", b.runs.by)
		}
	})
}

// looks counts how often sources are looked at, and how often one is read.
type looks struct {
	source.Repositories
	suspended     *vcstest.Suspended
	looked, heads atomic.Int64
}

func (l *looks) Resting(ctx context.Context) (map[string]bool, error) {
	l.looked.Add(1)
	return l.suspended.Resting(ctx)
}

func (l *looks) Head(ctx context.Context, r vcs.Repository, branch string) (string, error) {
	l.heads.Add(1)
	return l.Repositories.Head(ctx, r, branch)
}

// TestNobodyPollsForASuspendedTenant: its sources rest, whatever makes them due, and have their
// turn once when it is resumed.
func TestNobodyPollsForASuspendedTenant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{orders: vcstest.Score("orders", "nginx:1.27")})
		b.add(nil)
		b.vcs.Suspended.Store(true)
		l := &looks{Repositories: b.vcs.Service, suspended: b.vcs.Suspended}
		c := b.actions
		c.Repositories, c.Tenants = l, l
		watched := source.New(c)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- watched.Watch(ctx) }()
		defer func() {
			cancel()
			<-done
		}()
		for range 3 { // each asks for it, and rings
			before := l.looked.Load()
			if _, err := watched.Sync(b.as("admin"), kernel.Scope{Tenant: "acme"}, "platform"); err != nil {
				t.Fatal(err)
			}
			vcstest.Eventually(t, "somebody looks what is due", func() bool { return l.looked.Load() > before })
		}
		if _, err := watched.Sync(b.as("admin"), kernel.Scope{Tenant: "acme"}, "platform"); err != nil || l.heads.Load() != 0 {
			t.Fatalf("the repository was read %d times: %v", l.heads.Load(), err)
		}
		b.vcs.Suspended.Store(false)
		vcstest.Eventually(t, "the source has its turn", func() bool {
			due, err := b.store.Due(t.Context(), b.now, nil, 10)
			return err == nil && len(due) == 0 && b.details().Source.Status.Commit != ""
		})
		if l.heads.Load() != 1 {
			t.Errorf("the repository was read %d times", l.heads.Load())
		}
	})
}

func TestTheRepositoryOfASourceIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.vcs.Listeners = append(b.vcs.Listeners, b.Service)
		b.push(map[string]string{"stages/canary.yaml": stageFile("canary", "6", "")})
		b.add(nil)
		err := b.vcs.Delete(b.as("admin"), vcstest.Shop(), "platform")
		if !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), "the source platform") {
			t.Errorf("with a source: %v", err)
		}
		if got := states(b.reconcile()); got != "stage canary synced" {
			t.Errorf("afterwards: %s", got)
		}
		if err := b.Remove(b.as("admin"), kernel.Scope{Tenant: "acme"}, "platform"); err != nil {
			t.Fatal(err)
		}
		if err := b.vcs.Delete(b.as("admin"), vcstest.Shop(), "platform"); err != nil {
			t.Errorf("without: %v", err)
		}
	})
}

// TestTreesOfRemovedSourcesAreLetGo by the daemon that removes one at once, and by
// the others in time.
func TestTreesOfRemovedSourcesAreLetGo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.push(map[string]string{"definitions/da.yaml": definition("da")})
		b.add(nil)
		b.reconcile()
		c := b.actions
		c.Node = "two"
		other := source.New(c)
		if _, err := other.Diff(b.as("admin"), acme, "platform"); err != nil || b.Trees() != 1 || other.Trees() != 1 {
			t.Fatalf("%d and %d, %v", b.Trees(), other.Trees(), err)
		}
		if err := b.Remove(b.as("admin"), acme, "platform"); err != nil || b.Trees() != 0 {
			t.Errorf("%d, %v", b.Trees(), err)
		}
		if b.now = b.now.Add(2 * time.Hour); other.Trees() != 0 {
			t.Errorf("the other one has %d", other.Trees())
		}
	})
}

// TestAPushIsTheCause of what is brought about for it, and of nothing after that.
func TestAPushIsTheCause(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		push := func(event string, files map[string]string) {
			t.Helper()
			commit := b.push(files)
			if err := b.Pushed(kernel.WithCause(b.as("developer"), event), b.repo, vcs.Push{Ref: "refs/heads/main", After: commit}); err != nil {
				t.Fatal(err)
			}
		}
		b.push(map[string]string{orders: vcstest.Score("orders", "nginx:1.27"), "stages/canary.yaml": stageFile("canary", "6", "")})
		b.add(func(n *source.Source) { n.Builds = true })
		b.reconcile()
		b.runs.end("orders", "dev", run.Succeeded)
		b.reconcile()
		push("evt_push", map[string]string{orders: vcstest.Score("orders", "./src"), ordersSource: "package main"})
		b.reconcile()
		b.next()
		b.reconcile()
		b.runs.end("orders", "dev", run.Succeeded)
		b.reconcile()
		b.runs.ask(kernel.WithCause(b.as("admin"), "evt_hand"), "dev", "orders", "by hand", run.Destroy)
		b.runs.end("orders", "dev", run.Succeeded)
		b.reconcile()
		added := b.facts.Of("source.added")[0].ID
		want := []string{added, "evt_push", "evt_hand", ""}
		if !slices.Equal(b.runs.causes, want) {
			t.Errorf("the runs name %q, want %q", b.runs.causes, want)
		}
		push("evt_heal", map[string]string{"stages/canary.yaml": stageFile("canary", "7", "")})
		b.reconcile()
		if got := b.facts.Causes("stages.changed"); !slices.Equal(got[len(got)-2:], []string{added, "evt_heal"}) {
			t.Errorf("the stages name %q", got)
		}
		if got := b.facts.Causes("build.succeeded"); !slices.Equal(got, []string{"evt_push"}) {
			t.Errorf("the build names %q", got)
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
