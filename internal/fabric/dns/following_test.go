package dns_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// deployed is what a workload has deployed on a stage.
type deployed struct {
	version string
	found   []dns.Found
	// before is called once, when the version has been read.
	before func()
	fails  error
}

func (d *deployed) Version(context.Context, kernel.Scope, string) (string, error) {
	return d.version, nil
}

func (d *deployed) Endpoints(context.Context, kernel.Scope, string, string) ([]dns.Found, error) {
	found := d.found
	if d.before != nil {
		d.before()
		d.before = nil
	}
	return found, d.fails
}

func vault(name, address string) dns.Found {
	return dns.Found{Name: "pe-" + name, Resource: "/subscriptions/1/" + name, Service: name, Group: "vault", Zone: "privatelink.vaultcore.azure.net", Addresses: []string{address}}
}

// applied has a workload's endpoints follow what it has deployed now.
func (f *fixture) applied(d *deployed, version string, found ...dns.Found) {
	f.t.Helper()
	d.version, d.found = version, found
	f.note()
	if err := f.Follow(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) note() {
	f.t.Helper()
	if err := f.db.InTx(f.t.Context(), func(ctx context.Context) error { return f.Applied(ctx, dev, "orders") }); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) endpoints() (all []dns.Endpoint) {
	f.t.Helper()
	for next := ""; ; {
		page, err := dns.Listed[dns.Endpoint](as("admin"), f.Service, dns.KindEndpoint, "acme", kernel.PageRequest{Cursor: next})
		if err != nil {
			f.t.Fatal(err)
		}
		all = append(all, page.Items...)
		if next = page.Next; next == "" {
			return all
		}
	}
}

func TestPrivateEndpointsFollowWhatStagesHaveDeployed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{dnssql.Migrations()}, func(t *testing.T, d *db.DB) {
		t.Helper()
		f, has := newFixture(t, d), &deployed{}
		f.Deployed = has
		second := f.replica()
		second.Deployed = has
		if _, err := f.SetNetwork(as("operator"), dns.Network{Scope: kernel.Scope{Tenant: "acme", Project: "shop"}, Name: "shop-dev", Prefixes: []string{"10.1.0.0/16"}}); err != nil {
			t.Fatal(err)
		}
		f.network("spoke", false, "10.2.0.0/16")
		const name = "kv1.privatelink.vaultcore.azure.net"
		f.applied(has, "1", vault("kv1", "10.1.0.4"), vault("kv2", "10.1.0.5"))
		if got := from(f.Service, "10.1.9.9", name, mdns.TypeA); got != "NOERROR 10.1.0.4" {
			t.Fatalf("%s: %+v", got, f.endpoints())
		}
		w, err := f.Why(as("admin"), "acme", name, "A", "shop-dev")
		if text := explained(w); err != nil || !strings.Contains(text, "of private endpoint pe-kv1-") || !strings.Contains(text, "in network shop-dev, which orders has deployed on dev") {
			t.Errorf("%s %v", text, err)
		}
		if err := f.DeleteEndpoint(as("admin"), "acme", f.endpoints()[0].Name); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("what a stage has is deleted by hand: %v", err)
		}
		told := len(f.told())
		f.applied(has, "2", vault("kv1", "10.1.0.4"), vault("kv2", "10.1.0.5"))
		if err := second.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := f.told(); len(got) != told {
			t.Errorf("the same again is told: %v", got[told:])
		}
		f.applied(has, "3", vault("kv1", "10.1.0.9"))
		for n, want := range map[string]string{name: "NOERROR 10.1.0.9", "kv2.privatelink.vaultcore.azure.net": "NXDOMAIN"} {
			if got := from(f.Service, "10.1.9.9", n, mdns.TypeA); got != want {
				t.Errorf("%s: %s, want %s", n, got, want)
			}
		}
		f.applied(has, "")
		if all := f.endpoints(); len(all) != 0 {
			t.Errorf("what is destroyed is still there: %+v", all)
		}
	})
}

