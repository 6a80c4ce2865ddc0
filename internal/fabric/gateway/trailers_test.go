package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// readsFirst is a kind that reads the body before the request goes on, as those
// do that look into it.
type readsFirst struct{}

func (readsFirst) Name() string { return "ReadsFirst" }

func (readsFirst) Compile(context.Context, gateway.Policy, gateway.Attachment) (exchange.Filter, error) {
	return func(next exchange.Handler) exchange.Handler {
		return func(x *exchange.Exchange) {
			_, _, _ = x.Body.Peek(1 << 20)
			next(x)
		}
	}, nil
}

// TestTrailersAreNoHeaders sends fields behind a body that a filter has read by the
// time that headers are judged: a client must not get past that so.
func TestTrailersAreNoHeaders(t *testing.T) {
	t.Parallel()
	heads := make(chan http.Header, 10)
	trailers := make(chan http.Header, 10)
	g := filtertest.Start(t, 0, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		heads <- r.Header
		trailers <- r.Trailer
	}, readsFirst{})
	for _, read := range []bool{false, true} {
		if read {
			g.Policy(t, "ReadsFirst", "{}")
		}
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", g.Server.PlainPort()))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: "+filtertest.Host+"\r\nTrailer: X-Checksum, Terrace-User\r\nX-Known: head\r\nTransfer-Encoding: chunked\r\n\r\n"+
			"4\r\nbody\r\n0\r\nX-Checksum: 42\r\nTerrace-User: admin\r\nForwarded: for=6.6.6.6\r\nX_Known: tail\r\nX-Known: tail\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		_ = conn.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("status %d", resp.StatusCode)
		}
		head, trailer := <-heads, <-trailers
		if head.Get("Trailer") != "" || head.Get("Terrace-User") != "" || head.Get("X-Checksum") != "" || head.Get("Forwarded") != "" || head.Get("X-Known") != "head" || head.Get("X_Known") != "" {
			t.Errorf("read first %v: the service sees %v", read, head)
		}
		if len(trailer) != 1 || trailer.Get("X-Checksum") != "42" {
			t.Errorf("read first %v: the service sees the trailers %v", read, trailer)
		}
	}
}

// TestTrailers passes fields behind a body both ways, whatever client and service
// speak, for bodies that are kept and for those that stream.
func TestTrailers(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		w.Header().Set("Trailer", "X-Told")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush() //nolint:forcetypeassert // a server's
		_, _ = fmt.Fprint(w, n)
		w.Header().Set("X-Told", r.Trailer.Get("X-Checksum"))
		w.Header().Set(http.TrailerPrefix+"X-Untold", "too")
		w.Header().Set(http.TrailerPrefix+"Terrace-Release", "forged")
	}))
	s.Config.Protocols = &http.Protocols{}
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	f.upstreams.m.Store("orders", upstream{strings.TrimPrefix(s.URL, "http://"), ""})
	one := f.newClient()
	one.Transport.(*http.Transport).ForceAttemptHTTP2 = false //nolint:forcetypeassert // what newClient makes
	t.Cleanup(one.CloseIdleConnections)
	for _, protocol := range []string{route.HTTP, route.H2C} {
		r := gateway.ToService("orders", host, "", "orders", "")
		r.Rules[0].Backends[0].Protocol = protocol
		put(t, f.routes, dev, r)
		for proto, client := range map[string]*http.Client{"HTTP/1.1": one, "HTTP/2.0": f.client} {
			for _, size := range []int{0, 10, 300_000} {
				body := struct{ io.Reader }{strings.NewReader(strings.Repeat("x", size))}
				req, err := http.NewRequest(http.MethodPost, f.url(host, "/"), body)
				if err != nil {
					t.Fatal(err)
				}
				req.Trailer = http.Header{"X-Checksum": {"sum"}}
				resp, err := client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				what := fmt.Sprintf("%s to %s, %d bytes", resp.Proto, protocol, size)
				if err != nil || resp.Proto != proto || string(text) != fmt.Sprint(size) {
					t.Errorf("%s: %s, %v", what, text, err)
				}
				if resp.Trailer.Get("X-Told") != "sum" || resp.Trailer.Get("X-Untold") != "too" || resp.Trailer.Get("Terrace-Release") != "" {
					t.Errorf("%s: the trailers are %v", what, resp.Trailer)
				}
			}
		}
	}
}

// TestInterimAnswers has a service hint early and ask for the body: the hints go to
// clients of HTTP/2, the word to go on comes from the gateway.
func TestInterimAnswers(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	hints := func(w http.ResponseWriter, r *http.Request) {
		for n := range 3 {
			w.Header().Set("Link", fmt.Sprintf("</%d.css>; rel=preload", n))
			w.Header().Set("Terrace-Release", "forged")
			w.WriteHeader(http.StatusEarlyHints)
		}
		w.Header().Del("Link")
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(hints))
	s.Config.Protocols = &http.Protocols{}
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	f.upstreams.m.Store("orders", upstream{strings.TrimPrefix(s.URL, "http://"), ""})
	one := f.newClient()
	one.Transport.(*http.Transport).ForceAttemptHTTP2 = false //nolint:forcetypeassert // what newClient makes
	t.Cleanup(one.CloseIdleConnections)
	for _, protocol := range []string{route.HTTP, route.H2C} {
		r := gateway.ToService("orders", host, "", "orders", "")
		r.Rules[0].Backends[0].Protocol = protocol
		put(t, f.routes, dev, r)
		for proto, client := range map[string]*http.Client{"HTTP/1.1": one, "HTTP/2.0": f.client} {
			links, continued, answer := interim(t, client, f.url(host, "/"))
			want := []string{}
			if proto == "HTTP/2.0" {
				want = []string{"</0.css>; rel=preload", "</1.css>; rel=preload", "</2.css>; rel=preload"}
			}
			if !slices.Equal(links, want) || !continued || answer != "body" {
				t.Errorf("%s to %s: links %v, 100 %v, %q", proto, protocol, links, continued, answer)
			}
		}
	}
}

// interim sends a body that waits for 100 and returns what came before the answer.
func interim(t *testing.T, client *http.Client, url string) (links []string, continued bool, answer string) {
	t.Helper()
	links = []string{}
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got100Continue: func() { continued = true },
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			if code == http.StatusEarlyHints {
				links = append(links, h["Link"]...)
				if h.Get("Terrace-Release") != "" {
					t.Error("a hint says what only the gateway may")
				}
			}
			return nil
		},
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Expect", "100-continue")
	client.Transport.(*http.Transport).ExpectContinueTimeout = time.Minute //nolint:forcetypeassert // what newClient makes
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return links, continued, string(text)
}
