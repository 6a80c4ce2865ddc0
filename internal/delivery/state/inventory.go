package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// instance is one of a resource, without its values.
type instance struct {
	IndexKey     any      `json:"index_key"`
	Status       string   `json:"status"`
	Deposed      string   `json:"deposed"`
	Dependencies []string `json:"dependencies"`
}

// values are those of an instance, and the paths of those that are sensitive.
type values struct {
	Attributes map[string]any    `json:"attributes"`
	Sensitive  []json.RawMessage `json:"sensitive_attributes"`
}

// each goes through the instances of a version, in the order of the state. The raw
// instance is there for the time of the call.
func (s *Service) each(ctx context.Context, v Version, visit func(r Resource, raw json.RawMessage) error) error {
	state, err := s.load(ctx, v)
	if err != nil {
		return err
	}
	_, err = walk(state, func(b block, raw json.RawMessage) error {
		var in instance
		if err := json.Unmarshal(raw, &in); err != nil {
			return err
		}
		return visit(in.of(b), raw)
	})
	if kernel.Is(err, kernel.Invalid) {
		err = kernel.Errorf(kernel.Internal, "a stored state cannot be read: %w", err)
	}
	return errors.Join(err, state.Close())
}

// of is the instance as a resource, without its attributes.
func (in instance) of(b block) Resource {
	address := b.Type + "." + b.Name + index(in.IndexKey)
	if b.Mode == "data" {
		address = "data." + address
	}
	if b.Module != "" {
		address = b.Module + "." + address
	}
	if in.Deposed != "" {
		address += " (deposed " + in.Deposed + ")"
	}
	return Resource{
		Address: address, Type: b.Type, Provider: providerName(b.Provider), Mode: b.Mode,
		Tainted: in.Status == "tainted", DependsOn: in.Dependencies,
	}
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

// shown are the attributes of an instance with (sensitive) for those that the tool
// marked, and for those whose names are secrets': not every provider marks all of
// its own.
func shown(raw json.RawMessage) (map[string]any, error) {
	var v values
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	masked, _ := mask(v.Attributes).(map[string]any)
	for _, path := range v.Sensitive {
		hide(masked, steps(path))
	}
	return masked, nil
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
