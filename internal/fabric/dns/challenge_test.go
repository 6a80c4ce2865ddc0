package dns_test

import (
	"strings"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestWhatAScopeMayRelyOn has zones of two projects, of their tenant and of another one, which
// no network sees, and asks for each what it holds.
func TestWhatAScopeMayRelyOn(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	for name, scope := range map[string]kernel.Scope{
		"_acme-challenge.dev.shop.apps.example.net": {Tenant: "acme", Project: "shop"}, "bank.internal": {Tenant: "acme", Project: "bank"},
		"corp.internal": {Tenant: "acme"}, "rival.internal": {Tenant: "rival"},
	} {
		if _, err := f.CreateZone(as("admin"), dns.Zone{Scope: scope, Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	f.set("_acme-challenge.dev.shop.apps.example.net", "@", "TXT", "", "proof")
	f.set("bank.internal", "@", "TXT", "", "of the bank")
	f.set("corp.internal", "@", "TXT", "", "of all")
	f.set("corp.internal", "alias", "CNAME", "", "elsewhere.example.com.")

	shop, bank := kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, kernel.Scope{Tenant: "acme", Project: "bank"}
	for _, c := range []struct {
		scope            kernel.Scope
		name, says, rest string
	}{
		{shop, "_acme-challenge.dev.shop.apps.example.net", `NOERROR "proof"`, ""},
		{bank, "_acme-challenge.dev.shop.apps.example.net", "NXDOMAIN", ""},
		{shop, "bank.internal", "NOERROR", "bank.internal."},
		{bank, "bank.internal", `NOERROR "of the bank"`, ""},
		{kernel.Scope{Tenant: "acme"}, "bank.internal", `NOERROR "of the bank"`, ""},
		{shop, "CORP.internal", `NOERROR "of all"`, ""},
		{shop, "alias.corp.internal", "NOERROR elsewhere.example.com.", "elsewhere.example.com."},
		{shop, "rival.internal", "NOERROR", "rival.internal."},
	} {
		reply, rest := f.Held(c.scope, new(mdns.Msg).SetQuestion(mdns.Fqdn(c.name), mdns.TypeTXT))
		if got := answer(reply); got != c.says || rest != c.rest {
			t.Errorf("%s of %s: %q, and %q elsewhere", c.name, c.scope, got, rest)
		}
	}
	if got := from(f.Service, "10.0.0.1", "_acme-challenge.dev.shop.apps.example.net", mdns.TypeTXT); strings.Contains(got, "proof") {
		t.Errorf("who is in no network sees a zone of a tenant: %s", got)
	}
}
