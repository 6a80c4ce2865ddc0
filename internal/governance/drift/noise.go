package drift

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/platform/jsondiff"
)

// differences are the attributes of a resource that a change is of. What differs
// in writing alone is none of them, and a list of plain values is one.
func differences(c *tfjson.Change) []jsondiff.Difference {
	walk := jsondiff.Walk{Unknown: c.AfterUnknown, SensitiveBefore: c.BeforeSensitive, SensitiveAfter: c.AfterSensitive, Same: same, Lists: true}
	return walk.Differences(c.Before, c.After)
}

// same reports whether two values differ in how they are written alone: an
// attribute that a refresh fills in with what is its default, nothing and an
// empty value, an Azure id in another case.
func same(a, b any) bool {
	if empty(a) && empty(b) && (a == nil || b == nil) {
		return true
	}
	x, xok := a.(string)
	y, yok := b.(string)
	return xok && yok && strings.HasPrefix(strings.ToLower(x), "/subscriptions/") && strings.EqualFold(x, y)
}

// empty reports whether the value says nothing.
func empty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return x == ""
	case bool:
		return !x
	case []any:
		return !slices.ContainsFunc(x, func(v any) bool { return !empty(v) })
	case map[string]any:
		return !slices.ContainsFunc(slices.Collect(maps.Values(x)), func(v any) bool { return !empty(v) })
	default:
		n := reflect.ValueOf(v)
		return n.IsZero() || n.Kind() == reflect.String && n.String() == "0" // json.Number
	}
}
