package sidecar

import (
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
)

// Who reports a request: the side that asks, or the one that is asked.
const (
	asSource      = "source"
	asDestination = "destination"
	// unknown is a destination that no service of the document is.
	unknown = "unknown"
)

// metrics count requests, errors and their time by source and destination, which are SPIFFE
// IDs that were proven, or of the document: so there are as many series as neighbours.
type metrics struct {
	requests   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	handshakes prometheus.Counter
	malformed  prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	labels := []string{"reporter", "source", "destination", "version"}
	m := &metrics{
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

func (m *metrics) count(reporter, source, destination, version string, status int, took time.Duration) {
	m.requests.WithLabelValues(reporter, source, destination, version, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(reporter, source, destination, version).Observe(took.Seconds())
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
