package cache

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what caches find, by cache.
type Metrics struct {
	lookups *prometheus.CounterVec
	drops   *prometheus.CounterVec
	loads   *prometheus.CounterVec
	shared  prometheus.Gauge
	lost    prometheus.Counter
}

// NewMetrics registers the metrics of caches.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		lookups: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "terrace_cache_lookups_total", Help: "Lookups in caches, by cache and where they were found: memory, shared or none.",
		}, []string{"cache", "found"}),
		drops: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "terrace_cache_purged_total", Help: "Entries that were purged from memory, by cache.",
		}, []string{"cache"}),
		loads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "terrace_cache_loads_total", Help: "Loads of what was not found in caches, by cache; lookups that came at once share one.",
		}, []string{"cache"}),
		shared: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "terrace_cache_shared_up", Help: "Whether the Redis that replicas share can be used: 1, or 0 where caches have memory alone.",
		}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "terrace_cache_shared_lost_total", Help: "Entries that were not written to the shared Redis, because it was slow or away, or could not be sealed.",
		}),
	}
	for _, c := range []prometheus.Collector{m.lookups, m.drops, m.loads, m.shared, m.lost} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register cache metrics: %w", err)
		}
	}
	return m, nil
}

// counts are the series of one cache, looked up once; nil counts nothing.
type counts struct{ memory, shared, none, drops, loads prometheus.Counter }

func (m *Metrics) of(cache string) *counts {
	if m == nil {
		return nil
	}
	return &counts{
		memory: m.lookups.WithLabelValues(cache, "memory"), shared: m.lookups.WithLabelValues(cache, "shared"),
		none: m.lookups.WithLabelValues(cache, "none"), drops: m.drops.WithLabelValues(cache), loads: m.loads.WithLabelValues(cache),
	}
}

func (c *counts) hit() {
	if c != nil {
		c.memory.Inc()
	}
}

func (c *counts) sharedHit() {
	if c != nil {
		c.shared.Inc()
	}
}

func (c *counts) miss() {
	if c != nil {
		c.none.Inc()
	}
}

func (c *counts) load() {
	if c != nil {
		c.loads.Inc()
	}
}

func (c *counts) purged(n int) {
	if c != nil {
		c.drops.Add(float64(n))
	}
}

func (m *Metrics) up(is bool) {
	switch {
	case m == nil:
	case is:
		m.shared.Set(1)
	default:
		m.shared.Set(0)
	}
}

func (m *Metrics) lose() {
	if m != nil {
		m.lost.Inc()
	}
}
