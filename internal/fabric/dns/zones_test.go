package dns_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestEachNetworkSeesItsOwn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{dnssql.Migrations()}, func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.network("hub", false, "10.0.0.0/8", "fd00::/8")
		f.network("spoke", false, "10.1.0.0/16")
		f.zone("corp.internal", "hub", "spoke")
		f.zone("public.example")
		f.set("corp.internal", "web", "A", "", "192.0.2.1")
		f.set("corp.internal", "web", "A", "spoke", "10.1.0.1")
		f.set("corp.internal", "only", "TXT", "spoke", "here")
		f.set("corp.internal", "alias", "CNAME", "", "web.corp.internal.")
		f.set("corp.internal", "alias", "A", "spoke", "10.1.0.2")
		f.set("public.example", "@", "MX", "", "10 mail.public.example.")
		again := f.replica()
		for _, s := range []*dns.Service{f.Service, again} {
			for _, c := range []struct{ address, name, want string }{
				{"10.2.3.4", "web.corp.internal", "NOERROR 192.0.2.1"},
				{"fd00::1", "web.corp.internal", "NOERROR 192.0.2.1"},
				{"10.1.2.3", "web.corp.internal", "NOERROR 10.1.0.1"},
				{"10.2.3.4", "alias.corp.internal", "NOERROR web.corp.internal. 192.0.2.1"},
				{"10.1.2.3", "alias.corp.internal", "NOERROR 10.1.0.2"},
				{"192.0.2.9", "web.corp.internal", "REFUSED"},
				{"10.2.3.4", "none.corp.internal", "NXDOMAIN"},
			} {
				if got := from(s, c.address, c.name, mdns.TypeA); got != c.want {
					t.Errorf("%s from %s: %s, want %s", c.name, c.address, got, c.want)
				}
			}
			if got := from(s, "10.2.3.4", "only.corp.internal", mdns.TypeTXT); got != "NXDOMAIN" {
				t.Errorf("a set of another network is seen: %s", got)
			}
			for _, address := range []string{"10.1.2.3", "192.0.2.9"} {
				if got := from(s, address, "public.example", mdns.TypeMX); got != "NOERROR 10 mail.public.example." {
					t.Errorf("from %s: %s", address, got)
				}
			}
		}
		if _, err := f.Link(as("admin"), "acme", "corp.internal", dns.Link{Network: "hub"}, false); err != nil {
			t.Fatal(err)
		}
		if got := from(f.Service, "10.2.3.4", "web.corp.internal", mdns.TypeA); got != "REFUSED" {
			t.Errorf("a network that is not linked any more sees the zone: %s", got)
		}
		if err := f.DeleteZone(as("admin"), "acme", "corp.internal"); err != nil {
			t.Fatal(err)
		}
		if got := from(f.Service, "10.1.2.3", "web.corp.internal", mdns.TypeA); got != "REFUSED" {
			t.Errorf("a zone that was deleted is seen: %s", got)
		}
		if told := strings.Join(f.told(), " "); !strings.HasPrefix(told, "dns-network.set dns-network.set dns-zone.created dns-zone.created dns-zone.records_changed") || !strings.HasSuffix(told, "dns-zone.changed dns-zone.deleted") {
			t.Errorf("facts %s", told)
		}
	})
}