func TestAnEndpointWithoutAPlaceSaysWhy(t *testing.T) {
	t.Parallel()
	f, has := newFixture(t, dbtest.SQLite(t, dnssql.Migrations())), &deployed{}
	f.Deployed = has
	const in = "privatelink.vaultcore.azure.net"
	next := func(reason, problem, fix string) {
		t.Helper()
		if e := f.endpoints()[0]; !strings.Contains(e.Problem, problem) || !strings.Contains(e.Fix, fix) || problem == "" && e.Problem != "" {
			t.Errorf("%s: %q, %q", reason, e.Problem, e.Fix)
		}
		w, err := f.Why(as("admin"), "acme", "kv1.vault.azure.net", "A", "")
		if text := explained(w); err != nil || problem != "" && !strings.Contains(text, "orders has a private endpoint of it on dev") || !strings.Contains(text, problem) {
			t.Errorf("%s: %s %v", reason, text, err)
		}
		f.ahead.Add(int64(2 * time.Minute))
	}
	again := func() {
		t.Helper()
		if err := f.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f.applied(has, "1", vault("kv1", "10.1.0.4"))
	next("no network", "no network of project shop or of the whole tenant has 10.1.0.4", "terrace dns network set")
	f.network("spoke", false, "10.1.0.0/16")
	again()
	next("no zone", "is the whole tenant's, and there is no zone "+in, "terrace dns zone create "+in+" --network spoke --tenant")
	f.network("hub", false, "10.0.0.0/16")
	f.zone(in, "hub")
	again()
	next("a zone that is not linked", "does not see zone", "terrace dns zone link "+in+" spoke")
	if _, err := f.Link(as("admin"), "acme", in, dns.Link{Network: "spoke"}, true); err != nil {
		t.Fatal(err)
	}
	f.set(in, "kv1", "A", "spoke", "10.1.0.77")
	again()
	next("the name is taken", "has a record kv1 of network spoke already", "delete its endpoint first")
	told := len(f.told())
	again()
	if got := f.told(); len(got) != told {
		t.Errorf("the same problem again is told: %v", got[told:])
	}
	f.ahead.Add(int64(2 * time.Minute))
	if err := f.DeleteSet(as("admin"), "acme", in, "kv1", "A", "spoke"); err != nil {
		t.Fatal(err)
	}
	again()
	next("nothing", "", "")
	if got := from(f.Service, "10.0.9.9", "kv1."+in, mdns.TypeA); got != "NXDOMAIN" {
		t.Errorf("another network has the record of a stage: %s", got)
	}
	if w, err := f.Why(as("admin"), "acme", "kv1."+in, "A", "hub"); err != nil || !strings.Contains(explained(w), "which is answered in network spoke alone") {
		t.Errorf("%s %v", explained(w), err)
	}
}

func TestAStateThatIsAppliedAnewMeanwhileIsFollowed(t *testing.T) {
	t.Parallel()
	f, has := newFixture(t, dbtest.SQLite(t, dnssql.Migrations())), &deployed{}
	f.Deployed = has
	if _, err := f.SetNetwork(as("operator"), dns.Network{Scope: kernel.Scope{Tenant: "acme", Project: "shop"}, Name: "shop-dev", Prefixes: []string{"10.1.0.0/16"}}); err != nil {
		t.Fatal(err)
	}
	has.before = func() { has.version, has.found = "2", []dns.Found{vault("kv2", "10.1.0.5")} }
	f.applied(has, "1", vault("kv1", "10.1.0.4"))
	if all := f.endpoints(); len(all) != 0 {
		t.Errorf("an older state is followed: %+v", all)
	}
	has.fails = errors.New("the state cannot be read")
	if err := f.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	has.fails = nil
	f.ahead.Add(int64(2 * time.Minute))
	if err := f.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := f.endpoints(); len(all) != 1 || all[0].Service != "kv2" {
		t.Errorf("%+v", all)
	}
	if !slices.Contains(f.told(), "dns-endpoint.created") {
		t.Errorf("%v", f.told())
	}
}

// What is noted outlives an endpoint that cannot be read.
func TestEndpointsAreFollowedOnceAllCanBeRead(t *testing.T) {
	t.Parallel()
	f, has := newFixture(t, dbtest.SQLite(t, dnssql.Migrations())), &deployed{}
	f.Deployed = has
	bad := dns.Object{Kind: dns.KindEndpoint, Scope: kernel.Scope{Tenant: "acme", Project: "shop"}, Name: "bad", Body: `"of another release"`}
	book := func(do func(ctx context.Context) error) {
		t.Helper()
		if err := f.db.InTx(t.Context(), do); err != nil {
			t.Fatal(err)
		}
	}
	book(func(ctx context.Context) error { return f.Book.Put(ctx, bad) })
	f.applied(has, "1", vault("kv1", "10.1.0.4"))
	book(func(ctx context.Context) error { return f.Book.Remove(ctx, bad.Kind, "acme", bad.Name) })
	f.ahead.Add(int64(2 * time.Minute))
	if err := f.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := f.endpoints(); len(all) != 1 {
		t.Errorf("what is deployed is followed no more: %+v", all)
	}
}

// Of more than are followed one says so, and what is gone goes nevertheless.
func TestMoreEndpointsThanAreFollowedSaySo(t *testing.T) {
	t.Parallel()
	f, has := newFixture(t, dbtest.SQLite(t, dnssql.Migrations())), &deployed{}
	f.Deployed = has
	if _, err := f.SetNetwork(as("operator"), dns.Network{Scope: kernel.Scope{Tenant: "acme", Project: "shop"}, Name: "shop-dev", Prefixes: []string{"10.1.0.0/16"}}); err != nil {
		t.Fatal(err)
	}
	f.applied(has, "1", vault("old", "10.1.0.3"), vault("kept", "10.1.0.4"))
	many := []dns.Found{vault("kept", "10.1.0.4")}
	for i := range dns.MaxFollowed + 1 {
		many = append(many, vault("a"+strconv.Itoa(i), "10.9.0.1"))
	}
	f.applied(has, "2", many...)
	for name, want := range map[string]string{"old": "NXDOMAIN", "kept": "NOERROR 10.1.0.4"} {
		if got := from(f.Service, "10.1.9.9", name+".privatelink.vaultcore.azure.net", mdns.TypeA); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	said := 0
	all := f.endpoints()
	for _, e := range all {
		if strings.Contains(e.Problem, "orders has 502 private endpoints on dev, of which 500 are followed") && e.Fix == "deploy them with several workloads" {
			said++
		}
	}
	if len(all) != dns.MaxFollowed+1 || said != 1 {
		t.Errorf("of %d endpoints %d say it", len(all), said)
	}
	f.applied(has, "3", vault("kept", "10.1.0.4"))
	if all := f.endpoints(); len(all) != 1 || all[0].Problem != "" {
		t.Errorf("%+v", all)
	}
}
