package proxy

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// nobody is the tenant of what no route was found for: whoever runs the platform sees it.
const nobody = ""

// Unrouted counts and tells of what ended before a route was looked for: a front calls it.
func (p *Proxy) Unrouted(u exchange.Unrouted) {
	l := accesslog.Line{Time: u.At, Method: u.Method, Scheme: "http", Host: u.Host, Protocol: u.Proto, Status: u.Status}
	if a := (&exchange.Exchange{Client: u.Client}).Address(); a.IsValid() {
		l.Client = a.String()
	}
	if u.Secure {
		l.Scheme = "https"
	}
	if u.Status != 0 {
		l.By = "gateway"
	}
	p.tell(u.Reason, &l)
}

// lost tells of a request that no route was found for.
func (p *Proxy) lost(x *exchange.Exchange, took time.Duration) {
	l := accesslog.Of(x, took)
	p.tell(x.Facts.Unrouted, &l)
}

// tell counts, has who watches see it, and writes a line as far as there may be one.
func (p *Proxy) tell(reason exchange.Reason, l *accesslog.Line) {
	l.Reason = string(reason)
	metrics := p.config.Routes.Table().metrics
	metrics.unroutedFor(reason)
	if p.config.Tail != nil && p.config.Tail.Watched(nobody) {
		p.config.Tail.Show(l)
	}
	if p.config.AccessLog == nil {
		return
	}
	suppressed, ok := p.ration.Take(l.Reason, l.Time)
	if !ok {
		metrics.suppress()
		return
	}
	l.Suppressed = suppressed
	p.config.AccessLog.Write(l)
}

// unroutedMetrics count what no route was found for.
type unroutedMetrics struct {
	reasons    map[exchange.Reason]prometheus.Counter
	suppressed prometheus.Counter
}

func newUnroutedMetrics() (m unroutedMetrics, all []prometheus.Collector) {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "terrace_gateway_unrouted_total", Help: "Requests and connections that ended before a route was found, by reason.",
	}, []string{"reason"})
	m = unroutedMetrics{reasons: map[exchange.Reason]prometheus.Counter{}, suppressed: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "terrace_gateway_unrouted_suppressed_total", Help: "Lines of the access log about them that were not written, since there were too many.",
	})}
	for _, reason := range exchange.Reasons() {
		m.reasons[reason] = vec.WithLabelValues(string(reason))
	}
	return m, []prometheus.Collector{vec, m.suppressed}
}

func (m *Metrics) unroutedFor(reason exchange.Reason) {
	if m == nil {
		return
	}
	if c := m.unrouted.reasons[reason]; c != nil {
		c.Inc()
	}
}

func (m *Metrics) suppress() {
	if m != nil {
		m.unrouted.suppressed.Inc()
	}
}
