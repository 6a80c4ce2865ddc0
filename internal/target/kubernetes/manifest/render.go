package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Object is one Kubernetes object with its file.
type Object struct {
	// File is the name of its file in the folder that it belongs to.
	File string
	// Shared objects belong to all workloads of the project in the stage.
	Shared bool
	// Value is the object, decoded from JSON.
	Value map[string]any
	// Content is its YAML.
	Content []byte
}

// Render returns the objects of a workload, sorted by file. The error is
// Invalid, with all problems at their places.
func Render(p Place, s Spec) ([]Object, error) {
	if problems := check(p, s); len(problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "workload %s cannot run on Kubernetes in stage %s", p.Workload, p.Stage).WithProblems(problems...)
	}
	b := &builder{place: p, spec: s}
	b.build()
	if b.err != nil {
		return nil, b.err
	}
	slices.SortFunc(b.objects, func(a, c Object) int { return strings.Compare(a.File, c.File) })
	return b.objects, nil
}

// builder collects the objects of a workload.
type builder struct {
	place   Place
	spec    Spec
	objects []Object
	err     error
}

func (b *builder) build() {
	b.namespace()
	b.account()
	b.config()
	b.claims()
	b.secrets()
	b.deployment()
	b.scaling()
	b.service()
	b.routes()
	b.policies()
}

// add writes an object; what a server fills in is left out.
func (b *builder) add(file string, shared bool, object any) {
	value, err := generic(object)
	if err == nil {
		delete(value, "status")
		var content []byte
		if content, err = yaml.Marshal(value); err == nil {
			b.objects = append(b.objects, Object{File: file + ".yaml", Shared: shared, Value: value, Content: content})
		}
	}
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("write %s: %w", file, err)
	}
}

// generic returns an object as its JSON says it, with whole numbers as int64.
func generic(object any) (map[string]any, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var value map[string]any
	return value, utiljson.Unmarshal(raw, &value)
}

// Kustomization returns the file that names the others of a workload's folder,
// in their order, and its own name.
func Kustomization(p Place, files []string) (name string, content []byte, err error) {
	content, err = yaml.Marshal(map[string]any{
		"apiVersion": "kustomize.config.k8s.io/v1beta1",
		"kind":       "Kustomization",
		"namespace":  p.Namespace(),
		"resources":  files,
	})
	return "kustomization.yaml", content, err
}
