// Package openapi reads OpenAPI documents, versions 3.0 and 3.1: bounded, with
// every reference inside the document, and with the place of what is wrong.
//
// It owns what is a document. It knows no style guide and no versions of an
// API: the rooms beside it judge and keep what was read here.
package openapi

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/load"
	"github.com/oasdiff/oasdiff/validate"
	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a document.
const (
	MaxBytes = 4 << 20
	MaxDepth = 64
	MaxNodes = 300_000
)

// Document is a document that was read and holds together.
type Document struct {
	// File is how problems name it.
	File string
	// Source is its text, as it was given.
	Source []byte
	// Spec is what it says. It is shared: nobody changes it.
	Spec *openapi3.T
	// Info is Spec as the comparison of two documents reads it.
	Info *load.SpecInfo
	// Doubts are what is no error, but no good form either.
	Doubts []Doubt

	// text is Source as a reader of YAML takes it.
	text []byte
	root *yaml.Node
	// wide finds the values of mappings that have many.
	wide map[*yaml.Node]map[string]*yaml.Node
}

// Doubt is something about a document that its standard advises against.
type Doubt struct {
	// ID names the rule.
	ID string
	kernel.Problem
}

// Read reads the one document of src. Its error is of kind Invalid or TooLarge,
// and its problems have line and column.
func Read(file string, src []byte) (*Document, error) {
	if len(src) > MaxBytes {
		return nil, kernel.Errorf(kernel.TooLarge, "%s has %d bytes, more than the %d allowed", cmp.Or(file, "the document"), len(src), MaxBytes).
			WithFix("split the API, or move large examples out of its document")
	}
	d := &Document{File: file, Source: src}
	problems := d.parse()
	if len(problems) == 0 {
		problems = d.interpret()
	}
	if len(problems) > 0 {
		for i := range problems {
			problems[i].File = file
		}
		return nil, kernel.Errorf(kernel.Invalid, "%s is no valid OpenAPI document", cmp.Or(file, "this")).WithProblems(problems...)
	}
	return d, nil
}

// parse reads the text into nodes within the bounds.
func (d *Document) parse() []kernel.Problem {
	if !utf8.Valid(d.Source) {
		line, column := lineAndColumn(d.Source, invalid(d.Source))
		return []kernel.Problem{{Line: line, Column: column, Message: "this is not text in UTF-8", Fix: "save the file as text in UTF-8"}}
	}
	d.text = yamlText(d.Source)
	decoder := yaml.NewDecoder(bytes.NewReader(d.text))
	var first, second yaml.Node
	switch err := decoder.Decode(&first); {
	case errors.Is(err, io.EOF) || err == nil && len(first.Content) == 0:
		return []kernel.Problem{{Line: 1, Column: 1, Message: "the document is empty", Fix: "begin with openapi: 3.1.0"}}
	case err != nil:
		return []kernel.Problem{d.syntax(err)}
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return []kernel.Problem{{Line: max(1, second.Line), Column: max(1, second.Column), Message: "a second document starts here", Fix: "keep one document in one file"}}
	}
	d.root = first.Content[0]
	b := &bounds{left: MaxNodes, wide: map[*yaml.Node]map[string]*yaml.Node{}}
	b.walk(d.root, nil, 1)
	d.wide = b.wide
	if len(b.problems) > 0 {
		return b.problems
	}
	return append(d.version(), d.references()...)
}

var atLine = regexp.MustCompile(`^line (\d+): `)

// syntax is an error of YAML as a problem; yaml.v3 says most lines within its text.
func (d *Document) syntax(err error) kernel.Problem {
	message, line := strings.TrimPrefix(err.Error(), "yaml: "), 0
	if strings.HasPrefix(message, "exceeded max depth") {
		return kernel.Problem{Line: 1, Column: 1, Message: fmt.Sprintf("values are nested deeper than the %d levels allowed", MaxDepth), Fix: "move inner schemas to components"}
	}
	if isObject(d.Source) {
		if message, offset := notJSON(d.Source); message != "" {
			line, column := lineAndColumn(d.Source, offset)
			return kernel.Problem{Line: line, Column: column, Message: "this is no JSON: " + message, Fix: "correct the commas, brackets and quotes at or just before this place"}
		}
	}
	if m := atLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = strings.TrimPrefix(message, m[0])
	} else {
		line = d.lineOf(err)
	}
	return kernel.Problem{Line: line, Column: 1, Message: "this is neither YAML nor JSON: " + message, Fix: "correct the indentation and quotes at or just above this line"}
}

