package app

import (
	"errors"
	"net"
	"strconv"
	"syscall"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// whichPort turns the error of a start for which a port was taken into one that
// names the port, what it is for and the setting that moves it; only this
// package knows all three. Other errors stay.
func whichPort(err error, c config.Config) error {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	for _, l := range []struct{ what, address, flag string }{
		{"the API", c.Listen, "--listen"},
		{"the gateway", c.Gateway, "--gateway"},
		{"the gateway's HTTP", c.GatewayHTTP, "--gateway-http"},
		{"DNS", c.DNS, "--dns"},
		{"events", c.NATS, "--nats"},
		{"xDS", c.XDS, "--xds"},
	} {
		if portOf(l.address) != portOf(op.Addr.String()) {
			continue
		}
		taken := kernel.Errorf(kernel.Unavailable, "another program listens on %s, the port for %s", l.address, l.what)
		taken.Err = err
		return taken.WithFix("stop that program, or choose another address with %s", l.flag)
	}
	return err
}

// portOf returns the port of host:port, 0 where there is none.
func portOf(address string) int {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return port
}
