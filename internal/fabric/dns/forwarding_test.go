package dns_test

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// forwarder has names of a domain asked for at a server, from networks.
func (f *fixture) forwarder(domain, address string, networks ...string) {
	f.t.Helper()
	_, err := f.SetForwarder(as("operator"), dns.Forwarder{Scope: kernel.Scope{Tenant: "acme"}, Domain: domain, Servers: []string{"udp://" + address}, Networks: networks})
	if err != nil {
		f.t.Fatal(err)
	}
}

// public is what others know: a storage account whose public name is an alias in privatelink.
func public(t *testing.T) (address string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	_, address = upstream(t, func(w mdns.ResponseWriter, q *mdns.Msg) {
		asked.Add(1)
		reply := new(mdns.Msg).SetReply(q)
		lines := map[string]string{
			"stordata.blob.core.windows.net.":             "CNAME stordata.privatelink.blob.core.windows.net.",
			"stordata.privatelink.blob.core.windows.net.": "CNAME blob.public.example.",
			"other.privatelink.blob.core.windows.net.":    "A 203.0.113.7",
			"blob.public.example.":                        "A 203.0.113.4",
			"web.example.com.":                            "A 203.0.113.5",
			"x.lab.corp.internal.":                        "A 203.0.113.6",
		}
		for name := strings.ToLower(q.Question[0].Name); lines[name] != ""; {
			rr, err := mdns.NewRR(name + " 60 IN " + lines[name])
			if err != nil {
				t.Error(err)
			}
			reply.Answer = append(reply.Answer, rr)
			alias, ok := rr.(*mdns.CNAME)
			if !ok {
				break
			}
			name = alias.Target
		}
		if len(reply.Answer) == 0 {
			reply.Rcode = mdns.RcodeNameError
		}
		_ = w.WriteMsg(reply)
	})
	return address, asked
}

func TestOthersAreAskedForWhoMay(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	address, asked := public(t)
	f.network("hub", true, "10.0.0.0/16")
	f.network("spoke", true, "10.1.0.0/16")
	f.network("closed", false, "10.2.0.0/16")
	f.network("lonely", true, "10.3.0.0/16")
	f.forwarder(".", address, "hub", "spoke")
	f.zone("corp.internal", "hub", "closed")
	f.set("corp.internal", "out", "CNAME", "", "web.example.com.")
	f.set("corp.internal", "lab", "NS", "", "ns.lab.corp.internal.")
	f.set("corp.internal", "far", "NS", "", "ns.far.corp.internal.")
	f.forwarder("lab.corp.internal", address, "hub")
	e := dns.Endpoint{Scope: kernel.Scope{Tenant: "acme"}, Name: "store", Service: "stordata", Group: "blob", Network: "hub", Addresses: []string{"10.0.0.4"}}
	if _, err := f.CreateEndpoint(as("admin"), e); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ reason, address, name, want string }{
		{"in the network", "10.0.9.9", "web.example.com", "NOERROR 203.0.113.5"},
		{"as the question spells it", "10.0.9.9", "WEB.example.com", "NOERROR 203.0.113.5"},
		{"an alias that leaves a zone", "10.0.9.9", "out.corp.internal", "NOERROR web.example.com. 203.0.113.5"},
		{"one without recursion", "10.2.9.9", "web.example.com", "REFUSED"},
		{"which gets the alias alone", "10.2.9.9", "out.corp.internal", "NOERROR web.example.com."},
		{"one without a forwarder", "10.3.9.9", "web.example.com", "REFUSED"},
		{"an outsider", "192.0.2.1", "web.example.com", "REFUSED"},
		{"a linked network has the private endpoint", "10.0.9.9", "stordata.blob.core.windows.net", "NOERROR stordata.privatelink.blob.core.windows.net. 10.0.0.4"},
		{"others have the public one", "10.1.9.9", "stordata.blob.core.windows.net", "NOERROR stordata.privatelink.blob.core.windows.net. blob.public.example. 203.0.113.4"},
		{"a service without an endpoint is denied in a linked network", "10.0.9.9", "other.privatelink.blob.core.windows.net", "NXDOMAIN"},
		{"a delegation that a forwarder is for", "10.0.9.9", "x.lab.corp.internal", "NOERROR 203.0.113.6"},
		{"which others get as it is", "10.2.9.9", "x.lab.corp.internal", "NOERROR"},
		{"as one is that no forwarder is for", "10.0.9.9", "x.far.corp.internal", "NOERROR"},
		{"no such name", "10.0.9.9", "none.example.com", "NXDOMAIN"},
	} {
		if got := from(f.Service, c.address, c.name, mdns.TypeA); got != c.want {
			t.Errorf("%s: %s from %s is %s, and not %s", c.reason, c.name, c.address, got, c.want)
		}
	}
	link := dns.Link{Network: "hub", Policy: dns.LinkRedirect}
	if _, err := f.Link(as("admin"), "acme", "privatelink.blob.core.windows.net", link, true); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"other.privatelink.blob.core.windows.net": "NOERROR 203.0.113.7", "stordata.blob.core.windows.net": "NOERROR stordata.privatelink.blob.core.windows.net. 10.0.0.4",
	} {
		if got := from(f.Service, "10.0.9.9", name, mdns.TypeA); got != want {
			t.Errorf("with NxDomainRedirect %s is %s, and not %s", name, got, want)
		}
	}
	if n := asked.Load(); n > 9 {
		t.Errorf("the forwarder is asked %d times", n)
	}
}

