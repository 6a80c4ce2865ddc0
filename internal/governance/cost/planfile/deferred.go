package planfile

import (
	"cmp"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

// deferred tells what a plan leaves to a later one, and has what of it runs: that goes
// on as it is, and what it becomes is not known.
func (d *document) deferred(refs map[string]map[string][]string) (later []cost.Unpriced, running []*cost.Resource) {
	for _, c := range d.DeferredChanges {
		r := c.ResourceChange
		if r.Mode == "data" {
			continue
		}
		u := cost.Unpriced{
			Address: cmp.Or(r.Address, "a deferred change"), Type: cmp.Or(r.Type, "plan"),
			Reason: "it is deferred to another plan (" + whyDeferred(c.Reason) + "), and what it will cost is not in this one",
		}
		if r.Change != nil && r.Change.Before != nil && r.Address != "" {
			running = append(running, &cost.Resource{Address: r.Address, Type: r.Type, Values: r.Change.Before, Refs: refs[cost.BlockOf(r.Address)]})
			u.Reason = "its change is deferred to another plan (" + whyDeferred(c.Reason) + "): it is counted as it runs now"
		}
		later = append(later, u)
	}
	return later, running
}

// whyDeferred says the reason of a deferral in words.
func whyDeferred(reason string) string {
	said, ok := map[string]string{
		"instance_count_unknown":  "how many there are is not known yet",
		"resource_config_unknown": "its arguments are not known yet",
		"provider_config_unknown": "its provider's configuration is not known yet",
		"absent_prereq":           "something that it needs is not there yet",
		"deferred_prereq":         "it waits for another that is deferred",
	}[reason]
	if ok {
		return said
	}
	return cmp.Or(strings.ReplaceAll(reason, "_", " "), "no reason is given")
}
