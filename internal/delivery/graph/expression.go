package graph

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// expression is a string of a definition: terms one after the other.
type expression []term

// term is a literal, or a placeholder when path is set.
type term struct {
	literal string
	path    []string
	// fallback is what stands after :-, used where a parameter is not given.
	fallback    expression
	hasFallback bool
}

// text returns the placeholder as it was written, without its fallback.
func (t term) text() string {
	if t.path[0] == secretRoot {
		return secretref.Open + t.path[1] + secretref.Close
	}
	return "${" + strings.Join(t.path, ".") + "}"
}

// maxFallbacks bounds how deep placeholders stand in each other.
const maxFallbacks = 8

// syntaxError is a mistake in an expression, at its offset.
type syntaxError struct {
	offset       int
	message, fix string
}

func (e *syntaxError) Error() string { return e.message }

// parseExpression reads placeholders ${a.b}, ${a.b:-fallback}, and the escapes
// $$ and $${.
func parseExpression(s string) (expression, *syntaxError) {
	p := &expressionParser{s: s}
	e := p.terms(0)
	if p.err != nil {
		return nil, p.err
	}
	return e, nil
}

type expressionParser struct {
	s   string
	i   int
	err *syntaxError
}

func (p *expressionParser) fail(offset int, message, fix string) {
	if p.err == nil {
		p.err = &syntaxError{offset, message, fix}
	}
	p.i = len(p.s)
}

// terms reads to the end, or inside a fallback to its closing brace.
func (p *expressionParser) terms(depth int) expression {
	var out expression
	literal := func(text string) {
		if n := len(out); n > 0 && out[n-1].path == nil {
			out[n-1].literal += text
			return
		}
		out = append(out, term{literal: text})
	}
	for p.i < len(p.s) {
		rest := p.s[p.i:]
		switch {
		case depth > 0 && rest[0] == '}':
			return out
		case strings.HasPrefix(rest, "$$"):
			literal("$")
			p.i += 2
		case strings.HasPrefix(rest, "${"):
			out = append(out, p.placeholder(depth))
		default:
			literal(rest[:1])
			p.i++
		}
	}
	return out
}

func (p *expressionParser) placeholder(depth int) term {
	start := p.i
	if strings.HasPrefix(p.s[start:], secretref.Open) {
		return p.secret(start)
	}
	rest := p.s[start+2:]
	end := strings.IndexByte(rest, '}')
	fallback := strings.Index(rest, ":-")
	if end < 0 || depth >= maxFallbacks {
		p.fail(start, fmt.Sprintf("the placeholder %q has no end", p.s[start:]), "close it with }, or write $${ where ${ is meant as text")
		return term{}
	}
	if fallback < 0 || fallback > end {
		p.i += 2 + end + 1
		return term{path: strings.Split(rest[:end], ".")}
	}
	t := term{path: strings.Split(rest[:fallback], "."), hasFallback: true}
	p.i += 2 + fallback + 2
	t.fallback = p.terms(depth + 1)
	if p.i >= len(p.s) {
		p.fail(start, fmt.Sprintf("the placeholder %q has no end", p.s[start:]), "close it with }, or write $${ where ${ is meant as text")
		return t
	}
	p.i++
	return t
}

// secret reads a reference to a secret of the stage, whose path is what is inside of it.
func (p *expressionParser) secret(start int) term {
	inside, _, closed := strings.Cut(p.s[start+len(secretref.Open):], secretref.Close)
	if !closed {
		p.fail(start, "the reference to a secret has no end", "close it with }, or write $${ where ${ is meant as text")
		return term{}
	}
	if _, err := secretref.Parse(inside); err != nil {
		offset := start
		if e, ok := errors.AsType[*secretref.Error](err); ok {
			offset += len(secretref.Open) + e.Offset
		}
		p.fail(offset, err.Error(), "write ${secret:NAME}, ${secret:NAME#KEY} for one of its keys, or ${secret:NAME@VERSION} for one version")
		return term{}
	}
	p.i = start + len(secretref.Open) + len(inside) + len(secretref.Close)
	return term{path: []string{secretRoot, inside}}
}

// The roots of placeholders that are outputs of something other than a resource.
const (
	moduleRoot      = "module"
	landingZoneRoot = "landing_zone"
	// secretRoot is that of a reference to a secret, which is written with a colon.
	secretRoot = "secret:"
)

// place says which placeholders an expression may have where it stands.
type place struct {
	// dependents are the names that ${resources.…} may have.
	dependents []string
	// module, landingZone and secrets allow the placeholders of that name.
	module, landingZone, secrets bool
}

// roots are what placeholders may start with, and what may follow; nil is anything.
func (p place) roots() map[string][]string {
	roots := map[string][]string{
		"params":    nil,
		"resources": nil,
		"context":   {"project", "stage", "target", "tenant", "workload"},
		"resource":  {"class", "hash", "id", "name", "type", "uid"},
	}
	if p.module {
		roots[moduleRoot] = nil
	}
	if p.landingZone {
		roots[landingZoneRoot] = nil
	}
	return roots
}

// check returns what is wrong with the placeholders where they stand.
func (e expression) check(at place) error {
	for _, t := range e {
		if t.path == nil {
			continue
		}
		if err := errors.Join(t.check(at), t.fallback.check(at)); err != nil {
			return err
		}
	}
	return nil
}

func (t term) check(at place) error {
	roots := at.roots()
	keys, ok := roots[t.path[0]]
	switch {
	case t.path[0] == secretRoot && at.secrets:
		return nil
	case t.path[0] == secretRoot:
		return fmt.Errorf("%s: the value of a secret goes into inputs of modules alone; $%s is text, which a runtime replaces where containers start", t.text(), t.text())
	case !ok:
		return t.unknown(at, roots)
	case t.hasFallback && t.path[0] != "params":
		return fmt.Errorf("%s: only ${params.…} can have a default", t.text())
	case len(t.path) < 2 || slices.Contains(t.path, ""):
		return fmt.Errorf("%s: a name is missing", t.text())
	case keys != nil && (len(t.path) != 2 || !slices.Contains(keys, t.path[1])):
		return fmt.Errorf("%s: the names are %s", t.text(), strings.Join(keys, ", "))
	case t.path[0] == "resources" && !slices.Contains(at.dependents, t.path[1]):
		return fmt.Errorf("%s: the definition has no resource %q%s", t.text(), t.path[1], meant(t.path[1], at.dependents))
	case t.path[0] == "resources" && len(t.path) < 3:
		return fmt.Errorf("%s: the name of an output is missing", t.text())
	}
	return nil
}

// unknown tells what is wrong with a root that is not allowed where it stands.
func (t term) unknown(at place, roots map[string][]string) error {
	switch root := t.path[0]; {
	case root == moduleRoot && !at.module:
		return fmt.Errorf("%s: the module's own outputs are known in spec.outputs only", t.text())
	case root == landingZoneRoot:
		return fmt.Errorf("%s: what the landing zone has is not known here; an id is made of params, context and resource", t.text())
	default:
		return fmt.Errorf("%s: nothing is known as %q; use %s", t.text(), root, strings.Join(sortedKeys(roots), ", "))
	}
}

func meant(word string, candidates []string) string {
	if near := yamldoc.Nearest(word, candidates); near != "" {
		return fmt.Sprintf("; did you mean %s?", near)
	}
	return ""
}

// scalar returns the value of a fallback that is a literal: a number, a
// boolean or the text itself.
func scalar(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		return n
	}
	switch text {
	case "true":
		return true
	case "false":
		return false
	}
	return text
}
