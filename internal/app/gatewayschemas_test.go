package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// unknown is a field that no kind has.
const unknown = "qqqqqqqq"

// kindSchema is a kind with the schema that it tells, and the reader that it has.
type kindSchema struct {
	t        *testing.T
	kind     string
	raw      map[string]any
	compiled *jsonschema.Schema
	// read reads a spec as a document has it.
	read func(spec any) error
}

// TestKindsTellWhatTheyRead holds the JSON Schemas of the kinds against their readers:
// examples of the guide pass both, and what is wrong anywhere is refused by both.
func TestKindsTellWhatTheyRead(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	examples := examplesOfTheGuide(t)
	policies := []string{}
	for _, k := range a.fabric.gateway.Kinds {
		policies = append(policies, k.Name())
	}
	if slices.Sort(policies); !slices.Equal(policies, gatewaydoc.Kinds()) {
		t.Errorf("the client knows the kinds %v, the gateway has %v", gatewaydoc.Kinds(), policies)
	}
	for _, k := range a.kindSchemas(t) {
		t.Run(k.kind, func(t *testing.T) {
			t.Parallel()
			k.t = t
			if len(examples[k.kind]) == 0 {
				t.Error("the guide has no example")
			}
			for _, spec := range examples[k.kind] {
				if p := k.problems(spec); len(p) > 0 {
					t.Errorf("the reader refuses an example of the guide: %+v\n%v", p, spec)
				}
				if err := k.compiled.Validate(spec); err != nil {
					t.Errorf("the schema refuses an example of the guide: %v\n%v", err, spec)
				}
			}
			k.object(k.raw, "", func(v any) any { return v })
		})
	}
}

// TestTheClientHasTheSchemasOfKinds: those that it checks documents with offline are what
// the kinds tell today.
func TestTheClientHasTheSchemasOfKinds(t *testing.T) {
	t.Parallel()
	const file = "../fabric/gateway/gatewaydoc/specschema/kinds.json"
	all := map[string]any{}
	for _, k := range benchApp(t).kindSchemas(t) {
		if k.kind != gatewaydoc.KindRoute { // which the client reads itself
			all[k.kind] = k.raw
		}
	}
	want, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, want, 0o644); err != nil { // it is committed
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != string(want) {
		t.Errorf("%s is old (%v); run UPDATE=1 go test -run TestTheClientHasTheSchemasOfKinds ./internal/app", file, err)
	}
}

// kindSchemas are all kinds, as the API tells them.
func (a *App) kindSchemas(t *testing.T) []*kindSchema {
	t.Helper()
	res := request(t.Context(), a.handler(), a.first.Token, http.MethodGet, "/api/v1/gateway/kinds", nil)
	defer func() { _ = res.Body.Close() }()
	var page struct {
		Items []struct {
			Kind   string
			Schema map[string]any
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&page); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.Status, err)
	}
	if want := len(a.fabric.gateway.Kinds) + 2; len(page.Items) != want {
		t.Fatalf("there are %d kinds, want %d", len(page.Items), want)
	}
	var all []*kindSchema
	for _, item := range page.Items {
		if item.Schema == nil {
			t.Errorf("%s has no schema", item.Kind)
			continue
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource("urn:kind", item.Schema); err != nil {
			t.Fatal(item.Kind, err)
		}
		compiled, err := c.Compile("urn:kind")
		if err != nil {
			t.Fatal(item.Kind, err)
		}
		all = append(all, &kindSchema{kind: item.Kind, raw: item.Schema, compiled: compiled, read: func(spec any) error { return a.readGateway(t, item.Kind, spec) }})
	}
	return all
}

// readGateway reads a spec as a document that is applied is read.
func (a *App) readGateway(t *testing.T, kind string, spec any) error {
	t.Helper()
	source, err := json.Marshal(map[string]any{"apiVersion": gatewaydoc.APIVersion, "kind": kind, "metadata": map[string]string{"name": "x"}, "spec": spec})
	if err != nil {
		t.Fatal(err)
	}
	docs, err := gatewaydoc.Read(gatewaydoc.File{Name: "x.yaml", Source: string(source)})
	if err != nil {
		return err
	}
	p := gateway.Policy{Name: "x", Kind: kind, Scope: kernel.Scope{Tenant: "default", Project: "shop", Stage: "dev"}, Spec: docs[0].Spec}
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "default"))
	switch kind {
	case gatewaydoc.KindRoute:
		_, err = docs[0].Check()
	case gatewaydoc.KindProduct:
		_, err = a.fabric.products.Check(ctx, p)
	default:
		of := a.fabric.gateway.Kinds[slices.IndexFunc(a.fabric.gateway.Kinds, func(k gateway.Kind) bool { return k.Name() == kind })]
		_, err = of.Compile(ctx, p, gateway.Attachment{})
	}
	return err
}

