package plan

import "github.com/terrace-idp/terrace/internal/governance/policy"

// Hidden stands for a sensitive value.
const Hidden = "(sensitive)"

// Redact replaces, in place, the values that the plan marks as sensitive: what
// policies say is read by more people than may see those.
func Redact(in policy.Input) {
	d := in.Document
	for _, key := range []string{"resource_changes", "resource_drift"} {
		for _, item := range items(d[key]) {
			redactChange(object(object(item)["change"]))
		}
	}
	for _, change := range object(d["output_changes"]) {
		redactChange(object(change))
	}
	for _, values := range []any{d["planned_values"], d["values"], object(d["prior_state"])["values"]} {
		redactValues(object(values))
	}
	declared := object(object(object(d["configuration"])["root_module"])["variables"])
	for name, variable := range object(d["variables"]) {
		if object(declared[name])["sensitive"] == true {
			object(variable)["value"] = Hidden
		}
	}
}

func redactChange(change map[string]any) {
	for _, key := range []string{"before", "after"} {
		if v, ok := change[key]; ok {
			change[key] = redact(v, change[key+"_sensitive"])
		}
	}
}

func redactValues(values map[string]any) {
	for _, output := range object(values["outputs"]) {
		if o := object(output); o["sensitive"] == true {
			o["value"] = Hidden
		}
	}
	redactModule(object(values["root_module"]))
}

func redactModule(module map[string]any) {
	for _, item := range items(module["resources"]) {
		r := object(item)
		if v, ok := r["values"]; ok {
			r["values"] = redact(v, r["sensitive_values"])
		}
	}
	for _, child := range items(module["child_modules"]) {
		redactModule(object(child))
	}
}

// redact returns v with what the marks say is sensitive hidden; null stays null.
func redact(v, marks any) any {
	switch m := marks.(type) {
	case bool:
		if m && v != nil {
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
