package forward_test

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/local/forward"
)

// serve answers every connection with what it has sent, behind a name.
func serve(t *testing.T, name string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b, _ := io.ReadAll(c)
			_, _ = c.Write(append([]byte(name+" "), b...))
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// ask sends a word, ends its side, and reads the answer.
func ask(t *testing.T, addr, word string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, _ = io.WriteString(c, word)
	_ = c.(*net.TCPConn).CloseWrite()
	b, _ := io.ReadAll(c)
	return string(b)
}

func TestForwarder(t *testing.T) {
	t.Parallel()
	f, err := forward.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, f.Addr(), "hello"); got != "" {
		t.Errorf("without a target it answers %q", got)
	}
	f.Point(serve(t, "first"))
	if got := ask(t, f.Addr(), "hello"); got != "first hello" {
		t.Errorf("got %q", got)
	}
	f.Point(serve(t, "second"))
	if got := ask(t, f.Addr(), "hello"); got != "second hello" {
		t.Errorf("got %q", got)
	}
	open, err := net.Dial("tcp", f.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = open.Close() }()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := open.Read(make([]byte, 1)); err == nil {
		t.Error("after Close a connection is still open")
	}
	if _, err := net.Dial("tcp", f.Addr()); err == nil {
		t.Error("after Close it still listens")
	}
}
