package leak_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// BenchmarkAChangeAmongTenThousand is how long it takes until a text is looked through with
// what a tenant has, after one of its 10,000 secrets has got another value.
func BenchmarkAChangeAmongTenThousand(b *testing.B) {
	d := dbtest.SQLite(b, leaksql.Migrations())
	bench := newBench(b, d)
	scope, at := kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, file("a.txt")
	err := d.InTx(b.Context(), func(ctx context.Context) error {
		for n := range 10_000 {
			if err := bench.Keep(ctx, scope, fmt.Sprintf("secret-%d", n), 1, []string{fmt.Sprintf("Value-%d-of-it", n)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := bench.Inspect(b.Context(), shop, at, "nothing"); err != nil {
		b.Fatal(err)
	}
	for n := 0; b.Loop(); n++ {
		if err := bench.Keep(b.Context(), scope, "secret-77", 1, []string{fmt.Sprintf("Another-%d-of-it", n)}); err != nil {
			b.Fatal(err)
		}
		if _, err := bench.Inspect(b.Context(), shop, at, "nothing"); err != nil {
			b.Fatal(err)
		}
	}
}
