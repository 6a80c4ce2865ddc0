package upstream

import (
	"path"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

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
