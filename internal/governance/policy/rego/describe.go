package rego

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// policies finds the rules that are evaluated, with what their metadata says.
func (b *built) policies() ([]policy.Policy, []kernel.Problem) {
	found := map[string]policy.Policy{}
	var problems []kernel.Problem
	for _, name := range slices.Sorted(maps.Keys(b.compiler.Modules)) {
		m := b.compiler.Modules[name]
		for _, r := range m.Rules {
			p, wrong := b.policy(name, m, r)
			problems = append(problems, wrong...)
			if p.Rule == "" {
				continue
			}
			key := p.Package + "." + p.Rule
			if other, known := found[key]; known {
				p, wrong = both(other, p)
				problems = append(problems, wrong...)
			}
			found[key] = p
		}
	}
	policies := make([]policy.Policy, 0, len(found))
	for _, p := range found {
		policies = append(policies, complete(p))
	}
	slices.SortFunc(policies, func(a, b policy.Policy) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Rule, b.Rule))
	})
	return policies, append(problems, twice(policies)...)
}

// policy is what a rule is as a policy; its Rule is empty where it is none.
func (b *built) policy(file string, m *ast.Module, r *ast.Rule) (policy.Policy, []kernel.Problem) {
	name := nameOf(r)
	if len(r.Head.Args) > 0 || !policy.IsRule(name) {
		return policy.Policy{}, nil
	}
	p := policy.Policy{Package: packageOf(m), Rule: name, File: file, Line: r.Location.Row, Source: b.sources[file]}
	problems, notices := describe(&p, b.compiler.GetAnnotationSet().Chain(r), func(file string) []byte { return b.contents[file] })
	b.notices = append(b.notices, notices...)
	p.Level = cmp.Or(p.Level, policy.HardMandatory)
	return p, problems
}

// both is one policy of two rules of a name, which Rego makes one of: it is asked
// wherever one of them is to be, at the stricter level.
func both(p, other policy.Policy) (policy.Policy, []kernel.Problem) {
	var problems []kernel.Problem
	for _, said := range []struct{ what, one, two string }{
		{"id", p.ID, other.ID}, {"severity", string(p.Severity), string(other.Severity)}, {"fix", p.Fix, other.Fix},
	} {
		if said.one != "" && said.two != "" && said.one != said.two {
			problems = append(problems, kernel.Problem{
				File: other.File, Line: other.Line, Column: 1, Path: "custom." + said.what,
				Message: fmt.Sprintf("%s is %q here and %q at %s:%d, and both are one rule", said.what, said.two, said.one, p.File, p.Line),
				Fix:     "say it once, with scope: document, or give the rules names of their own, such as " + p.Rule + "_other",
			})
		}
	}
	p.ID, p.Severity, p.Fix = cmp.Or(p.ID, other.ID), cmp.Or(p.Severity, other.Severity), cmp.Or(p.Fix, other.Fix)
	p.Title, p.Description = cmp.Or(p.Title, other.Title), cmp.Or(p.Description, other.Description)
	if other.Level.AtLeast(p.Level) {
		p.Level = other.Level
	}
	if len(p.Resources) == 0 || len(other.Resources) == 0 {
		p.Resources = nil // one of them is about any
		return p, problems
	}
	p.Resources = slices.Clone(p.Resources)
	for _, name := range other.Resources {
		if !slices.Contains(p.Resources, name) {
			p.Resources = append(p.Resources, name)
		}
	}
	return p, problems
}

// complete is a policy with what its metadata leaves out.
func complete(p policy.Policy) policy.Policy {
	if p.ID == "" {
		p.ID = p.Package
		if p.Suffix() != "" {
			p.ID += "." + p.Rule
		}
	}
	p.Severity = cmp.Or(p.Severity, policy.Medium)
	if p.Warns() {
		p.Level = policy.Advisory
	}
	return p
}

// sorted are notices in order, each once: several rules have the metadata of their package.
func sorted(notices []policy.Notice) []policy.Notice {
	slices.SortFunc(notices, func(a, b policy.Notice) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(notices)
}

// twice finds ids that two packages claim.
func twice(policies []policy.Policy) []kernel.Problem {
	owners := map[string]policy.Policy{}
	var problems []kernel.Problem
	for _, p := range policies {
		other, known := owners[p.ID]
		if known && other.Package != p.Package {
			problems = append(problems, kernel.Problem{
				File: p.File, Line: p.Line, Column: 1, Path: "custom.id",
				Message: fmt.Sprintf("%s has the id %s, too", other.File, p.ID), Fix: "give one of them another id",
			})
		}
		owners[p.ID] = p
	}
	return problems
}

// excepting are the packages that have a rule called exception.
func (b *built) excepting() []string {
	found := map[string]bool{}
	for _, m := range b.compiler.Modules {
		for _, r := range m.Rules {
			if nameOf(r) == "exception" {
				found[packageOf(m)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func nameOf(r *ast.Rule) string {
	if v, ok := r.Head.Ref()[0].Value.(ast.Var); ok {
		return string(v)
	}
	return ""
}

// packageOf is the package without data.
func packageOf(m *ast.Module) string { return trimData(m.Package.Path.String()) }

func trimData(path string) string { return strings.TrimPrefix(path, "data.") }
