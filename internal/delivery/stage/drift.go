package stage

import (
	"fmt"
	"slices"
	"time"
)

// The severities of drift, and none: what a rule gives it is no drift at all.
const (
	SeverityCritical = "critical"
	SeverityHigh     = "high"
	SeverityMedium   = "medium"
	SeverityLow      = "low"
	SeverityNone     = "none"
)

// Severities returns all severities, the worst first.
func Severities() []string {
	return []string{SeverityCritical, SeverityHigh, SeverityMedium, SeverityLow, SeverityNone}
}

// The actions that drift can be.
const (
	DriftChanged = "changed"
	DriftDeleted = "deleted"
)

// Drift says how often what is on a stage is compared with what Terrace knows
// of it, and how severe a difference is.
type Drift struct {
	// Every is the time between two checks of one stack; 0 is on demand alone.
	Every time.Duration `json:"every,omitempty" yaml:"every,omitempty" koanf:"every"`
	// Jitter is the time over which the checks of the stage's stacks are spread; 0 is all of Every.
	Jitter time.Duration `json:"jitter,omitempty" yaml:"jitter,omitempty" koanf:"jitter"`
	// Rules come before those that Terrace has; the first that matches decides.
	Rules []DriftRule `json:"rules,omitempty" yaml:"rules,omitempty" koanf:"rules"`
}

// DriftRule says how severe drift is. Each pattern may have * for any
// characters; an empty one matches everything.
type DriftRule struct {
	Name string `json:"name" yaml:"name" koanf:"name"`
	// Type is the resource's type, such as azurerm_storage_account.
	Type string `json:"type,omitempty" yaml:"type,omitempty" koanf:"type"`
	// Address is terraform's, such as module.database.*.
	Address string `json:"address,omitempty" yaml:"address,omitempty" koanf:"address"`
	// Attribute is the path of the attribute, such as tags.*; no resource that is deleted has one.
	Attribute string `json:"attribute,omitempty" yaml:"attribute,omitempty" koanf:"attribute"`
	// Action is changed, deleted or empty for both.
	Action string `json:"action,omitempty" yaml:"action,omitempty" koanf:"action"`
	// Severity is critical, high, medium, low or none.
	Severity string `json:"severity" yaml:"severity" koanf:"severity"`
}

// shortestDrift is how often a stack may be checked: each check starts terraform.
const shortestDrift = time.Minute

func (c *checker) drift(path string, d Drift) {
	if d.Every < 0 || d.Every > 0 && d.Every < shortestDrift {
		c.add(path+".every", fmt.Sprintf("%s is not possible", d.Every), "use at least "+shortestDrift.String()+", or 0 for checks on demand alone")
	}
	if d.Jitter < 0 || d.Jitter > d.Every {
		c.add(path+".jitter", fmt.Sprintf("%s is not possible where every is %s", d.Jitter, d.Every), "use at most as long as every, or leave it out to spread the checks over all of it")
	}
	for i, rule := range d.Rules {
		c.driftRule(fmt.Sprintf("%s.rules[%d]", path, i), rule)
	}
}

func (c *checker) driftRule(path string, r DriftRule) {
	if r.Name == "" {
		c.add(path+".name", "the rule has no name", "name it: what it decided is explained with it")
	}
	if !slices.Contains([]string{"", DriftChanged, DriftDeleted}, r.Action) {
		c.add(path+".action", fmt.Sprintf("%q is not known", r.Action), "use changed or deleted, or leave it out for both")
	}
	if r.Action == DriftDeleted && r.Attribute != "" {
		c.add(path+".attribute", "no attribute of a deleted resource drifts", "leave it out, or use the action changed")
	}
	c.oneOf(path+".severity", r.Severity, Severities()...)
}
