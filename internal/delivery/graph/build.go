package graph

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

var idPattern = regexp.MustCompile(`^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$`)

// build gives the node its definition, module and inputs, and builds the
// resources that it needs itself.
func (r *resolver) build(b *building) error {
	def, why, err := r.index.match(r.c, b.Type, b.Class, b.local)
	if err != nil {
		return r.unserved(b, err)
	}
	b.def, b.Definition, b.Why = def, def.Name, why
	if b.Module, err = r.mods.Module(def.Module); err != nil {
		return fmt.Errorf("module of the definition %s: %w", def.Name, err)
	}
	e := &evaluation{r: r, b: b, used: map[string]identity{}}
	b.Inputs, b.Outputs = e.inputs(), e.outputs()
	r.checkInputs(b)
	children := e.children()
	b.DependsOn = dependencies(b, e.used)
	for _, child := range children {
		if err := r.child(b, child); err != nil {
			return err
		}
	}
	return nil
}

// unserved reports that no definition serves the node, at its place.
func (r *resolver) unserved(b *building, err error) error {
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || e.Kind != kernel.Invalid {
		return err
	}
	b.def = &compiled{}
	r.problem(b.at, "resources."+b.label, e.Message, e.Fix)
	return nil
}

// checkInputs fills in what every module may ask for, and compares the rest
// with what this one has.
func (r *resolver) checkInputs(b *building) {
	if b.Module.Inputs == nil {
		return
	}
	for name, value := range r.contract(b) {
		if _, set := b.Inputs[name]; !set && slices.Contains(b.Module.Inputs, name) {
			b.Inputs[name] = value
		}
	}
	for _, name := range sortedKeys(b.Inputs) {
		if !slices.Contains(b.Module.Inputs, name) {
			r.inDefinition(b, "inputs."+name, fmt.Sprintf("%s has no input %q", moduleName(b.Module), name), listed(name, "inputs", b.Module.Inputs))
		}
	}
	for _, p := range b.def.Shown(b.Module) {
		r.inDefinition(b, strings.TrimPrefix(p.Path, "spec."), p.Message, p.Fix)
	}
	for _, name := range b.Module.Required {
		if _, set := b.Inputs[name]; !set && name != "tags" {
			r.inDefinition(b, "inputs", fmt.Sprintf("%s needs the input %q", moduleName(b.Module), name), "give it in the definition, or as a param of the resource")
		}
	}
}

// contract are the inputs that modules of every function have. On azure the
// stage's landing zone says where things are made.
func (r *resolver) contract(b *building) map[string]any {
	inputs := map[string]any{"name": b.Name, "project": r.c.Project, "stage": r.c.Stage, "workload": r.c.Workload}
	if r.c.Target == "azure" {
		inputs["location"] = Template{Parts: []Part{{From: FromLandingZone, Output: "location"}}}
		inputs["resource_group_name"] = Template{Parts: []Part{{From: FromLandingZone, Output: "resource_group_names", Keys: []string{"data"}}}}
	}
	return inputs
}

func moduleName(m ModulePin) string { return m.Source + " " + m.Version }

func listed(word, what string, names []string) string {
	list := "it has no " + what
	if len(names) > 0 {
		list = "its " + what + " are " + strings.Join(slices.Sorted(slices.Values(names)), ", ")
	}
	if near := yamldoc.Nearest(word, names); near != "" {
		return "did you mean " + near + "? " + list
	}
	return list
}

// dependencies are the nodes that the inputs, the outputs, the parameters and
// the definition name.
func dependencies(b *building, used map[string]identity) []string {
	set := map[string]bool{}
	add := func(t Template) {
		for _, p := range t.Parts {
			if p.Node != "" && p.From == FromResource {
				set[p.Node] = true
			}
		}
	}
	walkTemplates(b.Inputs, add)
	walkTemplates(b.Outputs, add)
	walkTemplates(b.Params, add)
	for _, who := range used {
		set[who.uid] = true
	}
	return append([]string{}, sortedKeys(set)...)
}

