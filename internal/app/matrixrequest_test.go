package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// operationOf is an operation of the API's document.
type operationOf struct {
	id, method, path string
	parameters       []map[string]any
	body             map[string]any
	media            string
}

// document is the API's document.
type document struct{ schemas map[string]any }

func operations(t *testing.T) (document, []operationOf) {
	t.Helper()
	raw, err := OpenAPI(false)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths      map[string]map[string]map[string]any
		Components struct{ Schemas map[string]any }
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	var all []operationOf
	for path, methods := range doc.Paths {
		for method, op := range methods {
			o := operationOf{id: fmt.Sprint(op["operationId"]), method: strings.ToUpper(method), path: path}
			list, _ := op["parameters"].([]any)
			for _, p := range list {
				o.parameters = append(o.parameters, p.(map[string]any))
			}
			if body, ok := op["requestBody"].(map[string]any); ok {
				for media, content := range body["content"].(map[string]any) {
					schema, _ := content.(map[string]any)["schema"].(map[string]any)
					o.media, o.body = media, schema
				}
			}
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b operationOf) int { return strings.Compare(a.id, b.id) })
	return document{doc.Components.Schemas}, all
}

// value makes the smallest thing that a schema takes.
func (d document) value(schema map[string]any, name string) any {
	if ref, ok := schema["$ref"].(string); ok {
		return d.value(d.schemas[ref[strings.LastIndexByte(ref, '/')+1:]].(map[string]any), name)
	}
	if words, ok := schema["enum"].([]any); ok {
		return words[0]
	}
	if examples, ok := schema["examples"].([]any); ok && len(examples) > 0 {
		return examples[0]
	}
	kind, _ := schema["type"].(string)
	if kinds, ok := schema["type"].([]any); ok {
		kind = fmt.Sprint(kinds[0])
	}
	switch kind {
	case "object":
		return d.object(schema)
	case "array":
		least, _ := schema["minItems"].(int)
		items := make([]any, least)
		for i := range items {
			items[i] = d.value(schema["items"].(map[string]any), name)
		}
		return items
	case "integer", "number":
		if least, ok := schema["minimum"]; ok {
			return least
		}
		return 1
	case "boolean":
		return true
	default:
		return text(schema, name)
	}
}

func (d document) object(schema map[string]any) map[string]any {
	out := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if name != "$schema" {
			out[name.(string)] = d.value(properties[name.(string)].(map[string]any), name.(string))
		}
	}
	return out
}

func text(schema map[string]any, name string) string {
	switch least, _ := schema["minLength"].(int); {
	case schema["format"] == "date-time":
		return time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	case name == "project":
		return "demo"
	case name == "stage":
		return "dev"
	case least > len("nothing"):
		return strings.Repeat("n", least)
	default:
		return "nothing"
	}
}

// asks are words of a query, or of a path, that are known.
func asks() map[string]string {
	return map[string]string{"explain-access action": "run.read", "get-event-schema type": "run.failed", "explain-gateway-request url": "nothing.dev.demo.localhost"}
}

// said are bodies that say more than the smallest.
func said() map[string]string {
	const score = `"apiVersion: score.dev/v1b1\nmetadata: {name: nothing}\ncontainers: {main: {image: .}}\n"`
	return map[string]string{
		"purge-gateway-cache":      `{"all":true}`,
		"upload-api":               fmt.Sprintf(`{"source":%q}`, anAPI("")),
		"lint-api":                 fmt.Sprintf(`{"source":%q}`, anAPI("")),
		"set-api-guide":            `{"source":""}`,
		"publish-api":              `{"stage":"dev","revision":1}`,
		"request-api-override":     `{"stage":"dev","revision":2,"reason":"x"}`,
		"undeprecate-api":          `{"stage":"dev","reason":"it stays"}`,
		"deprecate-api":            `{"stage":"dev","sunset":"2099-01-01T00:00:00Z"}`,
		"deploy":                   `{"score":` + score + `,"stage":"dev"}`,
		"resolve-graph":            `{"score":` + score + `,"stage":"dev"}`,
		"check-references":         `{"score":` + score + `,"stage":"dev"}`,
		"read-landing-zone-inputs": `{"references":["${secret:demo/nothing}"],"read":true}`,
		"promote":                  `{"to":"dev"}`,
		"set-budget":               `{"amount":"10","level":"warn","project":"demo"}`,
		"set-project-tags":         `{"costcenter":"1","owner":"o"}`,
		"definition-blast-radius":  `{"sources":{"nothing":"no definition"}}`,
		"sign-in":                  `{"username":"viewer","password":"` + matrixPassword + `"}`,
		"change-password":          `{"present":"` + matrixPassword + `","next":"` + matrixPassword + `"}`,
		"set-quotas":               `{"limits":{"stacks":50}}`,
	}
}
