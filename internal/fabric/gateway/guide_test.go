package gateway_test

import (
	"context"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestTheGuideOfServicesHolds applies its examples, and has each field of how services
// are spoken to in it.
func TestTheGuideOfServicesHolds(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../../docs/guide/gateway-services.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(raw)
	s, _ := desk(t, dbtest.SQLite(t, gatewaysql.Migrations()), may{})
	examples := strings.Split(guide, "```yaml\n")[1:]
	if len(examples) < 2 {
		t.Fatal("the guide has no examples any more")
	}
	var applied string
	for _, part := range examples {
		source, _, _ := strings.Cut(part, "```")
		changes, err := s.Apply(context.Background(), kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, []gatewaydoc.File{{Name: "guide", Source: source}}, gateway.ApplyOptions{})
		if err != nil || len(changes) != 1 || changes[0].Outcome != gateway.Created {
			t.Errorf("%v, %v of\n%s", changes, err, source)
		}
		applied += source
	}
	for _, of := range []any{route.Settings{}, route.TLS{}, route.HealthCheck{}, route.Outliers{}, route.Breaker{}, route.Limits{}, route.Retry{}, route.Session{}, route.Timeouts{}} {
		for f := range reflect.TypeOf(of).Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !strings.Contains(guide, name) || name != "ca" && !strings.Contains(applied, name+":") {
				t.Errorf("%T: the guide says nothing of %s, or shows no example of it", of, name)
			}
		}
	}
}
