// Package telemetry is how Terrace is observed: structured logs, traces and
// metrics, and the HTTP middleware that makes them for every request.
//
// It owns the exporters and their life. It does not own what is measured: rooms
// bring their own instruments, on the registry or the meter that they are given.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// endpointVariables are the standard variables that switch tracing on.
func endpointVariables() []string {
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}
}

// Options say who is observed.
type Options struct {
	// Service and Version name the program.
	Service, Version string
	// Exporter overrides where spans go; nil is OTLP over HTTP where
	// OTEL_EXPORTER_OTLP_ENDPOINT is set, else nowhere.
	Exporter sdktrace.SpanExporter
}

// Telemetry holds the providers.
type Telemetry struct {
	registry *prometheus.Registry
	traces   *sdktrace.TracerProvider
	metrics  *sdkmetric.MeterProvider
	exports  bool
}

// New starts telemetry; Close ends it.
func New(ctx context.Context, o Options) (*Telemetry, error) {
	res := resource.NewSchemaless(
		attribute.String("service.name", o.Service), attribute.String("service.version", o.Version))
	traces, err := newTraces(ctx, o.Exporter, res)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	reader, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("metrics: %w", err), traces.Shutdown(ctx))
	}
	metrics := sdkmetric.NewMeterProvider(
		sdkmetric.WithResource(res), sdkmetric.WithReader(reader), sdkmetric.WithView(withoutServer()))
	return &Telemetry{registry: registry, traces: traces, metrics: metrics, exports: o.Exporter != nil || wanted()}, nil
}

func newTraces(ctx context.Context, exporter sdktrace.SpanExporter, res *resource.Resource) (*sdktrace.TracerProvider, error) {
	options := []sdktrace.TracerProviderOption{sdktrace.WithResource(res)}
	if exporter == nil && wanted() {
		var err error
		if exporter, err = otlptracehttp.New(ctx); err != nil {
			return nil, fmt.Errorf("trace exporter: %w", err)
		}
	}
	if exporter == nil {
		options = append(options, sdktrace.WithSampler(sdktrace.NeverSample()))
	} else {
		options = append(options, sdktrace.WithBatcher(exporter))
	}
	return sdktrace.NewTracerProvider(options...), nil
}

func wanted() bool {
	for _, name := range endpointVariables() {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// withoutServer drops labels that name the server: behind a gateway their
// values are the callers' to choose, and there is no end of them.
func withoutServer() sdkmetric.View {
	return sdkmetric.NewView(sdkmetric.Instrument{Name: "http.server.*"},
		sdkmetric.Stream{AttributeFilter: attribute.NewDenyKeysFilter("server.address", "server.port")})
}

// Registry returns where Prometheus collectors are registered.
func (t *Telemetry) Registry() *prometheus.Registry { return t.registry }

// Tracer returns the tracer of a package.
func (t *Telemetry) Tracer(name string) trace.Tracer { return t.traces.Tracer(name) }

// Exports tells whether spans go anywhere.
func (t *Telemetry) Exports() bool { return t.exports }

// Meter returns the OpenTelemetry meter of a package; its instruments are on
// the same registry.
func (t *Telemetry) Meter(name string) metric.Meter { return t.metrics.Meter(name) }

// MetricsHandler serves the registry in Prometheus' format.
func (t *Telemetry) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{Registry: t.registry})
}

// Middleware traces and measures requests. It continues traces of the caller
// (W3C Trace Context), and names spans and series after the route, not the path.
func (t *Telemetry) Middleware() func(http.Handler) http.Handler {
	outer := otelhttp.NewMiddleware("http",
		otelhttp.WithTracerProvider(t.traces), otelhttp.WithMeterProvider(t.metrics),
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithFilter(func(r *http.Request) bool { return !isProbe(r.URL.Path) }))
	return func(next http.Handler) http.Handler { return outer(named(next)) }
}

// named names the span and the series once the router has found the route. What a caller
// chooses is in neither: a path, which may have anything, gives way to the route, and who a
// header says the client is to who it is.
func named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		route := attribute.String("http.route", routeOf(r))
		span := trace.SpanFromContext(r.Context())
		span.SetName(r.Method + " " + route.Value.AsString())
		span.SetAttributes(route, attribute.String("url.path", route.Value.AsString()))
		if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
			span.SetAttributes(attribute.String("client.address", host))
		}
		if labels, ok := otelhttp.LabelerFromContext(r.Context()); ok {
			labels.Add(route)
		}
	})
}

func routeOf(r *http.Request) string {
	if route := chi.RouteContext(r.Context()); route != nil && route.RoutePattern() != "" {
		return route.RoutePattern()
	}
	return "none"
}

func isProbe(path string) bool {
	return path == "/metrics" || strings.HasSuffix(path, "/healthz") || strings.HasSuffix(path, "/readyz")
}

// Close sends what is left and ends telemetry.
func (t *Telemetry) Close(ctx context.Context) error {
	return errors.Join(t.traces.Shutdown(ctx), t.metrics.Shutdown(ctx))
}
