package policy

import (
	"path"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Off leaves policies out where they are assigned it.
const Off Level = "off"

// Assignment gives policies another level where its scope holds.
type Assignment struct {
	// Policies is the id of a policy, or a pattern such as azure-storage-*.
	Policies string
	// Set limits it to the policies of one source, "" is any.
	Set string
	// Level is a level, or Off.
	Level Level
	// The scope; what is empty holds anywhere.
	Tenant, Project, Stage, Target string
}

// ParseAssignment reads POLICIES=LEVEL@KEY=VALUE,…, such as
// azure-storage-*=advisory@stage=dev,project=shop.
func ParseAssignment(text string) (Assignment, error) {
	const fix = "write POLICIES=LEVEL@KEY=VALUE,…: azure-storage-*=advisory@stage=dev; keys are tenant, project, stage and target"
	rule, scope, scoped := strings.Cut(text, "@")
	policies, level, ok := strings.Cut(rule, "=")
	a := Assignment{Policies: policies, Level: Level(level)}
	if _, err := path.Match(policies, ""); !ok || policies == "" || err != nil {
		return a, kernel.Errorf(kernel.Invalid, "%q assigns no level to policies", text).WithFix("%s", fix)
	}
	if _, err := ParseFloor(level); err != nil {
		return a, kernel.Errorf(kernel.Invalid, "%q has no level", text).WithFix("use advisory, soft-mandatory, hard-mandatory or off")
	}
	if !scoped {
		return a, nil
	}
	for pair := range strings.SplitSeq(scope, ",") {
		key, value, _ := strings.Cut(pair, "=")
		field := map[string]*string{"tenant": &a.Tenant, "project": &a.Project, "stage": &a.Stage, "target": &a.Target}[key]
		if field == nil || value == "" {
			return a, kernel.Errorf(kernel.Invalid, "%q has no scope %q", text, pair).WithFix("%s", fix)
		}
		*field = value
	}
	return a, nil
}

// holds reports whether the assignment is for the policy in the context.
func (a Assignment) holds(p Policy, c Context) bool {
	return a.names(p) && is(a.Tenant, c.Tenant) && is(a.Project, c.Project) && is(a.Stage, c.Stage) && is(a.Target, c.Target)
}

// names reports whether the assignment is for the policy anywhere.
func (a Assignment) names(p Policy) bool {
	named, _ := path.Match(a.Policies, p.ID)
	return named && is(a.Set, p.Source)
}

// String is the assignment as ParseAssignment reads it.
func (a Assignment) String() string {
	text, mark := a.Policies+"="+string(a.Level), "@"
	for _, part := range [][2]string{{"tenant", a.Tenant}, {"project", a.Project}, {"stage", a.Stage}, {"target", a.Target}} {
		if part[1] != "" {
			text, mark = text+mark+part[0]+"="+part[1], ","
		}
	}
	return text
}

func is(wanted, value string) bool { return wanted == "" || wanted == value }

// Assignments are in order: of those that hold, the last one counts.
type Assignments []Assignment

// Level returns the level of a policy in a context; false leaves it out.
func (all Assignments) Level(p Policy, c Context) (Level, bool) {
	level, assigned := all.assigned(p, c)
	if !assigned {
		level = p.own(c)
	}
	return level, level != Off
}

// assigned is the level that the last assignment gives, false where none holds.
func (all Assignments) assigned(p Policy, c Context) (level Level, ok bool) {
	for _, a := range all {
		if a.holds(p, c) {
			level, ok = a.Level, true
		}
	}
	return level, ok
}
