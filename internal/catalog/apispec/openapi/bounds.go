package openapi

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// bounds walks a document once and tells what none may have.
type bounds struct {
	left     int
	problems []kernel.Problem
	// wide finds the values of mappings that have many.
	wide map[*yaml.Node]map[string]*yaml.Node
}

// wideFrom is how many keys a mapping has whose values are found by an index.
const wideFrom = 32

func (b *bounds) tell(n *yaml.Node, path []string, message, fix string) {
	b.problems = append(b.problems, problem(n, Pointer(path), message, fix))
}

func (b *bounds) walk(n *yaml.Node, path []string, depth int) {
	b.left--
	switch {
	case b.left == 0:
		b.tell(n, path, fmt.Sprintf("the document has more than the %d values allowed", MaxNodes), "split the API")
	case b.left < 0:
	case depth > MaxDepth:
		b.tell(n, path, fmt.Sprintf("values are nested deeper than the %d levels allowed", MaxDepth), "move inner schemas to components")
	case n.Kind == yaml.AliasNode:
		b.tell(n, path, fmt.Sprintf("aliases such as *%s are not allowed", n.Value), "use $ref")
	case n.Kind == yaml.SequenceNode:
		for i, item := range n.Content {
			b.walk(item, append(path, strconv.Itoa(i)), depth+1)
		}
	case n.Kind == yaml.MappingNode:
		b.mapping(n, path, depth)
	}
}

func (b *bounds) mapping(n *yaml.Node, path []string, depth int) {
	seen := map[string]int{}
	if len(n.Content) >= 2*wideFrom {
		b.wide[n] = make(map[string]*yaml.Node, len(n.Content)/2)
	}
	for i := 0; i+1 < len(n.Content) && b.left > 0; i += 2 {
		key := n.Content[i]
		b.left--
		switch line := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge":
			b.tell(key, path, "a key must be text, and no merge key (<<)", "write the keys out")
			continue
		case key.ShortTag() == "!!null":
			b.tell(key, path, fmt.Sprintf("the key %q is null in YAML, and a key must be text", key.Value), "write it in quotes")
			continue
		case line > 0:
			b.tell(key, path, fmt.Sprintf("the key %q is here a second time", key.Value), fmt.Sprintf("remove one; the first is in line %d", line))
		}
		seen[key.Value] = key.Line
		if wide := b.wide[n]; wide != nil {
			wide[key.Value] = n.Content[i+1]
		}
		b.walk(n.Content[i+1], append(path, key.Value), depth+1)
	}
}

// Pointer is a path as a JSON pointer (RFC 6901).
func Pointer(path []string) string {
	var s strings.Builder
	for _, part := range path {
		s.WriteByte('/')
		s.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(part))
	}
	return s.String()
}

// references refuses those that leave the document, or end nowhere in it.
func (d *Document) references() []kernel.Problem {
	var problems []kernel.Problem
	d.refs(d.root, nil, false, &problems)
	return problems
}

// refs looks through n; names tells that its keys are names given by the
// document's author rather than fields of the standard.
func (d *Document) refs(n *yaml.Node, path []string, names bool, problems *[]kernel.Problem) {
	if n.Kind == yaml.SequenceNode {
		for i, item := range n.Content {
			d.refs(item, append(path, strconv.Itoa(i)), false, problems)
		}
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		below := append(path, key)
		if names {
			d.refs(value, below, false, problems)
			continue
		}
		switch {
		case isData(key):
			continue
		case value.Kind == yaml.ScalarNode:
			if message, fix := d.reference(key, value.Value); message != "" {
				*problems = append(*problems, problem(value, Pointer(below), message, fix))
			}
			continue
		case key == "mapping":
			d.mapping(value, below, problems)
			continue
		}
		d.refs(value, below, named(key), problems)
	}
}

// isData tells the fields that hold data, in which $ref is a word as any other.
func isData(key string) bool {
	switch key {
	case "example", "default", "enum", "const", "value":
		return true
	}
	return strings.HasPrefix(key, "x-")
}

// named tells the fields whose keys are names.
func named(key string) bool {
	switch key {
	case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "schemas", "responses", "parameters", "examples",
		"requestBodies", "headers", "securitySchemes", "links", "callbacks", "pathItems", "paths", "webhooks", "content", "encoding", "variables", "scopes":
		return true
	}
	return false
}

// mapping looks at the schemas that a discriminator's values name.
func (d *Document) mapping(n *yaml.Node, path []string, problems *[]kernel.Problem) {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		value := n.Content[i+1]
		if !strings.ContainsAny(value.Value, "/:#") {
			continue // a name of components/schemas
		}
		if message, fix := d.reference("$ref", value.Value); message != "" {
			*problems = append(*problems, problem(value, Pointer(append(path, n.Content[i].Value)), message, fix))
		}
	}
}

const dialects = "https://json-schema.org/draft/2020-12/schema https://spec.openapis.org/oas/3.1/dialect/base"

// reference tells what is wrong with a field that names something elsewhere.
func (d *Document) reference(key, value string) (message, fix string) {
	switch key {
	case "$ref", "operationRef":
		pointer, inside := strings.CutPrefix(value, "#")
		if !inside {
			return fmt.Sprintf("the reference %q leaves the document", value), "move what it names into components, and write #/components/…"
		}
		if pointer == "" || d.At(pointer) == nil {
			return fmt.Sprintf("the reference %q ends nowhere", value), "name something that is in the document"
		}
	case "$dynamicRef", "$id", "$anchor", "$dynamicAnchor", "externalValue":
		return key + " is not read: references are JSON pointers into the document", "use $ref with #/components/…"
	case "$schema", "jsonSchemaDialect":
		if !strings.Contains(dialects, strings.TrimSuffix(value, "#")) || value == "" {
			return fmt.Sprintf("the dialect %q is not known", value), "leave it out: schemas are of JSON Schema 2020-12"
		}
	}
	return "", ""
}

// At returns the node that a JSON pointer names, or nil.
func (d *Document) At(pointer string) *yaml.Node {
	at := d.root
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" {
			break
		}
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(unescape(part))
		if at != nil && at.Kind == yaml.SequenceNode {
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(at.Content) {
				return nil
			}
			at = at.Content[i]
			continue
		}
		if wide := d.wide[at]; wide != nil {
			at = wide[part]
			continue
		}
		at = child(at, part)
	}
	return at
}

// Key returns the node of the key that a pointer ends with, or nil for items.
func (d *Document) Key(pointer string) *yaml.Node {
	i := strings.LastIndexByte(pointer, '/')
	if i < 0 {
		return nil
	}
	parent := d.At(pointer[:i])
	last := strings.NewReplacer("~1", "/", "~0", "~").Replace(pointer[i+1:])
	for j := 0; parent != nil && parent.Kind == yaml.MappingNode && j+1 < len(parent.Content); j += 2 {
		if parent.Content[j].Value == last {
			return parent.Content[j]
		}
	}
	return nil
}

// unescape undoes the percent-encoding of a reference's fragment.
func unescape(part string) string {
	if !strings.Contains(part, "%") {
		return part
	}
	if plain, err := url.PathUnescape(part); err == nil {
		return plain
	}
	return part
}
