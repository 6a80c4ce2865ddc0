package engine

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/automaton"
)

const (
	// sieveName is how a rule names the operator that sieves.
	sieveName = "terraceSieve"
	// statesOfAll bounds the states of one automaton of many expressions, in bytes.
	statesOfAll = 4 << 20
)

// sieve takes rules out of a request that cannot match it: those that look for
// expressions in its arguments, cookies, path and some headers, where no
// expression matches. It may leave in too many, never too few.
type sieve struct {
	groups []group
	// ids are the rules of all groups.
	ids []int
}

// group is the rules for one sort of text.
type group struct {
	texts func(plugintypes.TransactionVariables, func(string) bool) bool
	// plain are the rules that take a text as it is, lower those that take it in
	// lower case.
	plain, lower many
}

// many is rules and the automaton of their expressions.
type many struct {
	ids []int
	set *automaton.Set
}

// sieved is a rule as the sieve sees it.
type sieved struct {
	id      int
	targets []string
	pattern string
	lower   bool
}

var (
	ruleShape = regexp.MustCompile(`^SecRule (\S+) "@` + operatorName + ` ((?:[^"\\]|\\.)*)"\s+"(.*)`)
	transform = regexp.MustCompile(`\bt:(\w+)`)
)

// inert are the transformations that leave a text alone which the sieve looks at.
func inert() []string {
	return []string{"none", "urlDecodeUni", "utf8toUnicode", "htmlEntityDecode", "jsDecode", "cssDecode", "removeNulls", "replaceComments", "lowercase"}
}

// suits tells that the inert transformations, but that to lower case, leave a
// text alone.
func suits(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 0x80, c == 0, c == '%', c == '+', c == '&', c == '\\':
			return false
		case c == '/' && i+1 < len(text) && text[i+1] == '*':
			return false
		}
	}
	return true
}

// readable returns a rule as the sieve sees it; false for one that it leaves alone.
func readable(r types.RuleMetadata, known []string) (sieved, bool) {
	if r.Phase() != types.PhaseRequestBody || r.ID() == 0 || path.Ext(r.File()) != ".conf" {
		return sieved{}, false
	}
	first, _, _ := strings.Cut(r.Raw(), " \n") // those that it is chained to come after it
	m := ruleShape.FindStringSubmatch(first)
	if m == nil {
		return sieved{}, false
	}
	if strings.Contains(m[3], "multiMatch") {
		return sieved{}, false // each step of its transformations is looked at
	}
	s := sieved{id: r.ID(), targets: strings.Split(m[1], "|"), pattern: strings.ReplaceAll(m[2], `\"`, `"`)}
	for _, t := range s.targets {
		if t != "XML:/*" && !slices.Contains(known, t) {
			return sieved{}, false
		}
	}
	for _, t := range transform.FindAllStringSubmatch(m[3], -1) {
		if !slices.Contains(inert(), t[1]) {
			return sieved{}, false
		}
		s.lower = s.lower || t[1] == "lowercase"
	}
	return s, true
}

// sort is a sort of text, by the names of the targets that hold it.
type sort struct {
	targets []string
	texts   func(plugintypes.TransactionVariables, func(string) bool) bool
}

func sorts() []sort {
	return []sort{
		{[]string{"REQUEST_COOKIES", "REQUEST_COOKIES_NAMES", "ARGS_NAMES", "ARGS"}, func(v plugintypes.TransactionVariables, fn func(string) bool) bool {
			return each(fn, v.Args(), v.ArgsNames(), v.RequestCookies(), v.RequestCookiesNames())
		}},
		{[]string{"REQUEST_FILENAME"}, func(v plugintypes.TransactionVariables, fn func(string) bool) bool {
			return fn(v.RequestFilename().Get())
		}},
		{[]string{"REQUEST_HEADERS:User-Agent", "REQUEST_HEADERS:Referer"}, func(v plugintypes.TransactionVariables, fn func(string) bool) bool {
			for _, name := range []string{"user-agent", "referer"} {
				for _, value := range v.RequestHeaders().Get(name) {
					if !fn(value) {
						return false
					}
				}
			}
			return true
		}},
	}
}

func each(fn func(string) bool, collections ...collection.Collection) bool {
	for _, c := range collections {
		for _, d := range c.FindAll() {
			if !fn(d.Value()) {
				return false
			}
		}
	}
	return true
}

// fill gives the sieve the rules that were loaded and stay: those of higher
// levels were taken out.
func (s *sieve) fill(rules []types.RuleMetadata, paranoia int) {
	rules = slices.DeleteFunc(slices.Clone(rules), func(r types.RuleMetadata) bool {
		for level := paranoia + 1; level <= 4; level++ {
			if slices.Contains(r.Tags(), "paranoia-level/"+strconv.Itoa(level)) {
				return true
			}
		}
		return false
	})
	var known []string
	for _, sort := range sorts() {
		known = append(known, sort.targets...)
	}
	for _, sort := range sorts() {
		g := group{texts: sort.texts}
		var plain, lower []string
		for _, r := range rules {
			found, ok := readable(r, known)
			if !ok || !slices.ContainsFunc(found.targets, func(t string) bool { return slices.Contains(sort.targets, t) }) {
				continue
			}
			if found.lower {
				g.lower.ids, lower = append(g.lower.ids, found.id), append(lower, prefix+found.pattern)
			} else {
				g.plain.ids, plain = append(g.plain.ids, found.id), append(plain, prefix+found.pattern)
			}
		}
		g.plain.set, g.lower.set = automaton.New(statesOfAll, plain...), automaton.New(statesOfAll, lower...)
		s.groups = append(s.groups, g)
		s.ids = append(append(s.ids, g.plain.ids...), g.lower.ids...)
	}
	slices.Sort(s.ids)
	s.ids = slices.Compact(s.ids)
}

// Evaluate implements plugintypes.Operator. It matches nothing, ever.
func (s *sieve) Evaluate(tx plugintypes.TransactionState, _ string) bool {
	r, ok := tx.(remover)
	v := tx.Variables()
	if !ok || len(v.XML().FindAll()) > 0 || len(v.RequestXML().FindAll()) > 0 {
		return false
	}
	hit := map[int]bool{}
	for _, g := range s.groups {
		if !g.texts(v, func(text string) bool { return g.look(text, hit) }) {
			return false
		}
	}
	for _, id := range s.ids {
		if !hit[id] {
			r.RemoveRuleByID(id)
		}
	}
	return false
}

// look notes the rules that may match a text; false says that it cannot tell.
func (g *group) look(text string, hit map[int]bool) bool {
	if !suits(text) {
		return false
	}
	return g.plain.look(text, hit) && g.lower.look(strings.ToLower(text), hit)
}

func (m *many) look(text string, hit map[int]bool) bool {
	return len(m.ids) == 0 || m.set.Each(text, func(i int) { hit[m.ids[i]] = true })
}

// waiting are the sieves of engines that are being compiled: Coraza makes
// operators from their arguments alone.
var waiting struct { //nolint:gochecknoglobals // Coraza's list of operators is
	last   atomic.Int64
	sieves sync.Map
}
