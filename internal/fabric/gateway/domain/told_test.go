package domain_test

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestADomainTellsWhoseCertificateItsHostsHave its own, that of a domain above, or none.
func TestADomainTellsWhoseCertificateItsHostsHave(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx := as(t.Context(), "ada", "acme")
		f.proven(t, acme, "example.com")
		f.proven(t, acme, "api.example.com")
		for name, host := range map[string]string{"api": "api.example.com", "v1": "v1.api.example.com", "web": "web.example.com"} {
			if err := f.route(t, prod, name, host); err != nil {
				t.Fatal(text(err))
			}
		}
		tells := func(when, name, wider, hosts string) {
			t.Helper()
			d, err := f.Domain(ctx, "acme", name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.Hosts(ctx, d)
			if err != nil || strings.Join(got, " ") != hosts || f.Wider(d) != wider {
				t.Errorf("%s: %s has %q of %q, %v", when, name, got, f.Wider(d), err)
			}
		}
		set := func(name string) domain.Domain {
			t.Helper()
			chain, key := authority(t, nil).leaf(t, "*.example.com")
			d, err := f.SetCertificate(ctx, "acme", name, chain, key) // a wildcard is for the domain beside others, too
			if err != nil {
				t.Fatal(text(err))
			}
			return d
		}
		tells("no certificate", "api.example.com", "", "api.example.com v1.api.example.com")
		set("example.com")
		tells("that of above", "api.example.com", "example.com", "v1.api.example.com")
		tells("that of above", "example.com", "", "api.example.com web.example.com")
		set("api.example.com")
		tells("its own", "api.example.com", "", "api.example.com v1.api.example.com")
		tells("its own", "example.com", "", "web.example.com")
		if err := f.RemoveCertificate(ctx, "acme", "api.example.com"); err != nil {
			t.Fatal(err)
		}
		tells("that of above again", "api.example.com", "example.com", "v1.api.example.com")
		f.roles["bob"] = []string{"gateway-domain.read other"}
		d, err := f.Domain(ctx, "acme", "example.com")
		if err != nil {
			t.Fatal(err)
		}
		if hosts, err := f.Hosts(as(t.Context(), "bob", "acme"), d); err != nil || len(hosts) > 0 {
			t.Errorf("hosts of projects that are not seen: %q, %v", hosts, err)
		}
	})
}

// TestALeafAloneIsWarnedOf since clients know no authority between it and a root.
func TestALeafAloneIsWarnedOf(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	f.proven(t, acme, "example.com")
	chain, key := authority(t, nil).leaf(t, "example.com")
	for what, tc := range map[string]struct {
		chain string
		warns bool
	}{"alone": {chain[:strings.Index(chain, "-----END")] + "-----END CERTIFICATE-----\n", true}, "whole": {chain, false}} {
		d, err := f.SetCertificate(as(t.Context(), "ada", "acme"), "acme", "example.com", tc.chain, key)
		if err != nil {
			t.Fatal(text(err))
		}
		if got := slices.ContainsFunc(f.Warnings(d), func(w string) bool { return strings.Contains(w, "without that of its issuer, CN=authority") }); got != tc.warns {
			t.Errorf("%s: %q", what, f.Warnings(d))
		}
	}
}

// TestAnOperatorIsToldWhoHasADomain and nobody else.
func TestAnOperatorIsToldWhoHasADomain(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	f.proven(t, acme, "api.example.com")
	if _, err := f.Add(as(t.Context(), "eve", "rival"), kernel.Scope{Tenant: "rival"}, "example.com"); err != nil {
		t.Fatal(err)
	}
	_, err := f.Approve(as(t.Context(), "operator", "platform"), "rival", "example.com", "it is theirs")
	want(t, "an operator", err, kernel.Conflict, "tenant acme has proven api.example.com", "terrace domain revoke api.example.com --of acme --reason")
	mine, err := f.Domain(as(t.Context(), "eve", "rival"), "rival", "example.com")
	if err != nil {
		t.Fatal(err)
	}
	f.records.set(mine.Record)
	_, err = f.Verify(as(t.Context(), "eve", "rival"), "rival", "example.com")
	if want(t, "the owner", err, kernel.Conflict, "proven by somebody else", "an operator of the platform"); strings.Contains(text(err), "acme") {
		t.Errorf("a rival is named: %s", text(err))
	}
	want(t, "an address", f.route(t, prod, "ip", "10.0.0.1"), kernel.Invalid, "10.0.0.1 is an address")
}

// TestARefusedLookupNamesTheResolver that was asked, and not that of the machine.
func TestARefusedLookupNamesTheResolver(t *testing.T) {
	t.Parallel()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.LocalAddr().String()
	_ = l.Close() // nobody answers there
	_, err = domain.Lookup{Address: address}.TXT(t.Context(), "example.com")
	want(t, "a lookup", err, kernel.Unavailable, " on "+address)
}