func TestWhomAResolverAsksForIsBelievedOfSome(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.network("spoke", false, "10.1.0.0/16")
	f.network("plain", false, "10.2.0.0/16")
	if _, err := f.SetNetwork(as("operator"), dns.Network{Scope: kernel.Scope{Tenant: "acme"}, Name: "resolvers", Prefixes: []string{"10.9.0.53"}, ClientSubnet: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.SetNetwork(as("operator"), dns.Network{Scope: kernel.Scope{Tenant: "rival"}, Name: "resolvers", Prefixes: []string{"10.8.0.53"}, ClientSubnet: true}); err != nil {
		t.Fatal(err)
	}
	f.zone("corp.internal", "spoke")
	f.set("corp.internal", "web", "A", "", "10.1.0.1")
	for address, want := range map[string]string{"10.9.0.53": "NOERROR 10.1.0.1", "10.2.0.53": "REFUSED", "192.0.2.1": "REFUSED", "10.8.0.53": "REFUSED"} {
		q := new(mdns.Msg).SetQuestion("web.corp.internal.", mdns.TypeA)
		q.SetEdns0(1232, false)
		opt := q.IsEdns0()
		opt.Option = append(opt.Option, &mdns.EDNS0_SUBNET{Code: mdns.EDNS0SUBNET, Family: 1, SourceNetmask: 24, Address: net.IPv4(10, 1, 7, 0)})
		reply := f.Resolve(t.Context(), netip.MustParseAddr(address), q)
		if got := answer(reply); got != want {
			t.Errorf("from %s: %s, want %s", address, got, want)
		}
		if back := reply.IsEdns0(); back == nil || (len(back.Option) == 1) != (want != "REFUSED") {
			t.Errorf("from %s: EDNS %v", address, back)
		}
	}
}

func TestWhoMayHaveWhichZone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{dnssql.Migrations()}, whoMayHaveWhichZone)
}

func whoMayHaveWhichZone(t *testing.T, d *db.DB) {
	f := newFixture(t, d)
	f.network("hub", false, "10.0.0.0/8")
	if _, err := f.SetNetwork(as("operator"), dns.Network{Scope: kernel.Scope{Tenant: "acme", Project: "shop"}, Name: "shop", Prefixes: []string{"10.7.0.0/16"}}); err != nil {
		t.Fatal(err)
	}
	f.zone("corp.internal", "hub")
	f.roles["shopper"] = []string{"dns.read acme/", "dns.read acme/shop", "dns.write acme/shop", "dns.record acme/shop"}
	f.roles["stranger"] = []string{"dns.read rival/", "dns.read rival/x", "dns.write rival/", "dns.record rival/"}
	shop := kernel.Scope{Tenant: "acme", Project: "shop"}
	for _, c := range []struct {
		reason, actor string
		z             dns.Zone
		kind          kernel.Kind
	}{
		{"a zone of a project in its own network", "shopper", dns.Zone{Scope: shop, Name: "shop.internal", Links: []dns.Link{{Network: "shop"}}}, ""},
		{"the tenant's network is not a project's to decide", "shopper", dns.Zone{Scope: shop, Name: "other.internal", Links: []dns.Link{{Network: "hub"}}}, kernel.Denied},
		{"nor is what all see", "shopper", dns.Zone{Scope: shop, Name: "other.internal", Everywhere: true}, kernel.Denied},
		{"nor a zone of the tenant", "shopper", dns.Zone{Scope: kernel.Scope{Tenant: "acme"}, Name: "other.internal"}, kernel.Denied},
		{"nor names below one", "shopper", dns.Zone{Scope: shop, Name: "x.corp.internal"}, kernel.Denied},
		{"nor names above one", "shopper", dns.Zone{Scope: shop, Name: "internal"}, kernel.Denied},
		{"a network that there is not", "admin", dns.Zone{Scope: shop, Name: "other.internal", Links: []dns.Link{{Network: "none"}}}, kernel.NotFound},
		{"a network of another tenant", "admin", dns.Zone{Scope: kernel.Scope{Tenant: "rival"}, Name: "other.internal", Links: []dns.Link{{Network: "hub"}}}, kernel.NotFound},
		{"the platform's zone", "admin", dns.Zone{Scope: shop, Name: "apps.example.net"}, kernel.Refused},
		{"what lies in it", "admin", dns.Zone{Scope: shop, Name: "x.apps.example.net"}, kernel.Refused},
		{"challenges of another project", "admin", dns.Zone{Scope: shop, Name: "_acme-challenge.dev.bank.apps.example.net"}, kernel.Refused},
		{"one that there is", "admin", dns.Zone{Scope: shop, Name: "corp.internal"}, kernel.Conflict},
		{"a project that there is not", "admin", dns.Zone{Scope: shop.InProject("nowhere"), Name: "other.internal"}, kernel.NotFound},
		{"no name", "admin", dns.Zone{Scope: shop, Name: "a..b"}, kernel.Invalid},
		{"the same name of another tenant", "admin", dns.Zone{Scope: kernel.Scope{Tenant: "rival"}, Name: "corp.internal"}, ""},
	} {
		if _, err := f.CreateZone(as(c.actor), c.z); kernel.KindOf(err) != c.kind && !(err == nil && c.kind == "") {
			t.Errorf("%s: %v", c.reason, err)
		}
	}
	if _, err := f.Zone(as("stranger"), "acme", "corp.internal"); err == nil {
		t.Error("another tenant reads a zone")
	}
	page, err := dns.Listed[dns.Zone](as("shopper"), f.Service, dns.KindZone, "acme", kernel.PageRequest{Limit: 1})
	if err != nil || len(page.Items) != 1 || page.Next == "" || page.Items[0].Name != "corp.internal" {
		t.Errorf("%+v %v", page, err)
	}
	if _, err := f.SetNetwork(as("operator"), dns.Network{Scope: kernel.Scope{Tenant: "rival"}, Name: "x", Prefixes: []string{"10.0.0.0/8"}}); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("a prefix is in two networks: %v", err)
	}
	f.zone("open.example")
	f.set("open.example", "web", "A", "shop", "10.7.0.1")
	f.network("left", false, "10.8.0.0/16")
	f.zone("left.internal", "left")
	f.set("left.internal", "web", "A", "left", "10.8.0.1")
	if _, err := f.Link(as("admin"), "acme", "left.internal", dns.Link{Network: "left"}, false); err != nil {
		t.Fatal(err)
	}
	for _, network := range []string{"hub", "shop", "left"} {
		if err := f.DeleteNetwork(as("operator"), "acme", network); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("network %s is used, and goes: %v", network, err)
		}
	}
	if err := f.DeleteSet(as("admin"), "acme", "left.internal", "web", "A", "left"); err != nil {
		t.Fatal(err)
	}
	if err := f.DeleteNetwork(as("operator"), "acme", "left"); err != nil {
		t.Error(err)
	}
}

