package drift_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAPlanTellsWhatItPutsBack asks about a plan that sets the size to 1, which
// somebody outside set to 2.
func TestAPlanTellsWhatItPutsBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		plan := next(change(cache, `{"size": 1, "zone": "a"}`, `{"size": 2, "zone": "a"}`))
		undone := func() []drift.Undone {
			t.Helper()
			all, err := b.Undoes(t.Context(), drift.Deployed{Scope: dev, Workload: "orders"}, "run_5", plan)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		if all := undone(); len(all) != 0 {
			t.Errorf("nothing was found: %v", all)
		}
		b.outside, b.next = drifted(change(cache, `{"size": 1, "zone": "a"}`, `{"size": 2, "zone": "a"}`)), plan
		b.who = []drift.Activity{{Who: "mallory"}}
		_, found := b.look(t)
		if all := undone(); len(all) != 1 || all[0].Kept() || !strings.HasPrefix(all[0].String(), "size: changed outside by mallory") {
			t.Errorf("what is open: %v", all)
		}
		if _, err := b.Ignore(as("ada"), shop, drift.IgnoreRequest{ID: found[0].ID, Until: b.now.Add(48 * time.Hour), Reason: "a test"}); err != nil {
			t.Fatal(err)
		}
		if all := undone(); len(all) != 1 || !all[0].Kept() || !strings.HasPrefix(all[0].String(), "size: ignored by ada until 2026-03-03, because: a test") {
			t.Errorf("what is ignored: %v", all)
		}
		out, err := b.Accept(as("ada"), shop, []string{found[0].ID}, "the sale")
		if err != nil {
			t.Fatal(err)
		}
		b.outside = drifted()
		b.end(t, drift.RunEnd{Run: out.Run})
		b.sweep(t)
		if all := undone(); len(all) != 1 || !all[0].Kept() || !strings.HasPrefix(all[0].String(), "size: accepted by ada on 2026-03-01, because: the sale") {
			t.Errorf("what was accepted: %v", all)
		}
		plan = next(change(cache, `{"size": 1, "zone": "b"}`, `{"size": 3, "zone": "a"}`))
		if all := undone(); len(all) != 0 {
			t.Errorf("what was accepted is gone since: %v", all)
		}
	})
}

// TestARevertIsToldAsMeant has a run that is to put something back, and another one
// that does so by the way.
func TestARevertIsToldAsMeant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		plan := next(change(cache, `{"size": 1}`, `{"size": 2}`))
		b.outside, b.next = drifted(change(cache, `{"size": 1}`, `{"size": 2}`)), plan
		_, found := b.look(t)
		out, err := b.Revert(as("ada"), shop, []string{found[0].ID}, "no")
		if err != nil {
			t.Fatal(err)
		}
		for run, says := range map[string]string{out.Run: "size: reverted by ada, because: no (", "run_other": "size: changed outside ("} {
			all, err := b.Undoes(t.Context(), drift.Deployed{Scope: dev, Workload: "orders"}, run, plan)
			if err != nil || len(all) != 1 || all[0].Meant != (run == out.Run) || all[0].Kept() || !strings.HasPrefix(all[0].String(), says) {
				t.Errorf("%s: %v, %v; want %s", run, all, err, says)
			}
		}
	})
}

// TestWhatARuleAskedForNamesItsEvent checks on behalf of a rule.
func TestWhatARuleAskedForNamesItsEvent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.outside = drifted(change(cache, `{"size": 1}`, `{"size": 2}`))
		checks, err := b.RequestChecks(kernel.WithCause(as("ada"), "evt_1"), shop, drift.CheckRequest{Stage: "dev"})
		if err != nil || checks[0].CausedBy != "evt_1" {
			t.Fatalf("%+v, %v", checks, err)
		}
		b.sweep(t)
		b.outside = drifted()
		b.look(t)
		if want := []string{"evt_1", ""}; !slices.Equal(b.causes, want) {
			t.Errorf("causes of what was detected and resolved: %q, want %q", b.causes, want)
		}
	})
}
