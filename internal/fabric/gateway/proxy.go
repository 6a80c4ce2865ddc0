package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// ReleaseHeader names the release that answered.
const ReleaseHeader = "Terrace-Release"

const (
	// DefaultMaxBody bounds a request's body.
	DefaultMaxBody = 256 << 20
	// DefaultStall is how long one step of a transfer may take.
	DefaultStall = 30 * time.Second
	// DefaultResponseTimeout is how long a service may take for an answer's head.
	DefaultResponseTimeout = 60 * time.Second
)

// Upstreams tells where a service's port answers and with which release. It is
// asked at each request and must not wait.
type Upstreams interface {
	Upstream(scope kernel.Scope, service, port string) (addr, release string, ok bool)
}

// ProxyConfig is what a Proxy needs.
type ProxyConfig struct {
	Routes    *Service
	Upstreams Upstreams
	Log       *slog.Logger
	// AccessLog gets one line a request; nil writes none.
	AccessLog *slog.Logger
	// MaxBody, Stall and ResponseTimeout have defaults.
	MaxBody         int64
	Stall           time.Duration
	ResponseTimeout time.Duration
}

// Proxy answers exchanges by passing them to services.
type Proxy struct {
	config    ProxyConfig
	transport *upstream.Transport
}

// NewProxy returns a Proxy; its owner closes it.
func NewProxy(c ProxyConfig) *Proxy {
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Stall == 0 {
		c.Stall = DefaultStall
	}
	if c.ResponseTimeout == 0 {
		c.ResponseTimeout = DefaultResponseTimeout
	}
	return &Proxy{config: c, transport: upstream.NewTransport(nil)}
}

// Close drops the resting connections to services.
func (p *Proxy) Close() { p.transport.Close() }

// Handle is an exchange.Handler.
func (p *Proxy) Handle(x *exchange.Exchange) {
	c, hostKnown := p.config.Routes.table.Load().lookup(x)
	metrics := p.config.Routes.Metrics.ofNone()
	if c != nil {
		metrics = c.entry.metrics
		x.Matched, x.Facts.Route, x.Facts.Scope = c, c.entry.Name, c.entry.scope
	}
	metrics.begin()
	x.OnDone(func() {
		took := time.Since(x.Began)
		metrics.end(x.Response.StatusCode(), took)
		p.access(x, took)
	})
	switch {
	case !x.Body.Limit(p.config.MaxBody):
		tooLarge(x)
	case c != nil:
		c.entry.serve(x, p.pass)
	case hostKnown:
		x.Refuse("gateway", http.StatusNotFound, "No route for this path", "Host "+x.Host+" serves no path "+x.Path+".",
			"see the routes with: terrace status")
	default:
		x.Refuse("gateway", http.StatusNotFound, "Unknown host", "Nothing is served for host "+x.Host+".",
			"see the hosts that are served with: terrace status")
	}
}

func tooLarge(x *exchange.Exchange) {
	x.Refuse("gateway", http.StatusRequestEntityTooLarge, "Request too large", "The body is larger than the gateway takes.", "")
}

// pass does what the rule says: it redirects, or has a service answer.
func (p *Proxy) pass(x *exchange.Exchange) {
	c, ok := x.Matched.(*candidate)
	if !ok {
		return
	}
	if c.rule.Redirect != nil {
		redirect(x, c)
		return
	}
	b := c.rule.choose()
	if b == nil {
		x.Refuse("gateway", http.StatusInternalServerError, "No backend", "The weights of all services of this route are 0.", "")
		return
	}
	forward(x)
	rewrite(x, c)
	p.ask(x, c, b)
	if c.rule.ResponseHeaders != nil {
		c.rule.ResponseHeaders.response(&x.Response.Header)
	}
}

// ask has a service answer. One that takes no connection may have been replaced
// since it was asked for: then the new one is asked, since nothing has been sent.
func (p *Proxy) ask(x *exchange.Exchange, c *candidate, b *Backend) {
	scope := c.entry.Scope
	addr, release, ok := p.config.Upstreams.Upstream(scope, b.Service, b.Port)
	if !ok {
		x.Unavailable("gateway", 1, "Service not ready", "Service "+b.Service+" has no ready instance.",
			"try again; see why with: terrace status")
		return
	}
	err := p.try(x, c, addr, release)
	var dial *upstream.DialError
	if errors.As(err, &dial) {
		if again, release, ok := p.config.Upstreams.Upstream(scope, b.Service, b.Port); ok && again != addr {
			err = p.try(x, c, again, release)
		}
	}
	if err != nil {
		p.fail(x, c, b, err)
	}
}

func (p *Proxy) try(x *exchange.Exchange, c *candidate, addr, release string) error {
	x.Facts.Upstream, x.Facts.Release = addr, release
	x.Facts.Attempts++
	timeout := p.config.ResponseTimeout
	if t := time.Duration(c.rule.Timeouts.Backend); t > 0 {
		timeout = t
	}
	if t := time.Duration(c.rule.Timeouts.Request); t > 0 {
		timeout = min(timeout, t-time.Since(x.Began))
	}
	if timeout <= 0 {
		return context.DeadlineExceeded
	}
	err := p.transport.Do(x, upstream.Call{Addr: addr, HeadTimeout: timeout, Stall: p.config.Stall})
	if err != nil {
		return err
	}
	returned(x)
	return nil
}

// fail answers for a service that did not.
func (p *Proxy) fail(x *exchange.Exchange, c *candidate, b *Backend, err error) {
	service := b.Service
	var timeout net.Error
	switch {
	case x.Context().Err() != nil:
		x.Refuse("client", 499, "Client gone", "", "") // for the log and the metrics
	case errors.Is(err, exchange.ErrTooLarge):
		tooLarge(x)
		x.Response.SetConnectionClose()
	case x.Body.Err() != nil:
		x.Refuse("client", http.StatusBadRequest, "Request broke off", "The body of the request did not come whole.", "")
		x.Response.SetConnectionClose()
	case errors.As(err, &timeout) && timeout.Timeout():
		p.config.Log.WarnContext(x.Context(), "a service did not answer in time", "service", service, "error", err)
		x.Refuse("gateway", http.StatusGatewayTimeout, "Service too slow", "Service "+service+" did not answer in time.",
			"see its logs with: terrace service logs "+service+" --stage "+c.entry.Scope.Stage+" --project "+c.entry.Scope.Project)
	default:
		p.config.Log.WarnContext(x.Context(), "a service could not be reached", "service", service, "error", err)
		x.Refuse("gateway", http.StatusBadGateway, "Service unreachable", "Service "+service+" broke the connection or refused it.",
			"see its state with: terrace status")
	}
}

// access writes a line of the access log; queries stay out of it, since they
// may hold secrets, and so do paths that lead to no service.
func (p *Proxy) access(x *exchange.Exchange, took time.Duration) {
	log := p.config.AccessLog
	if log == nil || !log.Enabled(x.Context(), slog.LevelInfo) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", string(x.Request.Header.Method())), slog.String("host", x.Host), slog.Int("status", x.Response.StatusCode()),
		slog.Int64("bytes", x.Sent()), slog.Duration("took", took), slog.String("client", x.Client.String()),
	}
	if x.Facts.Route != "" {
		attrs = append(attrs, slog.String("path", x.Path), slog.String("scope", x.Facts.Scope), slog.String("route", x.Facts.Route))
	}
	log.LogAttrs(x.Context(), slog.LevelInfo, "gateway request", attrs...)
}
