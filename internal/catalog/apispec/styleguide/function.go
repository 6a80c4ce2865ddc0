package styleguide

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
)

// function looks at a place and tells what it finds.
type function func(l *lint, p place)

// builder reads the options of a function.
type builder func(options *yaml.Node) (function, error)

// functions are Spectral's, and those that rules about HTTP need.
func functions() map[string]builder {
	return map[string]builder{
		"truthy":            plainly(func(v any) bool { return truthy(v) }),
		"falsy":             plainly(func(v any) bool { return !truthy(v) }),
		"defined":           plainly(func(v any) bool { return v != absent{} }),
		"undefined":         plainly(func(v any) bool { return v == absent{} }),
		"pattern":           buildPattern,
		"casing":            buildCasing,
		"enumeration":       buildEnumeration,
		"length":            buildLength,
		"alphabetical":      buildAlphabetical,
		"xor":               buildCount(func(n int) bool { return n == 1 }),
		"any":               buildCount(func(n int) bool { return n > 0 }),
		"schema":            buildSchema,
		"unique":            noOptions(unique),
		"plural":            noOptions(plural),
		"problem-responses": noOptions(problemResponses),
		"has-error":         noOptions(hasStatus("4", "5", "default")),
		"has-success":       noOptions(hasStatus("1", "2", "3", "default")),
		"paginated":         noOptions(paginated),
		"secured":           noOptions(secured),
		"no-secret":         noOptions(noSecret),
	}
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions())) }

func noOptions(f function) builder {
	return func(o *yaml.Node) (function, error) {
		if !o.IsZero() {
			return nil, errors.New("this function has no options")
		}
		return f, nil
	}
}

func plainly(holds func(v any) bool) builder {
	return noOptions(func(l *lint, p place) {
		v := p.value
		switch v.(type) {
		case map[string]any, []any:
			if !truthy(v) { // comparable stand-ins for what cannot be compared
				v = ""
			} else {
				v = true
			}
		}
		if !holds(v) {
			l.tell(p)
		}
	})
}

