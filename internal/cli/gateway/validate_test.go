package gateway

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
)

// TestProductsAreNotTakenForPolicies where documents are counted that are valid.
func TestProductsAreNotTakenForPolicies(t *testing.T) {
	t.Parallel()
	docs, err := gatewaydoc.Read(gatewaydoc.File{Name: "all.yaml", Source: `apiVersion: gateway.terrace.dev/v1
kind: Product
metadata: {name: orders}
spec: {plans: [{name: basic}]}
---
apiVersion: gateway.terrace.dev/v1
kind: CorsPolicy
metadata: {name: pages}
spec: {origins: ["https://shop.example.com"]}
`})
	if err != nil {
		t.Fatal(err)
	}
	v, err := check(docs)
	if err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	valid(&told, v)
	for _, want := range []string{"1 document of policies;", "1 document of products;"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("told %q, not %q", told.String(), want)
		}
	}
}
