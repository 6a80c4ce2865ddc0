package dns_test

import (
	"net"
	"testing"

	mdns "github.com/miekg/dns"
)

// upstream is a server that others are asked at, until the test ends or it is closed.
func upstream(t *testing.T, handle mdns.HandlerFunc) (*mdns.Server, string) {
	t.Helper()
	packets, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accept := func(mdns.Header) mdns.MsgAcceptAction { return mdns.MsgAccept }
	started := make(chan struct{})
	server := &mdns.Server{PacketConn: packets, Handler: handle, MsgAcceptFunc: accept, NotifyStartedFunc: func() { close(started) }}
	done := make(chan error, 1)
	go func() { done <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		_ = server.Shutdown()
		<-done
	})
	return server, packets.LocalAddr().String()
}
