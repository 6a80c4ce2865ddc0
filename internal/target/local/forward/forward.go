// Package forward gives a service's port an address that stays the same while
// the processes behind it come and go.
//
// It owns listening and copying bytes. It does not know which process serves:
// its owner points it at one.
package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	dialTimeout = 5 * time.Second
	acceptPause = 50 * time.Millisecond
)

// Forwarder passes TCP connections on to its target.
type Forwarder struct {
	listener net.Listener
	target   atomic.Pointer[string]

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
	active sync.WaitGroup
}

// Listen starts a forwarder on addr. Until it is pointed somewhere, it closes
// every connection at once.
func Listen(ctx context.Context, addr string) (*Forwarder, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	f := &Forwarder{listener: l, open: map[net.Conn]struct{}{}}
	f.active.Go(f.accept)
	return f, nil
}

// Addr returns the address, 127.0.0.1:port.
func (f *Forwarder) Addr() string { return f.listener.Addr().String() }

// Point sends new connections to target; "" sends them nowhere.
func (f *Forwarder) Point(target string) { f.target.Store(&target) }

// Close ends the forwarder and its connections.
func (f *Forwarder) Close() error {
	err := f.listener.Close()
	f.mu.Lock()
	f.closed = true
	for c := range f.open {
		_ = c.Close()
	}
	f.mu.Unlock()
	f.active.Wait()
	return err
}

func (f *Forwarder) accept() {
	for {
		c, err := f.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(acceptPause) // too many open files, perhaps: it passes
			continue
		}
		if f.add(c) {
			f.active.Go(func() { f.serve(c) })
		}
	}
}

// add notes an open connection; after Close it ends it instead.
func (f *Forwarder) add(c net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		_ = c.Close()
		return false
	}
	f.open[c] = struct{}{}
	return true
}

func (f *Forwarder) drop(c net.Conn) {
	f.mu.Lock()
	delete(f.open, c)
	f.mu.Unlock()
	_ = c.Close()
}

func (f *Forwarder) serve(client net.Conn) {
	defer f.drop(client)
	target := f.target.Load()
	if target == nil || *target == "" {
		return
	}
	server, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(context.Background(), "tcp", *target)
	if err != nil || !f.add(server) {
		return
	}
	defer f.drop(server)
	var both sync.WaitGroup
	both.Go(func() { pass(server, client) })
	both.Go(func() { pass(client, server) })
	both.Wait()
}

// pass copies one direction and passes its end on.
func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if half, ok := to.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
}
