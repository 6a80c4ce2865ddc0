package domain_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestNamesThatNobodyOwns(t *testing.T) {
	t.Parallel()
	for text, wanted := range map[string]string{
		"Example.COM.": "example.com", "api.example.co.uk": "api.example.co.uk", "bücher.example": "xn--bcher-kva.example", "api.corp.internal": "api.corp.internal",
		"com": "", "co.uk": "", "github.io": "", "corp": "", "localhost": "", "x.localhost": "", "1.0.10.in-addr.arpa": "", "x.onion": "",
		"": "", ".": "", "a..example.com": "", "-a.example.com": "", "a_b.example.com": "", "192.0.2.1": "", "[::1]": "", "example.com/x": "", "example.com:443": "",
		"*.example.com": "", strings.Repeat("a", 64) + ".example.com": "", strings.Repeat("a.", 118) + "example.com": "", strings.Repeat("x", 5000): "",
	} {
		got, err := domain.Parse(text)
		if got != wanted && wanted != "" || (err == nil) != (wanted != "") {
			t.Errorf("%.40q: %q, %v", text, got, err)
		}
		if wanted == "" && !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

func TestAClaimOpensNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx := as(t.Context(), "ada", "acme")
		want(t, "no claim", f.route(t, prod, "api", "api.example.com"), kernel.Invalid, "lies within no domain", "terrace domain add api.example.com --project shop --stage prod")
		d, err := f.Add(ctx, acme, "example.com")
		if err != nil || d.State != domain.Pending || d.Record.Name != "_terrace-challenge.example.com" || d.Record.Type != "TXT" || d.CreatedBy != "ada" {
			t.Fatalf("%+v, %v", d, err)
		}
		_, err = f.Add(ctx, acme, "EXAMPLE.com")
		want(t, "a second claim", err, kernel.Conflict)
		want(t, "a claim alone", f.route(t, prod, "api", "api.example.com"), kernel.Invalid, "example.com, which is not proven yet", "terrace domain verify example.com")

		_, err = f.Verify(ctx, "acme", "example.com")
		want(t, "no record", err, kernel.Refused, d.Record.Name, d.Record.Value)
		f.records.all[d.Record.Name] = []string{"terrace-domain-verification=another"}
		_, err = f.Verify(ctx, "acme", "example.com")
		want(t, "another's record", err, kernel.Refused, "no TXT record at")
		f.records.err = errors.New("nobody answers")
		if _, err = f.Verify(ctx, "acme", "example.com"); err == nil {
			t.Error("proven without an answer")
		}
		f.records.err = nil
		f.records.set(d.Record)
		if d, err = f.Verify(ctx, "acme", "example.com"); err != nil || d.State != domain.Verified || d.Proof.Method != domain.ByDNS || d.Proof.By != "ada" {
			t.Fatalf("%+v, %v", d, err)
		}
		for name, hosts := range map[string][]string{"api": {"api.example.com"}, "apex": {"example.com"}, "wild": {"*.web.example.com", "deep.down.example.com"}} {
			if err := f.route(t, prod, name, hosts...); err != nil {
				t.Errorf("%s: %s", name, text(err))
			}
		}
		want(t, "a name that only ends alike", f.route(t, prod, "x", "notexample.com"), kernel.Invalid)
		want(t, "a host of another stage", f.route(t, dev, "x", "api.example.com"), kernel.Conflict, "taken by")
		if f.Of("a.b.example.com") != "example.com" || f.Of("example.org") != "" {
			t.Error("the view does not know the domain")
		}
		if got := f.facts.told(); !slices.Equal(got, []string{"acme added", "acme verified"}) {
			t.Errorf("facts: %v", got)
		}
	})
}

