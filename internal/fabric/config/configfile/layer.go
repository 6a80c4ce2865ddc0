package configfile

import (
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/config/flag"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// flagAt is a flag as a layer has it.
type flagAt struct {
	flag  flag.Flag
	place Place
}

var (
	name     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	flagName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$`)
)

// file reads a file that is no schema: a layer, by its place.
func (r *reader) file(file string, src []byte) {
	l, ok := r.place(file)
	if !ok {
		r.problem(file, "it has no place in the layout",
			"use schema.yaml, default.yaml, stages/STAGE.yaml, tenants/TENANT.yaml, workloads/WORKLOAD.yaml and workloads/WORKLOAD.STAGE.yaml")
		return
	}
	if l.Kind == Stage || l.Kind == WorkloadStage {
		if r.options.Stages != nil && !slices.Contains(r.options.Stages, l.Name) {
			fix := "the stages are " + strings.Join(r.options.Stages, ", ")
			r.problem(file, "there is no stage "+l.Name, fix)
			return
		}
	}
	r.document(file, src, func(d *yamldoc.Document) { r.layer(l, d) })
}

// place says which layer a file is.
func (r *reader) place(file string) (*Layer, bool) {
	l := &Layer{File: file, values: map[string]value{}, flags: map[string]flagAt{}}
	stem := strings.TrimSuffix(strings.TrimSuffix(file, ".yaml"), ".json")
	if stem == file {
		return l, false
	}
	folder, base, nested := strings.Cut(stem, "/")
	switch {
	case !nested:
		l.Kind = Default
		return l, stem == "default"
	case folder == "stages":
		l.Kind, l.Name = Stage, base
	case folder == "tenants":
		l.Kind, l.Name = Tenant, base
	case folder == "workloads":
		l.Kind, l.Workload = Workload, base
		if w, stage, found := strings.Cut(base, "."); found {
			l.Kind, l.Workload, l.Name = WorkloadStage, w, stage
		}
	default:
		return l, false
	}
	return l, (l.Name == "" || name.MatchString(l.Name)) && (l.Workload == "" || name.MatchString(l.Workload))
}

// layer reads the values and flags of one. That of another tenant is checked as well.
func (r *reader) layer(l *Layer, d *yamldoc.Document) {
	for _, other := range r.set.layers {
		if other.Kind == l.Kind && other.Name == l.Name && other.Workload == l.Workload {
			d.Root().Problem("keep one of both", "%s is the same layer", other.File)
		}
	}
	o := d.Root().Object("values", "flags", evaluators)
	if values, ok := o.Get("values"); ok {
		values.EachKey(func(key, v yamldoc.Value) { r.layerValue(l, key, v) })
	}
	rules := sharedRules(o)
	if flags, ok := o.Get("flags"); ok {
		flags.EachKey(func(key, v yamldoc.Value) { r.layerFlag(l, rules, key, v) })
	}
	if l.Kind != Tenant || r.options.Tenant == "" || l.Name == r.options.Tenant {
		r.set.layers = append(r.set.layers, l)
	}
}

func (r *reader) layerValue(l *Layer, key, v yamldoc.Value) {
	k, ok := r.set.keys[key.Text()]
	switch {
	case !ok:
		fix := "add it to " + schemaFile
		if near := yamldoc.Nearest(key.Text(), r.names()); near != "" {
			fix = "did you mean " + near + "?"
		}
		key.Problem(fix, "there is no key %s", key.Text())
	case l.Workload != "" && !k.Of(l.Workload):
		key.Problem("it is for "+strings.Join(k.Workloads, ", "), "the workload %s does not have the key %s", l.Workload, k.Name)
	case k.compiled != nil:
		if got := r.value(l.File, k, v); got != nil {
			l.values[k.Name] = *got
		}
	}
}

func (r *reader) names() []string {
	out := make([]string, 0, len(r.set.keys))
	for _, k := range r.set.Keys() {
		out = append(out, k.Name)
	}
	return out
}

func (r *reader) layerFlag(l *Layer, rules shared, key, v yamldoc.Value) {
	if !flagName.MatchString(key.Text()) {
		key.Problem("use letters, digits, dots, - and _", "%q cannot be the name of a flag", key.Text())
		return
	}
	o := v.Object("state", "description", "owner", "variants", "defaultVariant", "targeting", "metadata")
	if !o.OK() {
		return
	}
	f := flag.Flag{State: text(o, "state"), Description: text(o, "description"), Owner: text(o, "owner"), DefaultVariant: text(o, "defaultVariant")}
	if part, ok := o.Get("variants"); ok && part.Open().OK() {
		f.Variants, _ = part.Exact().(map[string]any)
	}
	if part, ok := o.Get("metadata"); ok && part.Open().OK() {
		f.Metadata, _ = part.Exact().(map[string]any)
	}
	if part, ok := o.Get("targeting"); ok {
		f.Targeting = rules.put(part.Exact(), part)
		if rule, isRule := f.Targeting.(map[string]any); isRule && len(rule) == 0 {
			f.Targeting = nil // flagd's way to write none
		}
	}
	faults := f.Check()
	if !r.options.Counted {
		faults = append(faults, f.Results()...)
	}
	if refers(f.Variants) {
		faults = append(faults, flag.Fault{Path: "variants", Message: "a variant refers to a secret", Fix: "make it a key with sensitivity: secret"})
	}
	for _, fault := range faults {
		at, _ := find(v, steps(fault.Path))
		v.ProblemAt(at, fault.Fix, "flag %s: %s: %s", key.Text(), fault.Path, fault.Message)
	}
	if len(faults) == 0 {
		l.flags[key.Text()] = flagAt{flag: f, place: placeOf(l.File, key)}
	}
}

// text is Get of a text; defaultVariant may be written as a boolean.
func text(o yamldoc.Object, key string) string {
	v, ok := o.Get(key)
	if !ok {
		return ""
	}
	s, _ := v.Scalar()
	return s
}

// steps are those of a path such as targeting.fractional[0].
func steps(path string) []string {
	return strings.FieldsFunc(path, func(c rune) bool { return c == '.' || c == '[' || c == ']' })
}
