package proxy

import (
	"context"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// mirrorsAtOnce bounds the copies that are under way, of all routes together.
	mirrorsAtOnce = 256
	// mirroredBody is the largest body of a request that is copied, in bytes; of an
	// answer as much is read, so that its connection can be used again.
	mirroredBody = 64 << 10
	// MirroredHeader tells a service that a request is a copy, whose answer nobody reads.
	MirroredHeader = "Terrace-Mirrored"
)

// What became of a copy.
const (
	mirrorAnswered = "answered"
	mirrorFailed   = "failed"
	mirrorDropped  = "dropped"
	mirrorSkipped  = "skipped"
)

// mirror is a route.Mirror, ready to get copies. Its cluster is its own: what a
// copy does to a service counts for no request of a client.
type mirror struct {
	*target

	percent int
}

func newMirror(scope kernel.Scope, m route.Mirror) *mirror {
	out := &mirror{target: newTarget(scope, route.Backend{Service: m.Service, Port: m.Port, Settings: m.Settings}), percent: 100}
	out.key += "\nmirror"
	if m.Percent != nil {
		out.percent = *m.Percent
	}
	return out
}

// mirrors are the copies that are under way.
type mirrors struct {
	ctx    context.Context //nolint:containedctx // the life of what is sent beside the requests
	cancel context.CancelFunc
	places chan struct{}
	wg     sync.WaitGroup
}

func newMirrors() *mirrors {
	m := &mirrors{places: make(chan struct{}, mirrorsAtOnce)}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m
}

func (m *mirrors) close() {
	m.cancel()
	m.wg.Wait()
}

// mirror sends copies of a request beside it, as the rule says. It waits for
// nothing: what cannot be copied at once is counted and left.
func (p *Proxy) mirror(x *exchange.Exchange, c *Candidate) {
	for _, m := range c.rule.mirrors {
		if m.percent < 100 && rand.IntN(100) >= m.percent { //nolint:gosec // a share of traffic is no secret
			continue
		}
		if !copyable(x) {
			c.entry.metrics.mirrored(mirrorSkipped)
			continue
		}
		select {
		case p.mirrors.places <- struct{}{}:
		default:
			c.entry.metrics.mirrored(mirrorDropped)
			continue
		}
		twin, end := p.twin(x, c)
		p.mirrors.wg.Go(func() {
			defer func() { <-p.mirrors.places }()
			defer end()
			c.entry.metrics.mirrored(p.send(twin, c, m))
		})
	}
}

// copyable tells that a request is all there: a body whose length is known and
// small. Others would have the client wait, or be read twice.
func copyable(x *exchange.Exchange) bool {
	if x.Request.Header.ConnectionUpgrade() {
		return false
	}
	if x.Body.Empty() {
		return true
	}
	if x.Body.Length < 0 || x.Body.Length > mirroredBody {
		return false
	}
	kept, err := x.Body.Keep(mirroredBody) // it is read before it is sent on as it is
	return kept && err == nil
}

// twin copies a request as the service gets it.
func (p *Proxy) twin(x *exchange.Exchange, c *Candidate) (twin *exchange.Exchange, end context.CancelFunc) {
	ctx, cancel := context.WithTimeout(p.mirrors.ctx, p.patience(c)+p.config.Stall)
	req := &fasthttp.Request{}
	x.Request.Header.CopyTo(&req.Header)
	req.Header.Set(MirroredHeader, "true")
	body := exchange.NewBody(nil, 0)
	if !x.Body.Empty() {
		body.Replace(append([]byte(nil), x.Body.Whole()...))
	}
	twin, _ = exchange.New(req, &fasthttp.Response{}, exchange.Connection{Context: ctx, Client: x.Client, Proto: 2, Body: body})
	return twin, cancel
}

// patience is how long a service of a rule may take for the head of its answer.
func (p *Proxy) patience(c *Candidate) time.Duration {
	if t := time.Duration(c.rule.Timeouts.Backend); t > 0 {
		return t
	}
	return p.config.ResponseTimeout
}

// send has a copy answered and reads what comes, for its connection's sake.
func (p *Proxy) send(twin *exchange.Exchange, c *Candidate, m *mirror) (result string) {
	instance := p.cluster(m.target).Pick(nil)
	if instance == nil {
		return mirrorFailed
	}
	err := instance.Do(twin, upstream.Call{HeadTimeout: p.patience(c), Stall: p.config.Stall, Idle: p.config.Stall})
	if err != nil {
		p.config.Log.DebugContext(twin.Context(), "a copy of a request was not answered", "service", m.Service, "error", err)
		return mirrorFailed
	}
	if twin.Streams() {
		_, _ = io.CopyN(io.Discard, twin.Response.BodyStream(), mirroredBody)
		_ = twin.Response.CloseBodyStream()
	}
	return mirrorAnswered
}

// newMirrored counts copies by what became of them.
func newMirrored(labels []string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "terrace_gateway_mirrored_requests_total",
		Help: "Copies of requests by what became of them: answered, failed, dropped since too many are under way, skipped since they cannot be copied.",
	}, append(labels, "result"))
}

// mirrored counts a copy.
func (s *routeMetrics) mirrored(result string) {
	if s != nil {
		s.copies.With(prometheus.Labels{"result": result}).Inc()
	}
}
