package openapi

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// Value returns the document as JSON has it: maps, slices, strings, float64,
// bool and nil.
func (d *Document) Value() any { return plain(d.root) }

func plain(n *yaml.Node) any {
	if n.Kind == yaml.MappingNode {
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return m
	}
	if n.Kind == yaml.SequenceNode {
		s := make([]any, len(n.Content))
		for i, item := range n.Content {
			s[i] = plain(item)
		}
		return s
	}
	return scalar(n)
}

func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		var f float64
		if err := n.Decode(&f); err == nil {
			return f
		}
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}

// Operation is one of a document.
type Operation struct {
	ID, Method, Path string
}

// Operations returns those of a document by path and method. One without an id
// is named by these.
func (d *Document) Operations() []Operation {
	var out []Operation
	for _, path := range d.Spec.Paths.InMatchingOrder() {
		item := d.Spec.Paths.Value(path)
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			out = append(out, Operation{ID: OperationID(item.Operations()[method], method, path), Method: method, Path: path})
		}
	}
	return out
}

// OperationID is the id of an operation, or its method and path.
func OperationID(o *openapi3.Operation, method, path string) string {
	if o.OperationID != "" {
		return o.OperationID
	}
	return method + " " + path
}