func TestADomainIsOfOneTenant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		rival := as(t.Context(), "eve", "rival")
		theirs, err := f.Add(rival, kernel.Scope{Tenant: "rival"}, "example.com")
		if err != nil {
			t.Fatal(err)
		}
		f.proven(t, acme, "example.com") // the claim of the other blocks nobody
		f.records.set(theirs.Record)
		_, err = f.Verify(rival, "rival", "example.com")
		want(t, "a second proof", err, kernel.Conflict, "somebody else")
		for _, name := range []string{"api.example.com", "a.b.example.com"} {
			d, err := f.Add(rival, kernel.Scope{Tenant: "rival"}, name)
			if err != nil {
				t.Fatal(err)
			}
			f.records.set(d.Record)
			_, err = f.Verify(rival, "rival", name)
			want(t, name, err, kernel.Conflict)
			want(t, "a route", f.route(t, kernel.Scope{Tenant: "rival", Project: "p", Stage: "dev"}, "x", name), kernel.Conflict, "somebody else has proven")
		}
		if _, err := f.Domain(rival, "rival", "api.example.com"); err != nil {
			t.Fatal(err)
		}
		// Once it is given up, who can prove it has it.
		if err := f.Remove(as(t.Context(), "ada", "acme"), "acme", "example.com"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Verify(rival, "rival", "example.com"); err != nil {
			t.Error(err)
		}
	})
}

func TestADomainIsBound(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		f.proven(t, acme.InProject("shop"), "example.com")
		other := kernel.Scope{Tenant: "acme", Project: "billing", Stage: "prod"}
		want(t, "another project", f.route(t, other, "x", "pay.example.com"), kernel.Invalid, "which is for project shop", "terrace domain add pay.example.com --project billing --stage prod")
		f.proven(t, other, "pay.example.com")
		if err := f.route(t, other, "pay", "pay.example.com"); err != nil {
			t.Error(text(err))
		}
		want(t, "the closest domain decides", f.route(t, prod, "x", "eu.pay.example.com"), kernel.Invalid, "which is for billing/prod")
		if err := f.route(t, prod, "api", "api.example.com"); err != nil {
			t.Error(text(err))
		}
		// A closer domain that leaves a route of another project without its host is refused.
		d, err := f.Add(as(t.Context(), "ada", "acme"), other, "api.example.com")
		if err != nil {
			t.Fatal(err)
		}
		f.records.set(d.Record)
		_, err = f.Verify(as(t.Context(), "ada", "acme"), "acme", "api.example.com")
		want(t, "a closer domain", err, kernel.Conflict, "route api of shop/prod has this host")
		f.proven(t, kernel.Scope{Tenant: "acme", Stage: "prod"}, "prod.example.org")
		if err := f.route(t, other, "p", "prod.example.org"); err != nil {
			t.Error(text(err))
		}
		want(t, "another stage", f.route(t, dev, "x", "x.prod.example.org"), kernel.Invalid, "which is for stage prod")
		_, err = f.Add(as(t.Context(), "ada", "acme"), acme.InStage("nowhere"), "example.net")
		want(t, "a stage that there is not", err, kernel.NotFound)
	})
}

func TestADomainThatRoutesUseStays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx := as(t.Context(), "ada", "acme")
		f.proven(t, acme, "example.com")
		f.proven(t, acme, "api.example.com")
		for name, host := range map[string]string{"api": "v1.api.example.com", "web": "*.example.com"} {
			if err := f.route(t, prod, name, host); err != nil {
				t.Fatal(text(err))
			}
		}
		want(t, "in use", f.Remove(ctx, "acme", "example.com"), kernel.Conflict, "*.example.com: route web of shop/prod", "terrace gateway delete route web --project shop --stage prod")
		if err := f.Remove(ctx, "acme", "api.example.com"); err != nil { // example.com has its host as well
			t.Error(text(err))
		}
		want(t, "in use by both", f.Remove(ctx, "acme", "example.com"), kernel.Conflict, "route api of", "route web of")
		for _, name := range []string{"api", "web"} {
			if err := f.gateway.DeleteRoute(ctx, prod, name); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Remove(ctx, "acme", "example.com"); err != nil || f.Of("example.com") != "" {
			t.Errorf("%s, of %q", text(err), f.Of("example.com"))
		}
		want(t, "removed", f.Remove(ctx, "acme", "example.com"), kernel.NotFound)
		want(t, "a route on it", f.route(t, prod, "api", "example.com"), kernel.Invalid)
	})
}