// examplesOfTheGuide are the specs of the documents of the guide, by their kinds.
func examplesOfTheGuide(t *testing.T) map[string][]any {
	t.Helper()
	files, err := filepath.Glob("../../docs/guide/*.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]any{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range documentsOf(string(raw)) {
			// an abbreviated digest is no mistake of the guide
			source = strings.ReplaceAll(source, "5e88…", strings.Repeat("5e", 32))
			var doc struct {
				Kind string
				Spec any
			}
			if err := yaml.Unmarshal([]byte(source), &doc); err != nil {
				t.Fatalf("%s: %v of\n%s", file, err, source)
			}
			all[doc.Kind] = append(all[doc.Kind], plainJSON(t, doc.Spec))
		}
	}
	return all
}

// documentsOf are the documents of the gateway in a page, fenced or indented.
func documentsOf(page string) []string {
	var all []string
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		indent, kind, ok := strings.Cut(line, "kind: ")
		if !ok || strings.TrimSpace(indent) != "" || strings.HasPrefix(kind, "<") {
			continue
		}
		if i > 0 && strings.HasPrefix(strings.TrimSpace(lines[i-1]), "apiVersion: mesh.") { // the mesh has kinds of the same names
			continue
		}
		var doc strings.Builder
		for _, next := range lines[i:] {
			inner, within := strings.CutPrefix(next, indent)
			if !within && strings.TrimSpace(next) != "" || inner == "---" || strings.HasPrefix(inner, "```") {
				break
			}
			doc.WriteString(inner + "\n")
		}
		all = append(all, doc.String())
	}
	return all
}

func plainJSON(t *testing.T, v any) any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// object tries what can be wrong at one object of a schema; within makes the whole spec
// with that object in it.
func (k *kindSchema) object(schema map[string]any, at string, within func(object any) any) {
	fields, _ := schema["properties"].(map[string]any)
	spec := within(map[string]any{unknown: "x"})
	p := k.problems(spec)
	i := slices.IndexFunc(p, func(p kernel.Problem) bool { return strings.Contains(p.Path+p.Message, unknown) })
	if i < 0 {
		k.t.Errorf("%s: the reader takes a field that there is not: %+v", at, p)
		return
	}
	if !k.breaks(spec, func(e jsonschema.ErrorKind) bool {
		a, ok := e.(*kind.AdditionalProperties)
		return ok && slices.Contains(a.Properties, unknown)
	}) {
		k.t.Errorf("%s: the schema takes a field that there is not", at)
	}
	names := slices.Sorted(maps.Keys(fields))
	if read := listed(p[i].Fix); read != nil {
		own := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return at == "" && n == "targetRef" })
		if !slices.Equal(read, own) {
			k.t.Errorf("%s: the reader takes %v, the schema names %v", at, read, own)
		}
	}
	if required, _ := schema["required"].([]any); len(required) > 0 && len(k.problems(within(map[string]any{}))) == 0 {
		k.t.Errorf("%s: the schema wants %v, the reader does not", at, required)
	}
	for _, name := range names {
		k.value(k.resolved(fields[name]), strings.TrimPrefix(at+"."+name, "."), func(v any) any {
			whole := k.sample(schema)
			whole[name] = v
			return within(whole)
		})
	}
}

// sample is an object with what the schema wants of it, so that readers come to the rest.
func (k *kindSchema) sample(schema map[string]any) map[string]any {
	out := map[string]any{}
	fields, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		out[fmt.Sprint(name)] = k.sampleOf(k.resolved(fields[fmt.Sprint(name)]))
	}
	return out
}

func (k *kindSchema) sampleOf(schema map[string]any) any {
	types := typesOf(schema)
	words, _ := schema["enum"].([]any)
	switch {
	case len(words) > 0:
		return words[len(words)-1]
	case slices.Contains(types, "array"):
		return []any{k.sampleOf(k.resolved(schema["items"]))}
	case slices.Contains(types, "object"):
		return k.sample(schema)
	case slices.Contains(types, "boolean"):
		return true
	case slices.Contains(types, "string"):
		return "x"
	}
	return json.Number("1")
}

