package rego

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// input is a document with what surrounds it at terrace, as Go has it, and the
// resources of its changes, where it has any.
type input struct {
	document, around map[string]any
	configuration    configuration
	resources        []resource
	indexed          bool
}

func inputOf(in policy.Input) (input, error) {
	around, err := surroundings(in.Context)
	if err != nil {
		return input{}, fmt.Errorf("what surrounds the plan: %w", err)
	}
	i := input{document: in.Document, around: around}
	if configuration, ok := configured(in.Document); ok {
		i.configuration = configuration
		i.resources, i.indexed = resources(in, configuration.resources)
	}
	return i, nil
}

// view is the input with some of its resources, and the document of Rego that it is.
// Workers may share it.
func (i input) view(some []*resource) map[string]any {
	document, around := maps.Clone(i.document), maps.Clone(i.around)
	if document == nil {
		document = map[string]any{}
	}
	if i.indexed {
		plan := lists(some)
		plan["configuration"], plan["calls"] = i.configuration.resources, i.configuration.calls
		plan["invoked"] = i.configuration.invoked
		around["plan"] = plan
	}
	document["terrace"] = around
	return document
}

// all are its resources.
func (i input) all() []*resource {
	some := make([]*resource, 0, len(i.resources))
	for n := range i.resources {
		some = append(some, &i.resources[n])
	}
	return some
}

// of are those that policies look at for certain: those of the types that they name,
// and all where one judges any resource.
func of(some []*resource, tasks []*task) []*resource {
	kinds := map[string]bool{}
	for _, t := range tasks {
		if t.rule.single && (len(t.rule.Resources) == 0 || slices.Contains(t.rule.Resources, "*")) {
			return some
		}
		for _, kind := range t.rule.Resources {
			kinds[kind] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(some), func(r *resource) bool { return !kinds[r.kind] })
}

func surroundings(c policy.Context) (map[string]any, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var known map[string]any
	err = json.Unmarshal(text, &known)
	return known, err
}
