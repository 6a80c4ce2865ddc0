package rego

import (
	"cmp"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
)

// Around is a part of what surrounds a plan, such as cost of input.terrace.cost, that a
// policy reads, and where it does first.
type Around struct {
	// Part is "" where input.terrace is read as a whole, or by names that are made.
	Part, File   string
	Line, Column int
}

// Around tells what of input.terrace the policies read, by their ids: each part once.
func (s *Set) Around() map[string][]Around {
	found := map[string][]Around{}
	seen := map[*ast.Rule][]Around{}
	for _, r := range s.rules {
		ref, err := refOf(r.Package, r.Rule)
		if err != nil {
			continue // it was compiled
		}
		all := found[r.ID]
		for _, rule := range s.reached(ref) {
			if _, known := seen[rule]; !known {
				seen[rule] = aroundOf(rule)
			}
			all = append(all, seen[rule]...)
		}
		if all = distinct(all); len(all) > 0 {
			found[r.ID] = all
		}
	}
	return found
}

// reached are the rules of a name, and all that they lead to.
func (s *Set) reached(ref ast.Ref) []*ast.Rule {
	next, known := s.compiler.GetRules(ref), map[util.T]bool{}
	var all []*ast.Rule
	for len(next) > 0 {
		rule := next[len(next)-1]
		next = next[:len(next)-1]
		if known[rule] {
			continue
		}
		known[rule] = true
		all = append(all, rule)
		for other := range s.compiler.Graph.Dependencies(rule) {
			if r, ok := other.(*ast.Rule); ok {
				next = append(next, r)
			}
		}
	}
	return all
}

// distinct has each part once, in order.
func distinct(all []Around) []Around {
	slices.SortFunc(all, func(a, b Around) int {
		return cmp.Or(cmp.Compare(a.Part, b.Part), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(all, func(a, b Around) bool { return a.Part == b.Part })
}

// aroundOf is what a rule reads itself, also by another name that it gives it.
func aroundOf(rule *ast.Rule) []Around {
	aliases := aliasesOf(rule)
	var all []Around
	ast.WalkTerms(rule, func(t *ast.Term) bool {
		ref, ok := t.Value.(ast.Ref)
		if !ok || aliases.given[t] {
			return false
		}
		if part, reads := partOf(aliases.full(ref)); reads {
			p := Around{Part: part}
			if at := cmp.Or(t.Location, rule.Location); at != nil {
				p.File, p.Line, p.Column = at.File, at.Row, at.Col
			}
			all = append(all, p)
		}
		return false
	})
	return all
}

// aliases are other names of what surrounds a plan, in one rule.
type aliases struct {
	of map[ast.Var]ast.Ref
	// given are the terms that only give it another name.
	given map[*ast.Term]bool
}

func aliasesOf(rule *ast.Rule) aliases {
	n := aliases{of: map[ast.Var]ast.Ref{}, given: map[*ast.Term]bool{}}
	for range 3 { // a name may be of a name
		before := maps.Clone(n.of)
		ast.WalkExprs(rule, func(e *ast.Expr) bool {
			if operands := e.Operands(); (e.IsEquality() || e.IsAssignment()) && len(operands) == 2 {
				n.note(operands[0], operands[1])
				n.note(operands[1], operands[0])
			}
			return false
		})
		if len(before) == len(n.of) {
			break
		}
	}
	return n
}

func (n aliases) note(name, value *ast.Term) {
	v, ok := name.Value.(ast.Var)
	ref, is := value.Value.(ast.Ref)
	if !ok || !is {
		return
	}
	full := n.full(ref)
	if isTerrace(full) && len(full) == 2 {
		n.of[v], n.given[value] = full, true
	}
}

// full is a reference from the input on.
func (n aliases) full(ref ast.Ref) ast.Ref {
	if v, ok := ref[0].Value.(ast.Var); ok && n.of[v] != nil {
		return n.of[v].Concat(ref[1:])
	}
	return ref
}

func isTerrace(ref ast.Ref) bool {
	return len(ref) >= 2 && ref[0].Equal(ast.InputRootDocument) && ref[1].Value.Compare(ast.String("terrace")) == 0
}

// partOf is the part of what surrounds a plan that a reference reads.
func partOf(ref ast.Ref) (part string, reads bool) {
	if !isTerrace(ref) {
		return "", false
	}
	if len(ref) == 2 {
		return "", true
	}
	name, _ := ref[2].Value.(ast.String)
	return string(name), true
}
