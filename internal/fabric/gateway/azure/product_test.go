package azure_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
)

const subscribed = `{"providers": [{"name": "a", "apiKey": {"header": "X-Key", "products": true}}]}`

func offering(name, spec string) gateway.Policy {
	return gateway.Policy{Scope: filtertest.Scope(), Name: name, Kind: "Product", Spec: json.RawMessage(spec)}
}

// TestProductsOpenTheirRoutesAlone: each plan is a product of API Management, which opens the
// APIs of the hosts of its routes, and the policy of a host lets its keys onto these alone.
func TestProductsOpenTheirRoutesAlone(t *testing.T) {
	t.Parallel()
	in := azure.Input{Routes: []gateway.InForce{
		inForce(t, "a", simple, map[string]string{"AuthenticationPolicy": subscribed}),
		inForce(t, "b", `{"hosts": ["a.example.com"], "rules": [{"matches": [{"path": {"value": "/b"}}], "backends": [{"service": "web"}]}]}`, map[string]string{"AuthenticationPolicy": subscribed}),
		inForce(t, "c", `{"hosts": ["c.example.com"], "rules": [{"backends": [{"service": "web"}]}]}`, map[string]string{
			"AuthenticationPolicy": strings.Replace(subscribed, "X-Key", "X-Other", 1), "ValidationPolicy": `{"apis": [{"api": "orders", "version": "1"}]}`,
		}),
	}, Documents: published(ordersAPI), Products: []gateway.Policy{
		offering("one", `{"state": "published", "routes": ["a"], "plans": [{"name": "x"}, {"name": "y", "approval": true, "quotas": [{"calls": 10, "per": "month"}]}]}`),
		offering("orders", `{"state": "published", "apis": [{"api": "orders", "version": "1"}], "plans": [{"name": "x"}]}`),
		offering("draft", `{"state": "draft", "routes": ["a"], "plans": [{"name": "x"}]}`),
	}}
	value, told := azure.Translate(in)
	for _, j := range told {
		if j.Refused {
			t.Errorf("%+v", j)
		}
	}
	m := value.APIManagement
	if names := slices.Sorted(maps.Keys(m.Products)); len(names) != 4 || !strings.HasPrefix(names[0], "shop-draft-x-") || !strings.HasPrefix(names[2], "shop-one-y-") ||
		m.Products[names[0]].Published || !m.Products[names[1]].Published || m.Products[names[1]].SubscriptionsLimit != 0 || m.Products[names[2]].SubscriptionsLimit != 1000 {
		t.Errorf("products: %v: %+v", names, m.Products)
	}
	a, c := apiOf(t, value, "a.example.com"), apiOf(t, value, "c.example.com")
	if len(a.Products) != 2 || a.SubscriptionRequired || a.KeyNames.Header != "X-Key" || len(c.Products) != 1 || c.KeyNames.Header != "X-Other" {
		t.Errorf("%+v\n%+v", a, c)
	}
	before, after, ok := strings.Cut(a.Policy.XML, `StartsWith("b/"`)
	if !ok || !strings.Contains(before, "shop-one-y-") || strings.Contains(after, "context.Product.Id") || !strings.Contains(after, "does not have this route") {
		t.Errorf("the key of the one opens the other route, too: %s", a.Policy.XML)
	}
	for _, p := range m.Products {
		sound(t, p.Policy.XML)
	}
}

// TestProductsThatAreNotToBeHad are refused.
func TestProductsThatAreNotToBeHad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ spec, path, message string }{
		"a quota that only tells": {`{"routes": ["a"], "plans": [{"name": "x", "quotas": [{"calls": 1, "per": "day", "soft": true}]}]}`, "plans[0].quotas[0].soft", "never only tells"},
		"half a second":           {`{"state": "published", "routes": ["a"], "plans": [{"name": "x", "rateLimits": [{"calls": 1, "per": "500ms"}]}]}`, "plans[0].rateLimits[0].per", "whole seconds"},
		"many calls":              {`{"state": "published", "routes": ["a"], "plans": [{"name": "x", "quotas": [{"calls": 3000000000, "per": "month"}]}]}`, "plans[0].quotas[0].calls", "more than API Management counts"},
		"a long description":      {`{"state": "published", "routes": ["a"], "description": "` + strings.Repeat("a", 1001) + `", "plans": [{"name": "x"}]}`, "plans[0].description", "more than 1000"},
		"a field of the future":   {`{"routes": ["a"], "plans": [{"name": "x", "moon": true}]}`, "plans[0].moon", "knows nothing like it"},
	} {
		_, told := azure.Translate(azure.Input{Routes: []gateway.InForce{inForce(t, "a", simple, nil)}, Products: []gateway.Policy{offering("p", c.spec)}})
		if !slices.ContainsFunc(told, func(j gateway.Judgement) bool {
			return j.Refused && j.Class == gateway.ClassProduct && j.Name == "p" && j.Problem.Path == c.path && strings.Contains(j.Problem.Message, c.message)
		}) {
			t.Errorf("%s: %+v", name, told)
		}
	}
	_, told := azure.Translate(azure.Input{Routes: []gateway.InForce{
		inForce(t, "a", simple, map[string]string{"AuthenticationPolicy": subscribed}),
		inForce(t, "b", `{"hosts": ["a.example.com"], "rules": [{"matches": [{"path": {"value": "/b"}}], "backends": [{"service": "web"}]}]}`,
			map[string]string{"AuthenticationPolicy": strings.Replace(subscribed, `"header": "X-Key"`, `"query": "key"`, 1)}),
	}})
	if !slices.ContainsFunc(told, func(j gateway.Judgement) bool {
		return j.Refused && strings.Contains(j.Problem.Message, "in one place of a host")
	}) {
		t.Errorf("keys in two places of a host: %+v", told)
	}
}

// TestWhatLeadsBack: a name of a service that a host of the stage takes in is told of.
func TestWhatLeadsBack(t *testing.T) {
	t.Parallel()
	for domain, tells := range map[string]bool{"example.com": true, "internal.example.org": false} {
		value, told := azure.Translate(azure.Input{Domain: domain, Routes: []gateway.InForce{
			inForce(t, "a", `{"hosts": ["*.example.com"], "rules": [{"backends": [{"service": "web"}]}]}`, nil),
		}})
		if slices.ContainsFunc(told, func(j gateway.Judgement) bool {
			return !j.Refused && j.Problem.Path == "rules[0].backends[0].service" && strings.Contains(j.Problem.Message, "answered with 508")
		}) != tells {
			t.Errorf("%s: %+v", domain, told)
		}
		if xml := apiOf(t, value, "*.example.com").Policy.XML; !strings.Contains(xml, `set-status code="508"`) || !strings.Contains(xml, `name="CDN-Loop" exists-action="append"`) {
			t.Errorf("nothing ends a loop: %s", xml)
		}
	}
}
