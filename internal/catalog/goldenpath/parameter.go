package goldenpath

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Page is one page of parameters: a JSON Schema of an object.
type Page struct {
	Title      string
	Parameters []Parameter
	schema     map[string]any
}

// Parameter is one property of a page.
type Parameter struct {
	Name        string
	Type        string
	Title       string
	Description string
	Required    bool
	Default     any
}

func readPages(n *yaml.Node) ([]Page, error) {
	var raw []map[string]any
	switch n.Kind {
	case 0:
		return nil, nil
	case yaml.MappingNode:
		raw = make([]map[string]any, 1)
		if err := n.Decode(&raw[0]); err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "%s:%d: spec.parameters: %w", templateFile, n.Line, err)
		}
	default:
		if err := n.Decode(&raw); err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "%s:%d: spec.parameters: %w", templateFile, n.Line, err)
		}
	}
	pages := make([]Page, 0, len(raw))
	for _, schema := range raw {
		pages = append(pages, pageOf(schema))
	}
	return pages, nil
}

func pageOf(schema map[string]any) Page {
	title, _ := schema["title"].(string)
	page := Page{Title: title, schema: schema}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		p, _ := properties[name].(map[string]any)
		page.Parameters = append(page.Parameters, Parameter{
			Name: name, Type: text(p["type"]), Title: text(p["title"]), Description: text(p["description"]),
			Required: slices.Contains(required, any(name)), Default: p["default"],
		})
	}
	return page
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// Values completes given with the defaults of the parameters and validates
// the whole. Strings are converted to the type that a parameter has, so that
// they can come from a command line. Every problem is reported, not the first alone.
func (t *Template) Values(given map[string]any) (map[string]any, error) {
	values, problems := map[string]any{}, []kernel.Problem{}
	known := map[string]Parameter{}
	for _, page := range t.Pages {
		for _, p := range page.Parameters {
			known[p.Name] = p
			if p.Default != nil {
				values[p.Name] = p.Default
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		p, ok := known[name]
		if !ok {
			problems = append(problems, kernel.Problem{
				Path: name, Message: "the golden path has no such parameter",
				Fix: "use one of " + strings.Join(slices.Sorted(maps.Keys(known)), ", "),
			})
			continue
		}
		values[name] = convert(given[name], p.Type)
	}
	for _, page := range t.Pages {
		problems = append(problems, page.validate(values)...)
	}
	if len(problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "the parameters of golden path %s are not valid", t.Name).
			WithFix("give them with --set NAME=VALUE").WithProblems(problems...)
	}
	return values, nil
}

func convert(v any, typ string) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	var out any
	switch typ {
	case "integer", "number":
		if json.Unmarshal([]byte(s), &out) == nil {
			return out
		}
	case "boolean":
		if b, err := strconv.ParseBool(s); err == nil {
			return b
		}
	case "array", "object":
		if json.Unmarshal([]byte(s), &out) == nil {
			return out
		}
		if typ == "array" && s != "" {
			return toAny(strings.Split(s, ","))
		}
	}
	return v
}

func toAny(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = strings.TrimSpace(s)
	}
	return out
}

func (p Page) validate(values map[string]any) []kernel.Problem {
	schema, err := compile(p.schema)
	if err != nil {
		return []kernel.Problem{{File: templateFile, Path: "spec.parameters", Message: err.Error()}}
	}
	own := map[string]any{}
	for _, q := range p.Parameters {
		if v, ok := values[q.Name]; ok {
			own[q.Name] = v
		}
	}
	plain, err := plainJSON(own)
	if err != nil {
		return []kernel.Problem{{Message: err.Error()}}
	}
	err = schema.Validate(plain)
	if v, ok := err.(*jsonschema.ValidationError); ok { //nolint:errorlint // the documented type of Validate
		return leaves(v)
	}
	if err != nil {
		return []kernel.Problem{{Message: err.Error()}}
	}
	return nil
}

func compile(schema map[string]any) (*jsonschema.Schema, error) {
	plain, err := plainJSON(schema)
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("page.json", plain); err != nil {
		return nil, fmt.Errorf("page of parameters: %w", err)
	}
	return c.Compile("page.json")
}

// plainJSON gives v the types that a JSON Schema validator expects.
func plainJSON(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("as JSON: %w", err)
	}
	return jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
}

func leaves(v *jsonschema.ValidationError) []kernel.Problem {
	if len(v.Causes) == 0 {
		return []kernel.Problem{problemOf(v)}
	}
	var out []kernel.Problem
	for _, c := range v.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}

func problemOf(v *jsonschema.ValidationError) kernel.Problem {
	p := kernel.Problem{Path: strings.Join(v.InstanceLocation, "."), Message: v.ErrorKind.LocalizedString(message.NewPrinter(language.English))}
	if missing, ok := v.ErrorKind.(*kind.Required); ok {
		p.Path = strings.Join(missing.Missing, ", ")
		p.Message = "is required"
		p.Fix = "add --set " + missing.Missing[0] + "=VALUE"
	}
	return p
}
