package dns_test

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestDigGetsWhatTheStandardsSay(t *testing.T) {
	t.Parallel()
	program(t, "dig")
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.network("local", false, "127.0.0.0/8")
	f.zone("corp.internal", "local")
	for _, r := range [][3]string{
		{"web", "A", "10.0.0.1"},
		{"www", "CNAME", "web.corp.internal."},
		{"*.apps", "A", "10.0.0.2"},
		{"a.b.c", "TXT", "deep"},
		{"lab", "NS", "ns.lab.corp.internal."},
		{"ns.lab", "A", "10.9.9.9"},
		{"mail", "MX", "10 web.corp.internal."},
	} {
		f.set("corp.internal", r[0], r[1], "", r[2])
	}
	address := serve(t, f.Service).Addr()
	for _, c := range []struct {
		reason string
		args   []string
		has    []string
	}{
		{"an answer", []string{"WeB.corp.Internal"}, []string{"status: NOERROR", "flags: qr aa rd;", "WeB.corp.Internal.\t300\tIN\tA\t10.0.0.1", "udp: 1232"}},
		{"without EDNS", []string{"+noedns", "web.corp.internal"}, []string{"ADDITIONAL: 0"}},
		{"an alias", []string{"www.corp.internal"}, []string{"ANSWER: 2", "CNAME\tweb.corp.internal."}},
		{"a wildcard", []string{"x.y.apps.corp.internal"}, []string{"x.y.apps.corp.internal.\t300\tIN\tA\t10.0.0.2"}},
		{"no such name", []string{"none.corp.internal"}, []string{"status: NXDOMAIN", "aa", "AUTHORITY: 1", "60\tIN\tSOA\tns.apps.example.net. hostmaster.corp.internal."}},
		{"an empty non-terminal", []string{"b.c.corp.internal"}, []string{"status: NOERROR", "ANSWER: 0, AUTHORITY: 1"}},
		{"a referral", []string{"+norec", "x.lab.corp.internal"}, []string{"flags: qr;", "ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 2", "ns.lab.corp.internal.\t300\tIN\tA\t10.9.9.9"}},
		{"a mail server", []string{"mail.corp.internal", "MX"}, []string{"ADDITIONAL: 2"}},
		{"ANY", []string{"+notcp", "web.corp.internal", "ANY"}, []string{"ANSWER: 1"}},
		{"over TCP", []string{"+tcp", "web.corp.internal"}, []string{"10.0.0.1"}},
		{"a later EDNS", []string{"+edns=1", "+noednsnegotiation", "web.corp.internal"}, []string{"status: BADVERS"}},
		{"an option that nobody knows", []string{"+ednsopt=65001:00", "web.corp.internal"}, []string{"10.0.0.1"}},
		{"a cookie", []string{"+cookie=0011223344556677", "web.corp.internal"}, []string{"10.0.0.1"}},
		{"another class", []string{"-c", "CH", "web.corp.internal"}, []string{"status: REFUSED"}},
		{"another operation", []string{"+opcode=status", "web.corp.internal"}, []string{"status: NOTIMP"}},
		{"a notification", []string{"+opcode=notify", "corp.internal", "SOA"}, []string{"status: NOTAUTH"}},
		{"outside", []string{"www.example.com"}, []string{"status: REFUSED"}},
	} {
		out := dig(t, address, append([]string{"+nocmd", "+nostats"}, c.args...)...)
		for _, has := range c.has {
			if !strings.Contains(out, has) {
				t.Errorf("%s: there is no %q in\n%s", c.reason, has, out)
			}
		}
	}
}

// packets are messages of which some are broken.
func packets(t testing.TB) (all [][]byte) {
	t.Helper()
	add := func(m *mdns.Msg) {
		packed, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, packed)
	}
	query := func() *mdns.Msg { return new(mdns.Msg).SetQuestion("web.corp.internal.", mdns.TypeA) }
	add(query())
	add(query().SetEdns0(4096, true))
	add(query().SetEdns0(1, false).SetEdns0(1, false))
	add(new(mdns.Msg).SetAxfr("corp.internal."))
	add(new(mdns.Msg).SetIxfr("corp.internal.", 1, "ns.", "h."))
	add(new(mdns.Msg).SetNotify("corp.internal."))
	add(new(mdns.Msg).SetUpdate("corp.internal."))
	signed := new(mdns.Msg).SetUpdate("corp.internal.")
	signed.SetTsig("all.acme.", mdns.HmacSHA256, 300, 1)
	add(signed)
	response := query()
	response.Response = true
	add(response)
	none := query()
	none.Question = nil
	add(none)
	two := query()
	two.Question = append(two.Question, two.Question...)
	add(two)
	subnet := query().SetEdns0(1232, false)
	subnet.IsEdns0().Option = append(subnet.IsEdns0().Option, &mdns.EDNS0_SUBNET{Code: mdns.EDNS0SUBNET, Family: 1, SourceNetmask: 24, Address: net.IPv4(10, 1, 7, 0)})
	add(subnet)
	whole := all[0]
	all = append(all, whole[:len(whole)-3], append(whole[:len(whole):len(whole)], 0xff, 0xff), whole[:11], nil,
		append(append([]byte{}, whole[:12]...), 0xc0, 0x0c, 0, 1, 0, 1), // a name that points at itself
		append(append([]byte{}, whole[:4]...), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
	return all
}

// FuzzPackets has a server get packets, and answer questions as before.
func FuzzPackets(f *testing.F) {
	for _, p := range packets(f) {
		f.Add(p)
	}
	s := newFixture(f, dbtest.SQLite(f, dnssql.Migrations()))
	s.zone("corp.internal")
	s.set("corp.internal", "web", "A", "", "10.0.0.1")
	s.key(dns.Key{Name: "all", Update: []string{"*"}})
	address := serve(f, s.Service).Addr()
	f.Fuzz(func(t *testing.T, packet []byte) {
		conn, err := new(net.Dialer).DialContext(t.Context(), "udp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := conn.Write(packet); err != nil {
			t.Skip(err) // it is longer than packets are
		}
		good, err := new(mdns.Msg).SetQuestion("web.corp.internal.", mdns.TypeA).Pack()
		if err != nil {
			t.Fatal(err)
		}
		reply := make([]byte, 1<<16)
		for {
			if _, err := conn.Write(good); err != nil {
				t.Fatal(err)
			}
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			n, err := conn.Read(reply)
			if err != nil {
				t.Fatalf("after %x the server is silent: %v", packet, err)
			}
			if n > 1232 {
				t.Errorf("%x is answered by %d bytes", packet, n)
			}
			if bytes.Equal(reply[:2], good[:2]) {
				break
			}
		}
	})
}
