package rego

import (
	"errors"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// forbidden are the builtin functions that look outside of the input, or that
// would let a policy answer differently by what runs it.
func forbidden() []string {
	return []string{"http.send", "net.lookup_ip_addr", "opa.runtime", "providers.aws.sign_req", "rego.parse_module"}
}

// boundless are the builtin functions that go on when they are asked to end, or take
// memory that nothing bounds, in one piece.
func boundless() []string {
	return []string{"bits.lsh", "graph.reachable_paths", "strings.render_template"}
}

// capabilities are Rego's without what is forbidden or boundless, and with the library in Go
// where that is used.
func capabilities(native bool) *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	left := slices.Concat(forbidden(), boundless())
	c.Builtins = slices.DeleteFunc(slices.Clone(c.Builtins), func(b *ast.Builtin) bool { return slices.Contains(left, b.Name) })
	c.AllowNet = []string{}
	if native {
		c.Builtins = append(c.Builtins, declared()...)
	}
	return c
}

// parse reads modules as Rego v1. A file that is none, and is Rego v0, is read
// as that: so policies written for Conftest work as they are.
func parse(files []policy.File) (map[string]*ast.Module, []kernel.Problem) {
	modules := make(map[string]*ast.Module, len(files))
	var problems []kernel.Problem
	for _, f := range files {
		m, err := parseFile(f, ast.RegoV1)
		if err != nil {
			if old, oldErr := parseFile(f, ast.RegoV0); oldErr == nil {
				m, err = old, nil
			}
		}
		if err != nil {
			problems = append(problems, problemsOf(err)...)
			continue
		}
		modules[f.Name] = m
	}
	return modules, problems
}

func parseFile(f policy.File, version ast.RegoVersion) (*ast.Module, error) {
	m, err := ast.ParseModuleWithOpts(f.Name, string(f.Content), ast.ParserOptions{
		ProcessAnnotation: true, RegoVersion: version, Capabilities: capabilitiesOf(version),
	})
	if err == nil && m == nil {
		return nil, ast.Errors{ast.NewError(ast.ParseErr, ast.NewLocation(nil, f.Name, 1, 1), "the file is empty")}
	}
	return m, err
}

// capabilitiesOf returns what the parser needs to know of a version.
func capabilitiesOf(version ast.RegoVersion) *ast.Capabilities {
	return ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(version))
}

// problemsOf tells errors of Rego at their places.
func problemsOf(err error) []kernel.Problem {
	list, ok := errors.AsType[ast.Errors](err)
	if one, single := errors.AsType[*ast.Error](err); single && !ok {
		list, ok = ast.Errors{one}, true
	}
	if !ok {
		return []kernel.Problem{{Message: err.Error()}}
	}
	problems := make([]kernel.Problem, 0, len(list))
	for _, e := range list {
		p := kernel.Problem{Message: sentence(e), Fix: fix(e)}
		if e.Location != nil {
			p.File, p.Line, p.Column = e.Location.File, max(e.Location.Row, 1), max(e.Location.Col, 1)
		}
		problems = append(problems, p)
	}
	return problems
}

// sentence is the error with the line that it is in, where Rego shows one.
func sentence(e *ast.Error) string {
	return strings.Join(strings.Fields(e.Message), " ")
}

// fix says what to do about the errors that people meet most.
func fix(e *ast.Error) string {
	for _, name := range forbidden() {
		if strings.Contains(e.Message, "undefined function "+name) {
			return "a policy decides on its input alone; put what it needs into a data file beside it"
		}
	}
	for _, name := range boundless() {
		if strings.Contains(e.Message, "undefined function "+name) {
			return "it may take any time and memory, and cannot be stopped: multiply, use graph.reachable, or sprintf"
		}
	}
	switch {
	case strings.Contains(e.Message, "`if` keyword is required"), strings.Contains(e.Message, "`contains` keyword is required"):
		return "write Rego v1: deny contains msg if { … }"
	case strings.Contains(e.Message, "is unsafe"):
		return "give the variable a value in the same rule, or import what it names"
	default:
		return ""
	}
}