func TestRecordsComeAndGo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{dnssql.Migrations()}, func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		before := f.zone("corp.internal")
		f.set("corp.internal", "web", "a", "", "10.0.0.1", "10.0.0.2")
		f.set("corp.internal", "*.apps", "CNAME", "", "web.corp.internal.")
		for reason, h := range map[string]dns.Held{
			"a name of elsewhere":     {Set: zone.Set{Name: "web.example.com.", Type: "A", Values: []string{"10.0.0.1"}}},
			"the zone's own NS":       {Set: zone.Set{Name: "@", Type: "NS", Values: []string{"ns.example.com."}}},
			"a CNAME beside others":   {Set: zone.Set{Name: "web", Type: "CNAME", Values: []string{"x.example.com."}}},
			"others beside a CNAME":   {Set: zone.Set{Name: "*.apps", Type: "A", Values: []string{"10.0.0.1"}}},
			"a network without it":    {Set: zone.Set{Name: "web", Type: "A", Values: []string{"10.0.0.1"}}, Network: "hub"},
			"a value that is no good": {Set: zone.Set{Name: "web", Type: "AAAA", Values: []string{"10.0.0.1"}}},
		} {
			if _, err := f.PutSet(as("admin"), "acme", "corp.internal", h); err == nil {
				t.Errorf("%s is taken", reason)
			}
		}
		page, err := f.SetsOf(as("admin"), "acme", "corp.internal", "", kernel.PageRequest{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Next == "" {
			t.Fatalf("%+v %v", page, err)
		}
		rest, err := f.SetsOf(as("admin"), "acme", "corp.internal", "", kernel.PageRequest{Cursor: page.Next})
		if err != nil || len(rest.Items) != 1 || rest.Items[0].Name == page.Items[0].Name {
			t.Fatalf("%+v %v", rest, err)
		}
		if some, err := f.SetsOf(as("admin"), "acme", "corp.internal", "WEB", kernel.PageRequest{}); err != nil || len(some.Items) != 1 || some.Items[0].Name != "web.corp.internal." {
			t.Fatalf("%+v %v", some, err)
		}
		out, err := f.Import(as("admin"), "acme", "corp.internal", "@ IN SOA ns h 1 1 1 1 1\nweb 300 IN A 10.0.0.2\nweb 300 IN A 10.0.0.1\nnew IN TXT \"x\"\n", true)
		if err != nil || out != (dns.Imported{Set: 1, Deleted: 1, Unchanged: 1, Ignored: 1}) {
			t.Fatalf("%+v %v", out, err)
		}
		_, err = f.Import(as("admin"), "acme", "corp.internal", "a IN A 10.0.0.1\nb IN A x\n", false)
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "2:") {
			t.Errorf("%v", err)
		}
		text, err := f.Export(as("admin"), "acme", "corp.internal", "")
		if err != nil || !strings.Contains(text, "new.corp.internal.\t300\tIN\tTXT\t\"x\"\n") || strings.Contains(text, "*.apps") {
			t.Errorf("%s %v", text, err)
		}
		if err := f.DeleteSet(as("admin"), "acme", "corp.internal", "new", "TXT", ""); err != nil {
			t.Fatal(err)
		}
		if err := f.DeleteSet(as("admin"), "acme", "corp.internal", "new", "TXT", ""); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("twice: %v", err)
		}
		after, err := f.Zone(as("admin"), "acme", "corp.internal")
		if err != nil || after.Serial < before.Serial+4 {
			t.Errorf("the serial was %d and is %d after four changes: %v", before.Serial, after.Serial, err)
		}
		if n := len(slices.DeleteFunc(f.told(), func(s string) bool { return s != "dns-zone.records_changed" })); n != 4 {
			t.Errorf("%d facts", n)
		}
	})
}

