package linkerd

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
)

// pattern is a path, or all that is below one.
type pattern struct {
	path  string
	below bool
}

func patternOf(text string) pattern {
	path, below := strings.CutSuffix(text, "/*")
	return pattern{path, below}
}

// covers tells whether a pattern takes all that another takes.
func (p pattern) covers(o pattern) bool {
	if !p.below || p == o {
		return p == o
	}
	rest, in := strings.CutPrefix(o.path, p.path+"/")
	return in && (o.below || rest != "")
}

// part is some calls, and the names of the permissions that allow all of them.
type part struct {
	match   map[string]any
	allowed []string
}

// parted parts all calls by the paths and methods that permissions name, and returns paths that
// cannot be told from what is below them. Linkerd takes the longest match: a path is longer than
// a prefix above it, and an expression is as long as what it takes, so that it may only be for
// what nothing else is below.
func parted(some []permission) (parts []part, wrong []string) {
	patterns := map[pattern]bool{}
	for _, p := range some {
		for _, text := range p.paths {
			patterns[patternOf(text)] = true
		}
	}
	add := func(kind, value string, of pattern) {
		parts = append(parts, byMethod(some, pathMatch(kind, value), of)...)
	}
	exact := func(path string) {
		if of := (pattern{path: path}); !patterns[of] {
			add(meshdoc.Exact, path, of)
		}
	}
	all := pattern{below: true}
	for _, p := range slices.SortedFunc(maps.Keys(patterns), func(a, b pattern) int { return strings.Compare(a.text(), b.text()) }) {
		deeper := func(o pattern) bool { return o != p && p.covers(o) }
		switch {
		case !p.below:
			add(meshdoc.Exact, p.path, p)
		case !slices.ContainsFunc(slices.Collect(maps.Keys(patterns)), deeper):
			add(meshdoc.RegularExpression, regexp.QuoteMeta(p.path)+"/.+", p)
		default:
			base := pattern{path: or(p.path, "/")}
			if !same(some, base, p) {
				wrong = append(wrong, base.path)
			}
			add(meshdoc.PathPrefix, base.path, p)
			if p != all {
				exact(p.path + "/")
			}
		}
	}
	root := pattern{path: "/"}
	if patterns[all] {
		exact("/")
		return parts, wrong
	}
	if patterns[root] && !same(some, root, pattern{}) {
		wrong = append(wrong, root.path)
	}
	add(meshdoc.PathPrefix, "/", pattern{})
	return parts, wrong
}

func (p pattern) text() string {
	if p.below {
		return p.path + "/*"
	}
	return p.path
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// byMethod parts calls of a path by the methods that permissions name.
func byMethod(some []permission, path map[string]any, of pattern) []part {
	rest := allowed(some, of, "")
	out := []part{{match: map[string]any{"path": path}, allowed: rest}}
	for _, method := range named(some) {
		if who := allowed(some, of, method); !slices.Equal(who, rest) {
			out = append(out, part{match: map[string]any{"path": path, "method": method}, allowed: who})
		}
	}
	return out
}

// named are the methods that permissions name, in order.
func named(some []permission) []string {
	var out []string
	for _, p := range some {
		out = append(out, p.methods...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// allowed names the permissions for a pattern's calls by a method; "" is one that none names.
// The zero pattern is of paths that none names.
func allowed(some []permission, of pattern, method string) []string {
	out := []string{}
	for _, p := range some {
		paths := len(p.paths) == 0 || of != pattern{} && slices.ContainsFunc(p.paths, func(text string) bool { return patternOf(text).covers(of) })
		if paths && (len(p.methods) == 0 || slices.Contains(p.methods, method)) {
			out = append(out, p.name)
		}
	}
	return out
}

// same tells whether the same permissions are for two patterns, by every method.
func same(some []permission, a, b pattern) bool {
	for _, method := range append(named(some), "") {
		if !slices.Equal(allowed(some, a, method), allowed(some, b, method)) {
			return false
		}
	}
	return true
}
