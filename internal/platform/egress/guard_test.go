package egress_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/egress"
)

func forbidden(err error) bool {
	_, ok := errors.AsType[*egress.Forbidden](err)
	return ok
}

// TestNoFormOfAnAddressInsideIsCalled has the ways in which addresses inside are written.
func TestNoFormOfAnAddressInsideIsCalled(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "198.18.0.1", "168.63.129.16", "224.0.0.1", "255.255.255.255",
		"::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:100.64.0.1", "::ffff:168.63.129.16", "::ffff:7f00:1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "2001::1",
		"2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "0", "017700000001", "0x7F.0.0.1", "1.2.3.04",
	} {
		if err := (egress.Guard{}).Resolve(t.Context(), host, false); !forbidden(err) {
			t.Errorf("%s: %v", host, err)
		}
		if addrs, err := (egress.Guard{}).Addresses(t.Context(), host, false); !forbidden(err) {
			t.Errorf("%s: %v %v", host, addrs, err)
		}
	}
	for _, host := range []string{"93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"} {
		if err := (egress.Guard{}).Resolve(t.Context(), host, false); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		if err := (egress.Guard{}).Resolve(t.Context(), host, true); !forbidden(err) {
			t.Errorf("%s in the clear: %v", host, err)
		}
	}
}

// TestANameThatLeadsInsideIsNotCalled: one of its addresses is enough.
func TestANameThatLeadsInsideIsNotCalled(t *testing.T) {
	t.Parallel()
	g := egress.Guard{Lookup: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("169.254.169.254")}, nil
	}}
	if addrs, err := g.Addresses(t.Context(), "inside.example", false); !forbidden(err) {
		t.Errorf("%v %v", addrs, err)
	}
	if err := g.Resolve(t.Context(), "inside.example", false); !forbidden(err) {
		t.Error(err)
	}
}

// TestANameThatChangesItsMindIsNotCalled: it led elsewhere when it was looked at, and leads
// to this machine when it is dialled.
func TestANameThatChangesItsMindIsNotCalled(t *testing.T) {
	t.Parallel()
	called := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer server.Close()
	looks := 0
	g := egress.Guard{Lookup: func(context.Context, string) ([]netip.Addr, error) {
		looks++
		return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
	}}
	if err := g.Resolve(t.Context(), "localhost", false); err != nil || looks != 1 {
		t.Fatal(err, looks)
	}
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	dialer := g.Dialer(false)
	for _, host := range []string{"localhost", "127.0.0.1", "[::ffff:127.0.0.1]"} {
		conn, err := dialer.DialContext(t.Context(), "tcp", host+":"+port)
		if err == nil {
			_ = conn.Close()
		}
		if !forbidden(err) || called {
			t.Errorf("%s: %v", host, err)
		}
	}
}