// TestADomainIsNeededWhereNoOtherTakesItsHosts has others above and below it that do not.
func TestADomainIsNeededWhereNoOtherTakesItsHosts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx := as(t.Context(), "ada", "acme")
		f.proven(t, acme.InProject("billing"), "example.com")
		f.proven(t, prod, "api.example.com")
		if _, err := f.Add(ctx, prod, "v1.api.example.com"); err != nil {
			t.Fatal(err)
		}
		f.proven(t, prod, "v2.api.example.com")
		if err := f.route(t, prod, "api", "v1.api.example.com", "v2.api.example.com"); err != nil {
			t.Fatal(text(err))
		}
		err := f.Remove(ctx, "acme", "api.example.com")
		want(t, "one above is of another project, one below is not proven", err, kernel.Conflict, "v1.api.example.com: route api of shop/prod")
		if strings.Contains(text(err), "v2.api") {
			t.Error("a host that a closer domain has is told of:", text(err))
		}
		if err := f.Remove(ctx, "acme", "example.com"); err != nil {
			t.Error("no route has a host of it:", text(err))
		}
		if f.Of("v1.api.example.com") != "api.example.com" {
			t.Error("what was refused is done")
		}
	})
}

// TestRoutesOfADomainByEveryDoor has them kept in a repository, and rolled back.
func TestRoutesOfADomainByEveryDoor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx := as(t.Context(), "ada", "acme")
		keep := func(host string, dry bool) error {
			_, err := f.gateway.Keep(ctx, ownership.Keeping{Scope: acme.InProject("shop"), Owner: ownership.Git("main"), Commit: "abc", Prune: true, DryRun: dry}, []gatewaydoc.File{{
				Name: "gateway/prod/api.yaml", Stage: "prod",
				Source: "apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: api}\nspec:\n  hosts: [\"" + host + "\"]\n  rules: [{backends: [{service: web}]}]\n",
			}})
			return err
		}
		for _, dry := range []bool{true, false} {
			want(t, "from Git, of nobody", keep("api.example.com", dry), kernel.Invalid, "lies within no domain")
		}
		f.proven(t, prod, "example.com")
		for _, host := range []string{"api.example.com", "*.eu.example.com"} {
			if err := keep(host, false); err != nil || !f.gateway.HasHost(strings.Replace(host, "*", "x", 1)) {
				t.Fatal(text(err))
			}
		}
		if err := keep("y.prod.shop.apps.example.net", false); err != nil {
			t.Fatal(text(err))
		}
		if err := f.gateway.Release(ctx, "acme", ownership.Git("main")); err != nil {
			t.Fatal(err)
		}
		back := func(number int64) error {
			_, err := f.gateway.Rollback(ctx, prod, gateway.ClassRoute, "api", number, gateway.ApplyOptions{})
			return err
		}
		if err := back(1); err != nil || !f.gateway.HasHost("api.example.com") {
			t.Fatal(text(err))
		}
		if err := back(3); err != nil || f.gateway.HasHost("api.example.com") {
			t.Fatal(text(err))
		}
		if err := f.Remove(ctx, "acme", "example.com"); err != nil {
			t.Fatal(text(err))
		}
		want(t, "back to a domain that was given up", back(1), kernel.Invalid, "lies within no domain")
		if f.gateway.HasHost("api.example.com") || !f.gateway.HasHost("y.prod.shop.apps.example.net") {
			t.Error("what was refused is served")
		}
	})
}

func TestThePlatformsOwnNames(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	ctx := as(t.Context(), "ada", "acme")
	for _, name := range []string{"apps.example.net", "x.apps.example.net", "terrace.example.org", "a.terrace.example.org"} {
		_, err := f.Add(ctx, acme, name)
		want(t, name, err, kernel.Refused, "belongs to the platform")
	}
	// What the platform's names lie below may be a tenant's; they are not.
	f.proven(t, acme, "example.net")
	f.proven(t, acme, "example.org")
	want(t, "a host of the zone", f.route(t, prod, "x", "x.dev.other.apps.example.net"), kernel.Invalid, "does not belong to")
	want(t, "a wildcard above the zone", f.route(t, prod, "x", "*.example.net"), kernel.Conflict, "takes in the zone")
	want(t, "the platform's host", f.route(t, prod, "x", "terrace.example.org"), kernel.Conflict)
	want(t, "a wildcard above it", f.route(t, prod, "x", "*.example.org"), kernel.Conflict)
	for name, host := range map[string]string{"zone": "x.prod.shop.apps.example.net", "wild": "*.eu.example.org", "apex": "example.net"} {
		if err := f.route(t, prod, name, host); err != nil {
			t.Errorf("%s: %s", host, text(err))
		}
	}
	want(t, "a wildcard further above the zone", f.route(t, prod, "x", "*.net"), kernel.Conflict, "takes in the zone")
	want(t, "the zone as a wildcard", f.route(t, prod, "x", "*.apps.example.net"), kernel.Invalid, "does not belong to")
	// A name that the zone only ends alike is none above it.
	f.proven(t, acme, "ple.net")
	if err := f.route(t, prod, "alike", "*.ple.net"); err != nil {
		t.Error(text(err))
	}
	// A host of the zone keeps no domain above it from being removed.
	if err := f.gateway.DeleteRoute(ctx, prod, "apex"); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(ctx, "acme", "example.net"); err != nil || !f.gateway.HasHost("x.prod.shop.apps.example.net") {
		t.Error(text(err))
	}
}

