package app

import (
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/access/tenant/departure/departuresql"
	"github.com/terrace-idp/terrace/internal/delivery/run/runjobs"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkisql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestRevocationsOutlastATenant removes a tenant whose certificates have not all ended: nobody
// is told that one of them is good, nor what it was for.
func TestRevocationsOutlastATenant(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations(), func(t *testing.T, d *db.DB) {
		queue, err := runjobs.New(d, runjobs.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := queue.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		store, now := pkisql.NewStore(d), time.Now()
		entry := func(id, issuer string, end time.Duration) pki.Entry {
			return pki.Entry{
				ID: id, Serial: id, Issuer: issuer, Names: []string{"orders.example.com"}, Fingerprint: id, NotBefore: now, NotAfter: now.Add(end), DER: []byte("der"),
				Holder: pki.Holder{Kind: pki.HolderWorkload, Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, Name: "orders"},
			}
		}
		all := []pki.Entry{entry("a1", "ca_1", time.Hour), entry("a2", "ca_1", time.Hour), entry("a3", "ca_1", -time.Hour), entry("a4", "", time.Hour)}
		other := entry("b1", "ca_1", time.Hour)
		other.Holder.Scope.Tenant = "acme-too"
		all[1].Revoked = &pki.Revocation{At: now, Reason: pki.KeyCompromise, By: "ada"}
		if err := store.Add(t.Context(), append(all, other)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := (departuresql.Rows{DB: d, Log: auditsql.NewStore(d)}).Erase(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		for id, reason := range map[string]pki.Reason{"a1": pki.CessationOfOperation, "a2": pki.KeyCompromise} {
			e, err := store.Get(t.Context(), id)
			if err != nil || e.Revoked == nil || e.Revoked.Reason != reason || e.Revoked.By != "" {
				t.Errorf("%s: %+v, %v", id, e.Revoked, err)
			}
			if len(e.Names) > 0 || len(e.DER) > 0 || e.Holder.Name != "" || e.Holder.Scope.Project != "" {
				t.Errorf("%s says of a tenant that there is no more: %+v", id, e)
			}
		}
		for _, id := range []string{"a3", "a4"} {
			if _, err := store.Get(t.Context(), id); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%s: %v", id, err)
			}
		}
		if e, err := store.Get(t.Context(), "b1"); err != nil || e.Revoked != nil {
			t.Errorf("another tenant's: %+v, %v", e.Revoked, err)
		}
		if told, err := store.RevokedBy(t.Context(), "ca_1", now); err != nil || len(told) != 2 {
			t.Errorf("%d are in the list, %v", len(told), err)
		}
	})
}
