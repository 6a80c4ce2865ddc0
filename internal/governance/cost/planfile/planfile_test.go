package planfile_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/planfile"
)

func addresses(s *cost.Set) string {
	var all []string
	for _, r := range s.Resources {
		all = append(all, r.Address)
	}
	return strings.Join(all, " ")
}

// What a plan does not change is there before and after, also where it is told once.
func TestWhatIsUnchangedIsThereBeforeToo(t *testing.T) {
	t.Parallel()
	plan, err := planfile.Parse("plan.json", []byte(`{"format_version": "1.2", "resource_changes": [
		{"address": "x.same", "mode": "managed", "type": "x", "change": {"actions": ["no-op"], "before": null, "after": {"size": 1}}},
		{"address": "x.new", "mode": "managed", "type": "x", "change": {"actions": ["create"], "before": null, "after": {"size": 1}}},
		{"address": "x.gone", "mode": "managed", "type": "x", "change": {"actions": ["delete"], "before": {"size": 1}, "after": null}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if before, after := addresses(plan.Before), addresses(plan.After); before != "x.same x.gone" || after != "x.same x.new" {
		t.Errorf("before %q, after %q", before, after)
	}
}
