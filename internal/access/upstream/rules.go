package upstream

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
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

// ParseRules reads a document of rules; each problem names its line and column.
func ParseRules(file, text string) ([]Rule, error) {
	d, err := yamldoc.Read(file, []byte(text))
	if err != nil {
		return nil, err
	}
	rules, seen := []Rule{}, map[string]bool{}
	root := d.Root().Object("rules")
	if list, ok := root.Require("rules", "write a list of rules, which may be empty: rules: []"); ok {
		list.Items(func(i int, item yamldoc.Value) {
			if i == maxRules {
				item.Problem("", "there are %d rules at most", maxRules)
			}
			r := parseRule(item)
			if seen[r.Name] {
				item.Problem("give it another name", "a rule before it has the name %s", r.Name)
			}
			seen[r.Name] = true
			rules = append(rules, r)
		})
	}
	return rules, d.Err("the rules cannot be used")
}

func parseRule(v yamldoc.Value) (r Rule) {
	o := v.Object("name", "when", "group", "role", "on", "project", "stage")
	if name, ok := o.Require("name", "give it a name of your own"); ok {
		if r.Name, ok = name.String(); ok && !namePattern.MatchString(r.Name) {
			name.Problem("use a-z, 0-9 and -, 32 at most", "%q cannot be the name of a rule", r.Name)
		}
	}
	if when, ok := o.Get("when"); ok {
		when.Items(func(i int, item yamldoc.Value) {
			if i == maxConditions {
				item.Problem("", "a rule has at most %d conditions", maxConditions)
			}
			r.When = append(r.When, parseCondition(item))
		})
	}
	group, grouped := o.Get("group")
	role, given := o.Get("role")
	switch {
	case o.OK() && grouped == given:
		v.Problem("write group: NAME, or role: NAME with project: NAME, or with on: tenant", "a rule gives a group or a role")
	case grouped:
		r.Group, _ = group.String()
		for _, key := range []string{"on", "project", "stage"} {
			if at, ok := o.Get(key); ok {
				at.Problem("take it out", "a group is of the tenant")
			}
		}
	case given:
		r.Role = parseRole(v, o, role)
	}
	return r
}

func parseRole(v yamldoc.Value, o yamldoc.Object, role yamldoc.Value) *Role {
	out := &Role{}
	out.Role, _ = role.String()
	if at, ok := o.Get("project"); ok {
		out.Project, _ = at.String()
	}
	if at, ok := o.Get("stage"); ok {
		if out.Stage, _ = at.String(); out.Project == "" {
			at.Problem("name the project, too", "a stage is one of a project")
		}
	}
	on, wide := o.Get("on")
	if wide == (out.Project != "") {
		v.Problem("write project: NAME, on: tenant or on: platform", "a role is given in one place")
	}
	if wide {
		switch word, _ := on.String(); word {
		case "platform":
			out.Platform = true
		case "tenant":
		default:
			on.Problem("write tenant or platform", "%q is no place", word)
		}
	}
	return out
}

func parseCondition(v yamldoc.Value) (c Condition) {
	keys := []string{"claim"}
	for _, op := range Operators() {
		keys = append(keys, string(op))
	}
	o := v.Object(keys...)
	if at, ok := o.Require("claim", "name the claim, or write /a/b for one inside of another"); ok {
		if c.Claim, ok = at.String(); ok && !claimPattern.MatchString(c.Claim) {
			at.Problem("", "%q cannot be the name of a claim", c.Claim)
		}
	}
	for _, op := range Operators() {
		at, ok := o.Get(string(op))
		if !ok {
			continue
		}
		if c.Operator != "" {
			at.Problem("write two conditions", "a condition has one of equals, contains, oneOf and glob")
			continue
		}
		c.Operator, c.Values = op, parseValues(op, at)
	}
	if o.OK() && c.Operator == "" {
		v.Problem("write equals, contains, oneOf or glob", "the condition does not say what the claim must be")
	}
	return c
}

func parseValues(op Operator, at yamldoc.Value) (values []string) {
	add := func(v yamldoc.Value) {
		text, ok := v.Scalar()
		switch {
		case !ok:
			return
		case text == "" || len(text) > maxValue:
			v.Problem("", "a value has 1 to %d bytes", maxValue)
		case op == Glob:
			if _, err := path.Match(text, ""); err != nil {
				v.Problem("* is any characters but /, ? is one", "%q is not a pattern", text)
			}
		}
		values = append(values, text)
	}
	if op != OneOf {
		add(at)
		return values
	}
	at.Items(func(i int, item yamldoc.Value) {
		if i == maxValues {
			item.Problem("", "there are %d values at most", maxValues)
		}
		add(item)
	})
	if len(values) == 0 {
		at.Problem("", "there must be a value")
	}
	return values
}
