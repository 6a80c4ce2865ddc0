package db_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// wire is between a client and a server until it is cut.
type wire struct {
	net.Listener

	mu    sync.Mutex
	open  []net.Conn
	isCut bool
}

// between lets connections through to a server.
func between(t *testing.T, server string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l}
	t.Cleanup(w.cut)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			behind, err := net.Dial("tcp", server)
			if err != nil || !w.keep(client, behind) {
				return
			}
			go func() { _, _ = io.Copy(behind, client) }()
			go func() { _, _ = io.Copy(client, behind) }()
		}
	}()
	return w
}

func (w *wire) keep(all ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = append(w.open, all...)
	return !w.isCut
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
	_ = w.Close()
	for _, c := range w.open {
		_ = c.Close()
	}
}

// TestAServerThatIsAwayIsNoDefect: whoever asks is told to try again, not that something
// went wrong inside.
func TestAServerThatIsAwayIsNoDefect(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(dbtest.NewPostgres(t))
	if err != nil {
		t.Fatal(err)
	}
	w := between(t, u.Host)
	u.Host = w.Addr().String()
	d, err := db.Open(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	read := func(ctx context.Context) error {
		var n int
		return db.Map(d.Reader(ctx).NewRaw("SELECT 1").Scan(ctx, &n), "one")
	}
	if err := read(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = d.InTx(t.Context(), func(ctx context.Context) error {
		w.cut()
		return read(ctx)
	})
	for what, err := range map[string]error{"a transaction that was open": err, "a read": read(t.Context()), "a transaction": d.InTx(t.Context(), read)} {
		if !kernel.Is(err, kernel.Unavailable) || !strings.HasPrefix(err.Error(), "the database does not answer") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