// value tries values of wrong types, and all that is within a value.
func (k *kindSchema) value(schema map[string]any, at string, within func(v any) any) {
	types := typesOf(schema)
	switch {
	case slices.Contains(types, "array"):
		k.wrong(at, within("x"))
		k.value(k.resolved(schema["items"]), at+"[0]", func(v any) any { return within([]any{v}) })
	case schema["properties"] != nil:
		k.wrong(at, within("x"))
		k.object(schema, at, within)
	case slices.Contains(types, "object"):
		k.wrong(at, within("x"))
		if values, ok := schema["additionalProperties"].(map[string]any); ok && len(values) > 0 {
			const key = "404" // a status where that is what keys are
			k.value(k.resolved(values), at+"."+key, func(v any) any { return within(map[string]any{key: v}) })
		}
	case slices.Contains(types, "string"):
		k.wrong(at, within(json.Number("5")))
		k.options(schema, at, within)
	case len(types) == 0 && schema["oneOf"] == nil:
		k.t.Errorf("%s: the schema takes anything", at)
	case slices.Contains(types, "integer"):
		k.wrong(at, within(json.Number("1.5")))
		k.wrong(at, within("x"))
	default:
		k.wrong(at, within("x"))
	}
}

// options tries the words that are possible, and one that is not.
func (k *kindSchema) options(schema map[string]any, at string, within func(v any) any) {
	words, _ := schema["enum"].([]any)
	if len(words) == 0 {
		return
	}
	isEnum := func(e jsonschema.ErrorKind) bool { _, ok := e.(*kind.Enum); return ok }
	for _, word := range words {
		if p := k.problems(within(word)); slices.ContainsFunc(p, func(p kernel.Problem) bool { return p.Path == at && strings.Contains(p.Message, fmt.Sprint(word)) }) || k.breaks(within(word), isEnum) {
			k.t.Errorf("%s: %v is refused: %+v", at, word, p)
		}
	}
	if !k.tells(at, within(unknown)) || !k.breaks(within(unknown), isEnum) {
		k.t.Errorf("%s: a word that there is not is taken", at)
	}
}

// wrong has both refuse a spec for the value at a place.
func (k *kindSchema) wrong(at string, spec any) {
	if !k.tells(at, spec) {
		k.t.Errorf("%s: the reader takes %v: %+v", at, spec, k.problems(spec))
	}
	if !k.breaks(spec, func(e jsonschema.ErrorKind) bool {
		switch e.(type) {
		case *kind.Type, *kind.OneOf:
			return true
		}
		return false
	}) {
		k.t.Errorf("%s: the schema takes %v", at, spec)
	}
}

// tells reports whether the reader has a problem with the value at a place.
func (k *kindSchema) tells(at string, spec any) bool {
	index := regexp.MustCompile(`\[\d+\]`)
	bare := index.ReplaceAllString(at, "")
	return slices.ContainsFunc(k.problems(spec), func(p kernel.Problem) bool {
		path := strings.TrimPrefix(index.ReplaceAllString(p.Path, ""), "spec.")
		return path == bare || strings.Contains(p.Message, "struct field") && strings.Contains(p.Message, "."+bare+" of type")
	})
}

// breaks reports whether a schema refuses a spec for a reason.
func (k *kindSchema) breaks(spec any, is func(jsonschema.ErrorKind) bool) bool {
	var told *jsonschema.ValidationError
	return errors.As(k.compiled.Validate(spec), &told) && has(told, is)
}

func has(e *jsonschema.ValidationError, is func(jsonschema.ErrorKind) bool) bool {
	return is(e.ErrorKind) || slices.ContainsFunc(e.Causes, func(c *jsonschema.ValidationError) bool { return has(c, is) })
}

// problems are what the reader has against a spec. Secrets that are not kept here are
// none of them.
func (k *kindSchema) problems(spec any) []kernel.Problem {
	err := k.read(spec)
	var told *kernel.Error
	if !errors.As(err, &told) {
		if err != nil {
			k.t.Fatal(err)
		}
		return nil
	}
	if len(told.Problems) == 0 {
		return []kernel.Problem{{Message: err.Error()}}
	}
	return slices.DeleteFunc(slices.Clone(told.Problems), func(p kernel.Problem) bool { return strings.Contains(p.Message, " cannot be used: ") })
}

// resolved follows the reference of a schema.
func (k *kindSchema) resolved(schema any) map[string]any {
	s, _ := schema.(map[string]any)
	if ref, ok := s["$ref"].(string); ok {
		defs, _ := k.raw["$defs"].(map[string]any)
		return k.resolved(defs[strings.TrimPrefix(ref, "#/$defs/")])
	}
	return s
}

func typesOf(schema map[string]any) []string {
	switch t := schema["type"].(type) {
	case string:
		return []string{t}
	case []any:
		var all []string
		for _, one := range t {
			all = append(all, fmt.Sprint(one))
		}
		return all
	}
	return nil
}

// listed are the fields that a reader tells of, nil where it tells none.
func listed(fix string) []string {
	for _, head := range []string{"use one of ", "the keys here are "} {
		if list, ok := strings.CutPrefix(fix, head); ok {
			return slices.Sorted(slices.Values(strings.Split(list, ", ")))
		}
	}
	return nil
}
