package engine

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"
)

// Exclusion keeps rules from looking: the rules as a whole, or at some targets.
type Exclusion struct {
	// Prefix is the path under which it holds; empty is everywhere.
	Prefix string
	// Rules are ids, Tags name more rules.
	Rules []int
	Tags  []string
	// Targets are what is not looked at, such as ARGS:password; none is all.
	Targets []string
}

// Target is a variable of SecLang, and what of it.
type Target struct {
	Variable variables.RuleVariable
	Key      string
	Pattern  *regexp.Regexp
}

// ParseTarget reads VARIABLE, VARIABLE:key or VARIABLE:/expression/.
func ParseTarget(s string) (Target, error) {
	name, key, selects := strings.Cut(s, ":")
	v, err := variables.Parse(name)
	switch {
	case err != nil:
		return Target{}, fmt.Errorf("%q is no variable of SecLang", name)
	case selects && key == "":
		return Target{}, fmt.Errorf("%q names nothing behind its colon", s)
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"'|,!&", r) }):
		return Target{}, fmt.Errorf("%q holds a character that no target has", s)
	}
	t := Target{Variable: v, Key: key}
	if len(key) > 2 && key[0] == '/' && key[len(key)-1] == '/' {
		if t.Pattern, err = regexp.Compile(key[1 : len(key)-1]); err != nil {
			return Target{}, fmt.Errorf("%q: %w", s, err)
		}
		t.Key = ""
	}
	return t, nil
}

// directives are the exclusion in SecLang, for the rules that are loaded.
func (x Exclusion) directives(loaded map[int]bool) string {
	var b strings.Builder
	for _, id := range x.Rules {
		if !loaded[id] {
			continue
		}
		if len(x.Targets) == 0 {
			fmt.Fprintf(&b, "SecRuleRemoveById %d\n", id)
		}
		for _, t := range x.Targets {
			fmt.Fprintf(&b, "SecRuleUpdateTargetById %d \"!%s\"\n", id, t)
		}
	}
	for _, tag := range x.Tags {
		if len(x.Targets) == 0 {
			fmt.Fprintf(&b, "SecRuleRemoveByTag \"%s\"\n", tag)
		}
		for _, t := range x.Targets {
			fmt.Fprintf(&b, "SecRuleUpdateTargetByTag \"%s\" \"!%s\"\n", tag, t)
		}
	}
	return b.String()
}

// bounded is an exclusion under a path, with the rules that its tags name.
type bounded struct {
	prefix  string
	ids     []int
	targets []Target
}

func bind(exclusions []Exclusion, rules []types.RuleMetadata) ([]bounded, error) {
	var out []bounded
	for _, x := range exclusions {
		if x.Prefix == "" {
			continue
		}
		b := bounded{prefix: x.Prefix, ids: slices.Clone(x.Rules)}
		for _, r := range rules {
			if slices.ContainsFunc(x.Tags, func(tag string) bool { return slices.Contains(r.Tags(), tag) }) && r.ID() != 0 {
				b.ids = append(b.ids, r.ID())
			}
		}
		for _, target := range x.Targets {
			t, err := ParseTarget(target)
			if err != nil {
				return nil, err
			}
			b.targets = append(b.targets, t)
		}
		out = append(out, b)
	}
	return out, nil
}

// holds tells whether a path lies under the prefix, whole segments of it.
func (b bounded) holds(path string) bool {
	return strings.HasPrefix(path, b.prefix) &&
		(strings.HasSuffix(b.prefix, "/") || len(path) == len(b.prefix) || path[len(b.prefix)] == '/')
}
