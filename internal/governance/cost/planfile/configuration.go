package planfile

import (
	"encoding/json"
	"strings"
)

// maxModules bounds how deep modules are nested.
const maxModules = 64

type module struct {
	Resources []struct {
		Address     string
		Expressions map[string]json.RawMessage
	}
	ModuleCalls map[string]struct {
		Module module
	} `json:"module_calls"`
}

// collect notes what the expressions of resources name, by address.
func (m module) collect(prefix string, into map[string]map[string][]string, depth int) {
	if depth > maxModules {
		return
	}
	for _, r := range m.Resources {
		refs := map[string][]string{}
		for name, raw := range r.Expressions {
			if found := references(prefix, raw); len(found) > 0 {
				refs[name] = found
			}
		}
		into[prefix+r.Address] = refs
	}
	for name, call := range m.ModuleCalls {
		call.Module.collect(prefix+"module."+name+".", into, depth+1)
	}
}

// references are the resources that an expression, or the blocks of one, names.
func references(prefix string, raw json.RawMessage) []string {
	var one struct{ References []string }
	if json.Unmarshal(raw, &one) == nil && len(one.References) > 0 {
		var out []string
		for _, ref := range one.References {
			parts := strings.Split(ref, ".")
			if len(parts) >= 2 && strings.Contains(parts[0], "_") {
				out = append(out, prefix+parts[0]+"."+strings.SplitN(parts[1], "[", 2)[0])
			}
		}
		return out
	}
	var blocks []map[string]json.RawMessage
	if json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	var out []string
	for _, b := range blocks {
		for _, inner := range b {
			out = append(out, references(prefix, inner)...)
		}
	}
	return out
}
