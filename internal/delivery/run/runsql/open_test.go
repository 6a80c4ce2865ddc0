package runsql

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// Each request asks for the runs of its stack: those that ended long ago are not looked at.
func TestRunsOfAStackAreFoundByTheStack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{Migrations()}, func(t *testing.T, d *db.DB) {
		if d.Dialect() != db.SQLite {
			t.Skip("PostgreSQL decides by how many rows there are")
		}
		var plan []struct {
			ID, Parent, Notused int
			Detail              string
		}
		if err := d.Reader(t.Context()).NewRaw("EXPLAIN QUERY PLAN SELECT COUNT(*)"+ofStack, "acme", "shop", "acme/shop/dev/orders").Scan(t.Context(), &plan); err != nil {
			t.Fatal(err)
		}
		if len(plan) != 1 || !strings.Contains(plan[0].Detail, "runs_open") {
			t.Errorf("%+v", plan)
		}
	})
}
