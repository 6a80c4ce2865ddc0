package upstream

import (
	"fmt"
	"slices"
	"strings"
)

// The bounds of rules.
const (
	maxRules      = 200
	maxConditions = 16
	maxValues     = 100
	maxValue      = 256
)

// Role is a role at a node of the tree.
type Role struct {
	Role string `json:"role"`
	// Platform says that the node is the platform; else it is the tenant, or the project, or
	// the stage of the project.
	Platform bool   `json:"platform,omitempty"`
	Project  string `json:"project,omitempty"`
	Stage    string `json:"stage,omitempty"`
}

// Rule gives a group or a role to whom an upstream says certain things of.
type Rule struct {
	Name string `json:"name"`
	// When must all hold; without any the rule is for everybody of the upstream.
	When []Condition `json:"when,omitempty"`
	// Group is that of the tenant that it gives, else Role.
	Group string `json:"group,omitempty"`
	Role  *Role  `json:"role,omitempty"`
}

// Gives says in words what the rule gives.
func (r Rule) Gives() string {
	switch {
	case r.Role == nil:
		return "the group " + r.Group
	case r.Role.Platform:
		return r.Role.Role + " on the platform"
	case r.Role.Project == "":
		return r.Role.Role + " in the tenant"
	case r.Role.Stage == "":
		return r.Role.Role + " in the project " + r.Role.Project
	default:
		return r.Role.Role + " in the stage " + r.Role.Stage + " of the project " + r.Role.Project
	}
}

// misses returns the first condition that does not hold; ok is true for none.
func (r Rule) misses(claims Claims) (c Condition, ok bool) {
	for _, c := range r.When {
		if !c.holds(claims) {
			return c, false
		}
	}
	return Condition{}, true
}

// Given is what rules give somebody.
type Given struct {
	Rules  []string
	Groups []string
	Roles  []Role
}

// give returns what rules make of claims.
func give(rules []Rule, claims Claims) (g Given) {
	for _, r := range rules {
		if _, ok := r.misses(claims); !ok {
			continue
		}
		g.Rules = append(g.Rules, r.Name)
		if r.Role == nil {
			g.Groups = append(g.Groups, r.Group)
		} else if !slices.Contains(g.Roles, *r.Role) {
			g.Roles = append(g.Roles, *r.Role)
		}
	}
	return g
}

// Verdict is what a rule makes of claims.
type Verdict struct {
	Rule    string
	Gives   string
	Applies bool
	// Why says what does not hold.
	Why string
}

// verdicts say what each rule makes of claims.
func verdicts(rules []Rule, claims Claims) []Verdict {
	all := make([]Verdict, 0, len(rules))
	for _, r := range rules {
		missed, ok := r.misses(claims)
		v := Verdict{Rule: r.Name, Gives: r.Gives(), Applies: ok}
		if !ok {
			v.Why = fmt.Sprintf("not %s: it is %s", missed, claims.described(missed.Claim))
		}
		all = append(all, v)
	}
	return all
}

// described is what is at a place, for people.
func (c Claims) described(place string) string {
	v, ok := c.at(place)
	text, single := scalar(v)
	list, many := v.([]any)
	switch {
	case !ok:
		return "not there"
	case single:
		return fmt.Sprintf("%.80q", text)
	case many && len(list) == 0:
		return "an empty list"
	case many:
		first := []string{}
		for _, item := range list[:min(len(list), 3)] {
			text, _ := scalar(item)
			first = append(first, fmt.Sprintf("%.60q", text))
		}
		if len(list) > len(first) {
			return fmt.Sprintf("%s and %d more", strings.Join(first, ", "), len(list)-len(first))
		}
		return "the list " + strings.Join(first, ", ")
	default:
		return "an object"
	}
}
