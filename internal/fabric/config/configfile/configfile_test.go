package configfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
)

const schema = `keys:
  checkout.timeout:
    type: integer
    minimum: 1
    default: 5
    description: Seconds until a checkout is given up.
    owner: team-shop
    sensitivity: public
  payment.key: {type: string, sensitivity: secret}
  limits:
    type: object
    properties:
      items: {type: array, items: {type: integer}}
  worker.threads: {type: integer, workloads: [worker]}
`

func files(more map[string]string) map[string][]byte {
	out := map[string][]byte{"schema.yaml": []byte(schema)}
	for name, content := range more {
		out[name] = []byte(content)
	}
	return out
}

func layered() map[string]string {
	return map[string]string{
		"README.md":                  "for people",
		"default.yaml":               "values:\n  checkout.timeout: 10\n  payment.key: ${secret:payment-key}\nflags:\n  new-checkout: {variants: {on: true, off: false}, defaultVariant: off}\n",
		"stages/prod.yaml":           "values: {checkout.timeout: 20}\nflags:\n  new-checkout: {variants: {on: true, off: false}, defaultVariant: on}\n",
		"tenants/acme.yaml":          "values: {checkout.timeout: 30}\n",
		"tenants/other.yaml":         "values: {checkout.timeout: 99}\n",
		"workloads/orders.yaml":      "values: {checkout.timeout: 40}\n",
		"workloads/orders.prod.yaml": "values:\n\n  checkout.timeout: 50\n",
		"workloads/worker.json":      `{"values": {"worker.threads": 4}}`,
	}
}

