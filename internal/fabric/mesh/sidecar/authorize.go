package sidecar

import (
	"slices"
	"strings"
)

// allowed tells whether a caller may ask for something.
func (d *Document) allowed(id, method, path string) bool {
	return slices.ContainsFunc(d.Authorization, func(a Allow) bool {
		return slices.ContainsFunc(a.From, func(from string) bool { return below(from, id) }) &&
			(len(a.Methods) == 0 || slices.Contains(a.Methods, method)) &&
			(len(a.Paths) == 0 || slices.ContainsFunc(a.Paths, func(p string) bool { return p == "/*" || below(p, path) || strings.TrimSuffix(p, "/*") == path }))
	})
}

// below tells that a text is the pattern, or lies below it where that ends with /*.
func below(pattern, text string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(text, prefix)
	}
	return pattern == text
}
