package front_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/summerwind/h2spec/config"
	"github.com/summerwind/h2spec/generic"
	"github.com/summerwind/h2spec/hpack"
	"github.com/summerwind/h2spec/http2"
	"github.com/summerwind/h2spec/spec"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
)

// known are the cases of h2spec that the gateway does not hold, by their place,
// each with why. A case that holds again is to be taken out of here.
var known = map[string]string{
	"http2/6.5.3/1 Sends multiple values of SETTINGS_INITIAL_WINDOW_SIZE":                                            "the standard library ends a connection that gives one setting twice",
	"http2/8.1.2.2/1 Sends a HEADERS frame that contains the connection-specific header field":                       "answered with 400, which RFC 9113 §8.1.1 allows in place of a reset",
	"http2/8.1.2.2/2 Sends a HEADERS frame that contains the TE header field with any value other than \"trailers\"": "answered with 400, which RFC 9113 §8.1.1 allows in place of a reset",
}

// TestH2spec runs summerwind/h2spec, a suite for RFC 9113 and RFC 7541 that
// nobody here wrote, against the port of TLS.
func TestH2spec(t *testing.T) {
	t.Parallel()
	port := startSecure(t, func(x *exchange.Exchange) {
		_, _ = io.Copy(io.Discard, x.Body)
		x.SetBody([]byte(strings.Repeat("x", 64)))
	})
	c := &config.Config{Host: "127.0.0.1", Port: port, Path: "/", Timeout: 10 * time.Second, MaxHeaderLen: 4000, TLS: true, Insecure: true, Strict: true}
	results := map[string]error{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	places := make(chan struct{}, 16)
	for _, group := range []*spec.TestGroup{generic.Spec(), http2.Spec(), hpack.Spec()} {
		walk(group, func(name string, tc *spec.TestCase) {
			wg.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				err := one(c, tc)
				mu.Lock()
				defer mu.Unlock()
				results[name] = err
			})
		})
	}
	wg.Wait()
	passed := 0
	for name, err := range results {
		why, expected := known[name]
		switch {
		case err == nil && expected:
			t.Errorf("%s holds: take it out of the table", name)
		case err == nil:
			passed++
		case errors.Is(err, spec.ErrSkipped):
			t.Errorf("%s was left out", name)
		case !expected:
			t.Errorf("%s: %v", name, err)
		default:
			t.Logf("%s: %s", name, why)
		}
	}
	t.Logf("%d of %d cases hold", passed, len(results))
	if len(results) < 140 {
		t.Errorf("%d cases: the suite is not whole", len(results))
	}
}

// walk visits the cases of a group and of those within it.
func walk(g *spec.TestGroup, visit func(string, *spec.TestCase)) {
	for i, tc := range append(append([]*spec.TestCase{}, g.Tests...), g.StrictTests...) {
		visit(fmt.Sprintf("%s/%d %s", g.ID(), i+1, tc.Desc), tc)
	}
	for _, within := range g.Groups {
		walk(within, visit)
	}
}

func one(c *config.Config, tc *spec.TestCase) error {
	conn, err := spec.Dial(c)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return tc.Run(c, conn)
}

// startSecure serves over TLS and returns the port.
func startSecure(t *testing.T, handler exchange.Handler) int {
	t.Helper()
	certified := httptest.NewTLSServer(nil)
	certificate := certified.TLS.Certificates[0]
	certified.Close()
	server, err := front.Listen(t.Context(), front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: "127.0.0.1:0", Handler: handler, Log: slog.New(slog.DiscardHandler),
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return server.Port()
}
