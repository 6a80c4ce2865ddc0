package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
)

func TestWhatARunDoesNotKeepIsPutBack(t *testing.T) {
	t.Parallel()
	in, err := plan.Read("p", []byte(`{"format_version":"1.2","planned_values":{"outputs":{"o":{"value":1}}},"resource_changes":[
		{"address":"t.new","mode":"managed","type":"t","name":"new","provider_name":"p","change":{"actions":["create"],"before":null,"after":{"a":1,"key":"s3cret"},"after_sensitive":{"key":true}}},
		{"address":"t.gone","mode":"managed","type":"t","name":"gone","deposed":"d","change":{"actions":["delete"],"before":{"a":2},"after":null}},
		{"address":"module.m[\"x.y\\\"]\"].module.module.t.same[0]","module_address":"module.m[\"x.y\\\"]\"].module.module","mode":"managed","type":"t","name":"same","index":0,"change":{"actions":["no-op"],"before":null,"after":{"a":3}}},
		{"address":"module.m[\"x.y\\\"]\"].t.changed","module_address":"module.m[\"x.y\\\"]\"]","mode":"managed","type":"t","name":"changed","change":{"actions":["update"],"before":{"a":4},"after":{"a":5}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	plan.Redact(in)
	plan.Complete(in)
	const (
		m    = `"address":"module.m[\"x.y\\\"]\"]`
		same = `{"address":"module.m[\"x.y\\\"]\"].module.module","resources":[{"address":"module.m[\"x.y\\\"]\"].module.module.t.same[0]","index":0,"mode":"managed","name":"same","type":"t","values":{"a":3}}]}`
	)
	for name, want := range map[string]string{
		"planned_values": `{"outputs":{"o":{"value":1}},"root_module":{"child_modules":[{` + m + `","child_modules":[` + same + `],"resources":[{` + m + `.t.changed","mode":"managed","name":"changed","type":"t","values":{"a":5}}]}],` +
			`"resources":[{"address":"t.new","mode":"managed","name":"new","provider_name":"p","sensitive_values":{"key":true},"type":"t","values":{"a":1,"key":"(sensitive)"}}]}}`,
		"prior_state": `{"values":{"root_module":{"child_modules":[{` + m + `","child_modules":[` + same + `],"resources":[{` + m + `.t.changed","mode":"managed","name":"changed","type":"t","values":{"a":4}}]}],` +
			`"resources":[{"address":"t.gone","deposed_key":"d","mode":"managed","name":"gone","type":"t","values":{"a":2}}]}}}`,
	} {
		if got, err := json.Marshal(in.Document[name]); err != nil || string(got) != want {
			t.Errorf("%s is\n%s\nwant\n%s\n%v", name, got, want, err)
		}
	}
}

func TestWhatAPlanHasStaysAsItIs(t *testing.T) {
	t.Parallel()
	in, err := plan.Read("p", []byte(`{"format_version":"1.2","planned_values":{"root_module":{"of":"terraform"}},"prior_state":{"of":"terraform"},
		"resource_changes":[{"address":"t.n","type":"t","change":{"actions":["update"],"before":{},"after":{}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	plan.Complete(in)
	planned, _ := json.Marshal(in.Document["planned_values"])
	prior, _ := json.Marshal(in.Document["prior_state"])
	if string(planned) != `{"root_module":{"of":"terraform"}}` || string(prior) != `{"of":"terraform"}` {
		t.Errorf("%s, %s", planned, prior)
	}
}

// A run keeps the data sources and outputs of the prior state; the resources join them.
func TestDataSourcesAndOutputsOfThePriorStateStay(t *testing.T) {
	t.Parallel()
	in, err := plan.Read("p", []byte(`{"format_version":"1.2","prior_state":{"format_version":"1.0","values":{
		"outputs":{"o":{"sensitive":true,"value":"s3cret"}},
		"root_module":{"resources":[{"address":"data.t.a","type":"t","mode":"data","values":{"key":"s3cret"},"sensitive_values":{"key":true}}],
			"child_modules":[{"address":"module.m","resources":[{"address":"module.m.data.t.b","type":"t","mode":"data","values":{"n":1}}]}]}}},
		"resource_changes":[
		{"address":"module.m.t.c","module_address":"module.m","mode":"managed","type":"t","name":"c","change":{"actions":["update"],"before":{"n":2},"after":{"n":3}}},
		{"address":"t.d","mode":"managed","type":"t","name":"d","change":{"actions":["delete"],"before":{"n":4},"after":null}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	plan.Redact(in)
	plan.Complete(in)
	const want = `{"format_version":"1.0","values":{"outputs":{"o":{"sensitive":true,"value":"(sensitive)"}},"root_module":{` +
		`"child_modules":[{"address":"module.m","resources":[{"address":"module.m.data.t.b","mode":"data","type":"t","values":{"n":1}},{"address":"module.m.t.c","mode":"managed","name":"c","type":"t","values":{"n":2}}]}],` +
		`"resources":[{"address":"data.t.a","mode":"data","sensitive_values":{"key":true},"type":"t","values":{"key":"(sensitive)"}},{"address":"t.d","mode":"managed","name":"d","type":"t","values":{"n":4}}]}}}`
	if got, err := json.Marshal(in.Document["prior_state"]); err != nil || string(got) != want {
		t.Errorf("it is\n%s\nwant\n%s\n%v", got, want, err)
	}
}
