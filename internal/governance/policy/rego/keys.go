package rego

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// customKeys are what custom may have here.
func customKeys() []string {
	return []string{"id", "level", "severity", "fix", "controls", "resources", "subjects", "floor"}
}

// keys looks for keys of custom that mean nothing: one that is nearly one of ours is
// a mistake, for the rule would have another level than its author thinks. Others are
// remarked where some of ours are beside them; without, the block is for another tool.
func (m metadata) keys(a *ast.Annotations, text func(file string) []byte) {
	ours := slices.ContainsFunc(customKeys(), func(key string) bool { _, there := a.Custom[key]; return there })
	for _, key := range slices.Sorted(maps.Keys(a.Custom)) {
		if slices.Contains(customKeys(), key) {
			continue
		}
		near := yamldoc.Nearest(key, customKeys())
		if near == "" && !ours {
			continue
		}
		at := m.at
		if a.Location != nil {
			at = a.Location
		}
		line, column := placeOf(text(at.File), key, at.Row)
		if near == "" {
			*m.notices = append(*m.notices, policy.Notice{File: at.File, Line: line, Column: column, Message: "nothing reads custom." + key})
			continue
		}
		*m.problems = append(*m.problems, kernel.Problem{
			File: at.File, Line: line, Column: column, Path: "custom." + key,
			Message: fmt.Sprintf("there is no key %q", key), Fix: fmt.Sprintf("did you mean %s?", near),
		})
	}
}

// placeOf is where the metadata that begins at a line has a key.
func placeOf(content []byte, key string, from int) (line, column int) {
	n := 0
	for text := range strings.Lines(string(content)) {
		n++
		if n < from {
			continue
		}
		if !strings.HasPrefix(text, "#") {
			break
		}
		for _, written := range []string{" " + key + ":", "{" + key + ":", `"` + key + `":`} {
			if at := strings.Index(text, written); at >= 0 {
				return n, at + 2
			}
		}
	}
	return from, 1
}