func read(t *testing.T, more map[string]string) *configfile.Set {
	t.Helper()
	s, problems := configfile.Read(files(more), configfile.Options{Tenant: "acme", Stages: []string{"dev", "prod"}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// TestTheMostSpecificLayerWins takes the layers away one after another.
func TestTheMostSpecificLayerWins(t *testing.T) {
	t.Parallel()
	left := layered()
	for _, c := range []struct {
		value any
		place string
		takes string
	}{
		{int64(50), "workload-stage workloads/orders.prod.yaml:3:21", "workloads/orders.prod.yaml"},
		{int64(40), "workload workloads/orders.yaml:1:28", "workloads/orders.yaml"},
		{int64(30), "tenant tenants/acme.yaml:1:28", "tenants/acme.yaml"},
		{int64(20), "stage stages/prod.yaml:1:28", "stages/prod.yaml"},
		{int64(10), "default default.yaml:2:21", "default.yaml"},
		{int64(5), "schema schema.yaml:5:14", ""},
	} {
		e, ok := read(t, left).Explain("checkout.timeout", "orders", "prod")
		if got := fmt.Sprintf("%s %s:%d:%d", e.Origin.Layer, e.Origin.File, e.Origin.Line, e.Origin.Column); !ok || e.Value != c.value || got != c.place {
			t.Errorf("%v from %s, want %v from %s", e.Value, got, c.value, c.place)
		}
		if len(e.Overrides) > 0 && len(e.Overrides) != len(left)-3 {
			t.Errorf("with %d files it overrides %v", len(left), e.Overrides)
		}
		delete(left, c.takes)
	}
}

func TestOnlyItsWorkloadsHaveAKey(t *testing.T) {
	t.Parallel()
	s := read(t, layered())
	if _, ok := s.Explain("worker.threads", "orders", "dev"); ok {
		t.Error("orders has the key of worker")
	}
	if e, ok := s.Explain("worker.threads", "worker", "dev"); !ok || e.Value != int64(4) {
		t.Errorf("worker has %v", e.Value)
	}
	flags := s.Flags("orders", "prod")
	if len(flags) != 1 || flags[0].Flag.DefaultVariant != "true" && flags[0].Flag.DefaultVariant != "on" || flags[0].Origin.Layer != configfile.Stage || len(flags[0].Overrides) != 1 {
		t.Errorf("flags %+v", flags)
	}
}

func TestProblemsHaveTheirPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no schema":                 {map[string]string{"schema.yaml": "\x00"}, "schema.yaml:1"},
		"a wrong type":              {map[string]string{"default.yaml": "values:\n  checkout.timeout: soon\n"}, "default.yaml:2:21: values.checkout.timeout: checkout.timeout: got string, want integer"},
		"out of bounds":             {map[string]string{"stages/prod.yaml": "values: {checkout.timeout: 0}\n"}, "stages/prod.yaml:1:28: values.checkout.timeout: checkout.timeout: minimum: got 0, want 1"},
		"deep inside":               {map[string]string{"default.yaml": "values:\n  limits:\n    items: [1, two]\n"}, "default.yaml:3:16: values.limits: limits.items.1: got string, want integer"},
		"another key":               {map[string]string{"default.yaml": "values: {checkout.timeuot: 1}\n"}, "default.yaml:1:10: values.checkout.timeuot: there is no key checkout.timeuot (did you mean checkout.timeout?)"},
		"a value of a secret":       {map[string]string{"default.yaml": "values: {payment.key: hunter2}\n"}, "its value here is no reference"},
		"a reference that is wrong": {map[string]string{"default.yaml": "values:\n  payment.key: ${secret:a#}\n"}, `"" is no key of a secret`},
		"a reference with more":     {map[string]string{"default.yaml": "values:\n  payment.key: ${secret:a}b\n"}, "text behind the reference"},
		"a secret in the open":      {map[string]string{"default.yaml": "values: {limits: {a: 'x${secret:y}'}}\n"}, "limits is not secret"},
		"a key of another":          {map[string]string{"workloads/orders.yaml": "values: {worker.threads: 1}\n"}, "the workload orders does not have the key worker.threads (it is for worker)"},
		"a stage that is not":       {map[string]string{"stages/uat.yaml": "values: {}\n"}, "stages/uat.yaml:1:1: there is no stage uat (the stages are dev, prod)"},
		"a file of no layer":        {map[string]string{"stages/a/b.yaml": "values: {}\n"}, "stages/a/b.yaml:1:1: it has no place in the layout"},
		"a layer twice":             {map[string]string{"stages/dev.yaml": "values: {}\n", "stages/dev.json": `{"values": {}}`}, "is the same layer"},
		"a broken flag":             {map[string]string{"default.yaml": "flags:\n  f:\n    variants: {on: true}\n    defaultVariant: off\n"}, `default.yaml:4:21: flags.f: flag f: defaultVariant: there is no variant`},
		"a result that is not":      {map[string]string{"default.yaml": "flags:\n  f:\n    variants: {on: true, off: false}\n    defaultVariant: off\n    targeting: {if: [{var: a}, onn, {if: [{var: b}, on, of]}]}\n"}, `default.yaml:5:32: flags.f: flag f: targeting.if[1]: there is no variant "onn" (name one of: off, on)`},
		"a shared rule that is not": {map[string]string{"default.yaml": "$evaluators: {gold: {var: a}}\nflags:\n  f:\n    variants: {on: true, off: false}\n    defaultVariant: off\n    targeting: {if: [{$ref: glod}, on]}\n"}, `default.yaml:6:16: flags.f.targeting: there is no shared rule glod (did you mean gold?)`},
		"a default that is not":     {map[string]string{"schema.yaml": "keys:\n  a: {type: integer, default: x}\n"}, "schema.yaml:2:31: keys.a.default: a: got string, want integer"},
		"a schema that is not":      {map[string]string{"schema.yaml": "keys:\n  a: {type: intger}\n"}, "schema.yaml:2:13: keys.a: the schema of a is not valid"},
		"a schema from outside":     {map[string]string{"schema.yaml": "keys:\n  a: {$ref: 'file:///etc/passwd'}\n"}, "a schema refers to itself alone"},
		"a secret of another":       {map[string]string{"schema.yaml": "keys:\n  a: {type: integer, sensitivity: secret}\n"}, "a secret is a text"},
		"a name that is no key":     {map[string]string{"schema.yaml": "keys:\n  A b: {type: integer}\n"}, "cannot be the name of a key"},
		"a word with a typo":        {map[string]string{"schema.yaml": "keys:\n  a: {type: string, sensitivty: secret}\n"}, `schema.yaml:2:21: keys.a.sensitivty: no schema has the word "sensitivty" (did you mean sensitivity?)`},
		"a limit with a typo":       {map[string]string{"schema.yaml": "keys:\n  a:\n    type: integer\n    minimun: 1\n"}, `schema.yaml:4:5: keys.a.minimun: no schema has the word "minimun" (did you mean minimum?)`},
		"a typo deep inside":        {map[string]string{"schema.yaml": "keys:\n  a: {type: object, properties: {title: {anyOf: [{maxlenght: 1}]}}}\n"}, `schema.yaml:2:51: keys.a.properties.title.anyOf[0].maxlenght: no schema has the word "maxlenght" (did you mean maxLength?)`},
		"a secret part of a key":    {map[string]string{"schema.yaml": "keys:\n  a:\n    type: object\n    properties: {password: {type: string, sensitivity: secret}}\n"}, "schema.yaml:4:43: keys.a.properties.password.sensitivity: sensitivity is said of a whole key"},
		"a word that is no more":    {map[string]string{"schema.yaml": "keys:\n  a: {type: object, dependencies: {b: [c]}}\n"}, "dependencies is a word of older drafts"},
		"a sensitivity that not":    {map[string]string{"schema.yaml": "keys:\n  a: {type: string, sensitivity: high}\n"}, "is no sensitivity"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := configfile.Read(files(c.files), configfile.Options{Tenant: "acme", Stages: []string{"dev", "prod"}})
			if len(problems) == 0 || !strings.Contains(problems[0].String(), c.want) {
				t.Errorf("%v, want %s", problems, c.want)
			}
			if strings.Contains(fmt.Sprint(problems), "hunter2") {
				t.Error("the value of a secret is told")
			}
		})
	}
	if _, problems := configfile.Read(map[string][]byte{"default.yaml": []byte("values: {}\n")}, configfile.Options{}); len(problems) != 1 || problems[0].File != "schema.yaml" {
		t.Errorf("without a schema: %v", problems)
	}
}

