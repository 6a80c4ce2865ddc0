package planned

import (
	"cmp"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/platform/planformat"
)

// deferred tells what a plan leaves to a later one, and has what of it runs: that goes
// on as it is, and what it becomes is not known.
func deferred(plan map[string]any, refs map[string]map[string][]string) (later []cost.Unpriced, running []*cost.Resource) {
	list, _ := plan["deferred_changes"].([]any)
	for _, item := range list {
		c := changeOf(object(object(item)["resource_change"]))
		if c.mode == "data" {
			continue
		}
		why := planformat.WhyDeferred(object(item)["reason"])
		u := cost.Unpriced{
			Address: cmp.Or(c.address, "a deferred change"), Type: cmp.Or(c.kind, "plan"),
			Reason: "it is deferred to another plan (" + why + "), and what it will cost is not in this one",
		}
		if c.before != nil && c.address != "" {
			running = append(running, &cost.Resource{Address: c.address, Type: c.kind, Values: c.before, Refs: refs[cost.BlockOf(c.address)], Kept: true})
			u.Reason = "its change is deferred to another plan (" + why + "): it is counted as it runs now"
		}
		later = append(later, u)
	}
	return later, running
}
