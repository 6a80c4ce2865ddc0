package azure_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cors"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
)

// TestHostsOfATenantsDomainAreSites as those of the zone are, with the same policies.
func TestHostsOfATenantsDomainAreSites(t *testing.T) {
	t.Parallel()
	hosts := []string{"api.example.com", "*.eu.example.com", filtertest.Host}
	r := gateway.ToService("api", hosts[0], "/", "web", "")
	r.Scope, r.Hosts = filtertest.Scope(), hosts
	r, err := r.Normalize()
	if err != nil {
		t.Fatal(err)
	}
	policy := gateway.Policy{Scope: filtertest.Scope(), Name: "origins", Kind: cors.KindName, Spec: json.RawMessage(`{"origins": ["https://app.example.com"]}`)}
	value, judgements := azure.Translate(azure.Input{Domain: "internal.example.com", Routes: []gateway.InForce{{Route: r, Policies: []gateway.Policy{policy}}}})
	for _, j := range judgements {
		if j.Refused {
			t.Errorf("%+v", j)
		}
	}
	paths, policies := map[string]bool{}, map[string]bool{}
	for _, api := range value.APIManagement.APIs {
		paths[api.Path] = true
		raw, err := json.Marshal(api.Policy)
		if err != nil {
			t.Fatal(err)
		}
		policies[string(raw)] = true
	}
	var served []string
	for _, site := range value.Sites {
		served = append(served, site.Host)
		if !paths[site.API] {
			t.Errorf("%s leads to no API: %s", site.Host, site.API)
		}
	}
	slices.Sort(served)
	slices.Sort(hosts)
	if !slices.Equal(served, hosts) || len(paths) != len(hosts) {
		t.Errorf("sites are %v, and there are %d APIs", served, len(paths))
	}
	if len(policies) == 0 {
		t.Error("no host has a policy")
	}
}
