package pki_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkisql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// fill makes 100,000 certificates that end one after the other.
const fill = `INSERT INTO pki_certificates (id, serial, tenant, project, stage, kind, holder, subject, names, issuer, issuer_name, profile, algorithm, fingerprint,
	not_before, not_after, issued_at, renewed_from, renewed_by, revoked_at, reason, revoked_by, told, der)
	WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 99999)
	SELECT 'id' || (1000000 + n), 'f' || n, 'acme', 'p' || (n % 20), 'dev', CASE n % 4 WHEN 0 THEN 'route' WHEN 1 THEN 'acme' WHEN 2 THEN 'service' ELSE 'workload' END,
	'x' || n, 'x' || n || '.example.org', 'x' || n || '.example.org www.x' || n || '.example.org', 'ca_' || (n % 3), 'O=Terrace', 'server', 'ECDSA P-256', 'f' || n,
	1790000000000, 1790000000000 + CAST(n * 7919 % 100000 AS BIGINT) * 77000, 1790000000000, '', '', CASE n % 1000 WHEN 0 THEN 1790000000001 ELSE 0 END, '', '', 0, x'00' FROM c`

// BenchmarkPage reads pages of 100 out of 100,000 certificates, beside the bare SQL of the same
// page: the ratio is how many times longer it takes.
func BenchmarkPage(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { pages(b, dbtest.SQLite(b, pkisql.Migrations()), fill) })
	b.Run("postgres", func(b *testing.B) {
		d, err := db.Open(b.Context(), dbtest.NewPostgres(b))
		must(b, err)
		b.Cleanup(func() { _ = d.Close() })
		must(b, d.Migrate(b.Context(), pkisql.Migrations()))
		pages(b, d, strings.Replace(fill, "x'00'", "'x'::bytea", 1))
	})
}

func pages(b *testing.B, d *db.DB, fill string) {
	b.Helper()
	for _, statement := range []string{fill, "ANALYZE"} {
		_, err := d.SQL().ExecContext(b.Context(), statement)
		must(b, err)
	}
	store, now := pkisql.NewStore(d), time.UnixMilli(1790000000000)
	middle := kernel.PageRequest{Limit: 100, Cursor: "1793850000000-id"}
	for _, c := range []struct {
		name  string
		reach kernel.Reach
		f     pki.Filter
		bare  string
	}{
		{"all", kernel.Reach{All: true}, pki.Filter{}, "tenant = 'acme'"},
		{"kind", kernel.Reach{All: true}, pki.Filter{Kind: pki.HolderRoute}, "tenant = 'acme' AND kind = 'route'"},
		{"name", kernel.Reach{All: true}, pki.Filter{Name: "x777"}, "tenant = 'acme' AND (holder = 'x777' OR subject = 'x777')"},
		{"revoked", kernel.Reach{All: true}, pki.Filter{State: pki.Revoked}, "tenant = 'acme' AND revoked_at > 0"},
		{"issuer", kernel.Reach{All: true}, pki.Filter{Issuer: "ca_1", State: pki.Valid}, "tenant = 'acme' AND issuer = 'ca_1' AND revoked_at = 0"},
		{"project", kernel.Reach{Projects: []string{"p3"}}, pki.Filter{}, "tenant = 'acme' AND project = 'p3'"},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.f.At = now
			for b.Loop() {
				if _, err := store.List(b.Context(), "acme", c.reach, c.f, middle); err != nil {
					b.Fatal(err)
				}
			}
			own := b.Elapsed() / time.Duration(b.N)
			began := time.Now()
			for range b.N {
				bare(b, d, c.bare)
			}
			b.ReportMetric(float64(own)/float64(time.Since(began)/time.Duration(b.N)), "ratio")
		})
	}
}

// bare reads a page as plainly as it can be.
func bare(b *testing.B, d *db.DB, where string) {
	b.Helper()
	rows, err := d.SQL().QueryContext(b.Context(), "SELECT id, serial, tenant, project, stage, kind, holder, names, issuer, issuer_name, not_before, not_after FROM pki_certificates WHERE "+where+" AND (not_after, id) > (1793850000000, 'id') ORDER BY not_after, id LIMIT 101")
	must(b, err)
	defer func() { _ = rows.Close() }()
	var texts [10]string
	var from, until int64
	for rows.Next() {
		must(b, rows.Scan(&texts[0], &texts[1], &texts[2], &texts[3], &texts[4], &texts[5], &texts[6], &texts[7], &texts[8], &texts[9], &from, &until))
	}
	must(b, rows.Err())
}
