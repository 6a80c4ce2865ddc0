package graph

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/go-version"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// The head of a definition's document.
const (
	APIVersion = "terrace.dev/v1"
	Kind       = "Definition"
)

var (
	labelPattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$`)
	outputPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)
	typePattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$`)
	sourcePattern = regexp.MustCompile(`^(?:[a-z0-9][a-z0-9.-]*(?::\d+)?/)?[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9][A-Za-z0-9_-]*/[a-z0-9]+$`)
)

const (
	labelFix = "use 2 to 63 of a-z, 0-9 and -, with a letter or digit at both ends"
	typeFix  = "use 2 to 63 letters, digits and -, with a letter or digit at both ends"
	idFix    = "use 2 to 63 of a-z, 0-9, - and dots between parts"
)

// ParseDefinition reads one definition from YAML; file is how problems name
// it. The error is a *kernel.Error of kind Invalid with every problem.
func ParseDefinition(file string, src []byte) (Definition, error) {
	doc, err := yamldoc.Read(file, src)
	if err != nil {
		return Definition{}, err
	}
	d := &definitionReader{}
	d.read(doc.Root())
	return d.def, doc.Err(file + " is not a definition that can be used")
}

// Placed gives problems with a definition, which have a path in it, their place in its
// source, the file.
func Placed(file string, src []byte, problems []kernel.Problem) []kernel.Problem {
	doc, err := yamldoc.Read(file, src)
	if err != nil {
		return problems
	}
	placed := slices.Clone(problems)
	for i, p := range placed {
		if p.Path == "" || p.Line > 0 {
			continue
		}
		at := doc.Find(p.Path)
		placed[i].File, placed[i].Line, placed[i].Column = file, at.Line, at.Column
	}
	return placed
}

type definitionReader struct{ def Definition }

func (d *definitionReader) read(v yamldoc.Value) {
	o := v.Object("apiVersion", "kind", "metadata", "spec")
	exactly(o, "apiVersion", APIVersion)
	exactly(o, "kind", Kind)
	if m, ok := o.Require("metadata", "add metadata with the definition's name"); ok {
		d.def.Name = matching(m.Object("name"), "name", labelPattern, labelFix)
	}
	if s, ok := o.Require("spec", "add spec with type and module"); ok {
		d.spec(s)
	}
}

func exactly(o yamldoc.Object, key, want string) {
	v, ok := o.Require(key, "add "+key+": "+want)
	if !ok {
		return
	}
	if s, ok := v.String(); ok && s != want {
		v.Problem("write "+key+": "+want, "%q is not supported", s)
	}
}

// matching returns a required text that the pattern allows.
func matching(o yamldoc.Object, key string, pattern *regexp.Regexp, fix string) string {
	if _, ok := o.Require(key, fix); !ok {
		return ""
	}
	return optional(o, key, pattern, fix)
}

func optional(o yamldoc.Object, key string, pattern *regexp.Regexp, fix string) string {
	v, ok := o.Get(key)
	if !ok {
		return ""
	}
	s, ok := v.String()
	if ok && (len(s) > 255 || !pattern.MatchString(s)) {
		v.Problem(fix, "%q cannot be the %s", s, key)
	}
	return s
}

func (d *definitionReader) spec(v yamldoc.Value) {
	o := v.Object("type", "criteria", "module", "inputs", "outputs", "resources")
	if !o.OK() {
		return
	}
	d.def.Type = matching(o, "type", typePattern, typeFix)
	if v, ok := o.Get("type"); ok && d.def.Type == workload.ProducerType {
		v.Problem("name the type in another way", "resources of type %s stand for other workloads: no definition serves them", workload.ProducerType)
	}
	if c, ok := o.Get("criteria"); ok {
		c.Items(d.criterion)
	}
	if m, ok := o.Require("module", "add module with source and version"); ok {
		d.def.Module = module(m)
	}
	resources, hasResources := o.Get("resources")
	var names []string
	if hasResources && resources.IsObject() {
		resources.Each(func(name string, _ yamldoc.Value) { names = append(names, name) })
	}
	if in, ok := o.Get("inputs"); ok {
		d.def.Inputs = expressions(in, place{dependents: names, landingZone: true, secrets: true})
	}
	if out, ok := o.Get("outputs"); ok {
		d.outputs(out, place{dependents: names, landingZone: true, module: true})
	}
	if hasResources {
		d.def.Resources = map[string]DependentResource{}
		resources.EachKey(func(key, value yamldoc.Value) { d.dependent(key, value, names) })
	}
}

