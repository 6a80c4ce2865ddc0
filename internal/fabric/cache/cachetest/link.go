package cachetest

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Link is one process's way to a Redis, which a test can cut while others have theirs.
type Link struct {
	mu      sync.Mutex
	cut     bool
	refuse  []byte
	refused int
	open    []net.Conn
}

var errCut = errors.New("the link is cut")

// Options are those of a client that goes by the link to a server.
func (l *Link) Options(s *Server) *redis.Options {
	options := s.Options()
	options.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.cut {
			return nil, errCut
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err //nolint:wrapcheck // for the client
		}
		l.open = append(l.open, conn)
		return linked{conn, l}, nil
	}
	return options
}

// Cut ends all connections, and lets none begin.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for _, conn := range l.open {
		_ = conn.Close()
	}
	l.open = nil
}

// Refuse has words with the server fail to leave that have a text in them; what is heard
// from it goes on.
func (l *Link) Refuse(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuse = []byte(text)
}

// Refused returns how many words were.
func (l *Link) Refused() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}

// Mend ends what Cut and Refuse began.
func (l *Link) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.refuse = false, nil
}

// refuses tells that a word may not leave.
func (l *Link) refuses(word []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.refuse) == 0 || !bytes.Contains(word, l.refuse) {
		return false
	}
	l.refused++
	return true
}

// linked is a connection of a link.
type linked struct {
	net.Conn

	link *Link
}

// Write implements net.Conn.
func (c linked) Write(word []byte) (int, error) {
	if c.link.refuses(word) {
		return 0, errCut
	}
	return c.Conn.Write(word) //nolint:wrapcheck // for the client
}
