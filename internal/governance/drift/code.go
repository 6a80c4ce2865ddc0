package drift

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/platform/jsondiff"
)

// foresee tells of each finding what the next run would do about it, and where
// the code is that says so.
func foresee(all []Drift, s Sight) {
	if s.Next == nil {
		return
	}
	next := map[string]*tfjson.ResourceChange{}
	for _, rc := range s.Next.ResourceChanges {
		if rc != nil && rc.Change != nil {
			next[rc.Address] = rc
		}
	}
	for i := range all {
		foreseeOne(&all[i], next[all[i].Address], s)
	}
}

func foreseeOne(d *Drift, next *tfjson.ResourceChange, s Sight) {
	if d.Action == stage.DriftDeleted {
		d.Next = NextKeeps
		if next != nil && next.Change.Actions.Create() {
			d.Next, d.Code = NextReverts, codeOf(s, d.Address, "")
		}
		return
	}
	var changes []jsondiff.Difference
	if next != nil && !next.Change.Actions.NoOp() {
		changes = differences(next.Change)
	}
	for i := range d.Attributes {
		a := &d.Attributes[i]
		if a.Next = does(changes, a.Path); a.Next == NextReverts {
			a.Code = codeOf(s, d.Address, a.Path)
		}
	}
	d.worst()
}

// does tells what changes do about what is at the path: they are of it, of a part
// of it, or of all around it. What is not known before it is applied may be either.
func does(changes []jsondiff.Difference, path string) Next {
	next := NextKeeps
	for _, c := range changes {
		switch {
		case !within(c.Path, path) && !within(path, c.Path):
		case c.Unknown:
			next = NextUnknown
		default:
			return NextReverts
		}
	}
	return next
}

func within(inner, outer string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

var index = regexp.MustCompile(`\[[^\]]*\]`)

// codeOf finds the argument that an attribute's value comes from, in the
// configuration of the next plan.
func codeOf(s Sight, address, path string) *Code {
	steps := strings.Split(index.ReplaceAllString(address, ""), ".")
	if len(steps) < 2 || s.Next.Config == nil {
		return nil
	}
	name := strings.Join(steps[len(steps)-2:], ".")
	argument, _, _ := strings.Cut(index.ReplaceAllString(path, ""), ".")
	c := &Code{Argument: name}
	if argument != "" {
		c.Argument += "." + argument
	}
	module := s.Next.Config.RootModule
	for i := 0; i+1 < len(steps)-2 && module != nil; i += 2 {
		call := module.ModuleCalls[steps[i+1]]
		if call == nil {
			return c.explain()
		}
		if node, ok := s.Nodes[steps[i+1]]; ok && i == 0 {
			c.Resource, c.Definition, c.Module, c.Version = node.Resource, node.Definition, node.Module, node.Version
		}
		module = call.Module
	}
	if module != nil {
		c.Inputs = inputs(module.Resources, name, argument)
	}
	return c.explain()
}

// inputs are the variables that the argument of the resource refers to.
func inputs(all []*tfjson.ConfigResource, name, argument string) []string {
	var names []string
	for _, r := range all {
		if r == nil || r.Address != name {
			continue
		}
		collect(r.Expressions[argument], &names)
		if argument == "" && r.CountExpression != nil {
			collect(r.CountExpression, &names)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func collect(e *tfjson.Expression, names *[]string) {
	if e == nil || e.ExpressionData == nil {
		return
	}
	for _, reference := range e.References {
		if rest, ok := strings.CutPrefix(reference, "var."); ok {
			name, _, _ := strings.Cut(rest, ".")
			*names = append(*names, index.ReplaceAllString(name, ""))
		}
	}
	for _, block := range e.NestedBlocks {
		for _, inner := range block {
			collect(inner, names)
		}
	}
}

// explain says what has to be changed so that what is there stays.
func (c *Code) explain() *Code {
	where := "the root module"
	if c.Module != "" {
		where = fmt.Sprintf("the module %s %s", c.Module, c.Version)
	}
	switch {
	case c.Definition == "":
		c.Change = fmt.Sprintf("%s in %s says otherwise: change it there and publish a version", c.Argument, where)
	case len(c.Inputs) > 0:
		c.Change = fmt.Sprintf("%s is set by the input %s of %s: change it in the definition %s, or in the params of %s in score.yaml where the definition takes it from there",
			c.Argument, strings.Join(c.Inputs, ", "), where, c.Definition, c.Resource)
	default:
		c.Change = fmt.Sprintf("%s is set in %s itself: publish a version of it that says what is there, and name it in the definition %s", c.Argument, where, c.Definition)
	}
	return c
}