func TestWhatIsForwardedIsMarked(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	address, _ := public(t)
	f.network("hub", true, "10.0.0.0/16")
	f.forwarder(".", address)
	f.zone("corp.internal", "hub")
	ask := func(name string, desired bool) *mdns.Msg {
		q := new(mdns.Msg).SetQuestion(name, mdns.TypeA)
		q.RecursionDesired = desired
		return f.Resolve(t.Context(), netip.MustParseAddr("10.0.0.1"), q)
	}
	if reply := ask("web.example.com.", true); reply.Authoritative || !reply.RecursionAvailable || len(reply.Answer) != 1 {
		t.Errorf("%v", reply)
	}
	if reply := ask("WEB.example.com.", true); len(reply.Answer) != 1 || reply.Answer[0].Header().Name != "WEB.example.com." {
		t.Errorf("the answer does not spell the name as the question does: %v", reply)
	}
	if reply := ask("web.example.com.", false); reply.Rcode != mdns.RcodeRefused || len(reply.Answer) != 0 {
		t.Errorf("who desires no recursion gets it: %v", reply)
	}
	if reply := ask("none.corp.internal.", true); !reply.Authoritative || reply.Rcode != mdns.RcodeNameError {
		t.Errorf("%v", reply)
	}
}

// TestAFloodIsBounded has a client ask for many names at a server that never answers.
func TestAFloodIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	var asked atomic.Int64
	_, silent := upstream(t, func(mdns.ResponseWriter, *mdns.Msg) { asked.Add(1) })
	address, _ := public(t)
	f.network("hub", true, "10.0.0.0/16")
	f.forwarder(".", silent)
	f.forwarder("example.com", address)
	f.zone("corp.internal", "hub")
	f.set("corp.internal", "web", "A", "", "10.0.0.1")
	impatient, gone := context.WithCancel(t.Context())
	gone()
	codes := map[int]int{}
	for i := range 2000 {
		q := new(mdns.Msg).SetQuestion("x"+strconv.Itoa(i)+".example.net.", mdns.TypeA)
		codes[f.Resolve(impatient, netip.MustParseAddr("10.0.0.1"), q).Rcode]++
	}
	if codes[mdns.RcodeRefused] < 300 || codes[mdns.RcodeServerFailure] < 1000 || len(codes) != 2 {
		t.Errorf("%v", codes)
	}
	if got := from(f.Service, "10.0.0.2", "web.example.com", mdns.TypeA); got != "NOERROR 203.0.113.5" {
		t.Errorf("another client beside the flood: %s", got)
	}
	if got := from(f.Service, "10.0.0.1", "web.corp.internal", mdns.TypeA); got != "NOERROR 10.0.0.1" {
		t.Errorf("zones are not answered beside a flood: %s", got)
	}
	if n := asked.Load(); n > 1700 {
		t.Errorf("others are asked %d times", n)
	}
}
