// Package styleguide judges OpenAPI documents by a guide: rules in a form close
// to Spectral's, each with a level, those that are shipped and a tenant's own.
//
// It owns guides, rules and their functions. It reads no files and knows no
// server: the client lints with it offline as the server does.
package styleguide

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/theory/jsonpath"
	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The levels of a rule: what is an error keeps a document from being published.
const (
	Error = "error"
	Warn  = "warn"
	Info  = "info"
	Off   = "off"
	// hint is how Spectral calls its lowest level, which is Info here.
	hint = "hint"
)

// The bounds of a guide.
const (
	MaxBytes = 256 << 10
	MaxRules = 200
	// maxGiven bounds how many places one rule looks at.
	maxGiven = 50_000
)

//go:embed terrace.yaml
var shipped []byte

// Guide is a list of rules that documents are held against.
type Guide struct {
	rules []rule
}

// rule is one rule, ready to be asked.
type rule struct {
	name, description, message, fix, severity string
	// versions are the documents that it is for, as their field openapi begins; none is all.
	versions []string
	given    []*jsonpath.Path
	then     []check
}

// check is one function on a field of what is given.
type check struct {
	field string
	ask   function
}

// file is a guide as it is written.
type file struct {
	Extends yaml.Node            `yaml:"extends"`
	Rules   map[string]yaml.Node `yaml:"rules"`
}

type ruleFile struct {
	Description   string    `yaml:"description"`
	Message       string    `yaml:"message"`
	Fix           string    `yaml:"fix"`
	Documentation string    `yaml:"documentationUrl"`
	Severity      string    `yaml:"severity"`
	Formats       []string  `yaml:"formats"`
	Given         yaml.Node `yaml:"given"`
	Then          yaml.Node `yaml:"then"`
}

type thenFile struct {
	Field    string    `yaml:"field"`
	Function string    `yaml:"function"`
	Options  yaml.Node `yaml:"functionOptions"`
}

// Shipped returns the guide that is shipped.
func Shipped() (Guide, error) {
	r := &reader{file: "terrace.yaml"}
	g := r.read(shipped)
	return g, r.err()
}

// Parse reads a guide. One that extends terrace has its rules, too.
func Parse(name string, src []byte) (Guide, error) {
	if len(src) > MaxBytes {
		return Guide{}, kernel.Errorf(kernel.TooLarge, "the style guide has %d bytes, more than the %d allowed", len(src), MaxBytes)
	}
	r := &reader{file: name}
	g := r.read(src)
	return g, r.err()
}

// Rule is what one rule of a guide is about.
type Rule struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Severity    string `json:"severity"`
}

// Rules returns what is asked, by name.
func (g Guide) Rules() []Rule {
	out := make([]Rule, len(g.rules))
	for i, r := range g.rules {
		out[i] = Rule{Name: r.name, Description: r.description, Severity: r.severity}
	}
	return out
}

// reader reads a guide and notes what is wrong with it.
type reader struct {
	file     string
	problems []kernel.Problem
}

func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the style guide is not valid").WithProblems(r.problems...)
}

func (r *reader) tell(n *yaml.Node, path, message, fix string) {
	p := kernel.Problem{File: r.file, Path: path, Message: message, Fix: fix}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	r.problems = append(r.problems, p)
}

// strictly decodes n and tells what it has that nobody reads.
func (r *reader) strictly(n *yaml.Node, path string, into any, known ...string) bool {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if !slices.Contains(known, n.Content[i].Value) {
			r.tell(n.Content[i], path, fmt.Sprintf("%q is not known here", n.Content[i].Value), "use one of "+strings.Join(known, ", "))
			return false
		}
	}
	if err := n.Decode(into); err != nil {
		r.tell(n, path, strings.TrimPrefix(err.Error(), "yaml: "), "")
		return false
	}
	return true
}

func (r *reader) read(src []byte) (g Guide) {
	var root yaml.Node
	if err := yaml.Unmarshal(src, &root); err != nil || len(root.Content) == 0 {
		r.unread(err)
		return g
	}
	var f file
	if !r.strictly(root.Content[0], "", &f, "extends", "rules") {
		return g
	}
	switch {
	case len(f.Rules) > MaxRules:
		r.tell(root.Content[0], "rules", fmt.Sprintf("there are %d rules, more than the %d allowed", len(f.Rules), MaxRules), "")
		return g
	}
	r.extends(&g, &f.Extends)
	for name, n := range f.Rules {
		r.rule(&g, name, &n)
	}
	slices.SortFunc(g.rules, func(a, b rule) int { return strings.Compare(a.name, b.name) })
	slices.SortFunc(r.problems, func(a, b kernel.Problem) int { return a.Line - b.Line })
	return g
}

