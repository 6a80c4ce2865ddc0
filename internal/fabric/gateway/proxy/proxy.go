package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/session"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tracing"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
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
	// DefaultStreamIdle is how long a stream may rest: an upgraded connection on
	// both sides, an answer between two of its parts.
	DefaultStreamIdle = time.Hour
)

// Upstreams tells where a service's port answers and with which release. It is
// asked at each request and must not wait.
type Upstreams interface {
	Upstream(scope kernel.Scope, service, port string) (addr, release string, ok bool)
}

// Endpoints are Upstreams that know of several instances. They append to `to`
// all that are ready, so that nothing is allocated where nothing has changed.
type Endpoints interface {
	Endpoints(to []upstream.Endpoint, scope kernel.Scope, service, port string) []upstream.Endpoint
}

// Ports are Upstreams that know which ports services have.
type Ports interface {
	// Ports returns the names and numbers of the ports of a service that runs, none where
	// it does not; the empty one is among them where it has a single port.
	Ports(scope kernel.Scope, service string) []string
}

// Routes have the table of the routes that are served.
type Routes interface {
	// Table returns the one of now; it is asked at each request and must not wait.
	Table() *Table
}

// Config is what a Proxy needs.
type Config struct {
	// Routes have the table.
	Routes Routes
	// Upstreams may be Endpoints, too: then those are asked. Nil is a process that knows
	// of no service's instances.
	Upstreams Upstreams
	Log       *slog.Logger
	// AccessLog gets the lines of requests; nil writes none.
	AccessLog AccessLog
	// Tail gets the lines of requests that somebody watches; nil has nobody watch.
	Tail Tail
	// Instances count what instances answer that somebody watches; nil counts nothing.
	Instances *traffic.Instances
	// Tracing makes requests parts of traces; nil records none.
	Tracing *tracing.Tracer
	// Sessions are the keys of sessions, which were renewed before; nil makes sessions
	// that end with the process.
	Sessions *session.Keys
	// Roots are who certificates of services are signed by, where a route names
	// nobody else; nil is who the machine trusts.
	Roots func() *x509.CertPool
	// ClientCertificate is shown to services that a route says so of; nil has none.
	ClientCertificate func() (*tls.Certificate, error)
	// Peer secures connections to a service in place of names and Roots: it gets the serverName
	// of the backend, is asked for each connection, and has to verify who answers. Nil has what
	// the standard says of names.
	Peer func(serverName string) *tls.Config
	// Outside connects to an address that a route names, in the clear or not; nil goes to
	// public addresses alone.
	Outside func(ctx context.Context, addr string, clear bool) (net.Conn, error)
	// MaxBody, Stall, ResponseTimeout and StreamIdle have defaults.
	MaxBody         int64
	Stall           time.Duration
	ResponseTimeout time.Duration
	StreamIdle      time.Duration
}

// Proxy answers exchanges by passing them to services.
type Proxy struct {
	config  Config
	several Endpoints
	mirrors *mirrors
	// ration bounds the lines of what no route is found for.
	ration accesslog.Ration
	// mark is how the gateway knows requests again that come back to it.
	mark    string
	scratch sync.Pool

	mu sync.Mutex
	// clusters are by the keys of their targets; checked are those whose health is looked at.
	clusters map[string]cluster
	checked  map[string]*target
}

// New returns a Proxy; its owner closes it.
func New(c Config) *Proxy {
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Stall == 0 {
		c.Stall = DefaultStall
	}
	if c.ResponseTimeout == 0 {
		c.ResponseTimeout = DefaultResponseTimeout
	}
	if c.StreamIdle == 0 {
		c.StreamIdle = DefaultStreamIdle
	}
	if c.Outside == nil {
		c.Outside = func(ctx context.Context, addr string, clear bool) (net.Conn, error) {
			return egress.Guard{What: "backends"}.Dialer(clear).DialContext(ctx, "tcp", addr)
		}
	}
	if c.Sessions == nil {
		c.Sessions = session.Own()
	}
	p := &Proxy{config: c, mark: newMark(), clusters: map[string]cluster{}, mirrors: newMirrors()}
	if p.config.Tracing == nil {
		p.config.Tracing = tracing.New(tracing.Config{})
	}
	p.several, _ = c.Upstreams.(Endpoints)
	p.scratch.New = func() any { return new([]upstream.Endpoint) }
	return p
}

