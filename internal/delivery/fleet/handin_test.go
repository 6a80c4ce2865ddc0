package fleet_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAStateIsHandedInWithTheReceiptOfItsApply: neither a runner's name nor its
// labels let it hand in what another one's apply left.
func TestAStateIsHandedInWithTheReceiptOfItsApply(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		first := b.joins(t, "acme", "far", labels("pool=prod"))
		got := execute(t.Context(), b.one, job("apply"), fleet.Control{})
		a, j := b.takes(t, first)
		must(t, b.one.Remove(t.Context(), acme(), "far", "its machine is gone"))
		<-got
		second := b.joins(t, "acme", "far", labels("pool=prod"))
		for name, try := range map[string]struct {
			by          fleet.Runner
			id, receipt string
		}{
			"no receipt":                    {second, a.ID, ""},
			"another's":                     {second, a.ID, "guessed"},
			"of no assignment":              {second, "asg_none", j.Receipt},
			"in a tenant that it is not of": {b.joins(t, "evil", "far", labels("pool=prod")), a.ID, j.Receipt},
		} {
			if err := b.one.HandIn(t.Context(), try.by, try.id, try.receipt, strings.NewReader("{}")); !kernel.Is(err, kernel.Denied) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(b.kept) != 0 {
			t.Errorf("kept is %v", b.kept)
		}
		must(t, b.one.HandIn(t.Context(), second, a.ID, j.Receipt, strings.NewReader("{}")))
		if b.kept[a.Stack] != "{}" {
			t.Errorf("kept is %v", b.kept)
		}
	})
}

// TestAPlanHasNoStateToHandIn: its receipt is worth nothing.
func TestAPlanHasNoStateToHandIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.joins(t, "acme", "far", labels("pool=prod"))
		got := execute(t.Context(), b.one, job("plan"), fleet.Control{})
		a, j := b.takes(t, r)
		if err := b.one.HandIn(t.Context(), r, a.ID, j.Receipt, strings.NewReader("{}")); !kernel.Is(err, kernel.Denied) {
			t.Errorf("a state of a plan: %v", err)
		}
		must(t, b.one.Finish(t.Context(), r, r.Session, a.ID, fleet.Outcome{}))
		<-got
	})
}
