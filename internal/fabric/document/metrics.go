package document

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Metrics counts calls, by what was called and how it ended.
type Metrics struct {
	calls *prometheus.CounterVec
	takes *prometheus.HistogramVec
}

// NewMetrics registers the metrics of documents.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "terrace_document_calls_total", Help: "Calls of the document store, by what was called and how it ended: ok, or the kind of error.",
		}, []string{"call", "result"}),
		takes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "terrace_document_call_seconds", Help: "How long calls of the document store take, by what was called.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"call"}),
	}
	for _, c := range []prometheus.Collector{m.calls, m.takes} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register document metrics: %w", err)
		}
	}
	return m, nil
}

// count notes a call that began at a time, when it ends.
func (s *Service) count(call string, began time.Time, err *error) { //nolint:gocritic // of the deferring function
	if s.Metrics == nil {
		return
	}
	result := "ok"
	if *err != nil {
		result = string(kernel.KindOf(*err))
	}
	s.Metrics.calls.WithLabelValues(call, result).Inc()
	s.Metrics.takes.WithLabelValues(call).Observe(time.Since(began).Seconds())
}
