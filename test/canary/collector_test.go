package canary_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collect "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// collector takes traces as OpenTelemetry's collector does, by OTLP over HTTP.
type collector struct {
	address string

	mu sync.Mutex
	// raw is what came, and read the same with every name and attribute as text.
	raw  []byte
	read strings.Builder
	// spans are how many came, by name.
	spans map[string]int
	// elsewhere are the paths that are none for traces.
	elsewhere []string
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{spans: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := c.take(r); err != nil {
			t.Errorf("%s of a trace cannot be read: %v", r.URL.Path, err)
		}
	}))
	t.Cleanup(server.Close)
	c.address = server.URL
	return c
}

func (c *collector) take(r *http.Request) error {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		packed, err := gzip.NewReader(r.Body)
		if err != nil {
			return err
		}
		body = packed
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw = append(c.raw, raw...)
	if r.URL.Path != "/v1/traces" {
		c.elsewhere = append(c.elsewhere, r.URL.Path)
		return nil
	}
	var request collect.ExportTraceServiceRequest
	if err := proto.Unmarshal(raw, &request); err != nil {
		return err
	}
	c.read.WriteString(protojson.Format(&request))
	for _, of := range request.GetResourceSpans() {
		for _, scope := range of.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans[span.GetName()]++
			}
		}
	}
	return nil
}

// lookInTraces searches everything that was exported, and sees to it that something was.
func (w *world) lookInTraces() {
	w.t.Helper()
	w.collector.mu.Lock()
	defer w.collector.mu.Unlock()
	w.look("the traces", w.collector.raw, nil)
	w.look("the traces, as they read", []byte(w.collector.read.String()), nil)
	for _, name := range []string{"POST /api/v1/users", "POST /v1/secret/data/*", "POST /oauth2/token"} {
		if w.collector.spans[name] == 0 {
			w.t.Errorf("no span %q was exported, of %v", name, w.collector.spans)
		}
	}
	if len(w.collector.elsewhere) > 0 {
		w.t.Errorf("more than traces is exported and not read here: %v", w.collector.elsewhere)
	}
}
