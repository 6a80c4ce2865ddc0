package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Index holds definitions by type, checked and ready to be matched. It is made
// once and used for any number of workloads, by several goroutines at once.
type Index struct {
	defs   []Definition
	byType map[string][]candidate
	types  []string
}

// candidate is one criterion with the definition that it belongs to.
type candidate struct {
	def       *compiled
	criterion Criterion
	rank      int
}

// compiled is a definition whose strings are parsed.
type compiled struct {
	Definition
	inputs     map[string]tree
	outputs    map[string]tree
	dependents map[string]dependent
	// always are the dependents that no placeholder mentions.
	always []string
}

type dependent struct {
	DependentResource
	id     expression
	params map[string]tree
}

// NewIndex checks the definitions together: a placeholder that means nothing
// is Invalid, a criterion or name that two share is a Conflict.
func NewIndex(defs []Definition) (*Index, error) {
	x := &Index{defs: defs, byType: map[string][]candidate{}}
	names := map[string]bool{}
	for _, d := range defs {
		if names[d.Name] {
			return nil, kernel.Errorf(kernel.Conflict, "there are two definitions named %s", d.Name).WithFix("give each its own name")
		}
		names[d.Name] = true
		c, err := compile(d)
		if err != nil {
			return nil, err
		}
		if err := x.add(c); err != nil {
			return nil, err
		}
	}
	x.types = sortedKeys(x.byType)
	for _, candidates := range x.byType {
		slices.SortFunc(candidates, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(a.def.Name, b.def.Name), cmp.Compare(a.criterion.String(), b.criterion.String()))
		})
	}
	return x, nil
}

// Definitions are those that the index was made of, which are not to be changed.
func (x *Index) Definitions() []Definition { return x.defs }

func (x *Index) add(c *compiled) error {
	criteria := c.Criteria
	if len(criteria) == 0 {
		criteria = []Criterion{{}}
	}
	for _, criterion := range criteria {
		criterion = criterion.normal()
		for _, other := range x.byType[c.Type] {
			if other.criterion == criterion {
				return duplicate(c.Definition, other.def.Definition, criterion)
			}
		}
		x.byType[c.Type] = append(x.byType[c.Type], candidate{c, criterion, criterion.rank()})
	}
	return nil
}

func duplicate(a, b Definition, c Criterion) error {
	if a.Name == b.Name {
		return kernel.Errorf(kernel.Conflict, "the definition %s has the criterion %s twice", a.Name, c).WithFix("remove one of them")
	}
	return kernel.Errorf(kernel.Conflict, "the definitions %s and %s of type %s have the same criterion %s", b.Name, a.Name, a.Type, c).
		WithFix("change or remove it in one of them: only one definition can serve a resource")
}

func compile(d Definition) (*compiled, error) {
	c := &compiled{Definition: d, inputs: map[string]tree{}, outputs: map[string]tree{}, dependents: map[string]dependent{}}
	var problems []kernel.Problem
	problem := func(path, message string) {
		problems = append(problems, kernel.Problem{File: "definition " + d.Name, Path: path, Message: message})
	}
	names, mentioned := sortedKeys(d.Resources), map[string]bool{}
	for _, k := range sortedKeys(d.Inputs) {
		c.inputs[k] = compileTree(d.Inputs[k], "inputs."+k, place{dependents: names, landingZone: true, secrets: true}, problem)
		treeMentions(c.inputs[k], mentioned)
	}
	for _, k := range sortedKeys(d.Outputs) {
		c.outputs[k] = compileTree(d.Outputs[k], "outputs."+k, place{dependents: names, landingZone: true, module: true}, problem)
		treeMentions(c.outputs[k], mentioned)
	}
	for _, name := range names {
		c.dependents[name] = compileDependent(d.Resources[name], "resources."+name, names, problem)
		for _, t := range c.dependents[name].params {
			treeMentions(t, mentioned)
		}
	}
	for _, name := range names {
		if !mentioned[name] {
			c.always = append(c.always, name)
		}
	}
	if problems != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the definition %s cannot be used", d.Name).WithProblems(problems...)
	}
	return c, nil
}

func compileDependent(r DependentResource, path string, names []string, problem func(path, message string)) dependent {
	out := dependent{DependentResource: r, params: map[string]tree{}}
	if r.Class == "" {
		out.Class = workload.DefaultClass
	}
	out.id, _ = compileTree(r.ID, path+".id", place{}, problem).(expression)
	for _, k := range sortedKeys(r.Params) {
		out.params[k] = compileTree(r.Params[k], path+".params."+k, place{dependents: names, landingZone: true}, problem)
	}
	return out
}

// normal returns the criterion with its class filled in.
func (c Criterion) normal() Criterion {
	if c.Class == "" {
		c.Class = workload.DefaultClass
	}
	return c
}

// rank orders criteria by how specific they are, field by field.
func (c Criterion) rank() int {
	rank := 0
	for _, set := range []bool{c.ID != "", c.Stage != "", c.Project != "", c.Target != "", c.Runtime != ""} {
		rank *= 2
		if set {
			rank++
		}
	}
	return rank
}

// String returns the criterion for people: {class: default, stage: prod}.
func (c Criterion) String() string {
	c = c.normal()
	parts := []string{"class: " + c.Class}
	for _, f := range []struct{ name, value string }{{"id", c.ID}, {"stage", c.Stage}, {"project", c.Project}, {"target", c.Target}, {"runtime", c.Runtime}} {
		if f.value != "" {
			parts = append(parts, fmt.Sprintf("%s: %s", f.name, f.value))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
