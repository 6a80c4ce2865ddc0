package yamldoc

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Value is one value of a document. What it is asked for and does not hold is
// reported as a problem.
type Value struct {
	doc  *Document
	node *yaml.Node
	path string
}

// Root returns the document's outermost value.
func (d *Document) Root() Value { return Value{doc: d, node: d.root} }

// Path returns where in the document the value is, such as containers.main.image.
func (v Value) Path() string { return v.path }

// At returns where the value starts.
func (v Value) At() Position {
	if v.node == nil {
		return Position{}
	}
	return Position{v.node.Line, v.node.Column}
}

// Problem reports that the value is wrong and what to do.
func (v Value) Problem(fix, format string, args ...any) {
	v.doc.Report(v.At(), v.path, fmt.Sprintf(format, args...), fix)
}

// ProblemAt reports a problem at a place inside the value.
func (v Value) ProblemAt(at Position, fix, format string, args ...any) {
	v.doc.Report(at, v.path, fmt.Sprintf(format, args...), fix)
}

// Kind returns what the value is, for people: a text, an integer, a list, ….
func (v Value) Kind() string {
	switch v.node.Kind {
	case yaml.MappingNode:
		return "an object"
	case yaml.SequenceNode:
		return "a list"
	default: // a scalar, by its tag
	}
	switch v.node.ShortTag() {
	case "!!int":
		return "an integer"
	case "!!float":
		return "a number"
	case "!!bool":
		return "a boolean"
	case "!!null":
		return "nothing"
	}
	return "a text"
}

// IsObject and IsList report the value's shape.
func (v Value) IsObject() bool { return v.node.Kind == yaml.MappingNode }

// IsList reports whether the value is a list.
func (v Value) IsList() bool { return v.node.Kind == yaml.SequenceNode }

// IsNull reports whether the value is empty or null.
func (v Value) IsNull() bool { return v.node.Kind == yaml.ScalarNode && v.node.ShortTag() == "!!null" }

// String returns a text. Numbers and booleans are not texts.
func (v Value) String() (string, bool) {
	if v.node.Kind != yaml.ScalarNode || !slices.Contains([]string{"!!str", "!!timestamp"}, v.node.ShortTag()) {
		fix := "write a text"
		if v.node.Kind == yaml.ScalarNode && !v.IsNull() {
			fix = fmt.Sprintf("put it in quotes: %q", v.node.Value)
		}
		v.Problem(fix, "must be a text, not %s", v.described())
		return "", false
	}
	return v.node.Value, true
}

// Scalar returns a text or a number as it is written.
func (v Value) Scalar() (string, bool) {
	if v.node.Kind == yaml.ScalarNode && slices.Contains([]string{"!!int", "!!float"}, v.node.ShortTag()) {
		return v.node.Value, true
	}
	return v.String()
}

// Bool returns a boolean.
func (v Value) Bool() (value, ok bool) {
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!bool" {
		v.Problem("write true or false", "must be true or false, not %s", v.described())
		return false, false
	}
	return strings.EqualFold(v.node.Value, "true"), true
}

// Int returns an integer from low to high.
func (v Value) Int(low, high int64) (int64, bool) {
	fix := fmt.Sprintf("write a number from %d to %d", low, high)
	var n int64
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!int" || v.node.Decode(&n) != nil {
		v.Problem(fix, "must be an integer, not %s", v.described())
		return 0, false
	}
	if n < low || n > high {
		v.Problem(fix, "%d is not from %d to %d", n, low, high)
		return 0, false
	}
	return n, true
}

// Strings returns a list of texts.
func (v Value) Strings() []string {
	var out []string
	v.Items(func(_ int, item Value) {
		if s, ok := item.String(); ok {
			out = append(out, s)
		}
	})
	return out
}

// Items calls fn for every item of a list.
func (v Value) Items(fn func(i int, item Value)) {
	if !v.IsList() {
		v.Problem("write it as a list: [a, b]", "must be a list, not %s", v.described())
		return
	}
	for i, n := range v.node.Content {
		fn(i, Value{v.doc, n, fmt.Sprintf("%s[%d]", v.path, i)})
	}
}

// Any returns the value as nil, bool, int64, float64, string, []any or
// map[string]any; leaf may replace a text, and nil keeps it.
func (v Value) Any(leaf func(Value, string) any) any {
	switch v.node.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		v.Each(func(key string, item Value) { out[key] = item.Any(leaf) })
		return out
	case yaml.SequenceNode:
		out := make([]any, 0, len(v.node.Content))
		v.Items(func(_ int, item Value) { out = append(out, item.Any(leaf)) })
		return out
	default: // a scalar, by its tag
	}
	switch v.node.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(v.node.Value, "true")
	case "!!int", "!!float":
		return v.number()
	}
	if leaf == nil {
		return v.node.Value
	}
	return leaf(v, v.node.Value)
}

func (v Value) number() any {
	var n int64
	if v.node.ShortTag() == "!!int" && v.node.Decode(&n) == nil {
		return n
	}
	var f float64
	if err := v.node.Decode(&f); err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		v.Problem("write a finite number", "%s is not a number that can be kept", v.node.Value)
		return nil
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return f
}

// described names the value in a message: the integer 8080, a list, ….
func (v Value) described() string {
	if v.node.Kind != yaml.ScalarNode || v.IsNull() {
		return v.Kind()
	}
	text := v.node.Value
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:60], "") + "…"
	}
	if kind, found := strings.CutPrefix(v.Kind(), "a text"); found {
		return "the text " + strconv.Quote(text) + kind
	}
	return "the " + v.Kind()[strings.IndexByte(v.Kind(), ' ')+1:] + " " + text
}
