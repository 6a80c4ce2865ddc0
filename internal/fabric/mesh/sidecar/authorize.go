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
			(len(a.Paths) == 0 || slices.ContainsFunc(a.Paths, func(p string) bool { return below(p, path) }))
	})
}

// below tells that a text is the pattern, or lies below it where that ends with /*. What lies
// below is longer, as the control plane and programs of gRPC read it, too.
func below(pattern, text string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok && strings.HasSuffix(prefix, "/") {
		return len(text) > len(prefix) && strings.HasPrefix(text, prefix)
	}
	return pattern == text
}
