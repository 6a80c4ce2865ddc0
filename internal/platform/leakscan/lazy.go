package leakscan

import (
	"regexp"
	"strings"
	"sync"
)

// pattern is an expression that is compiled when it is needed first: there are hundreds,
// and a text needs a few. It was parsed before, so that compiling does not fail.
type pattern struct {
	source string
	once   sync.Once
	made   *regexp.Regexp
}

func (p *pattern) compiled() *regexp.Regexp {
	p.once.Do(func() { p.made = regexp.MustCompile(p.source) })
	return p.made
}

func (p *pattern) matches(text string) bool { return p != nil && p.compiled().MatchString(text) }

// anyOf is one pattern for several; nil for none.
func anyOf(sources []string) (*pattern, error) {
	if len(sources) == 0 {
		return nil, nil //nolint:nilnil // nil is the pattern of nothing, which matches nothing
	}
	groups := make([]string, len(sources))
	for i, source := range sources {
		if _, err := parse(source); err != nil {
			return nil, err
		}
		groups[i] = "(?:" + source + ")"
	}
	return &pattern{source: strings.Join(groups, "|")}, nil
}
