package styleguide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/theory/jsonpath/spec"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Finding is what a rule says about a place of a document.
type Finding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	kernel.Problem
}

// Lint holds a document against a guide. Findings are in the order of the
// document; what its standard advises against is among them, as warnings.
func Lint(d *openapi.Document, g Guide) []Finding {
	l := &lint{doc: d, value: d.Value(), seen: map[string]bool{}}
	for _, r := range g.rules {
		if r.isFor(d.Spec.OpenAPI) {
			l.rule(r)
		}
	}
	for _, doubt := range d.Doubts {
		doubt.File = d.File
		l.found = append(l.found, Finding{Rule: doubt.ID, Severity: Warn, Problem: doubt.Problem})
	}
	slices.SortStableFunc(l.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule))
	})
	return l.found
}

// lint is one document while it is judged.
type lint struct {
	doc   *openapi.Document
	value any
	found []Finding
	// seen are the values that unique has met, by rule.
	seen  map[string]bool
	asked rule
}

// place is a value within the document.
type place struct {
	path  []string
	value any
}

func (p place) key() string {
	if len(p.path) == 0 {
		return ""
	}
	return p.path[len(p.path)-1]
}

// isFor tells whether a rule is about documents of a version of the standard.
func (r rule) isFor(version string) bool {
	return len(r.versions) == 0 || slices.ContainsFunc(r.versions, func(v string) bool { return strings.HasPrefix(version, v) })
}

func (l *lint) rule(r rule) {
	l.asked = r
	for _, given := range r.given {
		for i, at := range given.SelectLocated(l.value) {
			if i == maxGiven {
				break
			}
			p := place{path: parts(at.Path), value: at.Node}
			for _, c := range r.then {
				for _, target := range targets(p, c.field) {
					c.ask(l, target)
				}
			}
		}
	}
}

func parts(p spec.NormalizedPath) []string {
	out := make([]string, len(p))
	for i, s := range p {
		switch s := s.(type) {
		case spec.Name:
			out[i] = string(s)
		case spec.Index:
			out[i] = fmt.Sprint(int(s))
		}
	}
	return out
}

// absent is the value of a field that is not there.
type absent struct{}

// targets are what a check looks at: what is given, a field of it, or its keys.
func targets(p place, field string) []place {
	switch field {
	case "":
		return []place{p}
	case "@key":
		var out []place
		if m, ok := p.value.(map[string]any); ok {
			for key := range m {
				out = append(out, place{path: append(slices.Clone(p.path), key), value: keyValue(key)})
			}
		}
		return out
	}
	out := place{path: slices.Clone(p.path), value: p.value}
	for name := range strings.SplitSeq(field, ".") {
		m, ok := out.value.(map[string]any)
		if !ok {
			return nil
		}
		v, there := m[name]
		if !there {
			v = absent{}
		}
		out.path, out.value = append(out.path, name), v
	}
	return []place{out}
}

// keyValue is the text of a key rather than of a value.
type keyValue string

// tell notes a finding at a place; of what is absent, at the object that lacks it.
func (l *lint) tell(p place, more ...string) {
	f := Finding{Rule: l.asked.name, Severity: l.asked.severity, Problem: kernel.Problem{File: l.doc.File, Path: openapi.Pointer(p.path), Fix: l.asked.fix}}
	for i := len(p.path); i >= 0; i-- {
		pointer := openapi.Pointer(p.path[:i])
		n := l.doc.Key(pointer)
		if n == nil {
			n = l.doc.At(pointer)
		}
		if n != nil {
			f.Line, f.Column = n.Line, n.Column
			break
		}
	}
	value := ""
	switch v := p.value.(type) {
	case string, float64, bool, keyValue:
		value = fmt.Sprint(v)
	}
	if len(more) > 0 {
		value = more[0]
	}
	if runes := []rune(value); len(runes) > 120 {
		value = string(runes[:120]) + "…"
	}
	f.Message = strings.NewReplacer("{{value}}", value, "{{key}}", p.key(), "{{path}}", f.Path).Replace(l.asked.message)
	l.found = append(l.found, f)
}

// Worst returns how many findings there are of each level.
func Worst(found []Finding) (errors, warnings, notes int) {
	for _, f := range found {
		switch f.Severity {
		case Error:
			errors++
		case Warn:
			warnings++
		default:
			notes++
		}
	}
	return errors, warnings, notes
}
