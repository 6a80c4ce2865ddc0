package render

import (
	"cmp"
	"encoding/json"
	"fmt"
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
	// sensitive are the outputs that modules say are, as keys and outputs with a dot between.
	sensitive map[string]bool
	// mapped are the UIDs of the nodes whose outputs are those of a local value.
	mapped map[string]bool
	zone   map[string]any
	// producers are the resources that stand for other workloads.
	producers map[string]bool
}

func scopeOf(in Input) scope {
	g := in.Graph
	s := scope{keys: make(map[string]string, len(g.Nodes)), names: g.Names, sensitive: map[string]bool{}, mapped: map[string]bool{}, zone: in.LandingZone, producers: map[string]bool{}}
	for _, take := range in.Workload.Takes() {
		s.producers[take.Resource] = true
	}
	for _, node := range g.Nodes {
		s.keys[node.UID] = node.Key
		s.mapped[node.UID] = node.Outputs != nil
		for _, output := range node.Module.Sensitive {
			s.sensitive[node.Key+"."+output] = true
		}
	}
	return s
}

// output returns the template for what a resource gives.
func (s scope) output(uid, output string, keys []string) (string, bool) {
	key, ok := s.keys[uid]
	if s.mapped[uid] {
		return "${" + expression("local."+key+"."+output, keys) + "}", ok
	}
	return s.module(key, output, keys), ok
}

// module returns the template for an output of a module, which stays sensitive where the
// module says that it is: terraform forgets it at the module's door.
func (s scope) module(key, output string, keys []string) string {
	if s.sensitive[key+"."+output] {
		return "${" + expression("sensitive(module."+key+"."+output+")", keys) + "}"
	}
	return reference(key, output, keys)
}

// value turns an input of a node into a value of the JSON syntax.
func (s scope) value(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return escape(v), nil
	case graph.Template:
		if given, ok := s.given(v); ok {
			return s.value(given)
		}
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
	case nil, bool, int, int64, float64, json.Number:
		return v, nil
	default:
		return nil, kernel.Errorf(kernel.Internal, "a value of type %T cannot be rendered", v)
	}
}

func (s scope) nodeTemplate(t graph.Template) (string, error) {
	var b strings.Builder
	for i, part := range t.Parts {
		text, err := s.nodePart(part, i+1 < len(t.Parts))
		if err != nil {
			return "", fmt.Errorf("%s: %w", t, err)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// nodePart returns the template for a part; joined says that another follows.
func (s scope) nodePart(part graph.Part, joined bool) (string, error) {
	if part.IsLiteral() {
		return escapePart(part.Literal, joined), nil
	}
	switch part.From {
	case graph.FromLandingZone:
		text, err := zoneText(s.zone, part)
		return escapePart(text, joined), err
	case graph.FromWorkload:
		return variableReference(part.Node, part.Output, part.Keys), nil
	case graph.FromSecret:
		return "${var." + secretVariable(part.Output) + "}", nil
	case graph.FromModule:
		return s.module(s.keys[part.Node], part.Output, part.Keys), nil
	default:
		text, ok := s.output(part.Node, part.Output, part.Keys)
		if !ok {
			return "", kernel.Errorf(kernel.Internal, "%s is not in the graph", part.Node)
		}
		return text, nil
	}
}

// given returns what a template stands for that is one output of the landing zone.
func (s scope) given(t graph.Template) (any, bool) {
	if len(t.Parts) != 1 || t.Parts[0].IsLiteral() || t.Parts[0].From != graph.FromLandingZone {
		return nil, false
	}
	return inZone(s.zone, t.Parts[0])
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
		if part.Secret != "" {
			b.WriteString(escape(secretMark + part.Secret + "}")) // who starts the container puts the value in
			continue
		}
		if part.Ref == nil {
			b.WriteString(escapePart(part.Literal, i+1 < len(parts)))
			continue
		}
		if s.producers[part.Ref.Resource] {
			b.WriteString(variableReference(part.Ref.Resource, part.Ref.Output, part.Ref.Keys))
			continue
		}
		text, ok := s.output(s.names[part.Ref.Resource], part.Ref.Output, part.Ref.Keys)
		if !ok {
			return "", kernel.Errorf(kernel.Internal, "%s refers to a resource that is not in the graph", part.Ref)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
