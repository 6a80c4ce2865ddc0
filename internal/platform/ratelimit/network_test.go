package ratelimit_test

import (
	"net/netip"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/ratelimit"
)

func TestNetworkOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1":         "192.0.2.1/32",
		"::ffff:192.0.2.1":  "192.0.2.1/32",
		"2001:db8:0:1:2::3": "2001:db8:0:1::/64",
		"fe80::1%eth0":      "fe80::/64",
	} {
		if got := ratelimit.NetworkOf(netip.MustParseAddr(address)); got.String() != want {
			t.Errorf("%s is of %s, want %s", address, got, want)
		}
	}
	if got := ratelimit.NetworkOf(netip.Addr{}); got.IsValid() {
		t.Errorf("no address is of %s", got)
	}
}
