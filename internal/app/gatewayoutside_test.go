package app

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// TestRoutesDoNotReachThePlatform dials what listens here, with its network allowed.
func TestRoutesDoNotReachThePlatform(t *testing.T) {
	t.Parallel()
	listen := func() (net.Listener, string) {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return l, port
	}
	platform, own := listen()
	other, _ := listen()
	o := outside{
		guard: egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}, What: "backends of routes"}, ports: []string{own},
		own: func() ([]net.Addr, error) {
			return []net.Addr{&net.IPNet{IP: net.IPv4(10, 1, 2, 3), Mask: net.CIDRMask(24, 32)}}, nil
		},
	}
	c, err := o.dial(t.Context(), other.Addr().String(), true)
	if err != nil {
		t.Fatalf("an allowed address: %v", err)
	}
	_ = c.Close()
	for _, addr := range []string{platform.Addr().String(), "localhost:" + own, "127.9.9.9:" + own, "[::ffff:127.0.0.1]:" + own, "10.1.2.3:" + own} {
		if _, err := o.dial(t.Context(), addr, true); err == nil || !strings.Contains(err.Error(), "own") && !strings.Contains(err.Error(), "address inside") {
			t.Errorf("%s: %v", addr, err)
		}
		if err := o.Reach(addr, true); err == nil {
			t.Errorf("%s is said to be reached", addr)
		}
	}
	for _, addr := range []string{other.Addr().String(), "api.example.com:443"} { // a name is not looked up
		if err := o.Reach(addr, true); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	o.guard.Allow = nil
	for _, addr := range []string{other.Addr().String(), "169.254.169.254:80", "192.168.0.1:443"} {
		if _, err := o.dial(t.Context(), addr, false); err == nil || !strings.Contains(err.Error(), "an address inside, which backends of routes may not have") {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