func (d *definitionReader) outputs(v yamldoc.Value, at place) {
	d.def.Outputs = expressions(v, at)
	if !v.IsObject() {
		return
	}
	v.EachKey(func(key, _ yamldoc.Value) {
		if !outputPattern.MatchString(key.Text()) {
			key.Problem("use a letter, then letters, digits and _", "%q cannot be the name of an output", key.Text())
		}
	})
}

func (d *definitionReader) criterion(_ int, v yamldoc.Value) {
	o := v.Object("target", "project", "stage", "class", "id", "runtime")
	c := Criterion{
		Target: optional(o, "target", labelPattern, labelFix), Project: optional(o, "project", labelPattern, labelFix),
		Runtime: optional(o, "runtime", labelPattern, labelFix),
		Stage:   optional(o, "stage", labelPattern, labelFix), Class: optional(o, "class", typePattern, typeFix),
		ID: optional(o, "id", idPattern, idFix),
	}
	for i, other := range d.def.Criteria {
		if other.normal() == c.normal() {
			v.Problem("remove one of them", "the criterion %s is the same as criteria[%d]", c, i)
		}
	}
	d.def.Criteria = append(d.def.Criteria, c)
}

func module(v yamldoc.Value) ModuleRef {
	o := v.Object("source", "version")
	ref := ModuleRef{Source: matching(o, "source", sourcePattern, "write namespace/name/system, such as terrace/redis/local")}
	c, ok := o.Get("version")
	if !ok {
		return ref
	}
	if ref.Version, ok = c.String(); ok {
		if _, err := version.NewConstraint(ref.Version); err != nil {
			c.Problem(`write a constraint such as "~> 1.2"`, "%q does not tell which versions will do", ref.Version)
		}
	}
	return ref
}

func (d *definitionReader) dependent(key, v yamldoc.Value, names []string) {
	if !labelPattern.MatchString(key.Text()) {
		key.Problem(labelFix, "%q cannot be a resource's name", key.Text())
	}
	o := v.Object("type", "class", "id", "params")
	if !o.OK() {
		return
	}
	r := DependentResource{Type: matching(o, "type", typePattern, typeFix), Class: optional(o, "class", typePattern, typeFix)}
	if id, ok := o.Get("id"); ok {
		r.ID, _ = id.String()
		checkText(id, r.ID, place{})
		if !strings.Contains(r.ID, "$") && !idPattern.MatchString(r.ID) {
			id.Problem(idFix, "%q cannot be the id", r.ID)
		}
	}
	if p, ok := o.Get("params"); ok {
		r.Params = expressions(p, place{dependents: names, landingZone: true})
	}
	d.def.Resources[key.Text()] = r
}

// expressions returns an object whose texts may have placeholders.
func expressions(v yamldoc.Value, at place) map[string]any {
	if !v.Open().OK() {
		return nil
	}
	out, _ := v.Any(func(leaf yamldoc.Value, s string) any {
		checkText(leaf, s, at)
		return s
	}).(map[string]any)
	return out
}

func checkText(v yamldoc.Value, s string, at place) {
	e, syntax := parseExpression(s)
	if syntax != nil {
		v.ProblemAt(v.Inside(syntax.offset, syntax.offset+2), syntax.fix, "%s", syntax.message)
		return
	}
	if err := e.check(at); err != nil {
		v.Problem("write $${ where ${ is meant as text", "%v", err)
	}
}
