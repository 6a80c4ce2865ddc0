package graph_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const definition = `apiVersion: terrace.dev/v1
kind: Definition
metadata:
  name: web-route
spec:
  type: route
  criteria:
    - target: local
    - {stage: prod, project: shop, class: fast, id: main.site}
  module:
    source: terrace/route/local
    version: ~> 1.0
  inputs:
    host: ${params.host:-${resources.dns.fqdn}}
    weight: 3
    ratio: 0.5
    flags: [true, "${resource.uid}"]
  resources:
    dns:
      type: dns
      id: ${context.workload}
      params: {ttl: 60}
`

func TestParseDefinition(t *testing.T) {
	t.Parallel()
	got, err := graph.ParseDefinition("route.yaml", []byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	want := graph.Definition{
		Name: "web-route", Type: "route",
		Criteria:  []graph.Criterion{{Target: "local"}, {Stage: "prod", Project: "shop", Class: "fast", ID: "main.site"}},
		Module:    graph.ModuleRef{Source: "terrace/route/local", Version: "~> 1.0"},
		Inputs:    map[string]any{"host": "${params.host:-${resources.dns.fqdn}}", "weight": int64(3), "ratio": 0.5, "flags": []any{true, "${resource.uid}"}},
		Resources: map[string]graph.DependentResource{"dns": {Type: "dns", ID: "${context.workload}", Params: map[string]any{"ttl": int64(60)}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var again graph.Definition
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("JSON changes it: %s", diff)
	}
}

func TestParseDefinitionRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		old, new     string
		line, column int
		message      string
		fix          string
	}{
		"version":              {"terrace.dev/v1", "terrace.dev/v2", 1, 13, `"terrace.dev/v2" is not supported`, "terrace.dev/v1"},
		"kind":                 {"kind: Definition", "kind: Thing", 2, 7, `"Thing"`, "kind: Definition"},
		"name":                 {"name: web-route", "name: Web", 4, 9, `"Web"`, "a-z"},
		"no type":              {"  type: route\n", "", 6, 3, "type is missing", "letters"},
		"unknown key":          {"  criteria:", "  criterias:", 7, 3, `unknown key "criterias"`, "did you mean criteria?"},
		"unknown criterion":    {"target: local", "env: dev", 8, 7, `unknown key "env"`, "target, project, stage, class, id"},
		"criterion twice":      {"    - {stage: prod, project: shop, class: fast, id: main.site}", "    - {target: local, class: default}", 9, 7, "{class: default, target: local} is the same as criteria[0]", "remove"},
		"criterion's value":    {"stage: prod", "stage: 5", 9, 15, "not the integer 5", "quotes"},
		"module's source":      {"terrace/route/local", "./route", 11, 13, `"./route"`, "namespace/name/system"},
		"module's version":     {"~> 1.0", "newest", 12, 14, `"newest"`, "~> 1.2"},
		"unknown root":         {"${resource.uid}", "${env.HOME}", 17, 19, `nothing is known as "env"`, "$${"},
		"unknown field":        {"${resource.uid}", "${resource.uuid}", 17, 19, "the names are class, hash, id, name, type, uid", "$${"},
		"unknown dependent":    {"${resources.dns.fqdn}", "${resources.dsn.fqdn}", 14, 11, `no resource "dsn"; did you mean dns?`, "$${"},
		"no output":            {"${resources.dns.fqdn}", "${resources.dns}", 14, 11, "the name of an output is missing", "$${"},
		"default of a context": {"${resource.uid}", "${context.stage:-x}", 17, 19, "only ${params.…} can have a default", "$${"},
		"no end":               {"${resource.uid}", "x ${resource.uid", 17, 22, "has no end", "close it"},
		"no end inside":        {"${params.host:-${resources.dns.fqdn}}", "${params.host:-${resources.dns.fqdn}", 14, 11, "has no end", "close it"},
		"dependent's name":     {"    dns:\n", "    DNS:\n", 0, 0, "", ""},
		"dependent's type":     {"type: dns", "type: d_n_s", 20, 13, `"d_n_s"`, "letters"},
		"dependent's id":       {"id: ${context.workload}", "id: A b", 21, 11, `"A b"`, "a-z"},
		"id from a dependent":  {"id: ${context.workload}", "id: ${resources.dns.fqdn}", 21, 11, `no resource "dns"`, "$${"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(definition, c.old) {
				t.Fatalf("the case changes nothing: %q", c.old)
			}
			_, err := graph.ParseDefinition("route.yaml", []byte(strings.Replace(definition, c.old, c.new, 1)))
			e, ok := errors.AsType[*kernel.Error](err)
			if c.line == 0 {
				if !ok || len(e.Problems) != 2 {
					t.Errorf("got %v", err)
				}
				return
			}
			if !ok || e.Kind != kernel.Invalid || len(e.Problems) != 1 {
				t.Fatalf("want one problem, got %v", err)
			}
			p := e.Problems[0]
			if p.File != "route.yaml" || p.Line != c.line || p.Column != c.column || !strings.Contains(p.Message, c.message) || !strings.Contains(p.Fix, c.fix) {
				t.Errorf("got %v, want %d:%d %q %q", p, c.line, c.column, c.message, c.fix)
			}
		})
	}
}

func FuzzParseDefinition(f *testing.F) {
	f.Add([]byte(definition))
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := graph.ParseDefinition("d.yaml", src)
		if err != nil {
			if e, ok := errors.AsType[*kernel.Error](err); !ok || (e.Kind == kernel.Invalid && len(e.Problems) == 0) {
				t.Fatalf("an error without its problems: %v", err)
			}
			return
		}
		if _, err := graph.NewIndex([]graph.Definition{d}); err != nil {
			t.Fatalf("it parses but cannot be used: %v", err)
		}
	})
}
