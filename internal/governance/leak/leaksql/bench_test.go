package leaksql_test

import (
	"fmt"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// BenchmarkAHundredThousandFindings looks for those of one plan, and of one repository, among
// 100,000 of a stage.
func BenchmarkAHundredThousandFindings(b *testing.B) {
	d := dbtest.SQLite(b, leaksql.Migrations())
	_, err := d.Conn(b.Context()).NewRaw(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO leak_findings (id, tenant, project, stage, kind, rule, state, repository, place, fingerprint, revision, body)
		SELECT printf('leak_%08d', i), 'acme', 'shop', 'dev', 'plan', 'aws', 'open', printf('r%d', i % 1000), printf('%064x%064x', i / 10, i), 'f', 1, '{}' FROM n`).Exec(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	store, scope := leaksql.NewStore(d), kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
	b.Run("of a plan", func(b *testing.B) {
		for b.Loop() {
			if got, err := store.Beginning(b.Context(), scope, fmt.Sprintf("%064x", 4711)); err != nil || len(got) != 10 {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("of a repository", func(b *testing.B) {
		for b.Loop() {
			if got, err := store.Under(b.Context(), scope, "r77", ""); err != nil || len(got) != 100 {
				b.Fatal(len(got), err)
			}
		}
	})
}