// lineOf returns the line from which on the document has an error without one.
func (d *Document) lineOf(err error) int {
	lines := strings.SplitAfter(string(d.text), "\n")
	return 1 + sort.Search(len(lines)-1, func(last int) bool {
		var n yaml.Node
		failed := yaml.Unmarshal([]byte(strings.Join(lines[:last+1], "")), &n)
		return failed != nil && failed.Error() == err.Error()
	})
}

// version refuses what is not OpenAPI 3.0 or 3.1.
func (d *Document) version() []kernel.Problem {
	if d.root.Kind != yaml.MappingNode {
		return []kernel.Problem{problem(d.root, "", "an OpenAPI document is an object", "begin with openapi: 3.1.0")}
	}
	v := child(d.root, "openapi")
	switch {
	case v == nil && child(d.root, "swagger") != nil:
		return []kernel.Problem{problem(d.root, "/swagger", "this is Swagger 2.0", "convert it to OpenAPI 3.0 or 3.1")}
	case v == nil:
		return []kernel.Problem{problem(d.root, "", "the field openapi is missing", "begin with openapi: 3.1.0")}
	case !regexp.MustCompile(`^3\.[01]\.\d+$`).MatchString(v.Value):
		return []kernel.Problem{problem(v, "/openapi", fmt.Sprintf("version %q is not known here", v.Value), "use OpenAPI 3.0 or 3.1, such as 3.1.0")}
	}
	return nil
}

// interpret reads the nodes as OpenAPI and tells what its standard forbids.
func (d *Document) interpret() []kernel.Problem {
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = true
	// The comment at the end keeps JSON from being read by a parser that knows
	// no places, and moves none.
	src := append(slices.Clip(d.text), "\n#\n"...)
	info, err := load.NewSpecInfoFromData(loader, src, cmp.Or(d.File, "openapi"))
	if err != nil {
		return []kernel.Problem{d.unreadable(err)}
	}
	d.Info, d.Spec = info, info.Spec
	switch d.weigh() {
	case light:
	case interwoven:
		defer apart(d.Spec)()
	case heavy:
		return d.tooHeavy()
	}
	var problems []kernel.Problem
	for _, f := range validate.Validate(d.Spec, d.File) {
		p := kernel.Problem{Line: f.Source.Line, Column: f.Source.Column, Path: place(f.Operation, f.Path), Message: f.Text}
		if p.Line == 0 {
			p.Line, p.Column = d.root.Line, d.root.Column
		}
		if f.Id == exampleRule {
			if !d.hasValue(p.Line, p.Column) {
				d.Doubts = append(d.Doubts, Doubt{ID: f.Id, Problem: p})
			}
			continue
		}
		if f.Level >= checker.ERR {
			problems = append(problems, p)
		} else {
			d.Doubts = append(d.Doubts, Doubt{ID: f.Id, Problem: p})
		}
	}
	return problems
}

// exampleRule asks examples for a value, and takes null for none. The standard has
// examples without any (OAS 3.1 §4.8.19), so that it is a doubt at most.
const exampleRule = "value-or-external-value-required"

// hasValue tells whether the object whose key is at a place has a value of its own.
func (d *Document) hasValue(line, column int) bool {
	var look func(n *yaml.Node) bool
	look = func(n *yaml.Node) bool {
		for i, item := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 {
				if item.Line == line && item.Column == column {
					return child(n.Content[i+1], "value") != nil
				}
				continue
			}
			if look(item) {
				return true
			}
		}
		return false
	}
	return look(d.root)
}

func place(method, path string) string {
	return strings.TrimSpace(method + " " + path)
}

// unreadable is an error of a field that has the wrong type, at the last name
// of the message that the document knows.
func (d *Document) unreadable(err error) kernel.Problem {
	p := kernel.Problem{Line: d.root.Line, Column: d.root.Column, Message: err.Error()}
	if m := regexp.MustCompile(`field "?([A-Za-z0-9_.$-]+)"?`).FindStringSubmatch(p.Message); m != nil {
		at := d.root
		for part := range strings.SplitSeq(m[1], ".") {
			if next := child(at, part); next != nil {
				at = next
			}
		}
		p.Line, p.Column, p.Path = at.Line, at.Column, m[1]
	}
	return p
}

func problem(n *yaml.Node, path, message, fix string) kernel.Problem {
	return kernel.Problem{Line: n.Line, Column: n.Column, Path: path, Message: message, Fix: fix}
}

// child returns the value of a key of a mapping, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil {
		return nil
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
