package sidecar

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
)

// Who reports a request: the side that asks, or the one that is asked.
const (
	asSource      = "source"
	asDestination = "destination"
	// asRefused is asDestination of what was refused before it reached the application.
	asRefused = "refused"
	// unknown is a destination that no service of the document is, or of which nobody has answered.
	unknown = "unknown"
)

// metrics count requests, errors and their time by source and destination, which are SPIFFE
// IDs that were proven, or of the document: so there are as many series as neighbours.
type metrics struct {
	requests   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	handshakes prometheus.Counter
	malformed  prometheus.Counter

	mu    sync.RWMutex
	edges map[edge]*counters
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	labels := []string{"reporter", "source", "destination", "version"}
	m := &metrics{
		edges: map[edge]*counters{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "terrace_mesh_requests_total", Help: "Requests answered, by who asked whom, which version answered, and the status.",
		}, append(labels[:4:4], "code")),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "terrace_mesh_request_duration_seconds", Help: "Time from a request's head to the end of its answer.", Buckets: traffic.Seconds(),
		}, labels),
		handshakes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "terrace_mesh_handshakes_failed_total", Help: "Connections that came in and did not prove who they are.",
		}),
		malformed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "terrace_mesh_requests_malformed_total", Help: "Requests that could not be read.",
		}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.handshakes, m.malformed} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of the mesh: %w", err)
		}
	}
	return m, nil
}

// edge is what is counted together: answers of one status of who was asked by whom.
type edge struct {
	reporter, source, destination, version string
	// service is what was asked for; it is empty at the destination, and where there is none.
	service string
	// refused tells that the destination's application has not seen it.
	refused bool
	status  int
}

// counters are those of an edge. They are looked up by their labels once.
type counters struct {
	requests prometheus.Counter
	duration prometheus.Observer
	// route is that of the book, which is nil where nothing is reported.
	route *traffic.Route
}

func (c *counters) count(consumer string, status int, took time.Duration) {
	c.requests.Inc()
	c.duration.Observe(took.Seconds())
	c.route.Count(consumer, status, took, 0)
}

// of returns the counters of an edge; routeOf says which route of the book is its.
func (m *metrics) of(e edge, routeOf func(e edge) *traffic.Route) *counters {
	m.mu.RLock()
	c := m.edges[e]
	m.mu.RUnlock()
	if c != nil {
		return c
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.edges[e]; c != nil {
		return c
	}
	c = &counters{
		requests: m.requests.WithLabelValues(e.reporter, e.source, e.destination, e.version, strconv.Itoa(e.status)),
		duration: m.duration.WithLabelValues(e.reporter, e.source, e.destination, e.version), route: routeOf(e),
	}
	m.edges[e] = c
	return c
}

// unrouted counts what ended before it was a request.
func (m *metrics) unrouted(u exchange.Unrouted) {
	switch u.Reason {
	case exchange.TLSFailed, exchange.TLSName, exchange.TLSPlain, exchange.TLSTimeout, exchange.TLSVersion:
		m.handshakes.Inc()
	default:
		m.malformed.Inc()
	}
}
