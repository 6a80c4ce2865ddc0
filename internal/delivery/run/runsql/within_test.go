package runsql_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAListIsNarrowedToStages: page by page, the newest first.
func TestAListIsNarrowedToStages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		var want []string
		for _, stage := range []string{"dev", "test", "prod", "dev", "test", "prod"} {
			r := example(run.Succeeded)
			r.Scope = dev.InStage(stage)
			r.Stack = kernel.StackID(r.Scope, "orders")
			must(t, s.Insert(t.Context(), r))
			if stage != "prod" {
				want = append([]string{r.ID}, want...)
			}
		}
		list := func(reach kernel.Reach) (got []string) {
			for page := (kernel.PageRequest{Limit: 1}); ; {
				p, err := s.List(t.Context(), dev, run.Filter{Within: &reach}, page)
				must(t, err)
				got = append(got, ids(p.Items)...)
				if page.Cursor = p.Next; p.Next == "" {
					return got
				}
			}
		}
		var two kernel.Reach
		two.Add(dev.Project, "dev")
		two.Add(dev.Project, "test")
		two.Add("other", "prod")
		if d := cmp.Diff(want, list(two)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(want, list(kernel.Reach{All: true, Only: []string{"dev", "test"}})); d != "" {
			t.Error(d)
		}
		if got := list(kernel.Reach{}); len(got) != 0 {
			t.Errorf("nothing is reached, and %v are listed", got)
		}
	})
}
