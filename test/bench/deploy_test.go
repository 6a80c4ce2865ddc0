package bench_test

import (
	"fmt"
	"testing"
)

const (
	// overhead is how much longer a deploy may take than terraform by hand.
	overhead = 1.10
	rounds   = 7
	// maxResidentMB bounds the daemon's memory once it has started.
	maxResidentMB = 150
	// maxBusyMB bounds it while it works: the collector of garbage lets 64 MiB come
	// together at the least, and as much again while it collects.
	maxBusyMB = 250
)

// BenchmarkDeploy compares a deploy with `terraform init`, `plan` and `apply` by
// hand of the root module that the deploy renders. A deploy lasts from the
// request, the release included, to the word that the service answers through
// the gateway as the new release. By hand there is neither release, dossier,
// gate nor check.
//
// Both work on equal workloads of one daemon: the same modules from its
// registry, the same provider, state backend, planes and processes. The stack
// by hand is of a twin of the workload, whose root module is the daemon's own
// (GET /projects/{project}/runs/{id}/root) with the same change made to it. The
// two take turns, and the ratio is the median of the pairs. The ratio of what both
// computed is told beside it: it says more on a machine that is busy.
//
// change replaces the running service after a change of a variable, create
// makes a workload with all it needs, and unchanged has nothing to do.
func BenchmarkDeploy(b *testing.B) {
	p := start(b)
	hand := p.byHand(b)
	p.deploy(b, "orders", "mark-0")
	root := p.root(b, p.deploy(b, "twin", "mark-0"))
	twin := hand.hold(b, "twin")
	mark := 0
	b.Run("change", func(b *testing.B) {
		all := pairs{platform: p}
		for b.Loop() {
			for range rounds {
				mark++
				next := fmt.Sprintf("mark-%d", mark)
				all.add(b, func() { p.deploy(b, "orders", next) }, func() { twin.apply(b, with(root, "mark-0", next)) })
			}
		}
		all.report(b, overhead)
	})
	last := fmt.Sprintf("mark-%d", mark)
	b.Run("unchanged", func(b *testing.B) {
		all := pairs{platform: p}
		for b.Loop() {
			for range rounds {
				all.add(b, func() { p.deploy(b, "orders", last) }, func() { twin.apply(b, with(root, "mark-0", last)) })
			}
		}
		all.report(b, overhead)
	})
	made := 0
	b.Run("create", func(b *testing.B) {
		all := pairs{platform: p}
		for b.Loop() {
			for range rounds {
				made++
				name := fmt.Sprintf("copy-%d", made)
				another := hand.hold(b, name)
				all.add(b, func() { p.deploy(b, fmt.Sprintf("fresh-%d", made), "mark-0") }, func() { another.apply(b, with(root, "twin", name)) })
			}
		}
		all.report(b, overhead)
		atMost(b, residentMB(b, p.PID()), maxBusyMB, "resident-MB")
	})
}
