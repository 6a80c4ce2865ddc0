package vcstest

import (
	"net/netip"

	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// Here is a guard that lets tests call servers of this machine.
func Here() egress.Guard {
	return egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}
}