func TestAnOperatorApproves(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	if _, err := f.Add(as(t.Context(), "ada", "acme"), acme, "example.com"); err != nil {
		t.Fatal(err)
	}
	_, err := f.Approve(as(t.Context(), "ada", "acme"), "acme", "example.com", "it is mine")
	want(t, "an admin", err, kernel.Denied)
	d, err := f.Approve(as(t.Context(), "operator", "platform"), "acme", "example.com", "they have shown it")
	if err != nil || d.State != domain.Verified || d.Proof.Method != domain.ByApproval || d.Proof.By != "operator" {
		t.Fatalf("%+v, %v", d, err)
	}
	if got := f.facts.told(); !slices.Equal(got, []string{"acme added", "acme approved", "platform approved"}) {
		t.Errorf("facts: %v", got)
	}
	// A record that is asked for again and is not there takes nothing away.
	_, err = f.Verify(as(t.Context(), "ada", "acme"), "acme", "example.com")
	want(t, "no record", err, kernel.Refused, "it stays proven")
	if d, err = f.Domain(as(t.Context(), "ada", "acme"), "acme", "example.com"); err != nil || d.State != domain.Verified {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestWhoSeesAndChangesDomains(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		f.proven(t, acme, "example.com")
		f.proven(t, acme.InProject("shop"), "shop.example")
		f.proven(t, acme.InProject("billing"), "billing.example")
		const read, write = "gateway-domain.read ", "gateway-domain.write "
		f.roles["shopper"] = []string{read, read + "shop"}
		f.roles["keeper"] = []string{read, read + "shop", write + "shop"}
		f.roles["nobody"] = nil
		shopper, keeper := as(t.Context(), "shopper", "acme"), as(t.Context(), "keeper", "acme")
		names := func(ctx context.Context) (out []string) {
			for cursor := ""; ; {
				page, err := f.Domains(ctx, "acme", kernel.PageRequest{Limit: 1, Cursor: cursor})
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range page.Items {
					out = append(out, d.Name)
				}
				if cursor = page.Next; cursor == "" {
					return out
				}
			}
		}
		if got := names(as(t.Context(), "ada", "acme")); !slices.Equal(got, []string{"billing.example", "example.com", "shop.example"}) {
			t.Errorf("an admin sees %v", got)
		}
		if got := names(shopper); !slices.Equal(got, []string{"example.com", "shop.example"}) {
			t.Errorf("a member of shop sees %v", got)
		}
		_, err := f.Domain(shopper, "acme", "billing.example")
		want(t, "another project's", err, kernel.Denied)
		_, err = f.Domains(as(t.Context(), "nobody", "acme"), "acme", kernel.PageRequest{})
		want(t, "nobody", err, kernel.Denied)
		want(t, "remove without the right", f.Remove(shopper, "acme", "shop.example"), kernel.Denied)
		want(t, "remove the tenant's", f.Remove(keeper, "acme", "example.com"), kernel.Denied)
		_, err = f.Add(keeper, acme, "more.example")
		want(t, "claim for the tenant", err, kernel.Denied)
		if _, err := f.Add(keeper, acme.InProject("shop"), "more.example"); err != nil {
			t.Error(err)
		}
		if err := f.Remove(keeper, "acme", "shop.example"); err != nil {
			t.Error(err)
		}
	})
}
