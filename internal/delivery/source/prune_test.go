package source_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

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
