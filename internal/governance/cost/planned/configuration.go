package planned

import "strings"

// maxModules bounds how deep modules are nested.
const maxModules = 64

// collect notes what the expressions of the resources of a module of the configuration
// name, by address.
func collect(module map[string]any, prefix string, into map[string]map[string][]string, depth int) {
	if depth > maxModules {
		return
	}
	resources, _ := module["resources"].([]any)
	for _, item := range resources {
		r, _ := item.(map[string]any)
		address, _ := r["address"].(string)
		refs := map[string][]string{}
		for name, expression := range object(r["expressions"]) {
			if found := references(prefix, expression); len(found) > 0 {
				refs[name] = found
			}
		}
		into[prefix+address] = refs
	}
	for name, call := range object(module["module_calls"]) {
		collect(object(object(call)["module"]), prefix+"module."+name+".", into, depth+1)
	}
}

// references are the resources that an expression, or the blocks of one, names.
func references(prefix string, expression any) []string {
	var out []string
	switch e := expression.(type) {
	case map[string]any:
		list, _ := e["references"].([]any)
		for _, item := range list {
			ref, _ := item.(string)
			if parts := strings.Split(ref, "."); len(parts) >= 2 && strings.Contains(parts[0], "_") {
				out = append(out, prefix+parts[0]+"."+strings.SplitN(parts[1], "[", 2)[0])
			}
		}
	case []any:
		for _, block := range e {
			for _, inner := range object(block) {
				out = append(out, references(prefix, inner)...)
			}
		}
	}
	return out
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}
