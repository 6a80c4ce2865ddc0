package waf

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/corazawaf/coraza/v3/types"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Finding is how often a rule matched a target of a route's requests: what a
// policy is tuned from.
type Finding struct {
	Rule int
	// Message is the rule's own.
	Message string
	Tags    []string
	// Target is what it matched, as an exclusion names it.
	Target string
	// Count is how often; Refused is how often the request was, or would have been.
	Count, Refused int64
	// Sample is the shape of the first text that matched: letters are x and digits 9.
	Sample      string
	First, Last time.Time
}

// maxFindings bounds the findings of a route.
const maxFindings = 500

// tuning keeps the findings of each route.
type tuning struct {
	mu     sync.Mutex
	routes map[place]*findings
}

type place struct {
	scope kernel.Scope
	route string
}

// findings are those of one route.
type findings struct {
	mu    sync.Mutex
	known map[found]*Finding
	// others counts what came when there was no more room.
	others int64
}

type found struct {
	rule   int
	target string
}

// of returns the findings of a route; a policy that is only checked has none.
func (t *tuning) of(scope kernel.Scope, route string) *findings {
	if route == "" {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.routes == nil {
		t.routes = map[place]*findings{}
	}
	p := place{scope, route}
	if t.routes[p] == nil {
		t.routes[p] = &findings{known: map[found]*Finding{}}
	}
	return t.routes[p]
}

func (f *findings) add(m types.MatchedRule, a action) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range m.MatchedDatas() {
		if d.ChainLevel() > 0 {
			continue // the first of a chain names what an exclusion has to
		}
		k := found{m.Rule().ID(), target(d)}
		at := f.known[k]
		if at == nil {
			if len(f.known) >= maxFindings {
				f.others++
				continue
			}
			at = &Finding{
				Rule: k.rule, Target: k.target, Message: m.Message(), Tags: m.Rule().Tags(), Sample: redact(d.Value()), First: time.Now(),
			}
			f.known[k] = at
		}
		at.Count++
		at.Last = time.Now()
		if a == blocked || a == detected {
			at.Refused++
		}
	}
}

// Findings returns what the rules found in a route's requests since the process
// began, the most frequent first, and how much there was no room for.
func (k *Kind) Findings(scope kernel.Scope, route string) (out []Finding, others int64) {
	f := k.tuning.of(scope, route)
	if f == nil {
		return nil, 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, at := range f.known {
		out = append(out, *at)
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Target, b.Target))
	})
	return out, f.others
}

// maxSample bounds a sample, in characters.
const maxSample = 80

// redact leaves the shape of a text: what it says may be a secret, and what a
// rule looks for is mostly between the letters.
func redact(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxSample {
			b.WriteString("…")
			break
		}
		switch {
		case unicode.IsDigit(r):
			b.WriteByte('9')
		case unicode.IsLetter(r) || r > unicode.MaxASCII:
			b.WriteByte('x')
		case r < ' ' || r == 0x7f:
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
