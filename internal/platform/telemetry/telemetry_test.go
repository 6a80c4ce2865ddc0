package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/telemetry"
)

// names keeps the names and attributes of exported spans.
type names []string

func (n *names) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	for _, s := range spans {
		attributes := attribute.NewSet(s.Attributes()...)
		*n = append(*n, s.Name()+" "+attributes.Encoded(attribute.DefaultEncoder()))
	}
	return nil
}

func (*names) Shutdown(context.Context) error { return nil }

func TestRequestsAreTracedMeasuredAndLogged(t *testing.T) {
	t.Parallel()
	spans := &names{}
	tel, err := telemetry.New(t.Context(), telemetry.Options{Service: "terraced", Version: "1", Exporter: spans})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	logger, err := telemetry.NewLogger(&log, telemetry.LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	router := httpserver.NewRouter(httpserver.Options{Logger: logger, Middleware: []func(http.Handler) http.Handler{tel.Middleware()}})
	router.Handle("/metrics", tel.MetricsHandler())
	router.Route("/projects", func(r chi.Router) {
		r.Get("/{project}", func(w http.ResponseWriter, r *http.Request) {
			logger.InfoContext(r.Context(), "inside")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Errorf("streams are buffered: %v", err)
			}
		})
	})
	get := func(path string) string {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		r.Header.Set("X-Forwarded-For", "a-header")
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		b, _ := io.ReadAll(w.Result().Body)
		return string(b)
	}
	get("/projects/hunter2")
	metrics := get("/metrics")
	if err := tel.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(metrics, `http_server_request_duration_seconds_count{`) || !strings.Contains(metrics, `http_route="/projects/{project}"`) {
		t.Errorf("metrics %s", metrics)
	}
	for _, bad := range []string{"server_port", "server_address", "hunter2"} {
		if strings.Contains(metrics, bad) {
			t.Errorf("metrics have %s: %s", bad, metrics)
		}
	}
	if len(*spans) != 1 || !strings.HasPrefix((*spans)[0], "GET /projects/{project} ") || !strings.Contains((*spans)[0], "url.path=/projects/{project}") || !strings.Contains((*spans)[0], "client.address=192.0.2.1") {
		t.Errorf("spans %v", *spans)
	}
	for _, chosen := range []string{"hunter2", "a-header"} {
		if strings.Contains(strings.Join(*spans, " "), chosen) {
			t.Errorf("spans have %s: %v", chosen, *spans)
		}
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "/metrics") {
			continue
		}
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		if record["trace_id"] != "0af7651916cd43dd8448eb211c80319c" || record["request_id"] == nil {
			t.Errorf("record %v", record)
		}
	}
}

func TestDurationsAreInWords(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, telemetry.LogOptions{Format: "json"})
	if err != nil {
		t.Fatal(err)
	}
	log.Info("it is back", "away", 1500*time.Millisecond)
	if !strings.Contains(out.String(), `"away":"1.5s"`) {
		t.Errorf("the log says %s", out.String())
	}
}

func TestLogOptions(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, telemetry.LogOptions{Level: "warn", Format: "text"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := kernel.WithRequestID(t.Context(), "req_1")
	log.InfoContext(ctx, "hidden")
	log.With("room", "run").WithGroup("g").WarnContext(ctx, "shown", slog.Int("n", 1))
	if got := out.String(); strings.Contains(got, "hidden") || !strings.Contains(got, "room=run") || !strings.Contains(got, "req_1") {
		t.Errorf("log %s", got)
	}
	for _, bad := range []telemetry.LogOptions{{Level: "loud"}, {Format: "xml"}} {
		if _, err := telemetry.NewLogger(&out, bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}
