package specschema_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc/specschema"
)

func TestSpecsAreCheckedByTheirKinds(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: gateway.terrace.dev/v1\nkind: "
	for _, c := range []struct{ reason, document, want string }{
		{"a route", head + "Route\nmetadata: {name: x}\nspec: {hosts: [a.dev.shop.localhost], rules: [{backends: [{service: a}]}]}\n", ""},
		{"nothing wrong", head + "RateLimitPolicy\nmetadata: {name: x}\nspec:\n  targetRef: {route: orders}\n  limits: [{windows: [{limit: 10, per: 1s}]}]\n", ""},
		{"a field of null is none", head + "CachePolicy\nmetadata: {name: x}\nspec: {defaultTTL: }\n", ""},
		{
			"a field that there is not", head + "RateLimitPolicy\nmetadata: {name: x}\nspec:\n  limits:\n    - windows: [{limit: 10, per: 1s, pre: 1s}]\n",
			`x.yaml:6:38: spec.limits[0].windows[0].pre: there is no field "pre" (see the fields in terrace gateway schema)`,
		},
		{
			"a value of another type", head + "RateLimitPolicy\nmetadata: {name: x}\nspec:\n  limits: [{windows: [{limit: ten, per: 1s}]}]\n",
			"x.yaml:5:24: spec.limits[0].windows[0].limit: this is a text (write a whole number)",
		},
		{
			"a word that there is not", head + "WafPolicy\nmetadata: {name: x}\nspec: {mode: Blocked}\n",
			`x.yaml:4:8: spec.mode: "Blocked" is not possible (use one of Detection, Blocking)`,
		},
		{
			"a product without plans", head + "Product\nmetadata: {name: x}\nspec: {title: X}\n",
			`x.yaml:4:1: spec: the field "plans" is missing (add it)`,
		},
		{
			"a kind that there is not", head + "RateLimitPolice\nmetadata: {name: x}\nspec: {}\n",
			`x.yaml:2:1: kind: there is no kind of policy "RateLimitPolice" (did you mean RateLimitPolicy?)`,
		},
	} {
		docs, err := gatewaydoc.Read(gatewaydoc.File{Name: "x.yaml", Source: c.document})
		if err != nil {
			t.Fatalf("%s: %v", c.reason, err)
		}
		found, err := specschema.Check(docs)
		if err != nil {
			t.Fatalf("%s: %v", c.reason, err)
		}
		var got []string
		for _, p := range found {
			got = append(got, p.String())
		}
		if all := strings.Join(got, "\n"); all != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.reason, all, c.want)
		}
	}
}
