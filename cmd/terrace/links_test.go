package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestTheClientLinksNoServer keeps the client small and quick to start.
func TestTheClientLinksNoServer(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/terrace-idp/terrace/"
	allowed := map[string]string{
		"golden-paths":                                  "what create scaffolds from, offline",
		"internal/kernel":                               "the words of errors",
		"internal/access/audit/chain":                   "checking the audit log, offline",
		"internal/access/quota/bound":                   "what a quota bounds, and sizes as people write them",
		"internal/apiclient":                            "the wire",
		"internal/catalog/apispec/openapi":              "reading OpenAPI documents, offline",
		"internal/catalog/apispec/styleguide":           "linting them, offline",
		"internal/catalog/goldenpath":                   "scaffolding, offline",
		"internal/delivery/bundle":                      "builds the folders that are images, on the developer's machine",
		"internal/delivery/bundle/tarball":              "packs what was built",
		"internal/delivery/workload":                    "validation, offline",
		"internal/fabric/config/configfile":             "validation of configuration, offline",
		"internal/fabric/config/flag":                   "what flags are, offline",
		"internal/fabric/gateway/gatewaydoc":            "validation of the gateway's documents, offline",
		"internal/fabric/gateway/gatewaydoc/specschema": "what the specs of policies may say, offline",
		"internal/fabric/mesh/meshdoc":                  "validation of the mesh's documents, offline",
		"internal/fabric/mesh/cluster":                  "what they are on a cluster, offline",
		"internal/fabric/mesh/istio":                    "what they are on a cluster with Istio, offline",
		"internal/fabric/mesh/linkerd":                  "what they are on a cluster with Linkerd, offline",
		"internal/fabric/mesh/xds/bootstrap":            "what programs of gRPC and Envoys are started with, offline",
		"internal/fabric/gateway/route":                 "what a route is, offline",
		"internal/fabric/gateway/azure/capability":      "what Azure does of documents, offline",
		"internal/fabric/topic/cloudevent":              "reading events, offline",
		"internal/fabric/topic/schema":                  "schemas of events, and what may follow one, offline",
		"internal/fabric/topic/topicdoc":                "validation of documents of topics, offline",
		"internal/governance/cost":                      "what things cost",
		"internal/governance/cost/agreement":            "estimates against expected tables, offline",
		"internal/governance/cost/azure":                "what types of Azure consist of",
		"internal/governance/cost/planned":              "reading plans for their cost, offline",
		"internal/governance/cost/pricebook":            "prices, offline",
		"internal/governance/cost/static":               "reading configurations, offline",
		"internal/governance/policy":                    "what policies are",
		"internal/governance/policy/rego":               "evaluating policies, offline",
		"internal/governance/policy/plan":               "reading plans and states, offline",
		"internal/platform/planformat":                  "what is a plan, offline",
		"internal/platform/leakscan":                    "looking for leaked values, offline",
		"internal/platform/secretref":                   "what a reference to a secret is, offline",
		"internal/governance/policy/agreement":          "policies against labelled plans, offline",
		"policies":                                      "the rules that are shipped, offline",
		"internal/platform/conceal":                     "what findings tell no value of",
		"internal/platform/filekind":                    "what a file is that is no plan and no table",
		"internal/platform/jsonscan":                    "where something is in a plan",
		"internal/platform/tfvariables":                 "which variables of a configuration are secret, offline",
		"internal/platform/yamldoc":                     "what workload reads files with",
		"internal/target/azuresim/azuresimclient":       "the simulated Azure's operations, by their wire",
		"cmd/terrace":                                   "itself",
	}
	for dep := range strings.FieldsSeq(string(out)) {
		own, ok := strings.CutPrefix(dep, module)
		if !ok || strings.HasPrefix(own, "internal/cli") {
			continue
		}
		if allowed[own] == "" {
			t.Errorf("the client links %s", own)
		}
	}
}
