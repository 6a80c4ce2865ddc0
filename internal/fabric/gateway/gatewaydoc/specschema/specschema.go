// Package specschema checks specs of policies and products by the JSON Schemas of their
// kinds, without the kinds: a client has it, and no server.
//
// It owns how a schema's refusals are told: at the field, in the words of the kinds'
// readers. The schemas are those that the server's kinds tell of themselves, written
// down in kinds.json. What no schema can say, such as which fields exclude each other,
// is checked by the kinds alone.
package specschema

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

//go:embed kinds.json
var kinds []byte

// Kinds returns the JSON Schemas (2020-12) of all kinds' specs, by kind.
func Kinds() (map[string]any, error) {
	all, err := jsonschema.UnmarshalJSON(strings.NewReader(string(kinds)))
	if err != nil {
		return nil, fmt.Errorf("read the schemas of kinds: %w", err)
	}
	schemas, _ := all.(map[string]any)
	return schemas, nil
}

// Check tells what is wrong with the specs of policies and products, each problem with
// its place; of a route nothing, which is checked by Document.Check.
func Check(docs []gatewaydoc.Document) ([]kernel.Problem, error) {
	schemas, err := Kinds()
	if err != nil {
		return nil, err
	}
	compiled := map[string]*jsonschema.Schema{}
	var problems []kernel.Problem
	for _, d := range docs {
		if d.IsRoute() {
			continue
		}
		s := compiled[d.Kind]
		if s == nil && schemas[d.Kind] != nil {
			if s, err = compile(schemas[d.Kind]); err != nil {
				return nil, fmt.Errorf("read the schema of %s: %w", d.Kind, err)
			}
			compiled[d.Kind] = s
		}
		found := unknown(d.Kind, schemas)
		if s != nil {
			if found, err = against(s, d.Spec); err != nil {
				return nil, err
			}
		}
		if len(found) == 0 {
			continue
		}
		told, ok := errors.AsType[*kernel.Error](d.Placed(kernel.Errorf(kernel.Invalid, "%s %s is not valid", d.Kind, d.Name).WithProblems(found...)))
		if ok {
			problems = append(problems, told.Problems...)
		}
	}
	return problems, nil
}

func compile(schema any) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:kind", schema); err != nil {
		return nil, err //nolint:wrapcheck // said with its kind
	}
	return c.Compile("urn:kind") //nolint:wrapcheck // as above
}

func unknown(name string, schemas map[string]any) []kernel.Problem {
	known := make([]string, 0, len(schemas))
	for kind := range schemas {
		known = append(known, kind)
	}
	slices.Sort(known)
	fix := "use one of " + strings.Join(known, ", ")
	if near := yamldoc.Nearest(name, known); near != "" {
		fix = "did you mean " + near + "?"
	}
	return []kernel.Problem{{Path: "kind", Message: "there is no kind of policy " + strconv.Quote(name), Fix: fix}}
}

// against tells what a schema has against a spec.
func against(s *jsonschema.Schema, spec json.RawMessage) ([]kernel.Problem, error) {
	content, err := jsonschema.UnmarshalJSON(strings.NewReader(string(spec)))
	if err != nil {
		return nil, fmt.Errorf("read a spec: %w", err)
	}
	refused, ok := errors.AsType[*jsonschema.ValidationError](s.Validate(said(content)))
	if !ok {
		return nil, nil
	}
	return leaves(refused), nil
}

// said is a value without fields of null: readers take them as if they were not there.
func said(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, inner := range v {
			if inner != nil {
				out[name] = said(inner)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = said(inner)
		}
		return out
	}
	return v
}

// leaves are the refusals that have no others as their cause. Of a choice the whole is
// one: which of its forms was meant nobody knows.
func leaves(e *jsonschema.ValidationError) []kernel.Problem {
	switch e.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf:
		return []kernel.Problem{{Path: path(e.InstanceLocation), Message: "it has none of the forms that are possible here", Fix: "see the field in terrace gateway schema"}}
	}
	if len(e.Causes) == 0 {
		return problems(e)
	}
	var out []kernel.Problem
	for _, c := range e.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}

func problems(e *jsonschema.ValidationError) (out []kernel.Problem) {
	at := path(e.InstanceLocation)
	switch of := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, name := range of.Properties {
			out = append(out, kernel.Problem{Path: below(at, name), Message: "there is no field " + strconv.Quote(name), Fix: "see the fields in terrace gateway schema"})
		}
	case *kind.Required:
		for _, name := range of.Missing {
			out = append(out, kernel.Problem{Path: at, Message: "the field " + strconv.Quote(name) + " is missing", Fix: "add it"})
		}
	case *kind.Type:
		out = append(out, kernel.Problem{Path: at, Message: "this is " + word(of.Got), Fix: "write " + words(of.Want)})
	case *kind.Enum:
		out = append(out, kernel.Problem{Path: at, Message: fmt.Sprintf("%#v is not possible", of.Got), Fix: "use one of " + options(of.Want)})
	default:
		out = append(out, kernel.Problem{Path: at, Message: e.ErrorKind.LocalizedString(message.NewPrinter(language.English))})
	}
	return out
}

// path writes a place as those of problems are: providers[0].jwt.
func path(location []string) string {
	out := ""
	for _, part := range location {
		out = below(out, part)
	}
	return out
}

func below(path, part string) string {
	if _, err := strconv.ParseUint(part, 10, 32); err == nil && path != "" {
		return path + "[" + part + "]"
	}
	if path == "" {
		return part
	}
	return path + "." + part
}

// word is a type of JSON as people say it.
func word(of string) string {
	switch of {
	case "object":
		return "an object"
	case "array":
		return "a list"
	case "string":
		return "a text"
	case "boolean":
		return "true or false"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	}
	return of
}

func words(all []string) string {
	out := make([]string, 0, len(all))
	for _, of := range all {
		if of != "null" {
			out = append(out, word(of))
		}
	}
	return strings.Join(out, ", or ")
}

func options(all []any) string {
	out := make([]string, 0, len(all))
	for _, option := range all {
		out = append(out, fmt.Sprint(option))
	}
	return strings.Join(out, ", ")
}
