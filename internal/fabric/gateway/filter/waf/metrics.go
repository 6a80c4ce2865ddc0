package waf

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// place is a route.
type place struct {
	scope kernel.Scope
	route string
}

// Metrics counts what the firewall does, per route.
type Metrics struct {
	requests *prometheus.CounterVec
	rules    *prometheus.CounterVec
	scores   *prometheus.HistogramVec
	duration *prometheus.HistogramVec

	mu     sync.Mutex
	routes map[place]*routeMetrics
}

// NewMetrics registers the firewall's metrics.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	labels := []string{"tenant", "project", "stage", "route"}
	m := &Metrics{
		routes: map[place]*routeMetrics{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "terrace_gateway_waf_requests_total", Help: "Requests judged, by what became of them: passed, detected, blocked or rejected.",
		}, append(labels, "action")),
		rules: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "terrace_gateway_waf_rules_total", Help: "Requests that a rule matched, by its id; rules beyond a route's first hundred count as other.",
		}, append(labels, "rule")),
		scores: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "terrace_gateway_waf_score", Help: "Anomaly scores of requests that a rule matched.",
			Buckets: []float64{0, 2, 4, 5, 7, 10, 15, 20, 30, 50},
		}, labels),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "terrace_gateway_waf_duration_seconds", Help: "Time to judge a request, the reading of its body among it.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		}, labels),
	}
	for _, c := range []prometheus.Collector{m.requests, m.rules, m.scores, m.duration} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register the firewall's metrics: %w", err)
		}
	}
	return m, nil
}

// routeMetrics are the series of one route.
type routeMetrics struct {
	actions  [4]prometheus.Counter
	score    prometheus.Observer
	duration prometheus.Observer
	rules    *prometheus.CounterVec

	mu   sync.Mutex
	seen map[int]prometheus.Counter
	rest prometheus.Counter
}

// maxSeen bounds the rules that a route's series name.
const maxSeen = 100

// of returns the series of a route; nil for none and without metrics.
func (m *Metrics) of(at gateway.Attachment) *routeMetrics {
	if m == nil || at.Route == "" {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := place{at.Scope, at.Route}
	if r := m.routes[p]; r != nil {
		return r
	}
	labels := prometheus.Labels{"tenant": at.Scope.Tenant, "project": at.Scope.Project, "stage": at.Scope.Stage, "route": at.Route}
	r := &routeMetrics{
		score: m.scores.With(labels), duration: m.duration.With(labels), rules: m.rules.MustCurryWith(labels), seen: map[int]prometheus.Counter{},
	}
	for a := range r.actions {
		r.actions[a] = m.requests.MustCurryWith(labels).WithLabelValues(action(a).String())
	}
	m.routes[p] = r
	return r
}

// keep drops the series of routes that are not there any more.
func (m *Metrics) keep(live func(scope kernel.Scope, route string) bool) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for p := range m.routes {
		if live(p.scope, p.route) {
			continue
		}
		delete(m.routes, p)
		labels := prometheus.Labels{"tenant": p.scope.Tenant, "project": p.scope.Project, "stage": p.scope.Stage, "route": p.route}
		m.requests.DeletePartialMatch(labels)
		m.rules.DeletePartialMatch(labels)
		m.scores.DeletePartialMatch(labels)
		m.duration.DeletePartialMatch(labels)
	}
}

func (r *routeMetrics) answered(a action) {
	if r != nil {
		r.actions[a].Inc()
	}
}

func (r *routeMetrics) scored(score int) {
	if r != nil {
		r.score.Observe(float64(score))
	}
}

func (r *routeMetrics) took(d time.Duration) {
	if r != nil {
		r.duration.Observe(d.Seconds())
	}
}

func (r *routeMetrics) matched(rule int) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.seen[rule]
	if c == nil && len(r.seen) < maxSeen {
		c = r.rules.WithLabelValues(strconv.Itoa(rule))
		r.seen[rule] = c
	}
	if c == nil {
		if r.rest == nil {
			r.rest = r.rules.WithLabelValues("other")
		}
		c = r.rest
	}
	c.Inc()
}
