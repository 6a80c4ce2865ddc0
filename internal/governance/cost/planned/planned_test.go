package planned_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/planned"
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
	plan, err := planned.Parse("plan.json", []byte(`{"format_version": "1.2", "resource_changes": [
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

// What a plan leaves to another one is told, by its address; what of it runs goes on.
func TestWhatAPlanDefersIsTold(t *testing.T) {
	t.Parallel()
	plan, err := planned.Parse("plan.json", []byte(`{"format_version": "1.2", "complete": false, "resource_changes": [
		{"address": "x.now", "mode": "managed", "type": "x", "change": {"actions": ["create"], "before": null, "after": {"size": 1}}}],
		"deferred_changes": [
		{"reason": "instance_count_unknown", "resource_change": {"address": "x.later[*]", "mode": "managed", "type": "x", "change": {"actions": ["create"], "before": null, "after": {}}}},
		{"reason": "brand_new", "resource_change": {"address": "x.old", "mode": "managed", "type": "x", "change": {"actions": ["update"], "before": {"size": 1}, "after": {"size": 9}}}},
		{"reason": "deferred_prereq", "resource_change": {"address": "data.x.read", "mode": "data", "type": "x", "change": {"actions": ["read"]}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if before, after := addresses(plan.Before), addresses(plan.After); before != "x.old" || after != "x.now x.old" {
		t.Errorf("before %q, after %q", before, after)
	}
	said := plan.After.Unread
	if len(said) != 2 || said[0].Address != "x.later[*]" || !strings.Contains(said[0].Reason, "how many there are is not known yet") ||
		said[1].Address != "x.old" || !strings.Contains(said[1].Reason, "(brand new): it is counted as it runs now") {
		t.Errorf("got %+v", said)
	}
	for text, want := range map[string]int{
		`{"format_version": "1.2", "complete": false, "resource_changes": []}`:                  1,
		`{"format_version": "1.2", "complete": false, "errored": true, "resource_changes": []}`: 1,
		`{"format_version": "1.2", "complete": true, "resource_changes": []}`:                   0,
	} {
		p, err := planned.Parse("plan.json", []byte(text))
		if err != nil || len(p.After.Unread) != want {
			t.Errorf("%s: %+v, %v", text, p, err)
		}
	}
}
