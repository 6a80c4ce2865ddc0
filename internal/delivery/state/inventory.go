package state

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Resource is one instance of a resource in a state.
type Resource struct {
	// Address is what terraform calls it: module.a.terrace_dns_record.b["c"].
	Address  string `json:"address"`
	Type     string `json:"type"`
	Provider string `json:"provider"`
	// Mode is managed or data.
	Mode string `json:"mode" enum:"managed,data"`
	// Tainted resources are replaced by the next apply.
	Tainted bool `json:"tainted,omitempty"`
	// DependsOn are the addresses of the resources that it was made after.
	DependsOn []string `json:"dependsOn,omitempty"`
	// Attributes are its values, with (sensitive) for those that are; only where one resource is asked for.
	Attributes map[string]any `json:"attributes,omitempty"`
}

// hidden stands in for a sensitive value.
const hidden = "(sensitive)"

// document is a state of format 4, as far as Terrace shows it.
type document struct {
	Outputs   map[string]output `json:"outputs"`
	Resources []struct {
		Module    string     `json:"module"`
		Mode      string     `json:"mode"`
		Type      string     `json:"type"`
		Name      string     `json:"name"`
		Provider  string     `json:"provider"`
		Instances []instance `json:"instances"`
	} `json:"resources"`
}

type output struct {
	Value     any  `json:"value"`
	Sensitive bool `json:"sensitive"`
}

type instance struct {
	IndexKey     any               `json:"index_key"`
	Status       string            `json:"status"`
	Deposed      string            `json:"deposed"`
	Attributes   map[string]any    `json:"attributes"`
	Sensitive    []json.RawMessage `json:"sensitive_attributes"`
	Dependencies []string          `json:"dependencies"`
}

// inventory reads the instances of a state, sorted by address, with attributes
// from which secrets are gone.
func inventory(raw []byte) ([]Resource, error) {
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, kernel.Errorf(kernel.Internal, "a stored state cannot be read: %w", err)
	}
	all := []Resource{}
	for _, r := range d.Resources {
		for _, in := range r.Instances {
			address := r.Type + "." + r.Name + index(in.IndexKey)
			if r.Mode == "data" {
				address = "data." + address
			}
			if r.Module != "" {
				address = r.Module + "." + address
			}
			if in.Deposed != "" {
				address += " (deposed " + in.Deposed + ")"
			}
			all = append(all, Resource{
				Address: address, Type: r.Type, Provider: providerName(r.Provider), Mode: r.Mode,
				Tainted: in.Status == "tainted", DependsOn: in.Dependencies, Attributes: in.shown(),
			})
		}
	}
	slices.SortFunc(all, func(a, b Resource) int { return cmp.Compare(a.Address, b.Address) })
	return all, nil
}

// index is how an address has an index: [0], ["a"], or nothing.
func index(key any) string {
	switch k := key.(type) {
	case string:
		return "[" + strconv.Quote(k) + "]"
	case float64:
		return "[" + strconv.Itoa(int(k)) + "]"
	default:
		return ""
	}
}

// providerName takes provider["host/namespace/name"] apart.
func providerName(address string) string {
	_, quoted, found := strings.Cut(address, `["`)
	name, _, closed := strings.Cut(quoted, `"]`)
	if !found || !closed {
		return address
	}
	return name
}

// shown are the attributes with (sensitive) for those that the tool marked, and
// for those whose names are secrets': not every provider marks all of its own.
func (in instance) shown() map[string]any {
	masked, _ := mask(in.Attributes).(map[string]any)
	for _, path := range in.Sensitive {
		hide(masked, steps(path))
	}
	return masked
}

func mask(v any) any {
	switch value := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for name, inner := range value {
			if text, ok := inner.(string); ok && text != "" && secretName(name) {
				out[name] = hidden
				continue
			}
			out[name] = mask(inner)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, inner := range value {
			out[i] = mask(inner)
		}
		return out
	default:
		return v
	}
}

// secretName reports names of attributes whose values are secrets.
func secretName(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasSuffix(lower, "_id") || strings.HasSuffix(lower, "_name") || strings.HasSuffix(lower, "_version") {
		return false
	}
	for _, word := range []string{"password", "secret", "token", "private_key", "access_key", "connection_string", "sas_url", "kube_config", "credential"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// steps reads a path of sensitive_attributes: names and numbers.
func steps(path json.RawMessage) (keys []any) {
	var parts []struct {
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	}
	if json.Unmarshal(path, &parts) != nil {
		return nil
	}
	for _, part := range parts {
		var key any
		var typed struct {
			Value any `json:"value"`
		}
		if part.Type == "index" && json.Unmarshal(part.Value, &typed) == nil {
			key = typed.Value
		} else if json.Unmarshal(part.Value, &key) != nil {
			return nil
		}
		keys = append(keys, key)
	}
	return keys
}

// hide puts (sensitive) where the keys lead to, or on the last that is there.
func hide(v any, keys []any) {
	for i, key := range keys {
		last := i == len(keys)-1
		switch at := v.(type) {
		case map[string]any:
			name := fmt.Sprint(key)
			if _, there := at[name]; there && last {
				at[name] = hidden
			}
			v = at[name]
		case []any:
			n, ok := key.(float64)
			if !ok || int(n) >= len(at) || n < 0 {
				return
			}
			if last {
				at[int(n)] = hidden
			}
			v = at[int(n)]
		default:
			return
		}
	}
}
