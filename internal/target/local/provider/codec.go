package provider

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// toJSON turns a Terraform value into what encoding/json writes; members of
// objects and maps that are null are left out.
func toJSON(v tftypes.Value) (any, error) {
	if v.IsNull() {
		return nil, nil //nolint:nilnil // null is a value
	}
	if !v.IsKnown() {
		return nil, fmt.Errorf("the value is not known yet")
	}
	switch t := v.Type(); {
	case t.Is(tftypes.String):
		return scalar[string](v)
	case t.Is(tftypes.Bool):
		return scalar[bool](v)
	case t.Is(tftypes.Number):
		n, err := scalar[*big.Float](v)
		if err != nil {
			return nil, err
		}
		return json.Number(n.Text('f', -1)), nil
	case t.Is(tftypes.List{}):
		return listToJSON(v)
	default:
		return mapToJSON(v)
	}
}

func scalar[T any](v tftypes.Value) (out T, err error) {
	if p, ok := any(&out).(**big.Float); ok {
		*p = new(big.Float)
		return out, v.As(*p)
	}
	return out, v.As(&out)
}

func listToJSON(v tftypes.Value) (any, error) {
	var elements []tftypes.Value
	if err := v.As(&elements); err != nil {
		return nil, err
	}
	out := make([]any, 0, len(elements))
	for _, e := range elements {
		j, err := toJSON(e)
		if err != nil {
			return nil, err
		}
		out = append(out, j)
	}
	return out, nil
}

func mapToJSON(v tftypes.Value) (any, error) {
	var members map[string]tftypes.Value
	if err := v.As(&members); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(members))
	for name, m := range members {
		j, err := toJSON(m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if j != nil {
			out[name] = j
		}
	}
	return out, nil
}

// fromJSON turns what encoding/json read, with UseNumber, into a value of type
// t. What t does not have is ignored; what is missing is null.
func fromJSON(t tftypes.Type, j any) (tftypes.Value, error) {
	if j == nil {
		return tftypes.NewValue(t, nil), nil
	}
	value, err := goValue(t, j)
	if err != nil {
		return tftypes.Value{}, err
	}
	if err := tftypes.ValidateValue(t, value); err != nil {
		return tftypes.Value{}, fmt.Errorf("the value is no %s: %w", t, err)
	}
	return tftypes.NewValue(t, value), nil
}

func goValue(t tftypes.Type, j any) (any, error) {
	switch typed := t.(type) {
	case tftypes.List:
		return listFromJSON(typed, j)
	case tftypes.Map:
		return mapFromJSON(j, func(string) (tftypes.Type, bool) { return typed.ElementType, true })
	case tftypes.Object:
		return objectFromJSON(typed, j)
	}
	if n, ok := j.(json.Number); ok {
		f, _, err := big.ParseFloat(n.String(), 10, 512, big.ToNearestEven)
		return f, err
	}
	return j, nil
}

func listFromJSON(t tftypes.List, j any) (any, error) {
	elements, ok := j.([]any)
	if !ok {
		return nil, fmt.Errorf("%T is no list", j)
	}
	out := make([]tftypes.Value, 0, len(elements))
	for _, e := range elements {
		v, err := fromJSON(t.ElementType, e)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func mapFromJSON(j any, typeOf func(string) (tftypes.Type, bool)) (map[string]tftypes.Value, error) {
	members, ok := j.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%T is no map", j)
	}
	out := make(map[string]tftypes.Value, len(members))
	for name, m := range members {
		t, ok := typeOf(name)
		if !ok {
			continue
		}
		v, err := fromJSON(t, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}

func objectFromJSON(t tftypes.Object, j any) (any, error) {
	out, err := mapFromJSON(j, func(name string) (tftypes.Type, bool) {
		member, ok := t.AttributeTypes[name]
		return member, ok
	})
	if err != nil {
		return nil, err
	}
	for name, member := range t.AttributeTypes {
		if _, ok := out[name]; !ok {
			out[name] = tftypes.NewValue(member, nil)
		}
	}
	return out, nil
}
