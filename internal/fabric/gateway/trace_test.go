package gateway_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	telemetrypolicy "github.com/terrace-idp/terrace/internal/fabric/gateway/filter/telemetry"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tracing"
	"github.com/terrace-idp/terrace/internal/platform/telemetry"
)

// otlp is a collector: it takes spans as OTLP over HTTP has them.
type otlp struct {
	mu  sync.Mutex
	all []*spans.Span
}

func (o *otlp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var in collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &in); err != nil || r.URL.Path != "/v1/traces" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, resource := range in.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			o.all = append(o.all, scope.GetSpans()...)
		}
	}
}

// attribute returns what a span says, as text.
func attribute(s *spans.Span, key string) string {
	for _, a := range s.GetAttributes() {
		if a.GetKey() == key {
			if a.GetValue().GetStringValue() != "" {
				return a.GetValue().GetStringValue()
			}
			b, _ := json.Marshal(a.GetValue().GetIntValue())
			return string(b)
		}
	}
	return ""
}

// traced starts a gateway whose spans go to a collector.
func traced(t *testing.T, change func(*proxy.Config)) (*fixture, func() []*spans.Span) {
	t.Helper()
	sink := &otlp{}
	server := httptest.NewServer(sink)
	t.Cleanup(server.Close)
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(server.URL+"/v1/traces"))
	if err != nil {
		t.Fatal(err)
	}
	tel, err := telemetry.New(t.Context(), telemetry.Options{Service: "terraced", Version: "1", Exporter: exporter})
	if err != nil {
		t.Fatal(err)
	}
	f := start(t, func(c *proxy.Config) {
		c.Tracing = tracing.New(tracing.Config{Tracer: tel.Tracer("gateway")})
		if change != nil {
			change(c)
		}
	})
	return f, func() []*spans.Span {
		if err := tel.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		sink.mu.Lock()
		defer sink.mu.Unlock()
		return sink.all
	}
}

const traceID = "0af7651916cd43dd8448eb211c80319c"

