package authn_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
)

// BenchmarkToken compares requests for a route with a token, which is verified and
// remembered, with the same requests for a route without a policy: by turns, so that both meet
// the same load, and by the processor time of client, gateway and service together, which
// does not count who else uses the machine.
func BenchmarkToken(b *testing.B) {
	w := start(b, nil)
	w.jwt(b, "", `, "claimsToHeaders": [{"claim": "sub", "header": "X-User-Id"}]`)
	token := w.issuer.Token(b, nil, nil)
	request := func(host string) []byte {
		return fmt.Appendf(nil, "GET / HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", host, token)
	}
	c := w.dial(b)
	defer func() { _ = c.Close() }()
	r := bufio.NewReader(c)
	both := [2][]byte{request(authntest.Other), request(authntest.Host)}
	ask(b, c, r, both[0])
	ask(b, c, r, both[1])
	const turn = 50
	var took [2]time.Duration
	turns := 0
	for b.Loop() {
		for i := range both {
			began := processor(b)
			for range turn {
				ask(b, c, r, both[i])
			}
			took[i] += processor(b) - began
		}
		turns++
	}
	n := float64(turns * turn)
	b.ReportMetric(float64(took[0])/n, "cpu-ns/without")
	b.ReportMetric(float64(took[1])/n, "cpu-ns/with")
	b.ReportMetric(float64(took[1])/float64(took[0]), "ratio")
}

// processor is how long the processors have worked for this process.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// dial opens a connection without TLS, which would cost both the same.
func (w *world) dial(b *testing.B) net.Conn {
	b.Helper()
	c, err := new(net.Dialer).DialContext(b.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(w.Server.PlainPort())))
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func ask(b *testing.B, c net.Conn, r *bufio.Reader, request []byte) {
	b.Helper()
	var resp fasthttp.Response
	if _, err := c.Write(request); err != nil {
		b.Error(err)
	} else if err := resp.Read(r); err != nil || resp.StatusCode() != http.StatusOK {
		b.Errorf("%d %v", resp.StatusCode(), err)
	}
}

// BenchmarkRememberedToken is the filter alone.
func BenchmarkRememberedToken(b *testing.B) {
	w := start(b, nil)
	spec := fmt.Sprintf(`{"providers": [{"name": "login", "jwt": {"issuers": [{"issuer": %q}], "audiences": ["https://api.example"]}}]}`, w.issuer.URL)
	filter, err := w.kind.Compile(b.Context(), gateway.Policy{Name: "p", Kind: authn.KindName, Scope: authntest.Dev(), Spec: []byte(spec)},
		gateway.Attachment{Scope: authntest.Dev(), Route: "r", Hosts: []string{authntest.Host}})
	if err != nil {
		b.Fatal(err)
	}
	var req fasthttp.Request
	head := "GET / HTTP/1.1\r\nHost: " + authntest.Host + "\r\nAccept: */*\r\nAuthorization: Bearer " + w.issuer.Token(b, nil, nil) + "\r\n\r\n"
	if err := req.Header.Read(bufio.NewReaderSize(strings.NewReader(head), 8<<10)); err != nil {
		b.Fatal(err)
	}
	x, ok := exchange.New(&req, &fasthttp.Response{}, exchange.Connection{Context: b.Context(), Proto: 1, Body: exchange.NewBody(nil, 0)})
	if !ok {
		b.Fatal("no request")
	}
	handler := filter(func(*exchange.Exchange) {})
	handler(x)
	b.ReportAllocs()
	began := processor(b)
	for b.Loop() {
		handler(x)
	}
	b.ReportMetric(float64(processor(b)-began)/float64(b.N), "cpu-ns/op")
	if x.Facts.Consumer != "login/web" {
		b.Errorf("consumer %q", x.Facts.Consumer)
	}
}
