package validate

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// parameter is one of an operation, with how it is written (OpenAPI §4.8.12).
type parameter struct {
	name, in, style   string
	explode, required bool
	empty, json       bool
	schema            *jsonschema.Schema
	shape             *shape
}

// shape is as much of a schema as is needed to read text: its types, and those of
// what it holds.
type shape struct {
	types      []string
	items      *shape
	properties map[string]*shape
}

func (c *compiler) parameter(m map[string]any, at string) (*parameter, error) {
	p := &parameter{}
	p.name, _ = m["name"].(string)
	p.in, _ = m["in"].(string)
	p.style, _ = m["style"].(string)
	p.required, p.empty = m["required"] == true, m["allowEmptyValue"] == true
	if p.style == "" {
		p.style = "form"
		if p.in == "path" || p.in == "header" {
			p.style = "simple"
		}
	}
	p.explode = p.style == "form"
	if explode, is := m["explode"].(bool); is {
		p.explode = explode
	}
	schema, where := m["schema"], at+"/schema"
	if all, is := m["content"].(map[string]any); is {
		for kind, one := range all {
			o, _ := one.(map[string]any)
			schema, where, p.json = o["schema"], at+"/content/"+escape(kind)+"/schema", isJSON(kind)
		}
	}
	if schema == nil {
		p.shape = &shape{}
		return p, nil
	}
	var err error
	p.schema, err = c.requests.Compile("api:document#" + fragment(where))
	p.shape = c.shape(schema, 0)
	return p, err
}

// shape looks through references and compositions, a few levels deep.
func (c *compiler) shape(v any, depth int) *shape {
	s := &shape{properties: map[string]*shape{}}
	m, _ := c.follow(v, "")
	if depth > 6 {
		return s
	}
	switch kind := m["type"].(type) {
	case string:
		s.types = append(s.types, kind)
	case []any:
		for _, one := range kind {
			if word, is := one.(string); is {
				s.types = append(s.types, word)
			}
		}
	}
	if items, is := m["items"]; is {
		s.items = c.shape(items, depth+1)
	}
	properties, _ := m["properties"].(map[string]any)
	for name, p := range properties {
		s.properties[name] = c.shape(p, depth+1)
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := m[key].([]any)
		for _, one := range list {
			part := c.shape(one, depth+1)
			s.types = append(s.types, part.types...)
			for name, p := range part.properties {
				s.properties[name] = p
			}
			if s.items == nil {
				s.items = part.items
			}
		}
	}
	return s
}

func (s *shape) is(kind string) bool { return s != nil && slices.Contains(s.types, kind) }

// value is a text as the first of the shape's types that it can be.
func (s *shape) value(text string) any {
	switch {
	case (s.is("integer") || s.is("number")) && number(text):
		return json.Number(text)
	case s.is("boolean") && (text == "true" || text == "false"):
		return text == "true"
	case s.is("null") && text == "null":
		return nil
	}
	return text
}

// number tells that a text is a number of JSON.
func number(text string) bool {
	var n json.Number
	return len(text) < 400 && text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') && json.Unmarshal([]byte(text), &n) == nil
}

// names adds what a query may be called because of the parameter.
func (p *parameter) names(into map[string]bool) {
	switch {
	case p.in != "query":
	case p.shape.is("object") && (p.style == "deepObject" || p.explode):
		for name := range p.shape.properties {
			into[p.field(name)] = true
		}
	default:
		into[p.name] = true
	}
}

// field is how a field of an object is called in a query.
func (p *parameter) field(name string) string {
	if p.style == "deepObject" {
		return p.name + "[" + name + "]"
	}
	return name
}

// ofQuery reads the parameter from a query, or a form.
func (p *parameter) ofQuery(q url.Values) (v any, there bool) {
	if p.shape.is("object") && !p.json && (p.style == "deepObject" || p.explode) {
		out := map[string]any{}
		for name, s := range p.shape.properties {
			if values := q[p.field(name)]; len(values) > 0 {
				out[name] = s.all(values)
			}
		}
		return out, len(out) > 0
	}
	values, there := q[p.name]
	if !there || len(values) == 0 {
		return nil, false
	}
	if p.explode && p.shape.is("array") && !p.json {
		return p.shape.all(values), true
	}
	return p.ofText(values[0]), true
}

// all are several values of one name: a list where that is one, else the first.
func (s *shape) all(values []string) any {
	if !s.is("array") {
		return s.value(values[0])
	}
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = s.items.value(v)
	}
	return out
}

// ofText reads the parameter from one text.
func (p *parameter) ofText(text string) any {
	if p.json {
		v, err := readJSON([]byte(text))
		if err != nil {
			return text
		}
		return v
	}
	separator := ","
	switch p.style {
	case "spaceDelimited":
		separator = " "
	case "pipeDelimited":
		separator = "|"
	case "label":
		text = strings.TrimPrefix(text, ".")
		if p.explode {
			separator = "."
		}
	case "matrix":
		text = strings.TrimPrefix(text, ";")
		if p.explode {
			separator = ";"
		}
		if !p.explode || !p.shape.is("object") {
			text = strings.TrimPrefix(strings.ReplaceAll(text, ";"+p.name+"=", ";"), p.name+"=")
		}
	}
	switch {
	case p.shape.is("array"):
		return p.shape.all(strings.Split(text, separator))
	case p.shape.is("object"):
		return p.object(strings.Split(text, separator))
	}
	return p.shape.value(text)
}

// object reads k=v pairs where they are exploded, else k and v by turns.
func (p *parameter) object(parts []string) any {
	out := map[string]any{}
	for i := 0; i < len(parts); i++ {
		key, value := parts[i], ""
		if p.explode {
			key, value, _ = strings.Cut(key, "=")
		} else if i++; i < len(parts) {
			value = parts[i]
		}
		out[key] = p.shape.properties[key].value(value)
	}
	return out
}

func isJSON(kind string) bool {
	return kind == "application/json" || strings.HasSuffix(kind, "+json")
}
