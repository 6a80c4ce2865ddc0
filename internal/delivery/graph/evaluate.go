package graph

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
)

// identity is who a dependent is; own ones belong to their parent.
type identity struct {
	uid, id string
	own     bool
}

// evaluation works out the expressions of one node's definition.
type evaluation struct {
	r *resolver
	b *building
	// used are the dependents that are needed, by name.
	used map[string]identity
	// path is the place in the definition, for problems.
	path string
}

func (e *evaluation) inputs() map[string]any {
	out := map[string]any{}
	for _, name := range sortedKeys(e.b.def.inputs) {
		e.path = "inputs." + name
		if v, ok := e.tree(e.b.def.inputs[name]); ok {
			out[name] = v
		}
	}
	return out
}

// outputs returns what the definition maps, nil where it maps nothing. An
// output whose value is not given is null, so that it has its name everywhere.
func (e *evaluation) outputs() map[string]any {
	if len(e.b.def.outputs) == 0 {
		return nil
	}
	out := map[string]any{}
	for _, name := range sortedKeys(e.b.def.outputs) {
		e.path = "outputs." + name
		out[name], _ = e.tree(e.b.def.outputs[name])
	}
	return out
}

// children returns the dependents that are needed, in the order of their names.
func (e *evaluation) children() []*building {
	for _, name := range e.b.def.always {
		e.dependent(name)
	}
	done := map[string]*building{}
	for len(done) < len(e.used) {
		for _, name := range sortedKeys(e.used) {
			if done[name] == nil {
				done[name] = e.child(name)
			}
		}
	}
	out := make([]*building, 0, len(done))
	for _, name := range sortedKeys(done) {
		out = append(out, done[name])
	}
	return out
}

func (e *evaluation) child(name string) *building {
	d := e.b.def.dependents[name]
	who := e.used[name]
	params := map[string]any{}
	for _, k := range sortedKeys(d.params) {
		e.path = "resources." + name + ".params." + k
		if v, ok := e.tree(d.params[k]); ok {
			params[k] = v
		}
	}
	local := who.id
	if who.own {
		local = ""
	}
	return &building{
		Node:  newNode(d.Type, d.Class, who.id, !who.own || e.b.Shared, params),
		label: e.b.label + "." + name, local: local,
	}
}

// identity returns the id of a dependent, and whether it is its parent's own.
func (e *evaluation) identity(name string) (id string, own bool) {
	d := e.b.def.dependents[name]
	if len(d.id) == 0 {
		parts := []string{strings.ToLower(e.b.Type)}
		if e.b.Class != workload.DefaultClass {
			parts = append(parts, strings.ToLower(e.b.Class))
		}
		return strings.Join(append(parts, e.b.ID, name), "."), true
	}
	e.path = "resources." + name + ".id"
	v, _ := e.expression(d.id)
	id, ok := v.(string)
	if !ok || !idPattern.MatchString(id) {
		e.problem(fmt.Sprintf("%q cannot be an id", fmt.Sprint(v)), "make it of a-z, 0-9, - and dots between parts")
	}
	return id, false
}

// dependent marks the dependent as needed and returns its UID.
func (e *evaluation) dependent(name string) string {
	if who, ok := e.used[name]; ok {
		return who.uid
	}
	path := e.path
	id, own := e.identity(name)
	e.path = path
	d := e.b.def.dependents[name]
	e.used[name] = identity{uidOf(d.Type, d.Class, id), id, own}
	return e.used[name].uid
}

func (e *evaluation) problem(message, fix string) { e.r.inDefinition(e.b, e.path, message, fix) }

// tree returns the value; one that is not given is not ok.
func (e *evaluation) tree(t tree) (any, bool) {
	switch t := t.(type) {
	case expression:
		return e.expression(t)
	case []any:
		out := make([]any, 0, len(t))
		for _, item := range t {
			if v, ok := e.tree(item); ok {
				out = append(out, v)
			}
		}
		return out, true
	case map[string]any:
		out := make(map[string]any, len(t))
		for _, k := range sortedKeys(t) {
			if v, ok := e.tree(t[k]); ok {
				out[k] = v
			}
		}
		return out, true
	}
	return t, true
}

