// Package schema has the JSON Schemas (draft 2020-12) of what events carry: it compiles them,
// holds data against them, and tells whether one version may follow another.
//
// It owns what is compatible and what a report says of it. It keeps nothing, and loads nothing
// from anywhere: a schema that refers outside of itself is refused.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a schema, and of what is told of data that breaks one.
const (
	// MaxBytes is how long the text of a schema may be.
	MaxBytes    = 256 << 10
	maxDepth    = 64
	maxProblems = 20
	// resource is the address that a schema has while it is compiled.
	resource = "terrace:schema"
)

// Schema is one that is compiled.
type Schema struct {
	root     any
	compiled *jsonschema.Schema
}

// Compile reads a schema. The error is Invalid and says where in the text the mistake is.
func Compile(text []byte) (*Schema, error) {
	if len(text) > MaxBytes {
		return nil, kernel.Errorf(kernel.TooLarge, "the schema has %d bytes, and may have %d", len(text), MaxBytes)
	}
	if err := deep(text); err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the schema is not JSON: %w", err)
	}
	if _, is := root.(map[string]any); !is {
		return nil, kernel.Errorf(kernel.Invalid, "the schema is no JSON object").WithFix(`write one such as {"type": "object", "properties": {…}}`)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // there is nothing to load from anywhere
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource(resource, root); err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the schema cannot be read: %w", err)
	}
	compiled, err := c.Compile(resource)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the schema is not valid").WithProblems(broken(err)...)
	}
	return &Schema{root: root, compiled: compiled}, nil
}

// deep refuses text whose objects and lists lie too deep in each other.
func deep(text []byte) error {
	d, depth := json.NewDecoder(bytes.NewReader(text)), 0
	for {
		token, err := d.Token()
		if err != nil {
			return nil //nolint:nilerr // whoever reads it tells what is wrong
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxDepth {
				return kernel.Errorf(kernel.Invalid, "it lies more than %d levels deep at byte %d", maxDepth, d.InputOffset())
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

// broken tells what is wrong with a schema, each with its place.
func broken(err error) []kernel.Problem {
	if invalid, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if told, ok := errors.AsType[*jsonschema.ValidationError](invalid.Err); ok {
			return problems(told)
		}
	}
	text := strings.ReplaceAll(err.Error(), resource, "")
	if _, ok := errors.AsType[*jsonschema.LoadURLError](err); ok {
		return []kernel.Problem{{Path: "$ref", Message: "it refers to what lies outside of it: " + text, Fix: "put the definition into $defs, and refer to it as #/$defs/NAME"}}
	}
	return []kernel.Problem{{Message: text}}
}

// Validate tells what of the data breaks the schema, at most twenty places.
func (s *Schema) Validate(data []byte) []kernel.Problem {
	if err := deep(data); err != nil {
		return []kernel.Problem{{Message: err.Error()}}
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return []kernel.Problem{{Message: "the data is not JSON: " + err.Error()}}
	}
	err = s.compiled.Validate(v)
	if told, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return problems(told)
	}
	if err != nil {
		return []kernel.Problem{{Message: err.Error()}}
	}
	return nil
}

// problems are the ends of what did not hold, in the order of their places.
func problems(top *jsonschema.ValidationError) []kernel.Problem {
	printer := message.NewPrinter(language.English)
	var all []kernel.Problem
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			all = append(all, kernel.Problem{Path: pointer(e.InstanceLocation), Message: e.ErrorKind.LocalizedString(printer)})
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(top)
	slices.SortStableFunc(all, func(a, b kernel.Problem) int {
		return strings.Compare(a.Path+"\x00"+a.Message, b.Path+"\x00"+b.Message)
	})
	all = slices.Compact(all)
	if over := len(all) - maxProblems; over > 0 {
		all = append(all[:maxProblems], kernel.Problem{Message: fmt.Sprintf("and %d more", over)})
	}
	return all
}

// pointer is a place as a JSON Pointer (RFC 6901); "" is the whole.
func pointer(location []string) string {
	var b strings.Builder
	for _, key := range location {
		b.WriteString("/" + escape(key))
	}
	return b.String()
}

func escape(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// find resolves a pointer within a document.
func find(root any, ref string) (any, bool) {
	at := root
	if ref == "#" || ref == "" {
		return at, true
	}
	rest, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, false
	}
	for key := range strings.SplitSeq(rest, "/") {
		key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
		switch v := at.(type) {
		case map[string]any:
			if at, ok = v[key]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			at = v[i]
		default:
			return nil, false
		}
	}
	return at, true
}
