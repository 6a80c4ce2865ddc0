package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// named takes a header's word for who calls.
type named struct{}

func (named) Name() string { return "Named" }

func (named) Compile(context.Context, gateway.Policy, gateway.Attachment) (exchange.Filter, error) {
	return func(next exchange.Handler) exchange.Handler {
		return func(x *exchange.Exchange) {
			x.Facts.Consumer = string(x.Request.Header.Peek("X-Caller"))
			next(x)
		}
	}, nil
}

// as sends a request as somebody.
func (f *fixture) as(t *testing.T, who, path string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url(host, path), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Caller", who)
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = append(r.Header[headers[i]], headers[i+1])
	}
	resp, err := f.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp
}

// keptLines are an access log that is kept.
type keptLines struct {
	mu  sync.Mutex
	all []string
}

// Write implements proxy.AccessLog.
func (l *keptLines) Write(line *accesslog.Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(line.AppendJSON(nil)))
}

func (l *keptLines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

// problems are the paths of an error's.
func problems(err error) string {
	var b strings.Builder
	if told, ok := errors.AsType[*kernel.Error](err); ok {
		for _, p := range told.Problems {
			b.WriteString(p.Path + " ")
		}
	}
	return b.String()
}

// metrics returns what Prometheus would see, as name{labels} value.
func metrics(t *testing.T, of prometheus.Gatherer) string {
	t.Helper()
	families, err := of.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range families {
		for _, m := range f.GetMetric() {
			b.WriteString(f.GetName() + " " + strings.ReplaceAll(m.String(), "  ", " ") + "\n")
		}
	}
	return b.String()
}

// TestInstancesAreCounted has what was asked of each instance be seen.
func TestInstancesAreCounted(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.upstreams.start(t, "orders", "rel_1", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	route := gateway.ToService("orders", host, "", "orders", "")
	route.Rules[0].Retry = &gateway.Retry{Attempts: 1, Codes: []int{503}}
	put(t, f.routes, dev, route)
	f.registry.MustRegister(f.proxy.Collector())
	f.as(t, "", "/")
	f.as(t, "", "/broken")
	filtertest.Until(t, "what was counted", func() bool {
		found := 0
		for line := range strings.Lines(metrics(t, f.registry)) {
			name, rest, _ := strings.Cut(line, " ")
			if value := map[string]string{
				"terrace_gateway_instance_requests_total": "{value:3}", "terrace_gateway_instance_failures_total": "{value:2}", "terrace_gateway_instance_ejected": "{value:0}",
				"terrace_gateway_instance_healthy": "{value:1}", "terrace_gateway_instance_requests_in_flight": "{value:0}", "terrace_gateway_breaker_open": "{value:0}", "terrace_gateway_retries_total": "{value:1}",
			}[name]; value != "" && strings.Contains(rest, value) && strings.Contains(rest, `value:"orders"`) {
				found++
			}
		}
		return found == 7
	})
	if secure, plain := f.server.Connections(); secure != 1 || plain != 0 {
		t.Errorf("%d and %d connections are open", secure, plain)
	}
	f.client.CloseIdleConnections()
	filtertest.Until(t, "the end of the connection", func() bool { secure, _ := f.server.Connections(); return secure == 0 })
}

func TestWhoCallsIsCountedByRoute(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.upstreams.start(t, "orders", "rel_1", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	if _, err := f.routes.PutPolicy(t.Context(), dev, gateway.Policy{Name: "named", Kind: "Named", Spec: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	f.registry.MustRegister(f.routes.Traffic.Collector())
	f.as(t, "ci", "/")
	f.as(t, "ci", "/broken")
	f.as(t, "ada", "/")
	filtertest.Until(t, "the counts", func() bool {
		all := metrics(t, f.registry)
		return strings.Count(all, "terrace_gateway_consumer_requests_total") == 3 &&
			strings.Contains(all, `value:"5xx"`) && strings.Contains(all, `value:"ada"`)
	})
}