// TestAllWordsOfSchemas holds that what the draft has, and what begins with x-, may be
// said, that properties are called as anybody likes, and that what counted stays.
func TestAllWordsOfSchemas(t *testing.T) {
	t.Parallel()
	keys := `keys:
  a:
    $comment: note
    type: object
    title: A
    x-team: [1, {sensitivity: 2}]
    $defs: {sensitivty: {type: string, contentMediaType: text/plain}}
    properties: {owner: {$ref: '#/$defs/sensitivty'}, minimun: {enum: [{maxlenght: 1}], examples: [{nothing: 1}]}}
    patternProperties: {'^w': {prefixItems: [true], items: false, unevaluatedItems: false}}
    dependentRequired: {a: [b]}
    additionalProperties: false
  b: {$schema: 'http://json-schema.org/draft-07/schema#', type: object, dependencies: {a: [b]}}
`
	if _, problems := configfile.Read(map[string][]byte{"schema.yaml": []byte(keys)}, configfile.Options{}); len(problems) > 0 {
		t.Error(problems)
	}
	old := map[string][]byte{"schema.yaml": []byte("keys:\n  a: {type: integer, minimun: 1}\n")}
	if _, problems := configfile.Read(old, configfile.Options{Counted: true}); len(problems) > 0 {
		t.Errorf("what counted does not any longer: %v", problems)
	}
}

func TestWhoIsAffected(t *testing.T) {
	t.Parallel()
	after := layered()
	after["stages/prod.yaml"] = "values: {checkout.timeout: 21}\n"
	after["default.yaml"] = strings.Replace(after["default.yaml"], "10", "11", 1)
	delete(after, "tenants/acme.yaml")
	before := layered()
	delete(before, "tenants/acme.yaml")
	targets := []configfile.Target{{Stage: "dev"}, {Stage: "prod"}, {Workload: "orders", Stage: "dev"}, {Workload: "orders", Stage: "prod"}, {Workload: "worker", Stage: "dev"}}
	got := configfile.Affected(read(t, before), read(t, after), targets)
	values := got[:0]
	for _, c := range got {
		if c.Key == "checkout.timeout" {
			values = append(values, c)
		}
	}
	want := []configfile.Change{
		{Key: "checkout.timeout", Before: int64(10), After: int64(11), Targets: []string{"*@dev", "worker@dev"}},
		{Key: "checkout.timeout", Before: int64(20), After: int64(21), Targets: []string{"*@prod"}},
	}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Error(diff)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(schema, layered()["default.yaml"])
	f.Fuzz(func(t *testing.T, keys, layer string) {
		s, problems := configfile.Read(map[string][]byte{"schema.yaml": []byte(keys), "default.yaml": []byte(layer)}, configfile.Options{})
		if (s == nil) != (len(problems) > 0) {
			t.Errorf("a set and problems %v", problems)
		}
		if s != nil {
			s.Effective("w", "dev")
			s.Flags("w", "dev")
		}
	})
}
