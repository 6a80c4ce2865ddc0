package source_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
)

func TestWhatGivesComesBeforeWhatTakes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		takes := vcstest.Score("aa", "nginx:1.27") + "\nresources: {orders: {type: workload}}\n"
		b.push(map[string]string{orders: vcstest.Score("orders", "nginx:1.27"), "projects/shop/workloads/aa/score.yaml": takes})
		b.add(func(n *source.Source) { n.Guard = source.Guard{Percent: 100} })
		b.reconcile()
		if diff := cmp.Diff([]string{"deploy orders dev", "deploy aa dev"}, b.runs.asked); diff != "" {
			t.Errorf("deployed: %s", diff)
		}
		b.runs.end("orders", "dev", run.Succeeded)
		b.runs.end("aa", "dev", run.Succeeded)
		d := b.runs.deployed["aa/dev"]
		d.Takes = []run.Take{{Resource: "orders", Project: "shop", Workload: "orders"}}
		b.runs.deployed["aa/dev"] = d
		b.reconcile()
		b.runs.asked = nil
		b.push(map[string]string{orders: "", "projects/shop/workloads/aa/score.yaml": "", "definitions/da.yaml": definition("da")})
		b.reconcile()
		if diff := cmp.Diff([]string{"destroy aa dev", "destroy orders dev"}, b.runs.asked); diff != "" {
			t.Errorf("removed: %s", diff)
		}
	})
}
