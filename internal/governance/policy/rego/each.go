package rego

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// single tells which policies judge resource by resource: what they say of a plan is
// what they say of each of its resources alone. They have the form
//
//	deny contains plan.finding(r, path, message) if {
//		some r in plan.planned(type) # or another list of the library
//		… # what reads r, data and constants, and nothing else of the input
//	}
//
// and what they said of a resource holds until the resource is another one.
type single struct {
	compiler *ast.Compiler
	// general says that general.resources is the library's.
	general bool
	pure    map[*ast.Rule]bool
}

func (b *built) single() *single {
	return &single{compiler: b.compiler, general: b.knows("data.terrace.lib.general", generalDigest), pure: map[*ast.Rule]bool{}}
}

// policy reports whether all rules of a policy judge so.
func (s *single) policy(pkg, name string) bool {
	ref, err := ast.ParseRef("data." + pkg)
	if err != nil {
		return false
	}
	rules := s.compiler.GetRulesExact(ref.Append(ast.StringTerm(name)))
	return len(rules) > 0 && !slices.ContainsFunc(rules, func(r *ast.Rule) bool { return !s.rule(r) })
}

func (s *single) rule(r *ast.Rule) bool {
	if r.Default || r.Else != nil || len(r.Head.Args) > 0 || len(r.Head.Ref()) != 1 || r.Head.RuleKind() != ast.MultiValue {
		return false
	}
	key, ok := r.Head.Key.Value.(ast.Var)
	if !ok {
		return false
	}
	of, found := findingOf(r.Body, key)
	if !found {
		return false
	}
	from := s.source(r, of)
	return from != nil && s.isPure(r, from)
}

// findingOf is the resource that the key of a rule is a finding of.
func findingOf(body ast.Body, key ast.Var) (ast.Var, bool) {
	for _, e := range body {
		if e.Negated || !e.IsCall() || !slices.Contains([]string{nativeName("finding"), nativeName("fact")}, e.Operator().String()) {
			continue
		}
		if operands := e.Operands(); len(operands) == 4 && operands[3].Value.Compare(key) == 0 {
			v, ok := operands[0].Value.(ast.Var)
			return v, ok
		}
	}
	return "", false
}

// source is what gives a variable one resource after the other, as the references
// that may be about more of the plan than it; nil where nothing of the kind does.
func (s *single) source(r *ast.Rule, v ast.Var) map[string]bool {
	ref := assigned(r.Body, v)
	if ref == nil {
		return nil
	}
	if head, ok := ref[0].Value.(ast.Var); ok && len(ref) == 2 && ref[1].Value.Compare(ast.String("resource")) == 0 {
		if ref = assigned(r.Body, head); ref == nil || !strings.HasPrefix(ref.String(), planLibrary+".tagged[") {
			return nil
		}
	}
	index, ok := ref[len(ref)-1].Value.(ast.Var)
	if !ok || occurrences(r, index) != 1 { // its number depends on the others
		return nil
	}
	list := ref[:len(ref)-1].String()
	if s.listed(list) {
		return map[string]bool{ref.String(): true}
	}
	if head, ok := ref[0].Value.(ast.Var); ok && len(ref) == 2 && occurrences(r, head) == 2 {
		return called(r.Body, head)
	}
	return nil
}

// listed reports whether the library has a list of resources of that name.
func (s *single) listed(name string) bool {
	if name == "data.terrace.lib.general.resources" {
		return s.general
	}
	list, ours := strings.CutPrefix(name, planLibrary+".")
	return ours && slices.Contains([]string{"resources", "existing", "created", "destroyed", "forgotten", "replaced", "updated", "tagged"}, list)
}

// assigned is the reference whose values a variable has.
func assigned(body ast.Body, v ast.Var) ast.Ref {
	for _, e := range body {
		if e.Negated || !e.IsEquality() {
			continue
		}
		left, right := e.Operand(0), e.Operand(1)
		if right.Value.Compare(v) == 0 {
			left, right = right, left
		}
		if ref, ok := right.Value.(ast.Ref); ok && left.Value.Compare(v) == 0 && len(ref) > 1 {
			return ref
		}
	}
	return nil
}

// called is the call of planned or planned_any that gives a variable its list.
func called(body ast.Body, v ast.Var) map[string]bool {
	for _, e := range body {
		if e.Negated || !e.IsCall() {
			continue
		}
		name, operands := e.Operator().String(), e.Operands()
		if (name == planLibrary+".planned" || name == planLibrary+".planned_any") && len(operands) == 2 && operands[1].Value.Compare(v) == 0 {
			return map[string]bool{name: true}
		}
	}
	return nil
}

// occurrences is how often a rule has a variable.
func occurrences(r *ast.Rule, v ast.Var) int {
	n := 0
	ast.WalkVars(r, func(w ast.Var) bool {
		if w == v {
			n++
		}
		return false
	})
	return n
}
