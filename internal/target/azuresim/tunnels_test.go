package azuresim

import (
	"net"
	"testing"
	"time"
)

func TestTunnelsAreBounded(t *testing.T) {
	t.Parallel()
	all := newTunnels(1, time.Minute)
	if !all.enter() || all.enter() {
		t.Error("there is room for one")
	}
	all.leave()
	if !all.enter() {
		t.Error("one that has left has made no room")
	}
	all.leave()
	all.close()
	if all.enter() {
		t.Error("a tunnel after the end")
	}
}

func TestIdleTunnelsEnd(t *testing.T) {
	t.Parallel()
	client, user := net.Pipe()
	upstream, server := net.Pipe()
	newTunnels(1, time.Millisecond).run(client, client, upstream)
	for _, end := range []net.Conn{user, server} {
		if _, err := end.Read(make([]byte, 1)); err == nil {
			t.Error("a tunnel in which nothing was sent is still open")
		}
	}
}
