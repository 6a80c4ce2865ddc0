package exchange

import (
	"net"
	"net/netip"
)

// Address returns the client's address, the zero one where there is none; IPv4
// within IPv6 is IPv4. It is that of the connection, or what a filter that
// believes a proxy has put into Client.
func (x *Exchange) Address() netip.Addr {
	tcp, ok := x.Client.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap().WithZone("")
}

// Received returns how many bytes of the body came from the client so far.
func (b *Body) Received() int64 { return b.read }
