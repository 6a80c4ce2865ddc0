package runsql_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// head is the run of a stack that is next, by the words of the order: what has begun,
// then what only looks where somebody is waited for, then what waits, then the oldest.
// It is empty where that one waits for a person.
func head(runs []run.Run, now time.Time) string {
	waits := func(r run.Run) bool {
		return r.Status == run.AwaitingApproval || r.Status == run.Approved && r.Deferral != nil && r.Deferral.Again.After(now)
	}
	passed := slices.ContainsFunc(runs, waits)
	place := func(r run.Run) int {
		switch {
		case r.Status == run.Queued && r.DryRun && passed:
			return 1
		case waits(r):
			return 2
		case r.Status == run.Queued:
			return 3
		default:
			return 0
		}
	}
	first := slices.MinFunc(runs, func(a, b run.Run) int { return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.ID, b.ID)) })
	if first.Status == run.AwaitingApproval {
		return ""
	}
	return first.ID
}

// TestHeadsOfWhateverStacks has stacks with runs of chance: each has the one head that
// its order says, so that none is passed over and none is left out.
func TestHeadsOfWhateverStacks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx, now, chance := context.Background(), kernel.Clock(nil).Now(), rand.New(rand.NewPCG(7, 23))
		statuses := []run.Status{run.Queued, run.Queued, run.Planning, run.AwaitingApproval, run.Approved, run.Applying, run.Verifying, run.Succeeded, run.Failed}
		want := map[string]string{}
		for i := range 120 {
			var open []run.Run
			for range chance.IntN(6) {
				r := example(statuses[chance.IntN(len(statuses))])
				r.Workload = fmt.Sprint("w", i)
				r.Stack = kernel.StackID(r.Scope, r.Workload)
				r.DryRun = chance.IntN(3) == 0
				if r.Status == run.Approved && chance.IntN(2) == 0 {
					r.Deferral = &run.Deferral{Again: now.Add(time.Duration(chance.IntN(3)-1) * time.Minute)}
				}
				must(t, s.Insert(ctx, r))
				must(t, s.Save(ctx, r))
				if !r.Status.Terminal() {
					open = append(open, r)
				}
			}
			if len(open) == 0 {
				continue
			}
			if id := head(open, now); id != "" {
				want[open[0].Stack] = id
			}
		}
		heads, err := s.Heads(ctx, now)
		must(t, err)
		for _, h := range heads {
			if h.Run != want[h.Stack] {
				t.Errorf("%s: %s is its head, want %q", h.Stack, h.Run, want[h.Stack])
			}
			delete(want, h.Stack)
		}
		if len(want) > 0 {
			t.Errorf("these have none: %v", want)
		}
	})
}
