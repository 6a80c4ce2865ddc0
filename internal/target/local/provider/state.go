package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// claimedBy returns the reply with the claim of the resource that asked: it is
// the resource's own, and no part of the object.
func (p planeObject) claimedBy(r ref) planeObject {
	if r.claim != "" {
		p.Spec["claim"] = r.claim
	}
	return p
}

// request returns the object's name and the spec to put: what the plan says,
// except for attributes that the plane computes where the user leaves them out,
// which are taken from the configuration.
func (k kind) request(plan, config tftypes.Value) (r ref, spec map[string]any, err error) {
	r.plane = k.plane
	planned, err := members(plan)
	if err != nil {
		return r, nil, err
	}
	configured, err := members(config)
	if err != nil {
		return r, nil, err
	}
	spec = map[string]any{}
	for attribute, v := range planned {
		if k.isOutput(attribute) {
			v = configured[attribute]
		}
		j, err := toJSON(v)
		if err != nil {
			return r, nil, fmt.Errorf("%s: %w", attribute, err)
		}
		if j != nil {
			spec[attribute] = j
		}
	}
	r.name, _ = spec["name"].(string)
	r.claim, _ = spec["claim"].(string)
	delete(spec, "name")
	delete(spec, "claim")
	return r, spec, nil
}

// state returns the resource's state for what the plane has replied.
func (k kind) state(t tftypes.Type, got planeObject) (tftypes.Value, error) {
	all := map[string]any{"name": got.Name, "id": got.Name}
	object, ok := t.(tftypes.Object)
	if !ok {
		return tftypes.Value{}, fmt.Errorf("%s is no object", t)
	}
	for attribute := range object.AttributeTypes {
		switch {
		case attribute == "name" || attribute == "id":
		case k.isOutput(attribute):
			all[attribute] = got.Outputs[attribute]
		default:
			all[attribute] = got.Spec[attribute]
		}
	}
	return fromJSON(t, all)
}

func members(v tftypes.Value) (map[string]tftypes.Value, error) {
	var m map[string]tftypes.Value
	if err := v.As(&m); err != nil {
		return nil, fmt.Errorf("read the resource: %w", err)
	}
	return m, nil
}

func attributeText(v tftypes.Value, name string) (string, error) {
	m, err := members(v)
	if err != nil {
		return "", err
	}
	return scalar[string](m[name])
}
