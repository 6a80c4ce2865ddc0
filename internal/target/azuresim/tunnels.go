package azuresim

import (
	"io"
	"net"
	"sync"
	"time"
)

const (
	// maxTunnels is how many tunnels may be open at once.
	maxTunnels = 1024
	// tunnelIdle is how long a tunnel stays open in which nothing is sent.
	tunnelIdle = 10 * time.Minute
)

// tunnels own the proxy's open connections: the server forgets them once they are tunnels.
type tunnels struct {
	most int
	idle time.Duration

	mu     sync.Mutex
	count  int
	closed bool
	open   map[net.Conn]bool
	ended  sync.WaitGroup
}

func newTunnels(most int, idle time.Duration) *tunnels {
	return &tunnels{most: most, idle: idle, open: map[net.Conn]bool{}}
}

// enter tells whether there is room for one more; who enters leaves.
func (t *tunnels) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.count >= t.most {
		return false
	}
	t.count++
	t.ended.Add(1)
	return true
}

func (t *tunnels) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count--
	t.ended.Done()
}

// run copies both ways until both sides have ended, nothing has been sent for long, or close is called.
func (t *tunnels) run(client net.Conn, buffered io.Reader, upstream net.Conn) {
	if !t.hold(client, upstream) {
		return
	}
	defer t.drop(client, upstream)
	idle := time.AfterFunc(t.idle, func() { shut(client, upstream) })
	defer idle.Stop()
	done := make(chan struct{}, 2)
	pipe := func(to net.Conn, from io.Reader) {
		_, _ = io.Copy(to, awake{from, func() { idle.Reset(t.idle) }}) // a side that has gone ends the tunnel
		if half, is := to.(interface{ CloseWrite() error }); is {
			_ = half.CloseWrite() // as above
		}
		done <- struct{}{}
	}
	go pipe(upstream, buffered)
	go pipe(client, upstream)
	<-done
	<-done
}

// hold keeps connections for close, which has been called already when it answers false.
func (t *tunnels) hold(conns ...net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		shut(conns...)
		return false
	}
	for _, c := range conns {
		t.open[c] = true
	}
	return true
}

func (t *tunnels) drop(conns ...net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	shut(conns...)
	for _, c := range conns {
		delete(t.open, c)
	}
}

// close cuts every tunnel and returns when all have ended.
func (t *tunnels) close() {
	t.mu.Lock()
	t.closed = true
	for c := range t.open {
		shut(c)
	}
	t.mu.Unlock()
	t.ended.Wait()
}

func shut(conns ...net.Conn) {
	for _, c := range conns {
		_ = c.Close() // it is closed, or was
	}
}

// awake calls heard whenever something was read.
type awake struct {
	io.Reader
	heard func()
}

func (a awake) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if n > 0 {
		a.heard()
	}
	return n, err
}
