package plan

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// fromState makes of a state file what `terraform show -json` says of it.
func fromState(state map[string]any) map[string]any {
	resources := []any{}
	list, _ := state["resources"].([]any)
	for _, item := range list {
		r, _ := item.(map[string]any)
		instances, _ := r["instances"].([]any)
		for _, instance := range instances {
			if i, ok := instance.(map[string]any); ok && i["deposed"] == nil {
				resources = append(resources, node(r, i))
			}
		}
	}
	return map[string]any{
		"terraform_version": state["terraform_version"],
		"values":            map[string]any{"root_module": map[string]any{"resources": resources}},
	}
}

func node(r, instance map[string]any) map[string]any {
	address := fmt.Sprintf("%s.%s%s", r["type"], r["name"], key(instance["index_key"]))
	if r["mode"] == "data" {
		address = "data." + address
	}
	n := map[string]any{"mode": r["mode"], "type": r["type"], "name": r["name"], "provider_name": r["provider"], "values": instance["attributes"]}
	if module, ok := r["module"].(string); ok && module != "" {
		address = module + "." + address
		n["module_address"] = module
	}
	n["address"] = address
	if marks := marksOf(instance["sensitive_attributes"]); marks != nil {
		n["sensitive_values"] = marks
	}
	return n
}

func key(index any) string {
	switch v := index.(type) {
	case string:
		return "[" + strconv.Quote(v) + "]"
	case json.Number:
		return "[" + v.String() + "]"
	case float64:
		return "[" + strconv.Itoa(int(v)) + "]"
	default:
		return ""
	}
}
