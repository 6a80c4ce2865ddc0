package proxy

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
)

// Metrics counts requests per route. Its labels are bounded by the number of
// routes; what matches no route counts under one.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
	mirrored *prometheus.CounterVec
	unrouted unroutedMetrics

	mu     sync.Mutex
	routes map[traffic.Key]*routeMetrics
	none   *routeMetrics
}

// routeMetrics are the series of one route, looked up once.
type routeMetrics struct {
	classes  [6]prometheus.Counter
	duration prometheus.Observer
	inFlight prometheus.Gauge
	copies   *prometheus.CounterVec
}

// NewMetrics registers the gateway's metrics.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	labels := []string{"tenant", "project", "stage", "route"}
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "terrace_gateway_requests_total", Help: "Requests answered, by route and class of status.",
		}, append(labels, "code")),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "terrace_gateway_request_duration_seconds", Help: "Time from a request's head to the end of its answer.",
			Buckets: traffic.Seconds(),
		}, labels),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "terrace_gateway_requests_in_flight", Help: "Requests being answered.",
		}, labels),
		mirrored: newMirrored(slices.Clone(labels)),
		routes:   map[traffic.Key]*routeMetrics{},
	}
	var unrouted []prometheus.Collector
	m.unrouted, unrouted = newUnroutedMetrics()
	for _, c := range append(unrouted, m.requests, m.duration, m.inFlight, m.mirrored) {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register gateway metrics: %w", err)
		}
	}
	m.none = m.series(traffic.Key{})
	return m, nil
}

// of returns the series of a route; nil on nil Metrics, which counts nothing.
func (m *Metrics) of(r route.Route) *routeMetrics {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k := countedAs(r)
	if m.routes[k] == nil {
		m.routes[k] = m.series(k)
	}
	return m.routes[k]
}

func (m *Metrics) ofNone() *routeMetrics {
	if m == nil {
		return nil
	}
	return m.none
}

func (m *Metrics) series(k traffic.Key) *routeMetrics {
	labels := []string{k.Tenant, k.Project, k.Stage, k.Route}
	s := &routeMetrics{duration: m.duration.WithLabelValues(labels...), inFlight: m.inFlight.WithLabelValues(labels...)}
	s.copies = m.mirrored.MustCurryWith(labelled(k))
	for class := 1; class < len(s.classes); class++ {
		s.classes[class] = m.requests.WithLabelValues(append(labels, fmt.Sprintf("%dxx", class))...)
	}
	return s
}

// labelled are the labels of a route.
func labelled(k traffic.Key) prometheus.Labels {
	return prometheus.Labels{"tenant": k.Tenant, "project": k.Project, "stage": k.Stage, "route": k.Route}
}

// forgetOthers drops the series of routes that t does not have.
func (m *Metrics) forgetOthers(t *Table) {
	if m == nil {
		return
	}
	live := map[traffic.Key]bool{}
	for _, e := range t.entries {
		live[countedAs(e.Route)] = true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for k := range m.routes {
		if live[k] {
			continue
		}
		delete(m.routes, k)
		labels := labelled(k)
		m.requests.DeletePartialMatch(labels)
		m.duration.DeletePartialMatch(labels)
		m.inFlight.DeletePartialMatch(labels)
		m.mirrored.DeletePartialMatch(labels)
	}
}

// begin counts a request as in flight.
func (s *routeMetrics) begin() {
	if s != nil {
		s.inFlight.Inc()
	}
}

// end counts a request as answered with a status after a time.
func (s *routeMetrics) end(status int, took time.Duration) {
	if s == nil {
		return
	}
	s.inFlight.Dec()
	s.duration.Observe(took.Seconds())
	if class := status / 100; class > 0 && class < len(s.classes) {
		s.classes[class].Inc()
	}
}
