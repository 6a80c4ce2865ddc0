package schema_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/terrace-idp/terrace/internal/target/kubernetes/schema"
)

func TestWhatDoesNotFitIsNamedAtItsPath(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ object, path, message string }{
		"an unknown field": {
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replica: 1, selector: {}, template: {}}",
			"Deployment/a: spec", "replica",
		},
		"a word for a number": {
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: many, selector: {}, template: {}}",
			"Deployment/a: spec.replicas", "must be of type integer",
		},
		"a missing field": {
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {}}",
			"Deployment/a: spec.selector", "is required",
		},
		"deep inside": {
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {selector: {}, template: {spec: {containers: [{name: main, imag: x}]}}}",
			"Deployment/a: spec.template.spec.containers[0]", "imag",
		},
		"a route without a proper path": {
			"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec: {rules: [{matches: [{path: {type: Prefix, value: /}}]}]}",
			"HTTPRoute/a: spec.rules[0].matches[0].path.type", "should be one of",
		},
		"a class of secrets with a number": {
			"apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {name: a}\nspec: {provider: azure, parameters: {a: 1}}",
			"SecretProviderClass/a: spec.parameters.a", "must be of type string",
		},
		"a port that is neither number nor name": {
			"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80, targetPort: true}]}",
			"Service/a: spec.ports[0].targetPort", "",
		},
		"an unknown kind": {"apiVersion: v1\nkind: Poem\nmetadata: {name: a}", "Poem", "no schema"},
	}
	set := schema.New()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var object map[string]any
			if err := yaml.Unmarshal([]byte(c.object), &object); err != nil {
				t.Fatal(err)
			}
			problems, err := set.Check(object)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range problems {
				if strings.HasPrefix(p.Path, c.path) && strings.Contains(p.Path+" "+p.Message, c.message) {
					return
				}
			}
			t.Errorf("problems %v, want %q at %s", problems, c.message, c.path)
		})
	}
}

func TestWhatFitsHasNoProblems(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {a: b}}\nspec: {ports: [{name: web, port: 80, targetPort: http}, {name: api, port: 81, targetPort: 8080}]}",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}",
		"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {maxUnavailable: 1, selector: {matchLabels: {a: b}}}",
	} {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(text), &object); err != nil {
			t.Fatal(err)
		}
		if problems, err := schema.New().Check(object); err != nil || len(problems) > 0 {
			t.Errorf("%v %v of %s", err, problems, text)
		}
	}
}