func TestNamesInValuesAreOfTheZoneWhereTheyAreOfOnePart(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.zone("corp.internal")
	for _, c := range []struct{ kind, value, want string }{
		{"CNAME", "web", "web.corp.internal."},
		{"CNAME", "@", "corp.internal."},
		{"CNAME", "web.", "web."},
		{"PTR", "web.example.com", "web.example.com."},
		{"MX", "10  mail", "10 mail.corp.internal."},
		{"MX", "0 .", "0 ."},
		{"SRV", "10 5 443 web", "10 5 443 web.corp.internal."},
		{"HTTPS", `1 web alpn="h2,h3" port="8443"`, `1 web.corp.internal. alpn="h2,h3" port="8443"`},
		{"SVCB", "1 . port=\"53\"", "1 . port=\"53\""},
		{"TXT", "web", `"web"`},
	} {
		h, err := f.PutSet(as("admin"), "acme", "corp.internal", dns.Held{Set: zone.Set{Name: "x-" + strings.ToLower(c.kind) + "-" + strconv.Itoa(len(c.value)), Type: c.kind, Values: []string{c.value}}})
		if err != nil || h.Values[0] != c.want {
			t.Errorf("%s %q: %q %v, and not %q", c.kind, c.value, h.Values, err, c.want)
		}
	}
}