// Close gives up copies that are under way, and drops the connections to services.
func (p *Proxy) Close() {
	p.mirrors.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.clusters {
		c.Close()
	}
}

// Handle is an exchange.Handler.
func (p *Proxy) Handle(x *exchange.Exchange) {
	table := p.config.Routes.Table()
	c, hostKnown := table.Lookup(x)
	metrics := table.none
	if c != nil {
		metrics = c.entry.metrics
		x.Matched, x.Facts.Route, x.Facts.Scope, x.Facts.Rule = c, c.entry.Name, c.entry.scope, c.rule.place
	}
	switch {
	case c != nil:
	case hostKnown:
		x.Facts.Unrouted = exchange.NoRoute
	default:
		x.Facts.Unrouted = exchange.UnknownHost
	}
	metrics.begin()
	p.begin(x, c)
	x.OnDone(func() { p.done(x, c, metrics) })
	switch {
	case !x.Body.Limit(p.config.MaxBody):
		tooLarge(x)
	case c != nil:
		c.entry.serve(x, p.pass)
	case hostKnown:
		x.Refuse("gateway", http.StatusNotFound, "No route for this path", "Host "+x.Host+" serves no path "+x.Path+".", "check the path")
	default:
		x.Refuse("gateway", http.StatusNotFound, "Unknown host", "Nothing is served for host "+x.Host+".", "check the address")
	}
}

func tooLarge(x *exchange.Exchange) {
	x.Refuse("gateway", http.StatusRequestEntityTooLarge, "Request too large", "The body is larger than the gateway takes.", "")
}

// pass does what the rule says: it redirects, or has a service answer.
func (p *Proxy) pass(x *exchange.Exchange) {
	c, ok := x.Matched.(*Candidate)
	if !ok {
		return
	}
	if c.rule.Redirect != nil {
		redirect(x, c)
		return
	}
	forward(x)
	if !handshake(x) {
		return
	}
	rewrite(x, c)
	if len(c.rule.mirrors) > 0 {
		p.mirror(x, c)
	}
	p.ask(x, c)
	if c.rule.ResponseHeaders != nil {
		changeResponse(c.rule.ResponseHeaders, &x.Response.Header)
	}
}

// fail answers for a service that did not.
func (p *Proxy) fail(x *exchange.Exchange, c *Candidate, t *target, err error) {
	service := t.said()
	logs := "see its logs with: terrace service logs " + t.Service + " --stage " + c.entry.Scope.Stage + " --project " + c.entry.Scope.Project
	if t.Outside() {
		logs = ""
	}
	var busy *upstream.BusyError
	switch {
	case x.Context().Err() != nil:
		x.Refuse("client", 499, "Client gone", "", "") // for the log and the metrics
	case errors.Is(err, exchange.ErrTooLarge):
		tooLarge(x)
		x.Response.SetConnectionClose()
	case x.Body.Err() != nil:
		x.Refuse("client", http.StatusBadRequest, "Request broke off", "The body of the request did not come whole.", "")
		x.Response.SetConnectionClose()
	case errors.As(err, &busy):
		x.Unavailable("gateway", 1, "Service busy", service+" takes no more: "+busy.Reason+".", "try again later")
	case isTimeout(err):
		p.config.Log.WarnContext(x.Context(), "a service did not answer in time", "service", t.name(), "error", err, "fix", logs)
		x.Refuse("gateway", http.StatusGatewayTimeout, "Service too slow", service+" did not answer in time.", "try again later")
	case isUntrusted(err):
		p.config.Log.WarnContext(x.Context(), "a service's certificate is not valid", "service", t.name(), "address", x.Facts.Upstream, "error", err,
			"fix", "renew its certificate, or name its authority in the route (tls.ca)")
		x.Refuse("gateway", http.StatusBadGateway, "Service not trusted", service+" shows a certificate that is not valid for it, or not any more.",
			"tell whoever runs the service")
	default:
		p.config.Log.WarnContext(x.Context(), "a service could not be reached", "service", t.name(), "error", err, "fix", "see its state with: terrace status")
		x.Refuse("gateway", http.StatusBadGateway, "Service unreachable", service+" broke the connection or refused it.",
			"try again later; where it lasts, tell whoever runs the service")
	}
}

// isUntrusted tells of a service whose certificate does not hold.
func isUntrusted(err error) bool {
	var invalid *tls.CertificateVerificationError
	return errors.As(err, &invalid)
}
