package app

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestATakenPortIsNamedWithItsSetting(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, err = net.Listen("tcp", l.Addr().String())
	c := config.Default()
	c.DNS = l.Addr().String()
	e, ok := errors.AsType[*kernel.Error](whichPort(fmt.Errorf("a room says: %w", err), c))
	if !ok || e.Message != "another program listens on "+c.DNS+", the port for DNS" || e.Fix != "stop that program, or choose another address with --dns" {
		t.Errorf("%v", e)
	}
	other := errors.New("the moon is full")
	if got := whichPort(other, c); !errors.Is(got, other) || kernel.Is(got, kernel.Unavailable) {
		t.Errorf("another error became %v", got)
	}
}
