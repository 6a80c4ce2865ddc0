package gateway_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// here lets a gateway call this machine, as an operator would who lists its network.
func here(c *proxy.Config) {
	guard := egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	c.Outside = func(ctx context.Context, addr string, clear bool) (net.Conn, error) {
		return guard.Dialer(clear).DialContext(ctx, "tcp", addr)
	}
}

// legacy is something with TLS that is no workload; it says how it was asked.
func legacy(t *testing.T) (s *httptest.Server, ca string) {
	t.Helper()
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s sni=%s forwarded=%s %s", r.Proto, r.Host, r.TLS.ServerName, r.Header.Get("X-Forwarded-Host"), r.URL.Path)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

func toURL(name, path string, b gateway.Backend) gateway.Route {
	r := gateway.ToService(name, host, path, "x", "")
	r.Rules[0].Backends = []gateway.Backend{b}
	return r
}

func TestAnAddressOutsideIsABackend(t *testing.T) {
	t.Parallel()
	f := start(t, here)
	s, ca := legacy(t)
	port := s.Listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // what it listens on
	at := fmt.Sprintf("https://127.0.0.1:%d", port)
	clear := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, "clear ", r.Host) }))
	t.Cleanup(clear.Close)
	trusted := gateway.Backend{URL: at}
	trusted.TLS = &route.TLS{CA: ca}
	named, kept, two, stranger := trusted, trusted, trusted, gateway.Backend{URL: at}
	named.TLS = &route.TLS{CA: ca, ServerName: "example.com"}
	kept.PreserveHost, two.Protocol = true, "h2"
	wrong := trusted
	wrong.TLS = &route.TLS{CA: ca, ServerName: "elsewhere.example"}
	for path, b := range map[string]gateway.Backend{
		"/own": trusted, "/name": named, "/kept": kept, "/two": two, "/stranger": stranger, "/wrong": wrong, "/clear": {URL: clear.URL},
	} {
		put(t, f.routes, dev, toURL("r"+path[1:], path, b))
	}
	own := fmt.Sprintf("127.0.0.1:%d", port)
	asked := fmt.Sprintf("%s:%d", host, f.server.Port())
	for path, want := range map[string]string{
		"/own":   "HTTP/1.1 " + own + " sni= forwarded=" + asked + " /own",
		"/name":  "HTTP/1.1 " + own + " sni=example.com forwarded=" + asked + " /name",
		"/kept":  "HTTP/1.1 " + asked + " sni= forwarded=" + asked + " /kept",
		"/two":   "HTTP/2.0 " + own + " sni= forwarded=" + asked + " /two",
		"/clear": "clear " + strings.TrimPrefix(clear.URL, "http://"),
	} {
		if resp, body := f.get(t, host, path); resp.StatusCode != http.StatusOK || body != want {
			t.Errorf("%s: %d %q, want %q", path, resp.StatusCode, body, want)
		}
	}
	for _, path := range []string{"/stranger", "/wrong"} {
		if resp, body := f.get(t, host, path); resp.StatusCode != http.StatusBadGateway || strings.Contains(body, "127.0.0.1") {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	rewritten := toURL("rewritten", "/rewritten", trusted)
	prefix := "/v1"
	rewritten.Rules[0].Rewrite = &gateway.Rewrite{Host: "legacy.example.com", Prefix: &prefix}
	put(t, f.routes, dev, rewritten)
	if _, body := f.get(t, host, "/rewritten/a"); !strings.Contains(body, " legacy.example.com ") || !strings.HasSuffix(body, " /v1/a") {
		t.Errorf("rewritten: %s", body)
	}
}

func TestARouteLeadsNowhereInside(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	var reached atomic.Int64
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inside.Close() })
	go func() {
		for {
			c, err := inside.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			_ = c.Close()
		}
	}()
	port := inside.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // what it listens on
	checked := gateway.Backend{URL: fmt.Sprintf("http://127.0.0.1:%d", port)}
	checked.Health = &route.HealthCheck{Path: "/", Interval: kernel.Duration(100e6)}
	for i, b := range []gateway.Backend{
		{URL: fmt.Sprintf("http://127.0.0.1:%d", port)},
		{URL: fmt.Sprintf("https://localhost:%d", port)},
		{URL: fmt.Sprintf("http://[::ffff:127.0.0.1]:%d", port)},
		{URL: "http://169.254.169.254"},
		checked,
	} {
		path := fmt.Sprintf("/%d", i)
		put(t, f.routes, dev, toURL(fmt.Sprintf("r%d", i), path, b))
		if resp, body := f.get(t, host, path); resp.StatusCode != http.StatusBadGateway && resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", b.URL, resp.StatusCode, body)
		}
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("it was reached %d times", n)
	}
}

