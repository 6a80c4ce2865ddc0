package fault_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fresh deploys a new release to every stage of every workload: whatever is
// stuck refuses it.
func (c *checks) fresh(l *load) {
	c.t.Helper()
	c.quiet()
	for _, workload := range c.workloads {
		r, err := l.deploy(c.t.Context(), workload, int(l.releases.Add(1)), 0)
		c.must(err)
		c.succeeds(r)
		for _, stage := range stages()[1:] {
			r, err := l.promote(c.t.Context(), workload, stage)
			c.must(err)
			c.succeeds(r)
		}
	}
}

// quiet discards what waits for an approval until nothing does.
func (c *checks) quiet() {
	c.t.Helper()
	c.eventually("no run is left", func() (string, bool) {
		runs := c.runs()
		for _, r := range runs {
			if r.Status == "awaiting_approval" {
				c.post(c.admin, "/projects/"+c.project+"/runs/"+r.ID+"/discard", map[string]string{"reason": "the end of the test"}, nil)
			}
		}
		return summary(runs), !slices.ContainsFunc(runs, func(r run) bool { return !r.terminal() })
	})
}

// succeeds awaits the run's success, with an approval where it needs one.
func (c *checks) succeeds(r run) {
	c.t.Helper()
	c.ledger.run(r)
	r = c.await(r.ID, "settles", run.settled)
	if r.Status == "awaiting_approval" {
		c.must(c.approve(c.t.Context(), r))
		c.ledger.approval(r)
		r = c.await(r.ID, "ends", run.terminal)
	}
	if r.Status != "succeeded" {
		c.fail(&c.stuck, "a fresh run to %s is %s: %+v", r.Stack, r.Status, r.Failure)
	}
}

// summary counts runs by their status.
func summary(runs []run) string {
	counts := map[string]int{}
	for _, r := range runs {
		counts[r.Status]++
	}
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[status], status))
	}
	return strings.Join(parts, ", ")
}
