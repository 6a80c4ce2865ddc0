package httpserver_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// pipes is a listener whose connections live in memory, so that their
// deadlines follow the test's clock.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { close(p.closed); return nil }

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// dial connects and sends a request's beginning.
func (p *pipes) dial(t *testing.T, request string) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	p.conns <- server
	if _, err := io.WriteString(client, strings.ReplaceAll(request, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	return client
}

// inMemory serves f in a bubble with its own clock.
func inMemory(t *testing.T, f func(t *testing.T, fix fixture, p *pipes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fix, p := newFixture(), newPipes()
		srv := httpserver.Serve(t.Context(), p, fix.router, nil, nil)
		f(t, fix, p)
		if err := srv.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestAClientThatStopsSendingIsCut(t *testing.T) {
	t.Parallel()
	inMemory(t, func(t *testing.T, fix fixture, p *pipes) {
		start := time.Now()
		ended := make(chan time.Duration, 1)
		fix.router.Post("/x", func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			ended <- time.Since(start)
			httpserver.WriteError(w, r, err)
		})
		c := p.dial(t, "POST /x HTTP/1.1\nHost: x\nContent-Length: 10\n\nabc")
		go func() { _, _ = io.Copy(io.Discard, c) }()
		if got := <-ended; got != 30*time.Second {
			t.Errorf("cut after %s", got)
		}
		_ = c.Close()
	})
}

func TestASlowButSteadyClientIsServed(t *testing.T) {
	t.Parallel()
	inMemory(t, func(t *testing.T, fix fixture, p *pipes) {
		fix.router.Post("/x", func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			time.Sleep(5 * time.Minute) // long work after the body must not be cut
			_, _ = fmt.Fprintf(w, "%s %v %v", b, err, r.Context().Err())
		})
		c := p.dial(t, "POST /x HTTP/1.1\nHost: x\nContent-Length: 5\n\n")
		for _, letter := range "abcde" {
			time.Sleep(20 * time.Second)
			if _, err := io.WriteString(c, string(letter)); err != nil {
				t.Fatal(err)
			}
		}
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		if b, _ := io.ReadAll(res.Body); string(b) != "abcde <nil> <nil>" {
			t.Errorf("%q", b)
		}
		_ = c.Close()
	})
}

func TestAStreamWaitsForItsProducerButNotForItsReader(t *testing.T) {
	t.Parallel()
	inMemory(t, func(t *testing.T, fix fixture, p *pipes) {
		ended := make(chan time.Duration, 1)
		op := operation("stream", http.MethodGet, "/stream")
		op.Security = httpserver.Public
		httpserver.Register(fix.api, op, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
			return httpserver.NDJSON(ctx, func(send func(any) error) error {
				time.Sleep(10 * time.Minute) // nothing happens for long
				_ = send("first")
				start := time.Now()
				err := send("second")
				ended <- time.Since(start)
				return err
			}), nil
		})
		c := p.dial(t, "GET /api/v1/stream HTTP/1.1\nHost: x\n\n")
		lines := bufio.NewReader(c)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(line, "first") {
				break // and read no more
			}
		}
		if got := <-ended; got < 25*time.Second || got > 35*time.Second {
			t.Errorf("a reader that stalls is cut after %s", got)
		}
		_ = c.Close()
	})
}

func TestHeadersMustArriveSoon(t *testing.T) {
	t.Parallel()
	inMemory(t, func(t *testing.T, _ fixture, p *pipes) {
		start := time.Now()
		c := p.dial(t, "GET /x HTTP/1.1\nHost: x\n")
		_, _ = io.Copy(io.Discard, c)
		if got := time.Since(start); got > 11*time.Second {
			t.Errorf("cut after %s", got)
		}
		_ = c.Close()
	})
}
