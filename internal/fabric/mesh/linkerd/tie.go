package linkerd

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
)

// contested tells whether Linkerd could take b for a call that a, which is the closer one, is
// for. It compares how much of the path is matched, which is the whole for an expression, then
// the number of headers, then whether a method is said; of equals the first rule of one object,
// and otherwise the older object.
func contested(a, b meshdoc.Way, together bool) bool {
	if apart(a, b) || !tied(a.Match.Path, b.Match.Path) && !tied(b.Match.Path, a.Match.Path) {
		return false
	}
	order := cmp.Or(
		cmp.Compare(len(a.Match.Headers), len(b.Match.Headers)),
		cmp.Compare(min(len(a.Match.Method), 1), min(len(b.Match.Method), 1)),
	)
	return order < 0 || order == 0 && !together
}

// apart tells whether no call is for both.
func apart(a, b meshdoc.Way) bool {
	if a.Port != 0 && b.Port != 0 && a.Port != b.Port || a.Match.Method != "" && b.Match.Method != "" && a.Match.Method != b.Match.Method {
		return true
	}
	exact := func(h meshdoc.ValueMatch) bool { return h.Type != meshdoc.RegularExpression }
	return slices.ContainsFunc(a.Match.Headers, func(h meshdoc.ValueMatch) bool {
		return slices.ContainsFunc(b.Match.Headers, func(o meshdoc.ValueMatch) bool {
			return exact(h) && exact(o) && strings.EqualFold(h.Name, o.Name) && h.Value != o.Value
		})
	})
}

// tied tells whether there is a path of which as much is matched by both.
func tied(a, b meshdoc.PathMatch) bool {
	if a.Type != meshdoc.RegularExpression {
		return b.Type != meshdoc.RegularExpression && trimmed(a) == trimmed(b)
	}
	whole, err := regexp.Compile("^(?:" + a.Value + ")$")
	return err != nil || b.Type == meshdoc.RegularExpression || whole.MatchString(b.Value) || whole.MatchString(trimmed(b))
}

// trimmed is a path as it is compared: of a prefix the last slash does not count.
func trimmed(p meshdoc.PathMatch) string {
	if p.Type == meshdoc.Exact && p.Value != "/" {
		return p.Value
	}
	return strings.TrimRight(p.Value, "/")
}
