package plan

import (
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

// Hidden stands for a sensitive value.
const Hidden = "(sensitive)"

// Redact replaces, in place, the values that the plan marks as sensitive: what
// policies say is read by more people than may see those. It returns the values:
// a provider may repeat one where nothing marks it, such as a password in a
// connection string. There rules see it, since a rule that asks for "Enabled" would
// pass where somebody marks that word; what they say of it is to be cut.
func Redact(in policy.Input) *conceal.Values {
	d, r := in.Document, redactor{conceal.Of()}
	for i, item := range items(d["resource_changes"]) {
		if r.change(object(object(item)["change"])) && i < len(in.Written) {
			in.Written[i] = nil
		}
	}
	for _, item := range items(d["resource_drift"]) {
		r.change(object(object(item)["change"]))
	}
	for _, item := range items(d["deferred_changes"]) {
		r.change(object(object(object(item)["resource_change"])["change"]))
	}
	for _, item := range items(d["action_invocations"]) {
		r.invocation(object(item))
	}
	for _, item := range items(d["deferred_action_invocations"]) {
		r.invocation(object(object(item)["action_invocation"]))
	}
	for _, change := range object(d["output_changes"]) {
		r.change(object(change))
	}
	for _, values := range []any{d["planned_values"], d["values"], object(d["prior_state"])["values"]} {
		r.values(object(values))
	}
	declared := object(object(object(d["configuration"])["root_module"])["variables"])
	for name, variable := range object(d["variables"]) {
		if object(declared[name])["sensitive"] == true {
			r.hide(object(variable))
		}
	}
	return r.secret
}

// Addresses are those of the resources that a plan changes, or that a state has: they
// are no secrets, whatever words they have.
func Addresses(in policy.Input) map[string]bool {
	known := newTree(rootOf(in.Document)).there
	for _, item := range items(in.Document["resource_changes"]) {
		address, _ := object(item)["address"].(string)
		known[address] = true
	}
	return known
}

// redactor collects what it hides.
type redactor struct{ secret *conceal.Values }

// hide takes the value of an output or a variable.
func (r redactor) hide(of map[string]any) {
	if of != nil {
		r.secret.Add(of["value"])
		of["value"] = Hidden
	}
}

// change hides what is marked, and reports whether anything is.
func (r redactor) change(change map[string]any) (hides bool) {
	for _, key := range []string{"before", "after"} {
		v, ok := change[key]
		if marks := change[key+"_sensitive"]; ok && marked(marks) {
			r.secret.AddMarked(v, marks)
			change[key], hides = redact(v, marks), true
		}
	}
	return hides
}

// invocation hides what is marked of the arguments that an action is called with.
func (r redactor) invocation(of map[string]any) {
	if v, ok := of["config_values"]; ok {
		r.secret.AddMarked(v, of["config_sensitive"])
		of["config_values"] = redact(v, of["config_sensitive"])
	}
}

// marked reports whether marks say of anything that it is sensitive.
func marked(marks any) bool {
	switch m := marks.(type) {
	case bool:
		return m
	case map[string]any:
		for _, mark := range m {
			if marked(mark) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(m, marked)
	}
	return false
}

func (r redactor) values(values map[string]any) {
	for _, output := range object(values["outputs"]) {
		if o := object(output); o["sensitive"] == true {
			r.hide(o)
		}
	}
	r.module(object(values["root_module"]))
}

func (r redactor) module(module map[string]any) {
	for _, item := range items(module["resources"]) {
		node := object(item)
		if v, ok := node["values"]; ok {
			r.secret.AddMarked(v, node["sensitive_values"])
			node["values"] = redact(v, node["sensitive_values"])
		}
	}
	for _, child := range items(module["child_modules"]) {
		r.module(object(child))
	}
}

// redact returns v with what the marks say is sensitive hidden. Null stays null, and
// true and false stay: neither holds a secret, and a rule against public access would
// pass where a mark hid it. Of all else rules see that it is there: what a rule says of
// a value may be a part of it, its length or its digest, and no cut finds those again.
func redact(v, marks any) any {
	switch m := marks.(type) {
	case bool:
		if _, plain := v.(bool); m && v != nil && !plain {
			return Hidden
		}
	case map[string]any:
		o := object(v)
		for key, mark := range m {
			if value, ok := o[key]; ok {
				o[key] = redact(value, mark)
			}
		}
	case []any:
		list := items(v)
		for i := range min(len(m), len(list)) {
			list[i] = redact(list[i], m[i])
		}
	}
	return v
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func items(v any) []any {
	list, _ := v.([]any)
	return list
}
