package domain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAProofIsTakenBack from a domain that routes use.
func TestAProofIsTakenBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ada, operator := as(t.Context(), "ada", "acme"), as(t.Context(), "operator", "platform")
		f.proven(t, acme, "example.com")
		f.proven(t, prod, "pay.example.com")
		chain, key := authority(t, nil).leaf(t, "api.example.com")
		if _, err := f.SetCertificate(ada, "acme", "example.com", chain, key); err != nil {
			t.Fatal(text(err))
		}
		for name, hosts := range map[string][]string{"api": {"api.example.com", "api.prod.shop.apps.example.net"}, "wild": {"*.eu.example.com"}, "pay": {"pay.example.com"}} {
			if err := f.route(t, prod, name, hosts...); err != nil {
				t.Fatal(text(err))
			}
		}
		beside := newFixture(t, f.db) // another process
		if err := beside.gateway.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := f.Revoke(ada, "acme", "example.com", "it is mine")
		want(t, "an admin", err, kernel.Denied)
		_, err = f.Revoke(operator, "acme", "example.com", " ")
		want(t, "without a reason", err, kernel.Invalid)
		before, err := f.Domain(ada, "acme", "example.com")
		if err != nil {
			t.Fatal(err)
		}
		d, err := f.Revoke(operator, "acme", "example.com", "it was sold")
		if err != nil || d.State != domain.Revoked || d.Proof != nil || d.Record.Value == before.Record.Value || d.Revocation.Reason != "it was sold" || d.Revocation.By != "operator" {
			t.Fatalf("%+v, %s", d, text(err))
		}
		_, err = f.Revoke(operator, "acme", "example.com", "again")
		want(t, "a second time", err, kernel.Refused, "nothing to take back")
		if got := f.facts.told(); !slices.Equal(got[len(got)-2:], []string{"acme revoked", "platform revoked"}) {
			t.Errorf("facts: %v", got)
		}
		// This process serves them no more, and another one once it sees the revision.
		if revision, err := f.gateway.Store.Revision(t.Context()); err != nil || revision == 0 {
			t.Fatal(err)
		} else if held, _ := beside.gateway.Held(); held == revision {
			t.Error("another process would not look")
		}
		if err := beside.gateway.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		for what, g := range map[string]*gateway.Service{"this process": f.gateway, "another one": beside.gateway} {
			for host, served := range map[string]bool{"api.example.com": false, "x.eu.example.com": false, "pay.example.com": true, "api.prod.shop.apps.example.net": true} {
				if g.HasHost(host) != served {
					t.Errorf("%s serves %s: %v", what, host, !served)
				}
			}
		}
		if f.Certificate("api.example.com") != nil || f.Of("api.example.com") != "" {
			t.Error("the domain is shown still")
		}
		explained := func(host string) string {
			t.Helper()
			x, err := f.gateway.Explain(ada, prod, gateway.Question{URL: host})
			if err != nil {
				t.Fatal(err)
			}
			return x.Answer
		}
		for host, route := range map[string]string{"api.example.com": "route api of shop/prod", "x.eu.example.com": "route wild of shop/prod"} {
			for _, says := range []string{route, "it was sold", "terrace domain show example.com"} {
				if got := explained(host); !strings.Contains(got, says) {
					t.Errorf("%s does not say %q: %s", host, says, got)
				}
			}
		}
		if got := explained("none.example.com"); strings.Contains(got, "sold") {
			t.Error("of a host that no route has:", got)
		}
		inForce, err := f.gateway.InForce(t.Context(), prod)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range inForce {
			if slices.Contains(one.Route.Hosts, "api.example.com") || one.Route.Name == "wild" && len(one.Route.Hosts) > 0 {
				t.Errorf("Azure is told of %v", one.Route.Hosts)
			}
		}
		want(t, "a route on it", f.route(t, prod, "more", "more.example.com"), kernel.Invalid, "taken back: it was sold")
		_, err = f.SetCertificate(ada, "acme", "example.com", chain, key)
		want(t, "a certificate", err, kernel.Refused, "not proven")

		// The record of before proves nothing.
		_, err = f.Verify(ada, "acme", "example.com")
		want(t, "the record of before", err, kernel.Refused, d.Record.Value)
		f.records.set(d.Record)
		if d, err = f.Verify(ada, "acme", "example.com"); err != nil || d.Revocation != nil || d.Proof == nil {
			t.Fatalf("%+v, %s", d, text(err))
		}
		if !f.gateway.HasHost("api.example.com") || !f.gateway.HasHost("x.eu.example.com") || f.Certificate("api.example.com") == nil {
			t.Error("it is not served again")
		}
		want(t, "a host of another stage", f.route(t, dev, "x", "api.example.com"), kernel.Conflict, "taken by")
	})
}

// TestWhoProvesATakenDomainHasItsHosts though routes of before have them still.
func TestWhoProvesATakenDomainHasItsHosts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		f.proven(t, acme, "example.com")
		for name, host := range map[string]string{"api": "api.example.com", "wild": "*.example.com"} {
			if err := f.route(t, prod, name, host); err != nil {
				t.Fatal(text(err))
			}
		}
		if _, err := f.Revoke(as(t.Context(), "operator", "platform"), "acme", "example.com", "it was sold"); err != nil {
			t.Fatal(text(err))
		}
		theirs := kernel.Scope{Tenant: "rival", Project: "p", Stage: "dev"}
		f.proven(t, kernel.Scope{Tenant: "rival"}, "example.com")
		if err := f.route(t, theirs, "api", "api.example.com"); err != nil {
			t.Fatal(text(err))
		}
		x, ok := f.gateway.Table(), f.gateway.HasHost("web.example.com")
		if x == nil || ok {
			t.Error("the wildcard of before is served")
		}
		candidates := f.gateway.Table().Candidates("api.example.com")
		if len(candidates) != 1 || candidates[0].Route().Scope != theirs {
			t.Errorf("%d routes have the host", len(candidates))
		}
		answer, err := f.gateway.Explain(as(t.Context(), "ada", "acme"), prod, gateway.Question{URL: "api.example.com"})
		if err != nil || !strings.Contains(answer.Answer, "somebody else has proven") {
			t.Errorf("%s, %v", answer.Answer, err)
		}
		mine, err := f.Domain(as(t.Context(), "ada", "acme"), "acme", "example.com")
		if err != nil {
			t.Fatal(err)
		}
		f.records.set(mine.Record)
		_, err = f.Verify(as(t.Context(), "ada", "acme"), "acme", "example.com")
		want(t, "proven again", err, kernel.Conflict, "somebody else")
		if err := f.gateway.DeleteRoute(t.Context(), prod, "api"); err != nil { // it frees nothing of others
			t.Fatal(err)
		}
		if !f.gateway.HasHost("api.example.com") {
			t.Error("the host of the other tenant went with it")
		}
	})
}
