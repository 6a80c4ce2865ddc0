package domain_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

var demo = kernel.Scope{Tenant: "acme", Project: "demo", Stage: "dev"}

// takes is the stage whose route takes a request, "" for none.
func (f *fixture) takes(t *testing.T, url string) string {
	t.Helper()
	found, err := f.gateway.Explain(as(t.Context(), "ada", "acme"), acme, gateway.Question{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	if found.Match == nil {
		return ""
	}
	return found.Match.Project + "/" + found.Match.Stage
}

// TestAHostStandsBesideAWildcardOfAnotherStage where a closer domain is its stage's, whoever
// comes first.
func TestAHostStandsBesideAWildcardOfAnotherStage(t *testing.T) {
	t.Parallel()
	for name, wildcardFirst := range map[string]bool{"the wildcard first": true, "the host first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, f *fixture) {
				f.proven(t, acme, "example.com")
				f.proven(t, demo, "pay.example.com")
				wild, pay := func() error { return f.route(t, prod, "wild", "*.example.com") }, func() error { return f.paths(t, demo, "pay", "pay.example.com") }
				both := []func() error{wild, pay}
				if !wildcardFirst {
					both = []func() error{pay, wild}
				}
				for _, one := range both {
					if err := one(); err != nil {
						t.Fatal(text(err))
					}
				}
				for url, whose := range map[string]string{
					"https://api.example.com/": "shop/prod", "https://pay.example.com/pay": "demo/dev",
					"https://pay.example.com/": "", "https://eu.pay.example.com/": "", "https://example.com/": "",
				} {
					if got := f.takes(t, url); got != whose {
						t.Errorf("%s is of %q, want %q", url, got, whose)
					}
				}
				if f.gateway.HasHost("eu.pay.example.com") || !f.gateway.HasHost("pay.example.com") || !f.gateway.HasHost("eu.api.example.com") {
					t.Error("it is not as the closest domains say which hosts there are")
				}
				// With the closer domain gone, hosts that stand go on; new ones are the wildcard's.
				if err := f.Remove(as(t.Context(), "ada", "acme"), "acme", "pay.example.com"); err != nil {
					t.Fatal(text(err))
				}
				if got := []string{f.takes(t, "pay.example.com/pay"), f.takes(t, "pay.example.com/"), f.takes(t, "eu.pay.example.com/")}; got[0] != "demo/dev" || got[1] != "" || got[2] != "shop/prod" {
					t.Errorf("without the closer domain: %q", got)
				}
				if err := wild(); err != nil {
					t.Error("a route that stands cannot be changed:", text(err))
				}
			})
		})
	}
}

// paths is a route that leaves most paths of a host to nobody.
func (f *fixture) paths(t *testing.T, scope kernel.Scope, name, host string) error {
	t.Helper()
	_, err := f.gateway.PutRoute(t.Context(), scope, gateway.ToService(name, host, "/pay", "web", ""))
	return err
}

// TestWithinOneDomainAHostIsOfOneStage also where a wildcard takes it in, which is named.
func TestWithinOneDomainAHostIsOfOneStage(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	f.proven(t, acme, "example.com")
	if err := f.route(t, prod, "wild", "*.example.com"); err != nil {
		t.Fatal(text(err))
	}
	want(t, "a host in a wildcard", f.route(t, demo, "pay", "pay.example.com"), kernel.Conflict,
		"pay.example.com is taken by acme/shop/prod: *.example.com takes it in", "terrace domain add pay.example.com --project demo --stage dev")
	if err := f.gateway.DeleteRoute(t.Context(), prod, "wild"); err != nil {
		t.Fatal(err)
	}
	if err := f.route(t, demo, "pay", "pay.example.com"); err != nil {
		t.Fatal(text(err))
	}
	want(t, "a wildcard over a host", f.route(t, prod, "wild", "*.example.com"), kernel.Conflict,
		"*.example.com takes in pay.example.com, which is taken by acme/demo/dev", "terrace domain add pay.example.com --project demo --stage dev")
}
