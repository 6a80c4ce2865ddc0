package render

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// scope resolves references to the names of module calls.
type scope struct {
	// keys are the module keys by UID, names the UIDs by resource name.
	keys, names map[string]string
}

func scopeOf(g *graph.Graph) scope {
	s := scope{keys: make(map[string]string, len(g.Nodes)), names: g.Names}
	for _, node := range g.Nodes {
		s.keys[node.UID] = node.Key
	}
	return s
}

// value turns an input of a node into a value of the JSON syntax.
func (s scope) value(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return escape(v), nil
	case graph.Template:
		return s.nodeTemplate(v)
	case []any:
		list := make([]any, 0, len(v))
		for _, element := range v {
			value, err := s.value(element)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(v))
		for _, key := range sortedKeys(v) {
			value, err := s.value(v[key])
			if err != nil {
				return nil, err
			}
			object[escape(key)] = value
		}
		return object, nil
	case nil, bool, int, int64, float64:
		return v, nil
	default:
		return nil, kernel.Errorf(kernel.Internal, "a value of type %T cannot be rendered", v)
	}
}

func (s scope) nodeTemplate(t graph.Template) (string, error) {
	var b strings.Builder
	for i, part := range t.Parts {
		if part.Node == "" {
			b.WriteString(escapePart(part.Literal, i+1 < len(t.Parts)))
			continue
		}
		key, ok := s.keys[part.Node]
		if !ok {
			return "", kernel.Errorf(kernel.Internal, "%s refers to %s, which is not in the graph", t, part.Node)
		}
		b.WriteString(reference(key, part.Output, part.Keys))
	}
	return b.String(), nil
}

// template turns a string of the workload into a template; suffix is text that
// follows it.
func (s scope) template(t workload.Template, suffix string) (string, error) {
	parts := t.Parts
	if suffix != "" {
		parts = append(slices.Clone(parts), workload.Part{Literal: suffix})
	}
	var b strings.Builder
	for i, part := range parts {
		if part.Ref == nil {
			b.WriteString(escapePart(part.Literal, i+1 < len(parts)))
			continue
		}
		key, ok := s.keys[s.names[part.Ref.Resource]]
		if !ok {
			return "", kernel.Errorf(kernel.Internal, "%s refers to a resource that is not in the graph", part.Ref)
		}
		b.WriteString(reference(key, part.Ref.Output, part.Ref.Keys))
	}
	return b.String(), nil
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
