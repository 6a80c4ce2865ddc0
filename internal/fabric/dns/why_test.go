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

// explained is an explanation as text: its steps, the answer, and the advice.
func explained(w dns.Why) string {
	var b strings.Builder
	for _, s := range w.Steps {
		b.WriteString(s.Name + ": " + s.Text + "\n")
	}
	b.WriteString(w.Code + " " + strings.Join(w.Answer, "; ") + "\n")
	for _, a := range w.Advice {
		b.WriteString("* " + a + "\n")
	}
	return b.String()
}

func TestAResolutionIsExplained(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	address, _ := public(t)
	broken, away := upstream(t, func(mdns.ResponseWriter, *mdns.Msg) {})
	_ = broken.Shutdown()
	f.network("hub", true, "10.0.0.0/16")
	f.network("spoke", true, "10.1.0.0/16")
	f.network("closed", false, "10.2.0.0/16")
	f.network("lonely", true, "10.3.0.0/16")
	f.forwarder(".", address, "hub", "spoke")
	f.forwarder("broken.example", away, "hub")
	f.zone("corp.internal", "hub", "closed")
	f.zone("open.example")
	for _, r := range [][]string{
		{"web", "A", "", "10.0.0.1"},
		{"web", "A", "closed", "10.2.0.1"},
		{"www", "CNAME", "", "web.corp.internal."},
		{"out", "CNAME", "", "web.example.com."},
		{"*.apps", "A", "", "10.0.0.2"},
		{"lab", "NS", "", "ns.lab.corp.internal."},
		{"ring", "CNAME", "", "ring.corp.internal."},
	} {
		f.set("corp.internal", r[0], r[1], r[2], r[3:]...)
	}
	e := dns.Endpoint{Scope: kernel.Scope{Tenant: "acme"}, Name: "store", Service: "stordata", Group: "blob", Network: "hub", Addresses: []string{"10.0.0.4"}}
	if _, err := f.CreateEndpoint(as("admin"), e); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		reason, name, kind, from string
		has                      []string
	}{
		{"a name of a linked zone", "web.corp.internal", "", "hub", []string{"it is linked to network hub (Default)", "the zone has such records", "NOERROR web.corp.internal. 300 IN A 10.0.0.1\n"}},
		{"with records of the network", "web.corp.internal", "A", "closed", []string{"with records of its own there", "10.2.0.1"}},
		{"by an address", "web.corp.internal", "A", "10.2.3.4", []string{"network closed"}},
		{"an alias", "www.corp.internal", "A", "hub", []string{"www.corp.internal: it is an alias of web.corp.internal", "10.0.0.1"}},
		{"a wildcard", "x.apps.corp.internal", "A", "hub", []string{"the wildcard *.apps.corp.internal answers"}},
		{"no such type", "web.corp.internal", "MX", "hub", []string{"no records of this type", "NOERROR \n", "* add the record: terrace dns record set web.corp.internal MX VALUE --zone corp.internal"}},
		{"no such name", "none.corp.internal", "A", "hub", []string{"the zone has no such name", "NXDOMAIN", "* add the record"}},
		{"a delegation", "x.lab.corp.internal", "A", "hub", []string{"below lab.corp.internal are delegated"}},
		{"an alias to a name that nobody has", "out.corp.internal", "A", "closed", []string{"network closed has no recursion", "NOERROR out.corp.internal. 300 IN CNAME web.example.com.\n", "* have an operator let network closed ask elsewhere"}},
		{"a loop", "ring.corp.internal", "A", "hub", []string{"the aliases lead nowhere"}},
		{"everywhere", "open.example", "SOA", "", []string{"it is answered everywhere"}},
		{"the platform's", "ns.apps.example.net", "A", "", []string{"it is the platform's own"}},
		{"a zone that is not linked", "web.corp.internal", "A", "lonely", []string{"no zone that is seen from here has it", "no forwarder is for this name", "REFUSED", "* zone corp.internal has web.corp.internal, but is seen from network hub, closed alone: terrace dns zone link corp.internal lonely", "* have an operator add a forwarder"}},
		{"nobody's network", "web.corp.internal", "A", "192.0.2.1", []string{"the address is in no network", "REFUSED", "* name a network (--from)"}},
		{"no recursion", "web.example.com", "A", "closed", []string{"network closed has no recursion", "* have an operator let network closed ask elsewhere: terrace dns network set closed --prefix 10.2.0.0/16 --recursion"}},
		{"a forwarder", "web.example.com", "A", "hub", []string{"the forwarder of . answers NOERROR (udp://" + address, "NOERROR web.example.com. 60 IN A 203.0.113.5"}},
		{"an alias that leaves", "out.corp.internal", "A", "hub", []string{"alias of web.example.com", "the forwarder of . answers", "203.0.113.5"}},
		{"a forwarder that is away", "x.broken.example", "A", "hub", []string{"the forwarder of broken.example was asked and failed: ", "SERVFAIL", "* see whether the forwarder's servers can be reached"}},
		{"a private endpoint", "stordata.blob.core.windows.net", "A", "hub", []string{"the forwarder of . answers", "stordata.privatelink.blob.core.windows.net: zone privatelink.blob.core.windows.net has it: it is linked to network hub", "10 IN A 10.0.0.4"}},
		{"one whose zone is not linked", "stordata.blob.core.windows.net", "A", "spoke", []string{"203.0.113.4", "* zone privatelink.blob.core.windows.net has stordata.privatelink.blob.core.windows.net, but is seen from network hub alone: terrace dns zone link privatelink.blob.core.windows.net spoke"}},
		{"a service without an endpoint", "other.privatelink.blob.core.windows.net", "A", "hub", []string{"the zone has no such name, and nobody else is asked for it", "NXDOMAIN", "* have names that the zone does not have asked for elsewhere: terrace dns zone link privatelink.blob.core.windows.net hub --resolution-policy NxDomainRedirect"}},
	} {
		w, err := f.Why(as("admin"), "acme", c.name, c.kind, c.from)
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		text := explained(w)
		for _, has := range c.has {
			if !strings.Contains(text, has) {
				t.Errorf("%s: there is no %q in\n%s", c.reason, has, text)
			}
		}
	}
	if _, err := f.Link(as("admin"), "acme", "privatelink.blob.core.windows.net", dns.Link{Network: "hub", Policy: dns.LinkRedirect}, true); err != nil {
		t.Fatal(err)
	}
	if w, err := f.Why(as("admin"), "acme", "other.privatelink.blob.core.windows.net", "A", "hub"); err != nil || !strings.Contains(explained(w), "its link (NxDomainRedirect) has others asked") || !strings.Contains(explained(w), "203.0.113.7") {
		t.Errorf("%s %v", explained(w), err)
	}
	for _, c := range []struct {
		reason, name, kind, from string
		want                     kernel.Kind
	}{
		{"no name", "a..b", "A", "hub", kernel.Invalid},
		{"no type", "web.corp.internal", "NONE", "hub", kernel.Invalid},
		{"a transfer", "web.corp.internal", "AXFR", "hub", kernel.Invalid},
		{"no network", "web.corp.internal", "A", "none", kernel.NotFound},
	} {
		if _, err := f.Why(as("admin"), "acme", c.name, c.kind, c.from); !kernel.Is(err, c.want) {
			t.Errorf("%s: %v", c.reason, err)
		}
	}
	for _, from := range []string{"hub", "10.0.0.1"} {
		if _, err := f.Why(as("admin"), "rival", "web.corp.internal", "A", from); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another tenant has network %s explained: %v", from, err)
		}
	}
}
