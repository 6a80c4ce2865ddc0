package planformat

import (
	"cmp"
	"fmt"
	"strings"
)

// Gap is something that a document does not tell of what is planned: nobody can judge it.
type Gap struct {
	// Address and Type are the resource's, where it is about one.
	Address, Type string
	// Message says what is missing, and Fix what to do.
	Message, Fix string
	// Deferred tells that it is a change that is planned later.
	Deferred bool
}

// maxGaps bounds how many resources are told that are deferred.
const maxGaps = 20

// Gaps are what a document leaves out, by what it says of itself.
func (d Document) Gaps() []Gap {
	v := d.Values
	_, changes := v["resource_changes"]
	planned, _ := v["planned_values"].(map[string]any)
	root, _ := planned["root_module"].(map[string]any)
	switch {
	case d.Kind == State && v["values"] == nil:
		return []Gap{{Message: "the state is empty: there is nothing in it to judge", Fix: "for a plan name its file: `terraform show -json tfplan > plan.json`"}}
	case d.Kind != Plan:
		return nil
	}
	var gaps []Gap
	if !changes && len(root) > 0 {
		gaps = append(gaps, Gap{Message: "the plan has no resource_changes: what is changed or destroyed is not judged, only what there will be", Fix: fix})
	}
	if v["errored"] == true {
		gaps = append(gaps, Gap{Message: "planning ended with an error: what was not planned is not in it", Fix: "mend what `terraform plan` says, and plan again"})
	}
	deferred := d.deferred()
	if v["complete"] == false && len(deferred) == 0 && v["errored"] != true {
		gaps = append(gaps, Gap{Message: "the plan is not complete, as with -target: what it leaves out is not in it", Fix: "plan without -target"})
	}
	return append(gaps, deferred...)
}

// deferred are the changes that are planned later.
func (d Document) deferred() []Gap {
	list, _ := d.Values["deferred_changes"].([]any)
	var gaps []Gap
	for i, item := range list {
		if i == maxGaps {
			gaps = append(gaps, Gap{Message: fmt.Sprintf("and %d more are deferred", len(list)-i), Deferred: true})
			break
		}
		o, _ := item.(map[string]any)
		rc, _ := o["resource_change"].(map[string]any)
		g := Gap{
			Message: "its change is deferred to another plan (" + WhyDeferred(o["reason"]) + "): what that will be is not in this one",
			Fix:     "apply, and hold the plan that comes then against it, too", Deferred: true,
		}
		g.Address, _ = rc["address"].(string)
		g.Type, _ = rc["type"].(string)
		gaps = append(gaps, g)
	}
	return gaps
}

// WhyDeferred says the reason of a deferral in words.
func WhyDeferred(reason any) string {
	text, _ := reason.(string)
	said, ok := map[string]string{
		"instance_count_unknown":  "how many there are is not known yet",
		"resource_config_unknown": "its arguments are not known yet",
		"provider_config_unknown": "its provider's configuration is not known yet",
		"absent_prereq":           "something that it needs is not there yet",
		"deferred_prereq":         "it waits for another that is deferred",
	}[text]
	if ok {
		return said
	}
	return cmp.Or(strings.ReplaceAll(text, "_", " "), "no reason is given")
}