// rule adds one, or changes the level of one that is there.
func (r *reader) rule(g *Guide, name string, n *yaml.Node) {
	path := "rules." + name
	at := slices.IndexFunc(g.rules, func(o rule) bool { return o.name == name })
	if n.Kind == yaml.ScalarNode {
		switch {
		case at < 0:
			r.tell(n, path, "there is no such rule to give a level to", "see terrace api guide")
		case n.Value == Off || n.Value == "false":
			g.rules = slices.Delete(g.rules, at, at+1)
		case n.Value == hint:
			g.rules[at].severity = Info
		case !level(n.Value):
			r.tell(n, path, fmt.Sprintf("%q is no level", n.Value), "use error, warn, info or off")
		default:
			g.rules[at].severity = n.Value
		}
		return
	}
	one, ok := r.whole(path, name, n)
	switch {
	case !ok || one.severity == Off:
	case at >= 0:
		g.rules[at] = one
	default:
		g.rules = append(g.rules, one)
	}
}

func level(s string) bool { return s == Error || s == Warn || s == Info }

func (r *reader) whole(path, name string, n *yaml.Node) (out rule, ok bool) {
	var f ruleFile
	if !r.strictly(n, path, &f, "description", "message", "fix", "documentationUrl", "severity", "formats", "given", "then") {
		return out, false
	}
	switch f.Severity {
	case "":
		f.Severity = Warn
	case hint:
		f.Severity = Info
	}
	if !level(f.Severity) && f.Severity != Off {
		r.tell(n, path+".severity", fmt.Sprintf("%q is no level", f.Severity), "use error, warn, info or off")
		return out, false
	}
	out = rule{name: name, description: f.Description, message: f.Message, fix: f.Fix, severity: f.Severity}
	if out.message == "" {
		out.message = f.Description
	}
	if out.fix == "" && f.Documentation != "" {
		out.fix = "see " + f.Documentation
	}
	out.message = strings.NewReplacer("{{description}}", f.Description, "{{property}}", "{{key}}").Replace(out.message)
	for _, m := range placeholder.FindAllString(out.message, -1) {
		if !slices.Contains(placeholders, m) {
			r.tell(n, path+".message", m+" is not known here", "use "+strings.Join(placeholders, ", ")+", {{property}} or {{description}}")
			return out, false
		}
	}
	for _, format := range f.Formats {
		version, known := formats[format]
		if !known {
			r.tell(n, path+".formats", fmt.Sprintf("%q is no format of documents", format), "use oas3, oas3.0 or oas3.1, or leave it out")
			return out, false
		}
		out.versions = append(out.versions, version)
	}
	for _, given := range oneOrMany(&f.Given) {
		p, err := jsonpath.Parse(given.Value)
		if err != nil {
			r.tell(given, path+".given", err.Error(), "write a JSONPath (RFC 9535), such as $.paths[*].get")
			return out, false
		}
		out.given = append(out.given, p)
	}
	for _, then := range oneOrMany(&f.Then) {
		c, ok := r.check(path+".then", then)
		if !ok {
			return out, false
		}
		out.then = append(out.then, c)
	}
	if len(out.given) == 0 || len(out.then) == 0 || out.message == "" {
		r.tell(n, path, "a rule needs given, then, and a message or description", "")
		return out, false
	}
	return out, true
}

func oneOrMany(n *yaml.Node) []*yaml.Node {
	switch {
	case n.Kind == yaml.SequenceNode:
		return n.Content
	case n.IsZero():
		return nil
	}
	return []*yaml.Node{n}
}

func (r *reader) check(path string, n *yaml.Node) (check, bool) {
	var f thenFile
	if !r.strictly(n, path, &f, "field", "function", "functionOptions") {
		return check{}, false
	}
	build := functions()[f.Function]
	if build == nil {
		r.tell(n, path+".function", fmt.Sprintf("there is no function %q", f.Function), "use one of "+strings.Join(functionNames(), ", "))
		return check{}, false
	}
	ask, err := build(&f.Options)
	if err != nil {
		at := n
		if !f.Options.IsZero() {
			at = &f.Options
		}
		r.tell(at, path+".functionOptions", err.Error(), "")
		return check{}, false
	}
	return check{field: f.Field, ask: ask}, true
}

// pattern compiles a regular expression of a guide, with or without slashes.
func pattern(s string) (*regexp.Regexp, error) {
	if s == "" {
		return nil, nil
	}
	if len(s) > 2 && s[0] == '/' && strings.HasSuffix(s, "/") {
		s = s[1 : len(s)-1]
	}
	return regexp.Compile(s)
}
