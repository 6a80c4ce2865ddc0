package state

import (
	"context"
	"encoding/json"
	"errors"
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
func (v readable) each(visit func(r Resource, raw json.RawMessage) error) error {
	state, err := v.from()
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

// Managed goes through the managed resources of a type in a version of the stack's state, with
// their attributes, which are there for the time of the call. It is for the parts of Terrace that
// follow what is deployed, and asks no permission.
func (s *Service) Managed(ctx context.Context, stack, version, kind string, visit func(attributes json.RawMessage) error) error {
	v, err := s.Store.Version(ctx, stack, version)
	if err != nil {
		return err
	}
	return readable{v, s.stored(ctx, v)}.each(func(r Resource, raw json.RawMessage) error {
		if r.Mode != "managed" || r.Type != kind {
			return nil
		}
		var in struct {
			Deposed    string          `json:"deposed"`
			Attributes json.RawMessage `json:"attributes"`
		}
		if err := json.Unmarshal(raw, &in); err != nil || in.Deposed != "" {
			return err
		}
		return visit(in.Attributes)
	})
}
