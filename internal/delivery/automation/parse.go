package automation

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/event/eventtype"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

var validName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// Parse reads a rule. Its error names every problem with line and column.
func Parse(file string, source []byte) (Rule, error) {
	d, err := yamldoc.Read(file, source)
	if err != nil {
		return Rule{}, err
	}
	r := Rule{Source: string(source), PerHour: DefaultPerHour}
	o := d.Root().Object("apiVersion", "kind", "metadata", "spec")
	exactly(o, "apiVersion", APIVersion)
	exactly(o, "kind", Kind)
	if m, ok := o.Require("metadata", "add metadata with a name"); ok {
		r.Name = text(m.Object("name"), "name", validName, "use 1 to 40 lower-case letters, digits or hyphens")
	}
	if s, ok := o.Require("spec", "add spec with on and do"); ok {
		spec(s.Object("on", "when", "do", "perHour"), &r)
	}
	return r, d.Err(file + " is no rule that can be applied")
}

func exactly(o yamldoc.Object, key, want string) {
	v, ok := o.Require(key, fmt.Sprintf("add %s: %s", key, want))
	if !ok {
		return
	}
	if s, ok := v.String(); ok && s != want {
		v.Problem(fmt.Sprintf("write %s: %s", key, want), "%q is not supported", s)
	}
}

func text(o yamldoc.Object, key string, valid *regexp.Regexp, fix string) string {
	v, ok := o.Require(key, fix)
	if !ok {
		return ""
	}
	s, ok := v.String()
	if ok && !valid.MatchString(s) {
		v.Problem(fix, "%q is not possible", s)
	}
	return s
}

func spec(o yamldoc.Object, r *Rule) {
	if on, ok := o.Require("on", "say which events it is for, such as on: [{exact: {type: dev.terrace.run.failed}}]"); ok {
		r.On = filters(on)
		for _, p := range subscription.CheckFilters(on.Path(), r.On) {
			on.Problem(p.Fix, "%s: %s", p.Path, p.Message)
		}
		for _, f := range r.On {
			if strings.HasPrefix(f.Exact["type"]+f.Prefix["type"], eventtype.Prefix+factPrefix) {
				on.Problem("name another type", "facts about rules start no rule")
			}
		}
	}
	if when, ok := o.Get("when"); ok {
		r.When, _ = when.String()
		checkCondition(when, r.When)
	}
	if v, ok := o.Get("perHour"); ok {
		if n, ok := v.Int(1, MaxPerHour); ok {
			r.PerHour = int(n)
		}
	}
	if do, ok := o.Require("do", "say what to do, such as do: {plan: {workload: orders, stage: prod}}"); ok {
		r.Do = action(do)
	}
}

// filters reads one filter or a list of them.
func filters(v yamldoc.Value) []subscription.Filter {
	if !v.IsList() {
		return []subscription.Filter{filter(v)}
	}
	all := []subscription.Filter{}
	v.Items(func(_ int, item yamldoc.Value) { all = append(all, filter(item)) })
	if len(all) == 0 {
		v.Problem("name at least a type", "a rule for every event is not possible")
	}
	return all
}

func filter(v yamldoc.Value) (f subscription.Filter) {
	o := v.Object("exact", "prefix", "suffix", "all", "any", "not")
	for key, into := range map[string]*map[string]string{"exact": &f.Exact, "prefix": &f.Prefix, "suffix": &f.Suffix} {
		if pairs, ok := o.Get(key); ok {
			*into = map[string]string{}
			pairs.Each(func(name string, value yamldoc.Value) {
				if s, ok := value.Scalar(); ok {
					(*into)[name] = s
				}
			})
		}
	}
	for key, into := range map[string]*[]subscription.Filter{"all": &f.All, "any": &f.Any} {
		if list, ok := o.Get(key); ok {
			list.Items(func(_ int, item yamldoc.Value) { *into = append(*into, filter(item)) })
		}
	}
	if not, ok := o.Get("not"); ok {
		inner := filter(not)
		f.Not = &inner
	}
	return f
}

// action reads what to do: one key, with its parameters.
func action(v yamldoc.Value) (a Action) {
	o := v.Object(string(Plan), string(DriftCheck), string(Promote), string(Notify))
	count := 0
	for _, kind := range []ActionKind{Plan, DriftCheck, Promote, Notify} {
		if params, ok := o.Get(string(kind)); ok {
			count++
			a = parameters(kind, params)
		}
	}
	if o.OK() && count != 1 {
		v.Problem("keep one; make a rule of its own for each", "a rule does one thing, and this does %d", count)
	}
	return a
}

func parameters(kind ActionKind, v yamldoc.Value) Action {
	a := Action{Kind: kind}
	all := map[string]*string{"project": &a.Project, "workload": &a.Workload, "stage": &a.Stage, "release": &a.Release, "subscription": &a.Subscription, "message": &a.Message}
	allowed, required := []string{"project", "workload", "stage", "release"}, []string{"workload", "stage"}
	switch kind {
	case DriftCheck:
		allowed, required = []string{"project", "workload", "stage"}, []string{"stage"}
	case Notify:
		allowed, required = []string{"subscription", "message"}, []string{"subscription", "message"}
	case Plan, Promote:
	}
	o := v.Object(allowed...)
	for _, key := range required {
		o.Require(key, "add "+key)
	}
	for _, key := range allowed {
		if p, ok := o.Get(key); ok {
			*all[key], _ = p.String()
			checkTemplate(p, *all[key])
		}
	}
	return a
}
