package gateway_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestPurgingARouteThatThereIsNot is an error, and no purge of nothing.
func TestPurgingARouteThatThereIsNot(t *testing.T) {
	t.Parallel()
	s, _ := desk(t, dbtest.SQLite(t, gatewaysql.Migrations()), may{})
	put(t, s, dev, gateway.ToService("orders", host, "", "orders", ""))
	if _, err := s.PurgeCache(t.Context(), dev, gateway.CachePurge{Route: "orders"}); err != nil {
		t.Error(err)
	}
	if _, err := s.PurgeCache(t.Context(), dev, gateway.CachePurge{Route: "nope"}); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("%v", err)
	}
}
