package flag

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The states of a flag.
const (
	Enabled  = "ENABLED"
	Disabled = "DISABLED"
)

// Flag is a feature flag.
type Flag struct {
	// State is Enabled, the default, or Disabled.
	State       string `json:"state,omitempty"`
	Description string `json:"description,omitempty"`
	Owner       string `json:"owner,omitempty"`
	// Variants are the values by their names, all of one kind: booleans, texts, numbers
	// or objects.
	Variants       map[string]any `json:"variants"`
	DefaultVariant string         `json:"defaultVariant"`
	// Targeting is a rule in JSONLogic whose result names a variant; null is the default.
	Targeting any            `json:"targeting,omitempty"`
	Metadata  map[string]any `json:"metadata,omitempty"`
}

// Fault is one thing wrong with a flag: the member it is in, and what to do.
type Fault struct{ Path, Message, Fix string }

// The bounds of a flag.
const (
	maxVariants = 100
	maxRule     = 24 // levels of a rule
)

// Check returns all that is wrong with a flag.
func (f Flag) Check() []Fault {
	var faults []Fault
	add := func(path, fix, format string, args ...any) {
		faults = append(faults, Fault{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
	}
	if f.State != "" && f.State != Enabled && f.State != Disabled {
		add("state", "write ENABLED or DISABLED", "%q is no state of a flag", f.State)
	}
	if len(f.Variants) == 0 || len(f.Variants) > maxVariants {
		add("variants", "name 1 to 100, such as on: true and off: false", "there are %d variants", len(f.Variants))
	}
	kinds := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(f.Variants)) {
		kind := kindOf(f.Variants[name])
		if kind == "" {
			add("variants."+name, "write a boolean, a text, a number or an object", "the variant is neither")
		}
		kinds[kind] = true
	}
	if len(kinds) > 1 {
		add("variants", "give all variants one kind of value", "the variants are of several kinds: %s", strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	if _, ok := f.Variants[f.DefaultVariant]; !ok {
		add("defaultVariant", "name one of: "+strings.Join(slices.Sorted(maps.Keys(f.Variants)), ", "), "there is no variant %q", f.DefaultVariant)
	}
	if f.Targeting != nil {
		(&checker{flag: f, add: add}).rule("targeting", f.Targeting, 0)
	}
	return faults
}

func kindOf(v any) string {
	switch v.(type) {
	case bool:
		return "boolean"
	case string:
		return "text"
	case int64, float64, int, json.Number:
		return "number"
	case map[string]any:
		return "object"
	default:
		return ""
	}
}
