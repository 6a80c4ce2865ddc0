package ratelimit

import "net/netip"

// NetworkOf returns the network that whoever calls from an address has for themselves: the
// address, and of IPv6 its 64 bits, within which one has as many as one likes. Of no address
// it is none.
func NetworkOf(address netip.Addr) netip.Prefix {
	address = address.Unmap().WithZone("")
	network, _ := address.Prefix(min(address.BitLen(), 64)) // of no address it is none
	return network
}
