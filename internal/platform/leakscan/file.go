package leakscan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// file is a file of rules as gitleaks writes them. What is not here is not honoured:
// rules that need others beside them, and files that are extended by path or address.
type file struct {
	MinVersion string
	Extend     struct {
		Path, URL     string
		UseDefault    bool
		DisabledRules []string
	}
	Rules      []fileRule
	Allowlist  *fileAllow
	Allowlists []*fileAllow
}

type fileRule struct {
	ID          string
	Description string
	Regex       string
	Path        string
	SecretGroup int
	Entropy     float64
	Keywords    []string
	SkipReport  bool
	Required    []struct{ ID string }
	Allowlist   *fileAllow
	Allowlists  []*fileAllow
}

type fileAllow struct {
	TargetRules []string
	Condition   string
	Commits     []string
	Paths       []string
	RegexTarget string
	Regexes     []string
	StopWords   []string
}

func read(text, name string) (*file, error) {
	if err := nested(text); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var f file
	err := toml.Unmarshal([]byte(text), &f)
	var at *toml.DecodeError
	if errors.As(err, &at) {
		line, column := at.Position()
		return nil, fmt.Errorf("%s:%d:%d: %s", name, line, column, strings.TrimPrefix(at.Error(), "toml: "))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if f.Extend.Path != "" || f.Extend.URL != "" {
		return nil, fmt.Errorf("%s: extend.path and extend.url are not honoured here: write the rules into the file itself, or use extend.useDefault", name)
	}
	return &f, nil
}

// rules makes what is looked for of a file, without what it extends.
func (f *file) rules(name string) (set, error) {
	s := set{byID: map[string]*rule{}}
	for i := range f.Rules {
		r, err := newRule(f.Rules[i])
		if err != nil {
			return s, fmt.Errorf("%s: rule %s: %w", name, f.Rules[i].ID, err)
		}
		s.byID[r.id] = r
	}
	for _, a := range allOf(f.Allowlist, f.Allowlists) {
		allowed, err := newAllow(a)
		if err != nil {
			return s, fmt.Errorf("%s: allowlist: %w", name, err)
		}
		if len(a.TargetRules) == 0 {
			s.allowed = append(s.allowed, allowed)
			continue
		}
		s.targeted = append(s.targeted, targeted{rules: a.TargetRules, allow: allowed})
	}
	return s, nil
}

func allOf(one *fileAllow, more []*fileAllow) []*fileAllow {
	if one == nil {
		return more
	}
	return append([]*fileAllow{one}, more...)
}

// set are rules that are looked for together.
type set struct {
	byID     map[string]*rule
	allowed  []*allow
	targeted []targeted
}

type targeted struct {
	rules []string
	allow *allow
}

// over is what a file says over the rules that it extends.
func (f *file) over(own, base set, name string) (set, error) {
	for _, id := range f.Extend.DisabledRules {
		if base.byID[id] == nil {
			return set{}, fmt.Errorf("%s: extend.disabledRules: there is no rule %q", name, id)
		}
	}
	out := set{byID: map[string]*rule{}, allowed: append(append([]*allow{}, base.allowed...), own.allowed...), targeted: own.targeted}
	for id, r := range base.byID {
		out.byID[id] = r
	}
	for _, id := range f.Extend.DisabledRules {
		delete(out.byID, id)
	}
	for id, r := range own.byID {
		if below := out.byID[id]; below != nil {
			r = r.over(below)
		}
		out.byID[id] = r
	}
	return out, nil
}

// target gives rules the allowlists that name them.
func (s *set) target(name string) error {
	for _, t := range s.targeted {
		for _, id := range t.rules {
			r := s.byID[id]
			if r == nil {
				return fmt.Errorf("%s: allowlist: there is no rule %q", name, id)
			}
			s.byID[id] = r.allowing(t.allow)
		}
	}
	s.targeted = nil
	return nil
}
