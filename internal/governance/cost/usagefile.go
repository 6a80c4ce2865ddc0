package cost

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// MaxUsage bounds a usage file, in bytes.
const MaxUsage = 1 << 20

const (
	// maxUsageDepth bounds how deep it nests, and maxUsageProblems what is told of it.
	maxUsageDepth    = 8
	maxUsageProblems = 50
)

// ParseUsage reads a usage file: resource_usage by address (an index may be *),
// resource_type_default_usage by type. Mistakes are told with line and column.
func ParseUsage(path string, src []byte) (*Usage, error) {
	if len(src) > MaxUsage {
		return nil, &UsageError{kernel.Errorf(kernel.Invalid, "%s is larger than %d MiB", path, MaxUsage>>20)}
	}
	u := &Usage{path: path, resources: map[string]*told{}, types: map[string]*told{}, seen: map[string]*reads{}}
	var root yaml.Node
	if err := yaml.Unmarshal(src, &root); err != nil {
		return nil, noYAML(path, err)
	}
	if len(root.Content) > 0 {
		u.document(root.Content[0])
	}
	return u, u.Err()
}

// noYAML has the line of an error of YAML, without the library's words around it.
func noYAML(path string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	p := kernel.Problem{File: path, Message: text, Fix: "Correct the YAML."}
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, message, _ := strings.Cut(rest, ": ")
		if line, err := strconv.Atoi(number); err == nil {
			p.Line, p.Column, p.Message = line, 1, message
		}
	}
	return &UsageError{kernel.Errorf(kernel.Invalid, "the usage file is no YAML").WithProblems(p)}
}

// UsageError is why a usage file cannot be taken.
type UsageError struct{ Err error }

// Error returns the reason.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *UsageError) Unwrap() error { return e.Err }

// Err is what is wrong with what was read so far: in the file, and, after an
// estimate, in values that were asked for as numbers.
func (u *Usage) Err() error {
	if u == nil || len(u.wrong) == 0 {
		return nil
	}
	return &UsageError{kernel.Errorf(kernel.Invalid, "the usage file is not understood").WithProblems(u.problems(u.wrong)...)}
}

func (u *Usage) problems(list []warning) []kernel.Problem {
	var out []kernel.Problem
	for _, w := range list {
		if len(out) < maxUsageProblems {
			out = append(out, kernel.Problem{File: u.path, Line: w.at.Line, Column: w.at.Column, Message: w.message, Fix: w.fix})
		}
	}
	return out
}

func (u *Usage) mistake(at *yaml.Node, fix, message string, args ...any) {
	u.wrong = append(u.wrong, warning{at: at, message: fmt.Sprintf(message, args...), fix: fix})
}

func (u *Usage) document(root *yaml.Node) {
	u.eachPair(root, "the file", func(key, value *yaml.Node) {
		switch key.Value {
		case "version":
			if value.Value != "0.1" {
				u.mistake(value, "Write version: 0.1, or leave it out.", "the version %q is not known", value.Value)
			}
		case "resource_usage":
			u.section(value, u.resources, "addresses")
		case "resource_type_default_usage":
			u.section(value, u.types, "types")
		default:
			u.mistake(key, didYouMean(key.Value, []string{"version", "resource_usage", "resource_type_default_usage"},
				"A usage file has resource_usage and resource_type_default_usage."), "%q is no part of a usage file", key.Value)
		}
	})
}

func (u *Usage) section(node *yaml.Node, into map[string]*told, of string) {
	u.eachPair(node, of, func(key, value *yaml.Node) {
		if into[key.Value] != nil {
			u.warnings = append(u.warnings, warning{key, key.Value + " is told twice; what is told last counts", "Remove one of the two."})
		}
		t := &told{values: map[string]any{}, at: key, keys: map[string]*yaml.Node{}}
		u.object(value, t, t.values, "")
		if len(t.values) > 0 {
			into[key.Value] = t
		}
	})
}

func (u *Usage) object(node *yaml.Node, t *told, into map[string]any, prefix string) {
	if strings.Count(prefix, "\x00") > maxUsageDepth {
		u.mistake(node, "Nest it less.", "this is nested deeper than %d levels", maxUsageDepth)
		return
	}
	u.eachPair(node, "keys and values", func(key, value *yaml.Node) {
		path := prefix + key.Value
		if value.Kind == yaml.MappingNode {
			inner := map[string]any{}
			into[key.Value] = inner
			u.object(value, t, inner, path+"\x00")
			return
		}
		v, ok := u.scalar(key, value)
		if ok && v != nil {
			into[key.Value], t.keys[path] = v, value
		}
	})
}

// scalar is a number, a text or a boolean.
func (u *Usage) scalar(key, node *yaml.Node) (any, bool) {
	var v any
	if node.Kind != yaml.ScalarNode || node.Decode(&v) != nil {
		u.mistake(node, "Write a number.", "%s is no number, text or boolean", key.Value)
		return nil, false
	}
	if text, ok := v.(string); ok {
		v = digits(text)
	}
	if n, ok := number(v); ok && (n < 0 || math.IsInf(n, 0)) {
		u.mistake(node, "Write a number from zero up.", "%s is %s, and use is at least zero", key.Value, node.Value)
		return nil, false
	}
	if n, ok := v.(float64); ok && math.IsNaN(n) || strings.EqualFold(node.Value, "nan") {
		u.mistake(node, "Write a number from zero up.", "%s is no number", key.Value)
		return nil, false
	}
	return v, true
}

// digits drops the underscores of 10_000, which YAML 1.2 reads as text.
func digits(text string) string {
	if strings.Trim(text, "0123456789_.") == "" {
		return strings.ReplaceAll(text, "_", "")
	}
	return text
}

func (u *Usage) eachPair(node *yaml.Node, what string, do func(key, value *yaml.Node)) {
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
	case node.Kind != yaml.MappingNode:
		u.mistake(node, "Write keys and values: KEY: VALUE.", "%s are expected here, as keys with values", what)
	default:
		for i := 0; i+1 < len(node.Content); i += 2 {
			do(node.Content[i], node.Content[i+1])
		}
	}
}

func didYouMean(word string, candidates []string, otherwise string) string {
	if near := yamldoc.Nearest(word, candidates); near != "" {
		return "Did you mean " + near + "?"
	}
	return otherwise
}
