package dns_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

type journal struct {
	mu    sync.Mutex
	facts []kernel.Fact
}

func (j *journal) Record(_ context.Context, f kernel.Fact) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.facts = append(j.facts, f)
	return nil
}

var (
	dev   = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
	other = kernel.Scope{Tenant: "rival", Project: "shop", Stage: "dev"}
)

func newService(t *testing.T, d *db.DB) (*dns.Service, *journal) {
	t.Helper()
	j := &journal{}
	s, err := dns.NewService(dns.Config{Store: dnssql.NewStore(d), Journal: j, Tx: d, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Load(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s, j
}

func put(t *testing.T, s *dns.Service, scope kernel.Scope, name string, typ dns.Type, values ...string) {
	t.Helper()
	if err := s.ReplaceName(context.Background(), scope, name, []dns.Record{{Type: typ, Values: values}}); err != nil {
		t.Fatalf("put %s %s: %v", name, typ, err)
	}
}

func ask(s *dns.Service, name string, qtype uint16) *mdns.Msg {
	return s.Answer(new(mdns.Msg).SetQuestion(name, qtype))
}

func TestStore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{dnssql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s, j := newService(t, d)
		put(t, s, dev, "Orders.Dev.Shop.Localhost.", dns.A, "127.0.0.1", "127.0.0.2")
		text := dns.Record{Type: dns.TXT, Values: []string{"v=1"}}
		both := []dns.Record{text, {Type: dns.A, Values: []string{"127.0.0.3"}}}
		if err := s.ReplaceName(ctx, dev, "orders.dev.shop.localhost", both); err != nil {
			t.Fatal(err)
		}
		r, err := s.Record(ctx, dev, "orders.dev.shop.localhost", dns.A)
		if err != nil || len(r.Values) != 1 || r.Values[0] != "127.0.0.3" || r.TTL != dns.DefaultTTL || r.Scope != dev {
			t.Fatalf("record %+v, %v", r, err)
		}
		if _, err := s.Record(ctx, other, "orders.dev.shop.localhost", dns.A); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("another tenant reads the record: %v", err)
		}
		err = s.ReplaceName(ctx, other, "orders.dev.shop.localhost", []dns.Record{{Type: dns.A, Values: []string{"127.0.0.9"}}})
		if !kernel.Is(err, kernel.Conflict) || strings.Contains(err.Error(), "acme") {
			t.Fatalf("another tenant takes the name: %v", err)
		}
		if err := s.DeleteName(ctx, other, "orders.dev.shop.localhost"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Record(ctx, dev, "orders.dev.shop.localhost", dns.TXT); err != nil {
			t.Fatalf("another tenant deleted the record: %v", err)
		}
		cname := []dns.Record{{Type: dns.CNAME, Values: []string{"x.dev.shop.localhost"}}}
		err = s.ReplaceName(ctx, dev, "orders.dev.shop.localhost", append(cname, text))
		if !kernel.Is(err, kernel.Conflict) {
			t.Fatalf("a CNAME beside a TXT: %v", err)
		}
		if err := s.ReplaceName(ctx, dev, "orders.dev.shop.localhost", cname); err != nil {
			t.Fatalf("change the type in place: %v", err)
		}
		if err := s.DeleteName(ctx, dev, "orders.dev.shop.localhost"); err != nil {
			t.Fatal(err)
		}
		put(t, s, other, "orders.dev.shop.localhost", dns.A, "127.0.0.9") // the name is free again
		if len(j.facts) == 0 || j.facts[0].Type != "dns-record.changed" || j.facts[0].Subject != "orders.dev.shop.localhost" {
			t.Fatalf("facts %+v", j.facts)
		}
		// What was written is what a new process answers from.
		again, _ := newService(t, d)
		if reply := ask(again, "orders.dev.shop.localhost.", mdns.TypeA); len(reply.Answer) != 1 {
			t.Fatalf("after a restart: %v", reply)
		}
	})
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, dbtest.SQLite(t, dnssql.Migrations()))
	put(t, s, dev, "a.dev.shop.localhost", dns.A, "127.0.0.1")
	put(t, s, dev, "alias.dev.shop.localhost", dns.CNAME, "a.dev.shop.localhost")
	put(t, s, dev, "away.dev.shop.localhost", dns.CNAME, "example.com")
	put(t, s, dev, "lost.dev.shop.localhost", dns.CNAME, "none.dev.shop.localhost")
	put(t, s, dev, "loop.dev.shop.localhost", dns.CNAME, "loop.dev.shop.localhost")
	put(t, s, dev, "deep.x.dev.shop.localhost", dns.TXT, strings.Repeat("t", 300))
	put(t, s, dev, "_http._tcp.dev.shop.localhost", dns.SRV, "10 5 8080 a.dev.shop.localhost")
	cases := []struct {
		reason  string
		name    string
		qtype   uint16
		rcode   int
		answers int
		soa     bool
	}{
		{"a name with the type", "a.dev.shop.localhost.", mdns.TypeA, mdns.RcodeSuccess, 1, false},
		{"the case does not matter", "A.DEV.Shop.LOCALHOST.", mdns.TypeA, mdns.RcodeSuccess, 1, false},
		{"a name without the type is NODATA", "a.dev.shop.localhost.", mdns.TypeAAAA, mdns.RcodeSuccess, 0, true},
		{"no such name is NXDOMAIN", "none.dev.shop.localhost.", mdns.TypeA, mdns.RcodeNameError, 0, true},
		{"a name above another one exists", "x.dev.shop.localhost.", mdns.TypeA, mdns.RcodeSuccess, 0, true},
		{"an alias is followed", "alias.dev.shop.localhost.", mdns.TypeA, mdns.RcodeSuccess, 2, false},
		{"an alias of a name without the type", "alias.dev.shop.localhost.", mdns.TypeAAAA, mdns.RcodeSuccess, 1, true},
		{"an alias itself", "alias.dev.shop.localhost.", mdns.TypeCNAME, mdns.RcodeSuccess, 1, false},
		{"an alias that leaves the zone", "away.dev.shop.localhost.", mdns.TypeA, mdns.RcodeSuccess, 1, false},
		{"an alias to nothing (RFC 6604)", "lost.dev.shop.localhost.", mdns.TypeA, mdns.RcodeNameError, 1, true},
		{"a loop ends", "loop.dev.shop.localhost.", mdns.TypeA, mdns.RcodeSuccess, 8, false},
		{"a long text", "deep.x.dev.shop.localhost.", mdns.TypeTXT, mdns.RcodeSuccess, 1, false},
		{"a service", "_http._tcp.dev.shop.localhost.", mdns.TypeSRV, mdns.RcodeSuccess, 1, false},
		{"any type is one set (RFC 8482)", "a.dev.shop.localhost.", mdns.TypeANY, mdns.RcodeSuccess, 1, false},
		{"the zone's SOA", "localhost.", mdns.TypeSOA, mdns.RcodeSuccess, 1, false},
		{"the zone's server", "localhost.", mdns.TypeNS, mdns.RcodeSuccess, 1, false},
		{"localhost is loopback (RFC 6761)", "localhost.", mdns.TypeA, mdns.RcodeSuccess, 1, false},
		{"another zone is refused", "example.com.", mdns.TypeA, mdns.RcodeRefused, 0, false},
		{"a name that only ends alike is refused", "evillocalhost.", mdns.TypeA, mdns.RcodeRefused, 0, false},
		{"a transfer is refused", "localhost.", mdns.TypeAXFR, mdns.RcodeRefused, 0, false},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			reply := ask(s, c.name, c.qtype)
			soa := len(reply.Ns) == 1 && reply.Ns[0].Header().Rrtype == mdns.TypeSOA
			if reply.Rcode != c.rcode || len(reply.Answer) != c.answers || soa != c.soa {
				t.Fatalf("want rcode %s, %d answers, soa %v; got\n%v", mdns.RcodeToString[c.rcode], c.answers, c.soa, reply)
			}
			if reply.Authoritative != (c.rcode != mdns.RcodeRefused) {
				t.Fatalf("authoritative %v", reply.Authoritative)
			}
			if c.answers > 0 && reply.Answer[0].Header().Name != c.name {
				t.Fatalf("the answer spells the name %s", reply.Answer[0].Header().Name)
			}
		})
	}
}

func TestRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, dbtest.SQLite(t, dnssql.Migrations()))
	const name = "a.dev.shop.localhost"
	cases := []struct {
		reason string
		record dns.Record
	}{
		{"a name of another stage", dns.Record{Name: "a.prod.shop.localhost", Type: dns.A, Values: []string{"127.0.0.1"}}},
		{"a name that only ends alike", dns.Record{Name: "a.xdev.shop.localhost", Type: dns.A, Values: []string{"127.0.0.1"}}},
		{"a name outside of the zones", dns.Record{Name: "a.dev.shop.example", Type: dns.A, Values: []string{"127.0.0.1"}}},
		{"a broken name", dns.Record{Name: "a..dev.shop.localhost", Type: dns.A, Values: []string{"127.0.0.1"}}},
		{"no value", dns.Record{Name: name, Type: dns.A}},
		{"an IPv6 address in an A", dns.Record{Name: name, Type: dns.A, Values: []string{"::1"}}},
		{"no address", dns.Record{Name: name, Type: dns.AAAA, Values: []string{"localhost"}}},
		{"two targets", dns.Record{Name: name, Type: dns.CNAME, Values: []string{"a.b", "c.d"}}},
		{"an unknown type", dns.Record{Name: name, Type: "MX", Values: []string{"a.b"}}},
		{"a TTL below 1", dns.Record{Name: name, Type: dns.A, TTL: -1, Values: []string{"127.0.0.1"}}},
		{"a TTL over a day", dns.Record{Name: name, Type: dns.A, TTL: 86401, Values: []string{"127.0.0.1"}}},
		{"a broken service", dns.Record{Name: name, Type: dns.SRV, Values: []string{"1 2 70000 a.b"}}},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			if err := s.ReplaceName(context.Background(), dev, c.record.Name, []dns.Record{c.record}); !kernel.Is(err, kernel.Invalid) {
				t.Fatalf("got %v, want it to be invalid", err)
			}
		})
	}
}