// expression returns the value: that of a single placeholder keeps its type,
// everything else is a text. A single placeholder whose default is empty is
// not ok where the parameter is not given.
func (e *evaluation) expression(x expression) (any, bool) {
	if len(x) == 1 && x[0].path != nil {
		return e.placeholder(x[0])
	}
	var t Template
	for _, term := range x {
		if term.path == nil {
			t.Parts = append(t.Parts, Part{Literal: term.literal})
			continue
		}
		v, _ := e.placeholder(term)
		t.Parts = append(t.Parts, e.parts(term, v)...)
	}
	return t.simple(), true
}

// simple returns a template without references as its text.
func (t Template) simple() any {
	var b strings.Builder
	for _, p := range t.Parts {
		if !p.IsLiteral() {
			return t
		}
		b.WriteString(p.Literal)
	}
	return b.String()
}

func (e *evaluation) parts(t term, v any) []Part {
	switch v := v.(type) {
	case nil:
		return nil
	case Template:
		return v.Parts
	case string:
		return []Part{{Literal: v}}
	case float64:
		return []Part{{Literal: strconv.FormatFloat(v, 'f', -1, 64)}}
	case map[string]any, []any:
		e.problem(t.text()+" is an object or a list and cannot be put into a text", "use it as the whole value")
		return nil
	}
	return []Part{{Literal: fmt.Sprint(v)}}
}

func (e *evaluation) placeholder(t term) (any, bool) {
	switch t.path[0] {
	case "context":
		return e.context(t.path[1]), true
	case "resource":
		return e.resource(t.path[1]), true
	case "resources":
		return e.output(t), true
	case moduleRoot:
		e.b.own = append(e.b.own, reference{e.path, e.b.UID, t.path[1]})
		return Template{Parts: []Part{{From: FromModule, Node: e.b.UID, Output: t.path[1], Keys: keysOf(t.path[2:])}}}, true
	case secretRoot:
		return Template{Parts: []Part{{From: FromSecret, Output: t.path[1]}}}, true
	case landingZoneRoot:
		return Template{Parts: []Part{{From: FromLandingZone, Output: t.path[1], Keys: keysOf(t.path[2:])}}}, true
	}
	if v, ok := find(e.b.Params, t.path[1:]); ok {
		return v, true
	}
	if !t.hasFallback {
		e.problem(fmt.Sprintf("the resource has no param %q", strings.Join(t.path[1:], ".")),
			"add it to the params of the resource in the Score file")
		return nil, false
	}
	return e.fallback(t.fallback)
}

func (e *evaluation) output(t term) Template {
	p := Part{Node: e.dependent(t.path[1]), Output: t.path[2], Keys: keysOf(t.path[3:])}
	e.b.refs = append(e.b.refs, reference{e.path, p.Node, p.Output})
	return Template{Parts: []Part{p}}
}

// keysOf returns what leads into an output, nil where that is nothing.
func keysOf(path []string) []string {
	if len(path) == 0 {
		return nil
	}
	return path
}

func (e *evaluation) fallback(x expression) (any, bool) {
	switch {
	case len(x) == 0:
		return nil, false
	case len(x) == 1 && x[0].path == nil:
		return scalar(x[0].literal), true
	}
	return e.expression(x)
}

func find(params map[string]any, path []string) (any, bool) {
	var v any = params
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		v = m[key]
	}
	return v, v != nil
}

func (e *evaluation) context(name string) string {
	c := e.r.c
	return map[string]string{
		"project": c.Project, "stage": c.Stage, "target": c.Target, "tenant": c.Tenant, "workload": c.Workload,
	}[name]
}

func (e *evaluation) resource(name string) string {
	n := e.b.Node
	return map[string]string{
		"class": n.Class, "hash": hashOf(e.r.c, n.UID), "id": n.ID, "name": n.Name, "type": n.Type, "uid": n.UID,
	}[name]
}