func TestPrivateEndpointsHaveTheirRecords(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.network("hub", false, "10.0.0.0/16")
	f.network("spoke", false, "10.1.0.0/16")
	f.network("far", false, "10.2.0.0/16")
	e := dns.Endpoint{Scope: kernel.Scope{Tenant: "acme"}, Name: "store-hub", Service: "Stordata.blob.core.windows.net", Group: "BLOB", Network: "hub", Addresses: []string{"10.0.0.4"}}
	made, err := f.CreateEndpoint(as("admin"), e)
	if err != nil || made.Zone != "privatelink.blob.core.windows.net" || made.Service != "stordata" || made.Group != "blob" {
		t.Fatalf("%+v %v", made, err)
	}
	const name = "stordata.privatelink.blob.core.windows.net"
	if got := from(f.Service, "10.0.9.9", name, mdns.TypeA); got != "NOERROR 10.0.0.4" {
		t.Errorf("%s", got)
	}
	if got := from(f.Service, "10.1.9.9", name, mdns.TypeA); got != "REFUSED" {
		t.Errorf("a network that is not linked sees it: %s", got)
	}
	second := e
	second.Name, second.Network, second.Addresses = "store-spoke", "spoke", []string{"10.1.0.4"}
	if _, err := f.CreateEndpoint(as("admin"), second); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("a second one in a network that is not linked: %v", err)
	}
	for _, network := range []string{"spoke", "far"} {
		if _, err := f.Link(as("admin"), "acme", made.Zone, dns.Link{Network: network}, true); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.CreateEndpoint(as("admin"), second); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{"10.0.9.9": "NOERROR 10.0.0.4", "10.1.9.9": "NOERROR 10.1.0.4", "10.2.9.9": "NOERROR 10.0.0.4"} {
		if got := from(f.Service, address, name, mdns.TypeA); got != want {
			t.Errorf("from %s: %s, want %s", address, got, want)
		}
	}
	if err := f.DeleteSet(as("admin"), "acme", made.Zone, "stordata", "A", ""); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("a record of an endpoint is deleted: %v", err)
	}
	if err := f.DeleteZone(as("admin"), "acme", made.Zone); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("a zone of endpoints is deleted: %v", err)
	}
	outside := e
	outside.Name, outside.Service, outside.Addresses = "x", "other", []string{"192.0.2.1"}
	if _, err := f.CreateEndpoint(as("admin"), outside); !kernel.Is(err, kernel.Refused) {
		t.Errorf("an address of elsewhere: %v", err)
	}
	if err := f.DeleteEndpoint(as("admin"), "acme", "store-hub"); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{"10.2.9.9": "NXDOMAIN", "10.1.9.9": "NOERROR 10.1.0.4"} {
		if got := from(f.Service, address, name, mdns.TypeA); got != want {
			t.Errorf("after the endpoint of the hub from %s: %s, want %s", address, got, want)
		}
	}
}

func TestOperatorsSeeTheNetworksOfEachTenant(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.network("hub", false, "10.0.0.0/16")
	f.forwarder(".", "127.0.0.1:1", "hub")
	of := func(name string) context.Context {
		return kernel.WithActor(t.Context(), kernel.Actor{ID: name, Name: name, Tenant: "platform"})
	}
	networks, err := dns.Listed[dns.Network](of("operator"), f.Service, dns.KindNetwork, "acme", kernel.PageRequest{})
	if err != nil || len(networks.Items) != 1 || networks.Items[0].Name != "hub" {
		t.Errorf("%+v %v", networks, err)
	}
	if all, err := dns.Listed[dns.Forwarder](of("operator"), f.Service, dns.KindForwarder, "acme", kernel.PageRequest{}); err != nil || len(all.Items) != 1 {
		t.Errorf("%+v %v", all, err)
	}
	f.roles["reader"] = []string{"dns.read acme/", "dns.read platform/"}
	if _, err := dns.Listed[dns.Network](of("reader"), f.Service, dns.KindNetwork, "acme", kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
		t.Errorf("who is no operator sees another tenant's networks: %v", err)
	}
}