// child adds a resource that another needs, or agrees with one that is there.
func (r *resolver) child(parent *building, c *building) error {
	c.at, c.chain = parent.at, append(slices.Clone(parent.chain), parent)
	if first, ok := r.nodes[c.UID]; ok {
		return r.again(parent, first, c)
	}
	if len(c.chain) > maxDepth {
		r.problem(c.at, "resources."+c.chain[0].label, "resources need resources without an end: "+strings.Join(recursion(c), " → "),
			"remove one of these from its definition")
		return nil
	}
	r.nodes[c.UID] = c
	return r.build(c)
}

func (r *resolver) again(parent, first, c *building) error {
	if len(c.Params) > 0 && !reflect.DeepEqual(first.Params, c.Params) {
		r.problem(c.at, "resources."+parent.label,
			fmt.Sprintf("%s and %s are one shared resource, %s, but have different params", first.label, c.label, c.UID),
			"give both the same params, or another id")
	}
	if first.def == nil {
		return r.build(first)
	}
	return nil
}

// recursion returns the types of the part of the chain that repeats.
func recursion(c *building) []string {
	var types []string
	for _, b := range append(c.chain, c) {
		if i := slices.Index(types, b.Type); i >= 0 {
			return append(types[i:], b.Type)
		}
		types = append(types, b.Type)
	}
	return types
}

// checkReferences compares every reference with the outputs of its module.
func (r *resolver) checkReferences() {
	for _, name := range r.w.ContainerNames() {
		c, path := r.w.Containers[name], "containers."+name
		for _, k := range sortedKeys(c.Variables) {
			r.checkTemplate(c.Variables[k], path+".variables."+k)
		}
		for _, k := range sortedKeys(c.Files) {
			r.checkTemplate(c.Files[k].Content, path+".files."+k+".content")
		}
		for _, k := range sortedKeys(c.Volumes) {
			r.checkTemplate(c.Volumes[k].Source, path+".volumes."+k+".source")
		}
	}
	for _, name := range r.w.OutputNames() {
		r.checkTemplate(r.w.Outputs[name].Value, "metadata.outputs."+name)
	}
	for _, name := range r.own() {
		r.checkParams(r.w.Resources[name].Params, "resources."+name+".params")
	}
	for _, uid := range sortedKeys(r.nodes) {
		r.checkNode(r.nodes[uid])
	}
}

func (r *resolver) checkParams(v any, path string) {
	switch v := v.(type) {
	case workload.Template:
		r.checkTemplate(v, path)
	case []any:
		for i, item := range v {
			r.checkParams(item, fmt.Sprintf("%s[%d]", path, i))
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			r.checkParams(v[k], path+"."+k)
		}
	}
}

func (r *resolver) checkTemplate(t workload.Template, path string) {
	for _, ref := range t.Refs() {
		if r.w.Resources[ref.Resource].Producer != nil {
			continue // what it publishes is not known here
		}
		if b := r.nodes[r.graph.Names[ref.Resource]]; !b.Has(ref.Output) {
			r.problem(ref.At, path, fmt.Sprintf("%s: the %s %q (module %s) has no output %q", ref, b.Type, ref.Resource, moduleName(b.Module), ref.Output),
				listed(ref.Output, "outputs", b.outputNames()))
		}
	}
}

// checkNode compares the references that the definition itself makes.
func (r *resolver) checkNode(b *building) {
	for _, ref := range b.refs {
		if other := r.nodes[ref.uid]; other != nil && !other.Has(ref.output) {
			r.inDefinition(b, ref.path, fmt.Sprintf("the %s (module %s) has no output %q", other.Type, moduleName(other.Module), ref.output),
				listed(ref.output, "outputs", other.outputNames()))
		}
	}
	for _, ref := range b.own {
		if b.Module.Outputs != nil && !slices.Contains(b.Module.Outputs, ref.output) {
			r.inDefinition(b, ref.path, fmt.Sprintf("%s has no output %q", moduleName(b.Module), ref.output), listed(ref.output, "outputs", b.Module.Outputs))
		}
	}
}

// Has reports whether the resource gives the output; it does where that is not known.
func (n Node) Has(output string) bool {
	names := n.outputNames()
	return names == nil || slices.Contains(names, output)
}

// outputNames are the names of what the resource gives, nil where they are not known.
func (n Node) outputNames() []string {
	if n.Outputs != nil {
		return sortedKeys(n.Outputs)
	}
	return n.Module.Outputs
}
