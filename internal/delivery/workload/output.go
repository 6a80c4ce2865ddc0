package workload

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// outputsKey is the key of metadata under which a workload publishes outputs.
const outputsKey = "outputs"

// Output is a value that a workload publishes for others to take.
type Output struct {
	Value Template
	// Sensitive values are shown to nobody.
	Sensitive bool
	At        Position
}

var outputName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// ownOutputs are the names that every stack has by itself.
func ownOutputs() []string { return []string{"endpoints", "service"} }

// OutputNames returns the names of what the workload publishes, sorted.
func (w *Workload) OutputNames() []string { return sortedKeys(w.Outputs) }

// outputs reads metadata.outputs: texts, or objects that mark them sensitive.
func (r *reader) outputs(metadata yamldoc.Value) {
	if !metadata.IsObject() {
		return
	}
	v, ok := metadata.Open().Get(outputsKey)
	if !ok {
		return
	}
	v.EachKey(func(key, value yamldoc.Value) {
		name := key.Text()
		switch {
		case !outputName.MatchString(name):
			key.Problem("use a letter, then letters, digits and _, 63 at most", "%q cannot be the name of an output", name)
		case slices.Contains(ownOutputs(), name):
			key.Problem("give it another name, such as "+name+"_url", "every stack has an output %s already", name)
		}
		r.w.Outputs[name] = r.output(value)
	})
}

func (r *reader) output(v yamldoc.Value) Output {
	out := Output{At: r.at(v.At())}
	if v.IsObject() {
		o := v.Object("value", "sensitive")
		if s, ok := o.Get("sensitive"); ok {
			out.Sensitive, _ = s.Bool()
		}
		value, ok := o.Require("value", "add the value, such as value: ${resources.db.host}")
		if !ok {
			return out
		}
		v = value
	}
	if s, ok := v.String(); ok {
		out.Value = r.template(v, s, "")
	}
	return out
}

// ProducerType is the type of a resource that stands for what another workload
// publishes in the same stage.
const ProducerType = "workload"

// Producer is the workload whose outputs a resource stands for.
type Producer struct {
	// Project is the producer's, "" for the taker's own.
	Project  string
	Workload string
}

// producer reads a resource that stands for another workload.
func (r *reader) producer(o yamldoc.Object, res *Resource) {
	res.Producer = &Producer{Workload: res.Name}
	for _, key := range []string{"class", "id"} {
		if v, ok := o.Get(key); ok {
			v.Problem("remove it", "a resource of type %s has no %s: its params name a workload", ProducerType, key)
		}
	}
	at := res.At
	if params, ok := o.Get("params"); ok && params.IsObject() {
		p := params.Object("name", "project")
		if name, ok := p.Get("name"); ok {
			at, res.Producer.Workload = r.at(name.At()), literal(name, "a workload's name")
		}
		if project, ok := p.Get("project"); ok {
			res.Producer.Project = literal(project, "a project's name")
		}
	}
	if res.Producer.Workload == r.w.Name && res.Producer.Project == "" {
		r.doc.Report(yamldoc.Position{Line: at.Line, Column: at.Column}, "resources."+res.Name,
			fmt.Sprintf("%s would take its own outputs", r.w.Name), "refer to its resources directly, or name another workload")
	}
}

// literal returns a label that is written as it is.
func literal(v yamldoc.Value, what string) string {
	if s, ok := v.String(); ok && strings.Contains(s, "${") {
		v.Problem("write the name itself", "what is taken cannot depend on a placeholder")
		return s
	}
	return label(v, what)
}

// Take is what a workload takes of another one.
type Take struct {
	// Resource is the name under which the workload refers to it.
	Resource string
	Producer
	At Position
	// Outputs are those that it refers to, each once, by name. Without any the
	// workload only comes after the other one.
	Outputs []TakenOutput
}

// TakenOutput is one output that is taken, with the first place that refers to it.
type TakenOutput struct {
	Name string
	At   Position
}

// Takes returns what the workload takes of others, by the resources' names.
func (w *Workload) Takes() []Take {
	var takes []Take
	for _, name := range w.ResourceNames() {
		if res := w.Resources[name]; res.Producer != nil {
			takes = append(takes, Take{Resource: name, Producer: *res.Producer, At: res.At})
		}
	}
	if len(takes) == 0 {
		return nil
	}
	w.refs(func(ref Ref) {
		i := slices.IndexFunc(takes, func(t Take) bool { return t.Resource == ref.Resource })
		if i >= 0 {
			takes[i].add(TakenOutput{Name: ref.Output, At: ref.At})
		}
	})
	for i := range takes {
		slices.SortFunc(takes[i].Outputs, func(a, b TakenOutput) int { return strings.Compare(a.Name, b.Name) })
	}
	return takes
}

func (t *Take) add(out TakenOutput) {
	if !slices.ContainsFunc(t.Outputs, func(o TakenOutput) bool { return o.Name == out.Name }) {
		t.Outputs = append(t.Outputs, out)
	}
}

// refs hands every reference of the workload to fn.
func (w *Workload) refs(fn func(Ref)) {
	each := func(t Template) {
		for _, ref := range t.Refs() {
			fn(ref)
		}
	}
	for _, name := range w.ContainerNames() {
		c := w.Containers[name]
		for _, k := range sortedKeys(c.Variables) {
			each(c.Variables[k])
		}
		for _, k := range sortedKeys(c.Files) {
			each(c.Files[k].Content)
		}
		for _, k := range sortedKeys(c.Volumes) {
			each(c.Volumes[k].Source)
		}
	}
	for _, name := range w.ResourceNames() {
		walk(w.Resources[name].Params, each)
	}
	for _, name := range w.OutputNames() {
		each(w.Outputs[name].Value)
	}
}

// walk hands every template in a value to fn.
func walk(v any, fn func(Template)) {
	switch v := v.(type) {
	case Template:
		fn(v)
	case []any:
		for _, item := range v {
			walk(item, fn)
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			walk(v[k], fn)
		}
	}
}
