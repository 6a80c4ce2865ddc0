package policy

import (
	"maps"
	"slices"
	"strings"
)

// Controls are the requirements that a policy answers: ids by framework, such as
// mcsb: [DP-3].
type Controls map[string][]string

// Names returns the controls as framework:id, in order.
func (c Controls) Names() []string {
	names := make([]string, 0, len(c))
	for _, framework := range slices.Sorted(maps.Keys(c)) {
		for _, id := range c[framework] {
			names = append(names, framework+":"+id)
		}
	}
	return names
}

// String returns the names, separated by commas.
func (c Controls) String() string { return strings.Join(c.Names(), ", ") }

// Policy is one rule of a package: deny, warn, violation, or one of them with a
// suffix such as deny_public.
type Policy struct {
	// ID is unique in a set: that of its metadata, else the package, with the
	// name of the rule where it has a suffix.
	ID          string   `json:"id"`
	Package     string   `json:"package"`
	Rule        string   `json:"rule"`
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Severity    Severity `json:"severity"`
	Level       Level    `json:"level"`
	// WarnsOn are the stages on which its own level is advisory.
	WarnsOn []string `json:"warnsOn,omitempty"`
	// Floor is the mildest level that a tenant may give it, off included; "" is its own.
	Floor    Level    `json:"floor,omitempty"`
	Fix      string   `json:"fix,omitempty"`
	Controls Controls `json:"controls,omitempty"`
	// Resources are the types that it looks at; "*" is any. It is not asked where
	// the input has none of them.
	Resources []string `json:"resources,omitempty"`
	// Subjects are general words for what it is about, such as
	// azurerm_storage_account.https_traffic_only_enabled.
	Subjects []string `json:"subjects,omitempty"`
	// Source names the folder or repository that it is from.
	Source string `json:"source,omitempty"`
	File   string `json:"file"`
	Line   int    `json:"line"`
}

// own is its own level in a context.
func (p Policy) own(c Context) Level {
	if slices.Contains(p.WarnsOn, c.Stage) {
		return Advisory
	}
	return p.Level
}

// Warns reports whether the rule only warns, whatever its level.
func (p Policy) Warns() bool { return kindOf(p.Rule) == "warn" }

// Suffix is what follows deny_, warn_ or violation_ in the rule's name; an
// exception names it.
func (p Policy) Suffix() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.Rule, kindOf(p.Rule)), "_")
}

// IsRule reports whether a name is one that is evaluated: deny, warn and
// violation, alone or with a suffix.
func IsRule(name string) bool { return kindOf(name) != "" }

func kindOf(name string) string {
	for _, kind := range []string{"deny", "warn", "violation"} {
		if name == kind || strings.HasPrefix(name, kind+"_") {
			return kind
		}
	}
	return ""
}