func TestARequestThatComesBackIsNoLoop(t *testing.T) {
	t.Parallel()
	f := start(t, here)
	back := gateway.Backend{URL: fmt.Sprintf("https://127.0.0.1:%d", f.server.Port()), PreserveHost: true}
	back.TLS = &route.TLS{ServerName: host, CA: string(f.authority.RootPEM())}
	put(t, f.routes, dev, toURL("loop", "/", back))
	if resp, body := f.get(t, host, "/"); resp.StatusCode != http.StatusLoopDetected {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	// The platform's own authority says nothing about hosts outside.
	unsaid := back
	unsaid.TLS = &route.TLS{ServerName: host}
	put(t, f.routes, dev, toURL("unsaid", "/unsaid", unsaid))
	if resp, body := f.get(t, host, "/unsaid"); resp.StatusCode != http.StatusBadGateway {
		t.Errorf("by a certificate of the platform: %d %s", resp.StatusCode, body)
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	f := start(t, here)
	with := func(url string, change func(*gateway.Backend)) gateway.Backend {
		b := gateway.Backend{URL: url}
		if change != nil {
			change(&b)
		}
		return b
	}
	for name, tt := range map[string]struct {
		b    gateway.Backend
		path string
	}{
		"a service, too":      {with("https://a.example", func(b *gateway.Backend) { b.Service = "x" }), "url"},
		"a port, too":         {with("https://a.example", func(b *gateway.Backend) { b.Port = "80" }), "url"},
		"another scheme":      {with("ftp://a.example", nil), "url"},
		"no scheme":           {with("a.example", nil), "url"},
		"a user":              {with("https://u:p@a.example", nil), "url"},
		"a path":              {with("https://a.example/v1", nil), "url"},
		"a query":             {with("https://a.example?x=1", nil), "url"},
		"a number for a name": {with("http://2130706433", nil), "url"},
		"a number in hex":     {with("http://0x7f000001", nil), "url"},
		"a short address":     {with("http://127.1", nil), "url"},
		"an octal one":        {with("http://0177.0.0.1", nil), "url"},
		"a zone":              {with("http://[fe80::1%25eth0]", nil), "url"},
		"no port":             {with("https://a.example:", nil), "url"},
		"a port that is none": {with("https://a.example:70000", nil), "url"},
		"in the clear":        {with("http://a.example", func(b *gateway.Backend) { b.Protocol = "https" }), "protocol"},
		"h2c over TLS":        {with("https://a.example", func(b *gateway.Backend) { b.Protocol = "h2c" }), "protocol"},
		"TLS in the clear":    {with("http://a.example", func(b *gateway.Backend) { b.TLS = &route.TLS{} }), "tls"},
		"our certificate":     {with("https://a.example", func(b *gateway.Backend) { b.TLS = &route.TLS{ClientCertificate: true} }), "tls.clientCertificate"},
		"a service's host":    {gateway.Backend{Service: "x", PreserveHost: true}, "preserveHost"},
		"nothing":             {gateway.Backend{}, "service"},
	} {
		_, err := f.routes.PutRoute(t.Context(), dev, toURL("r", "/", tt.b))
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "rules[0].backends[0]."+tt.path+":") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, b := range []gateway.Backend{with("https://a.example/", nil), with("https://[2001:db8::1]:8443", nil), with("https://a.example", func(b *gateway.Backend) { b.Protocol = "grpc" })} {
		if _, err := f.routes.PutRoute(t.Context(), dev, toURL("r", "/", b)); err != nil {
			t.Errorf("%s: %v", b.URL, err)
		}
	}
}

// TestAnAddressOutsideIsToldByItsName in metrics, where several would be one without, and
// in spans with the scheme that it was asked by.
func TestAnAddressOutsideIsToldByItsName(t *testing.T) {
	t.Parallel()
	f, exported := traced(t, here)
	s, ca := legacy(t)
	clear := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(clear.Close)
	put(t, f.routes, dev, toURL("own", "/own", gateway.Backend{URL: s.URL, Settings: route.Settings{TLS: &route.TLS{CA: ca}}}))
	put(t, f.routes, dev, toURL("clear", "/clear", gateway.Backend{URL: clear.URL}))
	f.registry.MustRegister(f.proxy.Collector())
	for _, path := range []string{"/own", "/clear"} {
		f.as(t, "", path, "Traceparent", "00-"+traceID+"-b7ad6b7169203331-01")
	}
	seen := metrics(t, f.registry)
	var urls []string
	for _, span := range exported() {
		urls = append(urls, span.String())
	}
	for _, at := range []string{s.URL, clear.URL} {
		if !strings.Contains(seen, `value:"`+at+`"`) {
			t.Errorf("no metric is of the service %s", at)
		}
		if !strings.Contains(strings.Join(urls, "\n"), `"`+at+"/") {
			t.Errorf("no span is of %s", at)
		}
	}
}

// TestAGatewayAloneSaysWhomItDoesNotReach: it knows of no service's instances, and a
// client that comes back would not find it otherwise.
func TestAGatewayAloneSaysWhomItDoesNotReach(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *proxy.Config) { c.Upstreams = nil })
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	resp, body := f.get(t, host, "/")
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "" ||
		!strings.Contains(body, "Service orders is not reached from this gateway.") {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
}
