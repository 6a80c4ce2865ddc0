package dns_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// sized makes a zone of n records.
func (f *fixture) sized(name string, n int) {
	f.t.Helper()
	f.zone(name)
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "host-%d 300 IN A 10.%d.%d.%d\n", i, i>>16&255, i>>8&255, i&255)
	}
	if _, err := f.Import(as("admin"), "acme", name, text.String(), false); err != nil {
		f.t.Fatal(err)
	}
}

// BenchmarkChange compares a change in a zone of 20,000 records with one in a zone of 20, until both
// are answered from.
func BenchmarkChange(b *testing.B) {
	f := newFixture(b, dbtest.SQLite(b, dnssql.Migrations()))
	f.sized("small.example", 20)
	f.sized("large.example", 20_000)
	change := func(in string, i int) time.Duration {
		began := time.Now()
		f.set(in, "host-7", "A", "", fmt.Sprintf("10.9.%d.%d", i>>8&255, i&255))
		return time.Since(began)
	}
	var small, large time.Duration
	n := 0
	for b.Loop() {
		n++
		small += change("small.example", n)
		large += change("large.example", n)
	}
	b.ReportMetric(float64(small)/float64(large), "small/large")
	b.ReportMetric(float64(large.Microseconds())/float64(n), "µs/large")
}

// TestAReplicaFollowsChangesOfALargeZone has one that reads each change, and one that reads
// all of them at once, answer the same as who has made them.
func TestAReplicaFollowsChangesOfALargeZone(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.network("hub", false, "10.0.0.0/16")
	f.network("spoke", false, "10.1.0.0/16")
	if _, err := f.CreateZone(as("admin"), dns.Zone{Scope: kernel.Scope{Tenant: "acme"}, Name: "large.example", Links: []dns.Link{{Network: "hub"}, {Network: "spoke"}}}); err != nil {
		t.Fatal(err)
	}
	near, far := f.replica(), f.replica()
	put := func(name, network string, i int) {
		t.Helper()
		f.set("large.example", name, "A", network, fmt.Sprintf("10.0.1.%d", i))
	}
	drop := func(name, network string) {
		t.Helper()
		if err := f.DeleteSet(as("admin"), "acme", "large.example", name, "A", network); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{"a", "b.a", "d.c.b.a", "c.b.a", "x", "*.w"}
	for i := range 60 {
		name, network := names[i%len(names)], []string{"", "hub", "spoke"}[i/len(names)%3]
		switch {
		case i%5 == 3 && i >= 18:
			drop(name, network)
			if i%2 == 0 {
				put(name, network, i)
			}
		default:
			put(name, network, i)
		}
		if err := near.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := far.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh := f.replica()
	for _, name := range append(names, "c.a", "y.w", "none", "") {
		for _, address := range []string{"10.0.9.9", "10.1.9.9"} {
			full := strings.TrimPrefix(name+".large.example", ".")
			want := from(fresh, address, full, 1)
			for who, s := range map[string]*dns.Service{"who has changed it": f.Service, "a replica that read each": near, "one that read all at once": far} {
				if got := from(s, address, full, 1); got != want {
					t.Errorf("%s answers %s from %s with %s, want %s", who, full, address, got, want)
				}
			}
		}
	}
	if page, err := f.SetsOf(as("admin"), "acme", "large.example", "", kernel.PageRequest{}); err != nil || len(page.Items) == 0 {
		t.Errorf("%v %v", page, err)
	}
}