func truthy(v any) bool {
	switch v := v.(type) {
	case nil, absent:
		return false
	case bool:
		return v
	case string:
		return strings.TrimSpace(v) != ""
	case float64:
		return v != 0
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// options reads those of a function, strictly.
func options(n *yaml.Node, into any) error {
	if n.IsZero() {
		return errors.New("functionOptions are missing")
	}
	var known []string
	for field := range reflect.TypeOf(into).Elem().Fields() {
		known = append(known, field.Tag.Get("yaml"))
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if name := n.Content[i].Value; !slices.Contains(known, name) {
			return fmt.Errorf("%q is not known here: there is %s", name, strings.Join(known, ", "))
		}
	}
	if err := n.Decode(into); err != nil {
		return errors.New(strings.TrimPrefix(strings.ReplaceAll(err.Error(), "yaml: unmarshal errors:\n  ", ""), "yaml: "))
	}
	return nil
}

// word is the text of a place, where it has one.
func word(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case keyValue:
		return string(v), true
	case float64, bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

func buildPattern(n *yaml.Node) (function, error) {
	var o struct {
		Match    string `yaml:"match"`
		NotMatch string `yaml:"notMatch"`
	}
	if err := options(n, &o); err != nil {
		return nil, err
	}
	match, err := pattern(o.Match)
	if err != nil {
		return nil, err
	}
	not, err := pattern(o.NotMatch)
	if err != nil {
		return nil, err
	}
	if match == nil && not == nil {
		return nil, errors.New("functionOptions need match or notMatch")
	}
	return func(l *lint, p place) {
		s, ok := word(p.value)
		if ok && (match != nil && !match.MatchString(s) || not != nil && not.MatchString(s)) {
			l.tell(p)
		}
	}, nil
}

func buildCasing(n *yaml.Node) (function, error) {
	var o struct {
		Type string `yaml:"type"`
	}
	if err := options(n, &o); err != nil {
		return nil, err
	}
	cases := map[string]string{
		"flat": "^[a-z][a-z0-9]*$", "camel": "^[a-z][a-zA-Z0-9]*$", "pascal": "^[A-Z][a-zA-Z0-9]*$", "kebab": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
		"cobol": "^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$", "snake": "^[a-z][a-z0-9]*(_[a-z0-9]+)*$", "macro": "^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$",
	}
	if cases[o.Type] == "" {
		return nil, fmt.Errorf("there is no casing %q; use one of %s", o.Type, strings.Join(slices.Sorted(maps.Keys(cases)), ", "))
	}
	re := regexp.MustCompile(cases[o.Type])
	return func(l *lint, p place) {
		if s, ok := word(p.value); ok && !re.MatchString(s) {
			l.tell(p)
		}
	}, nil
}

func buildEnumeration(n *yaml.Node) (function, error) {
	var o struct {
		Values []string `yaml:"values"`
	}
	if err := options(n, &o); err != nil {
		return nil, err
	}
	return func(l *lint, p place) {
		if s, ok := word(p.value); ok && !slices.Contains(o.Values, s) {
			l.tell(p)
		}
	}, nil
}

func buildLength(n *yaml.Node) (function, error) {
	var o struct {
		Min *float64 `yaml:"min"`
		Max *float64 `yaml:"max"`
	}
	if err := options(n, &o); err != nil {
		return nil, err
	}
	return func(l *lint, p place) {
		size := 0.0
		switch v := p.value.(type) {
		case string:
			size = float64(utf8.RuneCountInString(v))
		case keyValue:
			size = float64(utf8.RuneCountInString(string(v)))
		case []any:
			size = float64(len(v))
		case map[string]any:
			size = float64(len(v))
		case float64:
			size = v
		default:
			return
		}
		if o.Min != nil && size < *o.Min || o.Max != nil && size > *o.Max {
			l.tell(p)
		}
	}, nil
}

func buildAlphabetical(n *yaml.Node) (function, error) {
	var o struct {
		KeyedBy string `yaml:"keyedBy"`
	}
	if !n.IsZero() {
		if err := options(n, &o); err != nil {
			return nil, err
		}
	}
	return func(l *lint, p place) {
		if _, is := p.value.(map[string]any); is && o.KeyedBy == "" {
			if !slices.IsSorted(l.keys(p)) {
				l.tell(p)
			}
			return
		}
		list, _ := p.value.([]any)
		var words []string
		for _, item := range list {
			if m, ok := item.(map[string]any); ok {
				item = m[o.KeyedBy]
			}
			if s, ok := word(item); ok {
				words = append(words, s)
			}
		}
		if !slices.IsSorted(words) {
			l.tell(p)
		}
	}, nil
}

// keys are those of an object, in the order in which they are written.
func (l *lint) keys(p place) (out []string) {
	n := l.doc.At(openapi.Pointer(p.path))
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		out = append(out, n.Content[i].Value)
	}
	return out
}

// buildCount asks how many of some properties are there.
func buildCount(holds func(n int) bool) builder {
	return func(n *yaml.Node) (function, error) {
		var o struct {
			Properties []string `yaml:"properties"`
		}
		if err := options(n, &o); err != nil {
			return nil, err
		}
		return func(l *lint, p place) {
			m, ok := p.value.(map[string]any)
			count := 0
			for _, name := range o.Properties {
				if _, there := m[name]; there {
					count++
				}
			}
			if ok && !holds(count) {
				l.tell(p)
			}
		}, nil
	}
}

// buildSchema holds a value against a JSON Schema, which names nothing outside.
func buildSchema(n *yaml.Node) (function, error) {
	var o struct {
		Schema map[string]any `yaml:"schema"`
	}
	if err := options(n, &o); err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(noLoader{})
	if err := c.AddResource("guide:schema", o.Schema); err != nil {
		return nil, err
	}
	schema, err := c.Compile("guide:schema")
	if err != nil {
		return nil, err
	}
	return func(l *lint, p place) {
		if _, missing := p.value.(absent); !missing && schema.Validate(p.value) != nil {
			l.tell(p)
		}
	}, nil
}

// noLoader refuses schemas of elsewhere.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("the schema names %s, which is not in the guide", url)
}
