package graph

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxDepth bounds how deep resources can need resources.
const maxDepth = 8

// Resolve returns the graph of the workload in the context. Its error is of
// kind Invalid, with every problem at its place in the Score file, or is that
// of mods.
func Resolve(w *workload.Workload, c Context, defs []Definition, mods ModuleSource) (*Graph, error) {
	x, err := NewIndex(defs)
	if err != nil {
		return nil, err
	}
	return x.Resolve(w, c, mods)
}

// Resolve is the function Resolve over the index's definitions.
func (x *Index) Resolve(w *workload.Workload, c Context, mods ModuleSource) (*Graph, error) {
	c.Workload = w.Name
	r := &resolver{
		index: x, w: w, c: c, mods: mods, nodes: map[string]*building{},
		graph: &Graph{Workload: w.Name, Names: make(map[string]string, len(w.Resources))},
	}
	if err := r.resolve(); err != nil {
		return nil, err
	}
	return r.graph, nil
}

type resolver struct {
	index    *Index
	w        *workload.Workload
	c        Context
	mods     ModuleSource
	nodes    map[string]*building
	graph    *Graph
	problems []kernel.Problem
}

// building is a node before it is done.
type building struct {
	Node
	// label names the resource for people: its name in the workload, or
	// parent.name.
	label string
	// local is the id by which the resource asks for a definition, "" when it
	// has none of its own.
	local string
	at    workload.Position
	def   *compiled
	chain []*building
	refs  []reference
	// own are the module's outputs that the definition names.
	own []reference
}

// reference is a placeholder ${resources.…} of a definition.
type reference struct{ path, uid, output string }

func (r *resolver) resolve() error {
	for _, name := range r.own() {
		r.declare(r.w.Resources[name])
	}
	for _, name := range r.own() {
		b := r.nodes[r.graph.Names[name]]
		if b.def != nil {
			continue
		}
		if err := r.build(b); err != nil {
			return err
		}
	}
	r.checkReferences()
	if len(r.problems) == 0 {
		r.order()
	}
	if len(r.problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the resources of %s cannot be resolved for the stage %s", r.w.Name, r.c.Stage).
		WithProblems(r.problems...)
}

// own are the names of the resources that the workload has itself: those that
// stand for another workload need nothing here.
func (r *resolver) own() []string {
	return slices.DeleteFunc(r.w.ResourceNames(), func(name string) bool { return r.w.Resources[name].Producer != nil })
}

// declare gives a resource of the workload its identity. Two names for one
// shared resource are one node.
func (r *resolver) declare(res workload.Resource) {
	id := res.ID
	if id == "" {
		id = r.w.Name + "." + res.Name
	}
	uid := uidOf(res.Type, res.Class, id)
	r.graph.Names[res.Name] = uid
	params, _ := r.params(res.Params).(map[string]any)
	if first, ok := r.nodes[uid]; ok {
		r.merge(first, res, params)
		return
	}
	r.nodes[uid] = &building{
		Node:  newNode(res.Type, res.Class, id, res.ID != "", params),
		label: res.Name, local: res.ID, at: res.At,
	}
}

func newNode(typ, class, id string, shared bool, params map[string]any) Node {
	return Node{
		UID: uidOf(typ, class, id), Key: keyOf(typ, class, id), Type: typ, Class: class, ID: id,
		Name: nameOf(id), Shared: shared, Params: params,
	}
}

// merge refuses parameters that differ; none at all agree with any.
func (r *resolver) merge(first *building, res workload.Resource, params map[string]any) {
	switch {
	case len(params) == 0:
	case len(first.Params) == 0:
		first.Params = params
	case !reflect.DeepEqual(first.Params, params):
		r.problem(res.At, "resources."+res.Name,
			fmt.Sprintf("%s and %s are one shared resource, %s, but have different params", first.label, res.Name, first.UID),
			"give both the same params, or another id")
	}
}

// params turns the references of a workload's parameters into those of the graph.
func (r *resolver) params(v any) any {
	switch v := v.(type) {
	case workload.Template:
		return r.template(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = r.params(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = r.params(item)
		}
		return out
	}
	return v
}

func (r *resolver) template(t workload.Template) Template {
	out := Template{Parts: make([]Part, len(t.Parts))}
	for i, p := range t.Parts {
		if p.Ref == nil {
			out.Parts[i] = Part{Literal: p.Literal}
			continue
		}
		if r.w.Resources[p.Ref.Resource].Producer != nil {
			out.Parts[i] = Part{From: FromWorkload, Node: p.Ref.Resource, Output: p.Ref.Output, Keys: p.Ref.Keys}
			continue
		}
		out.Parts[i] = Part{Node: r.uid(p.Ref.Resource), Output: p.Ref.Output, Keys: p.Ref.Keys}
	}
	return out
}

// uid returns the identity of a resource of the workload.
func (r *resolver) uid(name string) string {
	res := r.w.Resources[name]
	if res.ID != "" {
		return uidOf(res.Type, res.Class, res.ID)
	}
	return uidOf(res.Type, res.Class, r.w.Name+"."+name)
}

func (r *resolver) problem(at workload.Position, path, message, fix string) {
	r.problems = append(r.problems, kernel.Problem{
		File: at.File, Line: at.Line, Column: at.Column, Path: path, Message: message, Fix: fix,
	})
}

// inDefinition reports a problem with the definition of a node.
func (r *resolver) inDefinition(b *building, path, message, fix string) {
	r.problem(b.at, "resources."+b.label, fmt.Sprintf("the definition %s, %s: %s", b.def.Name, path, message), fix)
}
