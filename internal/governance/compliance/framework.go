package compliance

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// listed are ids of controls: "A.5. 1 37" are A.5.1 to A.5.37.
func listed(text string) []string {
	var ids []string
	for part := range strings.SplitSeq(text, ", ") {
		words := strings.Fields(part)
		first, _ := strconv.Atoi(words[1]) // they are written below
		last, _ := strconv.Atoi(words[2])  // likewise
		for i := first; i <= last; i++ {
			ids = append(ids, words[0]+strconv.Itoa(i))
		}
	}
	return ids
}

// catalogs are all controls of the frameworks, so that those that no policy answers
// are told, too.
func catalogs() map[string][]string {
	return map[string][]string{
		policy.MCSB: listed("NS- 1 10, IM- 1 9, PA- 1 8, DP- 1 8, AM- 1 5, LT- 1 7, IR- 1 7, PV- 1 7, ES- 1 3, BR- 1 4, DS- 1 7, GS- 1 11"),
		policy.CISAzure: listed("2.1. 1 4, 2.2. 1 8, 2. 3 26, 3.1.1. 1 2, 3.1.3. 1 5, 3.1.4. 1 3, 3.1.5. 1 1, 3.1.6. 1 1, 3.1.7. 1 4, 3.1.8. 1 1, 3.1.9. 1 1, 3.1. 10 16, " +
			"3.2. 1 1, 3.3. 1 8, 4. 1 17, 5.1. 1 7, 5.2. 1 8, 5.3. 1 4, 5.4. 1 3, 6.1. 1 6, 6.2. 1 10, 6.3. 1 1, 6. 4 5, 7. 1 7, 8. 1 11, 9. 1 12, 10. 1 1"),
		policy.ISO27001: listed("A.5. 1 37, A.6. 1 8, A.7. 1 14, A.8. 1 34"),
	}
}

// Frameworks are the names by which frameworks are asked for, in order.
func Frameworks() []string {
	return []string{policy.CISAzure, policy.ISO27001, policy.MCSB}
}

// frameworkOf is the framework that somebody names: by its id, or by what it begins with.
func frameworkOf(name string) (string, error) {
	for _, f := range Frameworks() {
		if f == name || len(name) >= 3 && strings.HasPrefix(f, strings.ToLower(name)) {
			return f, nil
		}
	}
	return "", kernel.Errorf(kernel.Invalid, "there is no framework %q", name).WithFix("see terrace compliance frameworks").
		WithProblems(kernel.Problem{Path: "framework", Message: "it is none of " + strings.Join(Frameworks(), ", ") + ", and none begins so"})
}

// Framework is one that reports are made of.
type Framework struct {
	ID   string `json:"id" doc:"By which, or by whose beginning, a report names it."`
	Name string `json:"name"`
	// Controls are how many it has, Answered how many of them a policy answers.
	Controls int `json:"controls" doc:"How many controls it has."`
	Answered int `json:"answered" doc:"How many of them a policy answers; the others are not evaluated, and do not pass."`
	Policies int `json:"policies" doc:"How many policies answer one."`
}

// Frameworks tells which frameworks reports are made of, by id, and how much of each
// the policies answer that are in force.
func (s *Service) Frameworks(ctx context.Context, scope kernel.Scope) ([]Framework, error) {
	if _, err := s.sight(ctx, ActionRead, scope); err != nil {
		return nil, err
	}
	policies, err := s.Policies.Policies(ctx)
	if err != nil {
		return nil, err
	}
	var all []Framework
	for _, id := range Frameworks() {
		answered, speaking := map[string]bool{}, 0
		for _, p := range policies {
			if len(p.Controls[id]) > 0 {
				speaking++
			}
			for _, control := range p.Controls[id] {
				answered[control] = true
			}
		}
		all = append(all, Framework{ID: id, Name: policy.Frameworks()[id], Controls: len(controlsOf(id, policies)), Answered: len(answered), Policies: speaking})
	}
	return all, nil
}

// controlsOf are the ids of a framework's controls: those of its catalog, and what
// policies name beside.
func controlsOf(framework string, all []policy.Policy) []string {
	ids := catalogs()[framework]
	known := len(ids)
	for _, p := range all {
		for _, id := range p.Controls[framework] {
			if !slices.Contains(ids[:known], id) {
				ids = append(ids, id)
			}
		}
	}
	slices.SortFunc(ids, natural)
	return slices.Compact(ids)
}

// natural orders ids so that 4.2 comes before 4.10.
func natural(a, b string) int {
	split := func(r rune) bool { return r == '.' || r == '-' }
	one, other := strings.FieldsFunc(a, split), strings.FieldsFunc(b, split)
	for i := range min(len(one), len(other)) {
		n, errN := strconv.Atoi(one[i])
		m, errM := strconv.Atoi(other[i])
		order := cmp.Compare(n, m)
		if errN != nil || errM != nil {
			order = cmp.Compare(one[i], other[i])
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Or(cmp.Compare(len(one), len(other)), cmp.Compare(a, b))
}
