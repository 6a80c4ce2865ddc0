package proxy

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// Candidate is one match of a rule, on one host.
type Candidate struct {
	entry *Entry
	rule  *rule
	match *match
}

// match is a route.Match, ready to hold.
type match struct {
	pathType, path string
	pattern        *regexp.Regexp
	method         []byte
	headers, query []value
}

type value struct {
	name    string
	exact   []byte
	pattern *regexp.Regexp
	// text is the pattern as it is written.
	text string
}

func newMatch(m route.Match) *match {
	out := &match{pathType: m.Path.Type, path: m.Path.Value, headers: newValues(m.Headers), query: newValues(m.Query)}
	if m.Path.Type == route.RegularExpression {
		out.pattern = regexp.MustCompile(`\A(?:` + m.Path.Value + `)\z`)
	}
	if m.Method != "" {
		out.method = []byte(m.Method)
	}
	return out
}

func newValues(in []route.ValueMatch) []value {
	out := make([]value, 0, len(in))
	for _, v := range in {
		if v.Type == route.RegularExpression {
			out = append(out, value{name: v.Name, text: v.Value, pattern: regexp.MustCompile(`\A(?:` + v.Value + `)\z`)})
		} else {
			out = append(out, value{name: v.Name, exact: []byte(v.Value)})
		}
	}
	return out
}

func (v *value) holds(got []byte) bool {
	if v.pattern != nil {
		return v.pattern.Match(got)
	}
	return bytes.Equal(v.exact, got)
}

// holds tells whether all but the path's map has been found holds.
func (m *match) holds(x *exchange.Exchange) bool {
	if m.method != nil && !bytes.Equal(m.method, x.Request.Header.Method()) {
		return false
	}
	if m.pattern != nil && !m.pattern.MatchString(x.Path) {
		return false
	}
	for i := range m.headers {
		got := x.Request.Header.Peek(m.headers[i].name)
		if got == nil || !m.headers[i].holds(got) {
			return false
		}
	}
	return len(m.query) == 0 || m.asks(x)
}

// asks looks at the query of the request.
func (m *match) asks(x *exchange.Exchange) bool {
	_, query, ok := strings.Cut(x.Target, "?")
	if !ok {
		return false
	}
	args := fasthttp.AcquireArgs()
	defer fasthttp.ReleaseArgs(args)
	args.Parse(query)
	for i := range m.query {
		if !args.Has(m.query[i].name) || !m.query[i].holds(args.Peek(m.query[i].name)) {
			return false
		}
	}
	return true
}

// order puts the closest candidates first, as the Gateway API has it: a longer
// expression, one with a method, more headers, more parameters, the older
// route, the name. Two that say the same are an error.
func (s *site) order() error {
	lists := [][]*Candidate{s.patterns}
	for _, byPath := range []map[string][]*Candidate{s.exact, s.prefix} {
		for _, list := range byPath {
			lists = append(lists, list)
		}
	}
	for _, list := range lists {
		slices.SortStableFunc(list, closer)
		for i := 1; i < len(list); i++ {
			if list[i-1].match.key() == list[i].match.key() && list[i-1].entry != list[i].entry {
				return fmt.Errorf("%s is routed by %s and by %s", list[i].match.path, list[i-1].entry.Name, list[i].entry.Name)
			}
		}
	}
	return nil
}

func closer(a, b *Candidate) int {
	return cmp.Or(closerMatch(a.match, b.match), a.entry.UpdatedAt.Compare(b.entry.UpdatedAt), cmp.Compare(a.entry.Name, b.entry.Name))
}

func closerMatch(a, b *match) int {
	return cmp.Or(
		cmp.Compare(len(b.path), len(a.path)),
		cmp.Compare(min(1, len(b.method)), min(1, len(a.method))),
		cmp.Compare(len(b.headers), len(a.headers)),
		cmp.Compare(len(b.query), len(a.query)),
		cmp.Compare(a.key(), b.key()),
	)
}

// key says all that the match does, so that two that are the same are seen.
func (m *match) key() string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "%s %s %s", m.pathType, m.path, m.method)
	for _, list := range [][]value{m.headers, m.query} {
		b.WriteString("|")
		for _, v := range list {
			_, _ = fmt.Fprintf(&b, "%q=%q~%v ", strings.ToLower(v.name), v.exact, v.pattern)
		}
	}
	return b.String()
}

// MatchKey says all that a match does: two that take the same requests of a host have the
// same key.
func MatchKey(m route.Match) string { return newMatch(m).key() }

// Closer puts the match first that the gateway tries first on a host: exact paths, then
// expressions, then the longest prefix, and of the same path as the Gateway API has it.
func Closer(a, b route.Match) int {
	one, two := newMatch(a), newMatch(b)
	return cmp.Or(cmp.Compare(order(one), order(two)), closerMatch(one, two))
}

// order is that in which types of matches are tried.
func order(m *match) int {
	return slices.Index([]string{route.Exact, route.RegularExpression, route.PathPrefix}, m.pathType)
}
