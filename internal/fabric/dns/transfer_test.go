package dns_test

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// secondary has a zone copied by an address without a key, and told to servers.
func (f *fixture) secondary(name string, of dns.Transfer) {
	f.t.Helper()
	z, err := f.Zone(as("admin"), "acme", name)
	if err != nil {
		f.t.Fatal(err)
	}
	z.Secondary = of
	if _, err := f.SetZone(as("admin"), z); err != nil {
		f.t.Fatal(err)
	}
}

// fill gives a zone many records at once.
func (f *fixture) fill(name string, n int) {
	f.t.Helper()
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "h%d 300 IN A 10.%d.%d.%d\n", i, i>>16, i>>8&255, i&255)
	}
	if _, err := f.Import(as("admin"), "acme", name, text.String(), false); err != nil {
		f.t.Fatal(err)
	}
}

func TestDigCopiesAZoneThatItMay(t *testing.T) {
	t.Parallel()
	program(t, "dig")
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.network("local", false, "127.0.0.0/8")
	f.zone("corp.internal", "local")
	f.zone("public.example")
	f.fill("corp.internal", 2000)
	f.set("corp.internal", "h0", "A", "local", "192.0.2.1")
	reader := f.key(dns.Key{Name: "reader", Transfer: true})
	writer := f.key(dns.Key{Name: "writer", Update: []string{"*"}})
	address := serve(t, f.Service).Addr()
	if out := dig(t, address, "corp.internal", "AXFR"); !strings.Contains(out, "Transfer failed") {
		t.Errorf("who has no leave copies the zone:\n%s", out)
	}
	f.secondary("corp.internal", dns.Transfer{Allow: []string{"127.0.0.1", "::1"}})
	out := dig(t, address, "+noall", "+answer", "corp.internal", "AXFR")
	all := records(out)
	if len(all) != 2003 || !strings.Contains(all[0], " SOA ") || all[0] != all[len(all)-1] {
		t.Fatalf("%d records:\n%.1000s", len(all), out)
	}
	if !strings.Contains(out, "192.0.2.1") {
		t.Error("an address gets what others see, and not what it sees")
	}
	f.secondary("corp.internal", dns.Transfer{Allow: []string{"10.0.0.0/8"}})
	for _, c := range []struct {
		reason string
		args   []string
		n      int
	}{
		{"with a key, as all see it", []string{"-y", reader, "corp.internal", "AXFR"}, 2003},
		{"a key for updates", []string{"-y", writer, "corp.internal", "AXFR"}, 0},
		{"a key of another zone", []string{"-y", reader, "public.example", "AXFR"}, 0},
		{"an address that is not named", []string{"corp.internal", "AXFR"}, 0},
		{"the platform's zone", []string{"apps.example.net", "AXFR"}, 0},
		{"a wrong secret", []string{"-y", strings.Replace(reader, "reader", "writer", 1), "corp.internal", "AXFR"}, 0},
	} {
		if got := records(dig(t, address, append([]string{"+noall", "+answer"}, c.args...)...)); len(got) != c.n || c.n > 0 && strings.Contains(strings.Join(got, "|"), "192.0.2.1") {
			t.Errorf("%s: %d records, want %d: %.200s", c.reason, len(got), c.n, got)
		}
	}
	z, err := f.Zone(as("admin"), "acme", "corp.internal")
	if err != nil {
		t.Fatal(err)
	}
	for serial, n := range map[int64]int{z.Serial: 1, z.Serial - 1: 2003, z.Serial + 1: 1, (z.Serial + 1<<31 + 7) % (1 << 32): 2003} {
		if got := records(dig(t, address, "+noall", "+answer", "-y", reader, "+tcp", "corp.internal", "IXFR="+strconv.FormatInt(serial, 10))); len(got) != n {
			t.Errorf("whoever has serial %d, and the zone %d: %d records, want %d (RFC 1982)", serial, z.Serial, len(got), n)
		}
	}
	if reply := exchange(t, "udp", address, new(mdns.Msg).SetAxfr("corp.internal.")); reply.Rcode != mdns.RcodeRefused {
		t.Errorf("over UDP: %v", reply)
	}
}

func TestSecondariesAreToldOfEachChange(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.zone("corp.internal")
	told := make(chan *mdns.Msg, 10)
	_, address := upstream(t, func(w mdns.ResponseWriter, m *mdns.Msg) {
		told <- m
		_ = w.WriteMsg(new(mdns.Msg).SetReply(m))
	})
	f.secondary("corp.internal", dns.Transfer{Notify: []string{address}})
	watch(t, f.Notify)
	for range 2 {
		select {
		case m := <-told:
			if m.Opcode != mdns.OpcodeNotify || m.Question[0].Name != "corp.internal." || !m.Authoritative {
				t.Errorf("%v", m)
			}
		case <-time.After(time.Minute):
			t.Fatal("the secondary is not told")
		}
		f.set("corp.internal", "web", "A", "", "10.0.0.1")
	}
	page, err := f.Secondaries(as("admin"), "acme", "corp.internal")
	if err != nil || len(page) != 1 || page[0].Current || page[0].Error == "" {
		t.Errorf("one that has no zone: %+v %v", page, err)
	}
	if _, err := f.Secondaries(as("admin"), "acme", "none.internal"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("%v", err)
	}
}

// TestWhoDoesNotReadIsLetGo has a client ask for transfers, and read nothing of them.
func TestWhoDoesNotReadIsLetGo(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.zone("corp.internal")
	f.fill("corp.internal", 5000)
	f.secondary("corp.internal", dns.Transfer{Allow: []string{"127.0.0.1"}})
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", serve(t, f.Service).Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.(*net.TCPConn).SetReadBuffer(1 << 10); err != nil { //nolint:forcetypeassert // it is over TCP
		t.Fatal(err)
	}
	for range 60 { // more than systems keep for who does not read
		if err := (&mdns.Conn{Conn: conn}).WriteMsg(new(mdns.Msg).SetAxfr("corp.internal.")); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "that it is let go", func() bool {
		return (&mdns.Conn{Conn: conn}).WriteMsg(new(mdns.Msg).SetAxfr("corp.internal.")) != nil
	})
}
