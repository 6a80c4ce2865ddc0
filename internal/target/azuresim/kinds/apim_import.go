package kinds

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// importable refuses formats that the simulation cannot read.
func importable(r *arm.Resource) error {
	format := r.Str("properties.format")
	if format == "" || slices.Contains([]string{"openapi", "openapi+json", "swagger-json"}, format) {
		return nil
	}
	return arm.BadRequest("ValidationError", "The simulated Azure reads APIs in the formats openapi, openapi+json and swagger-json, sent along; not %s.", format)
}

// imported reads the operations of an OpenAPI document, by the names that Azure gives them.
func imported(document string) (map[string]arm.Object, error) {
	var doc struct {
		Paths map[string]map[string]yaml.Node `yaml:"paths"`
	}
	if err := yaml.Unmarshal([]byte(document), &doc); err != nil {
		return nil, fmt.Errorf("read it: %w", err)
	}
	if doc.Paths == nil {
		return nil, errors.New("it has no paths")
	}
	out := map[string]arm.Object{}
	for path, methods := range doc.Paths {
		for method, node := range methods {
			if !slices.Contains([]string{"delete", "get", "head", "options", "patch", "post", "put", "trace"}, method) {
				continue
			}
			name, properties, err := importedOperation(path, method, node)
			if err != nil {
				return nil, err
			}
			out[name] = properties
		}
	}
	return out, nil
}

func importedOperation(path, method string, node yaml.Node) (string, arm.Object, error) {
	var operation struct {
		ID          string `yaml:"operationId"`
		Summary     string `yaml:"summary"`
		Description string `yaml:"description"`
	}
	if err := node.Decode(&operation); err != nil {
		return "", nil, fmt.Errorf("read %s %s: %w", method, path, err)
	}
	title := operation.Summary
	if title == "" {
		title = operation.ID
	}
	if title == "" {
		title = path + " - " + strings.ToUpper(method)
	}
	name := operation.ID
	if name == "" {
		name = method + "-" + strings.Trim(regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(path, "-"), "-")
	}
	parameters := []any{}
	for _, found := range regexp.MustCompile(`\{([^}]+)\}`).FindAllStringSubmatch(path, -1) {
		parameters = append(parameters, arm.Object{"name": found[1], "type": "string", "required": true, "values": []any{}})
	}
	name = regexp.MustCompile(`[^A-Za-z0-9_-]+`).ReplaceAllString(name, "-")
	return name, arm.Object{
		"displayName": title, "description": operation.Description, "method": strings.ToUpper(method), "urlTemplate": path, "templateParameters": parameters, "responses": []any{},
	}, nil
}