// TestSpansReachACollector has a request that is asked again be three spans of the
// client's trace: the gateway's own, and one for each time that a service was asked.
func TestSpansReachACollector(t *testing.T) {
	t.Parallel()
	var log keptLines
	f, exported := traced(t, func(c *proxy.Config) { c.AccessLog = &log })
	var mu sync.Mutex
	var parents []string
	f.upstreams.start(t, "orders", "rel_1", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if parents = append(parents, r.Header.Get("Traceparent")); len(parents) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	route := gateway.ToService("orders", host, "", "orders", "")
	route.Rules[0].Retry = &gateway.Retry{Attempts: 2, Codes: []int{503}}
	put(t, f.routes, dev, route)
	f.as(t, "", "/orders/1?token=hidden", "Traceparent", "00-"+traceID+"-b7ad6b7169203331-01", "Tracestate", "vendor=1")
	filtertest.Until(t, "the line", func() bool { return log.text() != "" })
	all := exported()
	if len(all) != 3 || len(parents) != 2 {
		t.Fatalf("%d spans, %d attempts: %v", len(all), len(parents), all)
	}
	var server *spans.Span
	var clients []*spans.Span
	for _, s := range all {
		if string(hexOf(s.GetTraceId())) != traceID {
			t.Errorf("a span of another trace: %v", s)
		}
		if s.GetKind() == spans.Span_SPAN_KIND_SERVER {
			server = s
		} else {
			clients = append(clients, s)
		}
		if strings.Contains(s.String(), "hidden") {
			t.Errorf("a query is in a span: %v", s)
		}
	}
	if hexOf(server.GetParentSpanId()) != "b7ad6b7169203331" || server.GetTraceState() != "vendor=1" || server.GetName() != "GET /" {
		t.Errorf("the server's span: %v", server)
	}
	for key, want := range map[string]string{
		"http.request.method": "GET", "url.path": "/orders/1", "url.scheme": "https", "http.route": "/", "server.address": host, "http.response.status_code": "200",
		"terrace.route": "orders", "client.address": "127.0.0.1", "network.protocol.version": "2",
	} {
		if got := attribute(server, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	for i, c := range clients {
		if hexOf(c.GetParentSpanId()) != hexOf(server.GetSpanId()) {
			t.Errorf("an attempt's span is under another: %v", c)
		}
		if want := "00-" + traceID + "-" + hexOf(c.GetSpanId()) + "-01"; parents[i] != want {
			t.Errorf("attempt %d had %s, want %s", i, parents[i], want)
		}
	}
	if attribute(clients[0], "error.type") != "503" || attribute(clients[1], "http.request.resend_count") != "1" || attribute(clients[1], "http.response.status_code") != "200" {
		t.Errorf("attempts: %v", clients)
	}
	if s := log.text(); !strings.Contains(s, `"traceId":"`+traceID+`"`) || !strings.Contains(s, `"spanId":"`+hexOf(server.GetSpanId())+`"`) {
		t.Errorf("access log %s", s)
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for _, c := range b {
		out.WriteByte(digits[c>>4])
		out.WriteByte(digits[c&15])
	}
	return out.String()
}

func TestAProblemNamesItsTrace(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url("none.localhost", "/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Traceparent", "00-"+traceID+"-b7ad6b7169203331-00")
	resp, err := f.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var p exchange.Problem
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || p.Trace != traceID {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestWhatARouteSaysOfItsObservation has baggage pass and queries be shown where the
// route says so, and a line for each failure.
func TestWhatARouteSaysOfItsObservation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec, baggage string
		has, hasNot   []string
	}{
		"nothing": {"", "", []string{`"path":"/fine"`, `"path":"/broken"`}, []string{"secret", "page"}},
		"off":     {`{"accessLog": {"mode": "off"}}`, "", []string{`"path":"/broken"`}, []string{`"path":"/fine"`}},
		"headers shown": {
			`{"accessLog": {"showHeaders": ["X-Request-Id", "X-None"], "omit": ["client", "userAgent"]}}`, "",
			[]string{`"headers":{"x-request-id":"r-1, r-2"}`},
			[]string{"secret", "x-none", `"client"`, `"userAgent"`},
		},
		"a query shown": {`{"accessLog": {"showQuery": ["page"]}, "baggage": "pass"}`, "user=1", []string{`"query":"page=2\u0026token=***"`}, []string{"secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log keptLines
			f := start(t, func(c *proxy.Config) { c.AccessLog = &log })
			var baggage string
			f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) {
				if baggage = r.Header.Get("Baggage"); r.URL.Path == "/broken" {
					w.WriteHeader(http.StatusInternalServerError)
				}
			})
			put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
			if c.spec != "" {
				if _, err := f.routes.PutPolicy(t.Context(), dev, gateway.Policy{Name: "observed", Kind: telemetrypolicy.KindName, Spec: []byte(c.spec)}); err != nil {
					t.Fatal(err)
				}
			}
			for _, path := range []string{"/fine", "/broken"} {
				f.as(t, "", path+"?page=2&token=secret", "Baggage", "user=1", "Authorization", "Bearer secret", "Cookie", "session=secret", "X-Request-Id", "r-1", "X-Request-Id", "r-2")
			}
			filtertest.Until(t, "the lines", func() bool { return strings.Contains(log.text(), "/broken") })
			text := strings.ReplaceAll(log.text(), "&", `\u0026`)
			for _, has := range c.has {
				if !strings.Contains(text, has) {
					t.Errorf("no %s in %s", has, text)
				}
			}
			for _, not := range c.hasNot {
				if strings.Contains(text, not) {
					t.Errorf("%s in %s", not, text)
				}
			}
			if baggage != c.baggage {
				t.Errorf("baggage %q, want %q", baggage, c.baggage)
			}
		})
	}
}

func TestAPolicyOfTelemetryIsReadStrictly(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for spec, want := range map[string]string{
		`{"accessLog": {"mode": "loud"}}`:                  "accessLog.mode",
		`{"accessLog": {"mode": "sampled"}}`:               "accessLog.percent",
		`{"accessLog": {"mode": "all", "percent": 5}}`:     "accessLog.percent",
		`{"accessLog": {"showQuery": [""]}}`:               "accessLog.showQuery[0]",
		`{"accessLog": {"showHeaders": ["X-Api-Key"]}}`:    "accessLog.showHeaders[0]",
		`{"accessLog": {"showHeaders": ["a b"]}}`:          "accessLog.showHeaders[0]",
		`{"accessLog": {"omit": ["client", "status"]}}`:    "accessLog.omit[1]",
		`{"baggage": "maybe"}`:                             "baggage",
		`{"tracing": {}}`:                                  "tracing",
		`{"accessLog": {"mode": "sampled", "percent": 5}}`: "",
	} {
		_, err := f.routes.PutPolicy(t.Context(), dev, gateway.Policy{Name: "observed", Kind: telemetrypolicy.KindName, Spec: []byte(spec)})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(problems(err), want) {
			t.Errorf("%s: %v", spec, problems(err))
		}
	}
}
