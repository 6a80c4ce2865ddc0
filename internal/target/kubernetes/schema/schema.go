// Package schema checks Kubernetes objects against the schemas of their kinds:
// the OpenAPI documents of a Kubernetes release, and the definitions of HTTPRoute
// (Gateway API) and SecretProviderClass (Secrets Store CSI driver).
//
// It owns the schemas, which generate writes, and the words in which it says
// what does not fit. It is strict: a field that a kind does not have is a
// mistake. It does not evaluate the rules that the server has beyond schemas.
package schema

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"

	"github.com/terrace-idp/terrace/internal/kernel"
)

//go:generate go run ./generate schemas.json

//go:embed schemas.json
var schemas []byte

// Set checks objects. Its schemas are read when they are first needed.
type Set struct {
	load func() (map[string]*spec.Schema, error)
}

// New returns the set of all schemas.
func New() *Set { return Of(schemas) }

// Of returns a set of schemas of other kinds, as generate writes them.
func Of(written []byte) *Set {
	return &Set{load: sync.OnceValues(func() (map[string]*spec.Schema, error) { return read(written) })}
}

func read(written []byte) (map[string]*spec.Schema, error) {
	all := map[string]*spec.Schema{}
	if err := json.Unmarshal(written, &all); err != nil {
		return nil, fmt.Errorf("read the schemas of Kubernetes: %w", err)
	}
	return all, nil
}

// Check returns what is wrong with an object, decoded from JSON with whole
// numbers as int64, at its paths:
// Deployment/orders: spec.replicas.
func (s *Set) Check(object map[string]any) ([]kernel.Problem, error) {
	all, err := s.load()
	if err != nil {
		return nil, err
	}
	version, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	schema, ok := all[version+"/"+kind]
	if !ok {
		return []kernel.Problem{{Path: kind, Message: fmt.Sprintf("there is no schema of the kind %s of %s", kind, version)}}, nil
	}
	result := validate.NewSchemaValidator(schema, nil, "", strfmt.Default).Validate(object)
	var problems []kernel.Problem
	for _, e := range result.Errors {
		problems = append(problems, problem(title(object), e.Error()))
	}
	return problems, nil
}

// title names an object for people.
func title(object map[string]any) string {
	metadata, _ := object["metadata"].(map[string]any)
	return fmt.Sprintf("%s/%s", object["kind"], metadata["name"])
}

var place = regexp.MustCompile(`^"?([A-Za-z0-9_.\[\]/-]*)"? in body (.*)$`)

// problem splits the validator's words into path and message.
func problem(title, text string) kernel.Problem {
	m := place.FindStringSubmatch(text)
	if m == nil {
		return kernel.Problem{Path: title, Message: text}
	}
	return kernel.Problem{Path: strings.TrimSuffix(title+": "+strings.TrimPrefix(m[1], "."), ": "), Message: m[2]}
}
