package dns_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func serve(t testing.TB, s *dns.Service) *dns.Server {
	t.Helper()
	server, err := dns.Listen(context.Background(), "127.0.0.1:0", s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return server
}

func exchange(t *testing.T, network, addr string, query *mdns.Msg) *mdns.Msg {
	t.Helper()
	client := &mdns.Client{Net: network, Timeout: time.Minute}
	reply, _, err := client.Exchange(query, addr)
	if err != nil {
		t.Fatalf("%s: %v", network, err)
	}
	reply.Compress = true // as it was sent, so that Len tells its size
	return reply
}

func TestServesOverSockets(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, dbtest.SQLite(t, dnssql.Migrations()))
	server := serve(t, s)
	put(t, s, dev, "a.dev.shop.localhost", dns.A, "127.0.0.1")
	for _, network := range []string{"udp", "tcp"} {
		reply := exchange(t, network, server.Addr(), new(mdns.Msg).SetQuestion("a.dev.shop.localhost.", mdns.TypeA))
		if len(reply.Answer) != 1 || !reply.Authoritative || reply.RecursionAvailable {
			t.Fatalf("%s: %v", network, reply)
		}
	}
	// The standard library's resolver understands it too.
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Addr())
	}}
	put(t, s, dev, "txt.dev.shop.localhost", dns.TXT, strings.Repeat("x", 600))
	texts, err := resolver.LookupTXT(context.Background(), "txt.dev.shop.localhost.")
	if err != nil || len(texts) != 1 || len(texts[0]) != 600 {
		t.Fatalf("lookup: %v, %v", texts, err)
	}
}

func TestServesAgainAfterItEnded(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, dbtest.SQLite(t, dnssql.Migrations()))
	put(t, s, dev, "a.dev.shop.localhost", dns.A, "127.0.0.1")
	server, err := dns.Listen(context.Background(), "127.0.0.1:0", s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	addr := server.Addr()
	for range 2 { // as a supervisor does it
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- server.Serve(ctx) }()
		for _, network := range []string{"udp", "tcp"} {
			var reply *mdns.Msg
			for try := 0; reply == nil && try < 100; try++ {
				reply, _, _ = (&mdns.Client{Net: network, Timeout: time.Second}).Exchange(new(mdns.Msg).SetQuestion("a.dev.shop.localhost.", mdns.TypeA), addr)
				time.Sleep(5 * time.Millisecond)
			}
			if reply == nil || len(reply.Answer) != 1 {
				t.Errorf("%s: %v", network, reply)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func TestTruncatesForUDP(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, dbtest.SQLite(t, dnssql.Migrations()))
	server := serve(t, s)
	var values []string
	for i := range 32 {
		values = append(values, fmt.Sprintf("%02d%s", i, strings.Repeat("t", 98)))
	}
	put(t, s, dev, "big.dev.shop.localhost", dns.TXT, values...)
	query := new(mdns.Msg).SetQuestion("big.dev.shop.localhost.", mdns.TypeTXT)
	if reply := exchange(t, "udp", server.Addr(), query); !reply.Truncated || reply.Len() > 512 {
		t.Fatalf("without EDNS: truncated %v, %d bytes", reply.Truncated, reply.Len())
	}
	query.SetEdns0(4096, false)
	if reply := exchange(t, "udp", server.Addr(), query); !reply.Truncated || reply.Len() > 1232 || reply.IsEdns0() == nil {
		t.Fatalf("with EDNS: truncated %v, %d bytes", reply.Truncated, reply.Len())
	}
	if reply := exchange(t, "tcp", server.Addr(), query); reply.Truncated || len(reply.Answer) != 32 {
		t.Fatalf("over TCP: truncated %v, %d answers", reply.Truncated, len(reply.Answer))
	}
}

func TestRefusesOddQueries(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, dbtest.SQLite(t, dnssql.Migrations()))
	server := serve(t, s)
	newer := new(mdns.Msg).SetQuestion("localhost.", mdns.TypeA)
	newer.SetEdns0(1232, false)
	newer.IsEdns0().SetVersion(1)
	update := new(mdns.Msg).SetUpdate("localhost.")
	twice := new(mdns.Msg).SetQuestion("localhost.", mdns.TypeA).SetEdns0(1232, false).SetEdns0(1232, false)
	chaos := new(mdns.Msg).SetQuestion("version.bind.", mdns.TypeTXT)
	chaos.Question[0].Qclass = mdns.ClassCHAOS
	cases := []struct {
		reason string
		query  *mdns.Msg
		rcode  int
	}{
		{"a newer EDNS", newer, mdns.RcodeBadVers},
		{"an unsigned update", update, mdns.RcodeRefused},
		{"EDNS twice (RFC 6891 §6.1.1)", twice, mdns.RcodeFormatError},
		{"another class", chaos, mdns.RcodeRefused},
	}
	for _, c := range cases {
		if reply := exchange(t, "udp", server.Addr(), c.query); reply.Rcode != c.rcode {
			t.Errorf("%s: got %s, want %s", c.reason, mdns.RcodeToString[reply.Rcode], mdns.RcodeToString[c.rcode])
		}
	}
}

func TestSaysWhichPortIsTaken(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, dbtest.SQLite(t, dnssql.Migrations()))
	server := serve(t, s)
	_, err := dns.Listen(context.Background(), server.Addr(), s, slog.Default())
	if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), server.Addr()) || !strings.Contains(err.Error(), "choose another port") {
		t.Fatalf("got %v", err)
	}
}

// TestSeesWhatOthersWrite has two services on one database, as two replicas.
func TestSeesWhatOthersWrite(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, dnssql.Migrations())
	writer, _ := newService(t, d)
	reader, _ := newService(t, d)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- reader.Watch(ctx) }()
	put(t, writer, dev, "a.dev.shop.localhost", dns.A, "127.0.0.1")
	eventually(t, "that the other replica's record is answered", func() bool {
		return ask(reader, "a.dev.shop.localhost.", mdns.TypeA).Rcode == mdns.RcodeSuccess
	})
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
