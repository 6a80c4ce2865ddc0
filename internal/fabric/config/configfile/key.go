package configfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Sensitivity is who may see the value of a key.
type Sensitivity string

// The sensitivities.
const (
	Public   Sensitivity = "public"
	Internal Sensitivity = "internal"
	// Secret has a reference for a value, which is replaced where it is delivered.
	Secret Sensitivity = "secret"
)

// Key is one key of the namespace.
type Key struct {
	Name        string
	Type        string
	Description string
	Owner       string
	Sensitivity Sensitivity
	// Workloads are those that have the key; empty is all.
	Workloads []string
	// Schema is the key's JSON Schema as it is written.
	Schema map[string]any

	place    Place
	fallback *value
	compiled *jsonschema.Schema
}

// Of reports whether a workload has the key.
func (k *Key) Of(workload string) bool {
	return len(k.Workloads) == 0 || slices.Contains(k.Workloads, workload)
}

var keyParts = regexp.MustCompile(`^[a-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$`)

// isKeyName reports whether a key can be called so: up to eight parts of up to 63 bytes.
func isKeyName(name string) bool {
	parts := strings.Split(name, ".")
	long := slices.ContainsFunc(parts, func(part string) bool { return len(part) > 63 })
	return len(parts) <= 8 && !long && keyParts.MatchString(name)
}

// schema reads the file of keys: each is a JSON Schema with three annotations more.
func (r *reader) schema(d *yamldoc.Document) {
	keys, ok := d.Root().Object("keys").Require("keys", "write the keys below it: keys: {checkout.timeout: {type: string}}")
	if !ok {
		return
	}
	keys.EachKey(func(name, v yamldoc.Value) {
		switch {
		case !isKeyName(name.Text()):
			name.Problem("use letters, digits, - and _, with dots in between, and a lower-case letter at the begin", "%q cannot be the name of a key", name.Text())
		case len(r.set.keys) >= MaxKeys:
			name.Problem("take keys away, or make another project", "there are more than %d keys", MaxKeys)
		case v.Open().OK():
			r.set.keys[name.Text()] = r.key(d.File, name, v)
		}
	})
}

func (r *reader) key(file string, name, v yamldoc.Value) *Key {
	k := &Key{Name: name.Text(), Sensitivity: Internal, place: placeOf(file, name)}
	o := v.Open()
	k.Schema, _ = v.Exact().(map[string]any)
	if !r.options.Counted {
		newVocabulary(k.Name, o).schema(v, true)
	}
	if t, ok := o.Get("type"); ok && !t.IsList() {
		k.Type, _ = t.String()
	}
	if t, ok := o.Get("description"); ok {
		k.Description, _ = t.String()
	}
	if t, ok := o.Get("owner"); ok {
		k.Owner, _ = t.String()
	}
	if t, ok := o.Get("sensitivity"); ok {
		word, _ := t.String()
		if k.Sensitivity = Sensitivity(word); k.Sensitivity != Public && k.Sensitivity != Internal && k.Sensitivity != Secret {
			t.Problem("write public, internal or secret", "%q is no sensitivity", word)
		}
	}
	if t, ok := o.Get("workloads"); ok {
		k.Workloads = t.Strings()
	}
	if k.Sensitivity == Secret && k.Type != "string" {
		name.Problem("write type: string", "a secret is a text, and the key says another type")
	}
	if k.compiled = compile(k, v); k.compiled == nil {
		return k
	}
	if t, ok := o.Get("default"); ok {
		k.fallback = r.value(file, k, t)
	}
	return k
}

// compile makes the key's validator; nil after a problem. It loads nothing: a schema may
// refer to itself alone.
func compile(k *Key, v yamldoc.Value) *jsonschema.Schema {
	schema := map[string]any{}
	for name, part := range k.Schema {
		if name != "owner" && name != "sensitivity" && name != "workloads" && name != "default" {
			schema[name] = part
		}
	}
	plain, err := plainJSON(schema)
	if err != nil {
		v.Problem("write a JSON Schema", "the schema cannot be read: %v", err)
		return nil
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(nowhere{})
	const at = "terrace:key"
	if err = c.AddResource(at, plain); err == nil {
		var s *jsonschema.Schema
		if s, err = c.Compile(at); err == nil {
			return s
		}
	}
	if invalid, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if broken, ok := errors.AsType[*jsonschema.ValidationError](invalid.Err); ok {
			for _, leaf := range leaves(broken) {
				at, _ := find(v, leaf.InstanceLocation)
				v.ProblemAt(at, "write a JSON Schema of the draft 2020-12", "the schema of %s is not valid: %s", k.Name, says(leaf))
			}
			return nil
		}
	}
	v.Problem("write a JSON Schema of the draft 2020-12, which refers to nothing outside", "the schema of %s is not valid: %v", k.Name, err)
	return nil
}

// nowhere loads no schema.
type nowhere struct{}

// Load refuses.
func (nowhere) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is not loaded: a schema refers to itself alone", url)
}

// plainJSON gives v the types that the validator expects.
func plainJSON(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("as JSON: %w", err)
	}
	return jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
}

func placeOf(file string, v yamldoc.Value) Place {
	at := v.At()
	return Place{File: file, Line: at.Line, Column: at.Column}
}
