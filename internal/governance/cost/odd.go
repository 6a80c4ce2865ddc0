package cost

import (
	"fmt"
	"math"
	"slices"
)

// odd collects the values of a resource that cannot be what they are read as: such a
// resource has no figure.
type odd struct{ said []string }

func (o *odd) note(path string, value any, why string) {
	if o == nil {
		return
	}
	text := fmt.Sprintf("%v", value)
	if s, ok := value.(string); ok {
		text = fmt.Sprintf("%q", s)
	}
	if runes := []rune(text); len(runes) > 60 {
		text = string(runes[:60]) + "…"
	}
	if said := fmt.Sprintf("%s is %s, which is %s", path, text, why); !slices.Contains(o.said, said) {
		o.said = append(o.said, said)
	}
}

// quantity notes a number that no cost can be counted with.
func (o *odd) quantity(path string, value any) {
	n, ok := number(value)
	switch {
	case value == nil, value == "":
	case !ok:
		o.note(path, value, "no number")
	case math.IsInf(n, 0):
		o.note(path, value, "larger than any number")
	case n < 0:
		o.note(path, value, "below zero")
	}
}

// truth notes what is neither true nor false.
func (o *odd) truth(path string, value any) {
	switch value {
	case nil, "", true, false, "true", "false":
	default:
		o.note(path, value, "neither true nor false")
	}
}
