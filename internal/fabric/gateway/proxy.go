package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

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
	copyBuffer             = 32 << 10
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
	// Extra are handlers for hosts of the platform itself, in lower case.
	Extra map[string]http.Handler
	Log   *slog.Logger
	// AccessLog gets one line a request; nil writes none.
	AccessLog *slog.Logger
	// MaxBody, Stall and ResponseTimeout have defaults.
	MaxBody         int64
	Stall           time.Duration
	ResponseTimeout time.Duration
}

// Proxy answers requests by passing them to services.
type Proxy struct {
	config ProxyConfig
	// reverse does the work; what it needs to know of a request is in its context.
	reverse   *httputil.ReverseProxy
	transport *http.Transport
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
	p := &Proxy{config: c, transport: newTransport(c.ResponseTimeout)}
	p.reverse = &httputil.ReverseProxy{
		Rewrite:        rewrite,
		Transport:      &dialAgain{next: p.transport, upstreams: c.Upstreams},
		BufferPool:     &bufferPool{},
		ModifyResponse: modifyResponse,
		ErrorHandler:   p.fail,
		ErrorLog:       slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
	}
	return p
}

// Close drops the idle connections to services.
func (p *Proxy) Close() { p.transport.CloseIdleConnections() }

// newTransport keeps many idle connections per service: the default of two
// costs more than half the throughput.
func newTransport(responseTimeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext: dialer.DialContext, MaxIdleConns: 4096, MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second,
		ResponseHeaderTimeout: responseTimeout, ExpectContinueTimeout: time.Second, DisableCompression: true,
		MaxResponseHeaderBytes: 256 << 10, WriteBufferSize: 16 << 10, ReadBufferSize: 16 << 10,
	}
}

// target is where one request goes.
type target struct {
	route   *entry
	addr    string
	release string
}

type targetKey struct{}

func targetOf(ctx context.Context) *target {
	t, _ := ctx.Value(targetKey{}).(*target)
	return t
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	host := canonicalHost(r.Host)
	rec := newRecorder(w, r, p.config.Stall)
	e, hostKnown := p.config.Routes.table.Load().lookup(host, r.URL.Path)
	metrics := p.config.Routes.Metrics.ofNone()
	if e != nil {
		metrics = e.metrics
	}
	metrics.begin()
	defer func() {
		took := time.Since(began)
		rec.settle()
		metrics.end(rec.status, took)
		p.access(r, rec, e, took)
	}()
	if r.Method == http.MethodConnect {
		writeProblem(rec, http.StatusMethodNotAllowed, "No tunnels", "The gateway is not a forward proxy.", "")
		return
	}
	if !p.limitBody(rec, r) {
		return
	}
	switch extra := p.config.Extra[host]; {
	case extra != nil:
		distrust(r.Header)
		extra.ServeHTTP(rec, r)
	case e != nil:
		p.pass(rec, r, e)
	case hostKnown:
		writeProblem(rec, http.StatusNotFound, "No route for this path", "Host "+host+" serves no path "+r.URL.Path+".", "see the routes with: terrace status")
	default:
		writeProblem(rec, http.StatusNotFound, "Unknown host", "Nothing is served for host "+host+".", "see the hosts that are served with: terrace status")
	}
}

// limitBody bounds the request's body, in size and in time without progress.
func (p *Proxy) limitBody(w http.ResponseWriter, r *http.Request) bool {
	if r.ContentLength > p.config.MaxBody {
		writeProblem(w, http.StatusRequestEntityTooLarge, "Request too large", "The body is larger than the gateway takes.", "")
		return false
	}
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = newBody(w, r, p.config.MaxBody, p.config.Stall)
	}
	return true
}

func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, e *entry) {
	addr, release, ok := p.config.Upstreams.Upstream(e.Scope, e.Service, e.Port)
	if !ok {
		w.Header().Set("Retry-After", "1")
		writeProblem(w, http.StatusServiceUnavailable, "Service not ready", "Service "+e.Service+" has no ready instance.", "try again; see why with: terrace status")
		return
	}
	t := &target{route: e, addr: addr, release: release}
	p.reverse.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), targetKey{}, t)))
}

// rewrite makes the request for the service. ReverseProxy has removed the
// hop-by-hop headers (RFC 9110 §7.6.1) and the client's Forwarded and
// X-Forwarded-For, -Host and -Proto; whatever else a client could use to speak
// for the platform goes here. The trace context passes through (W3C).
func rewrite(r *httputil.ProxyRequest) {
	distrust(r.Out.Header)
	r.Out.URL.Scheme = "http"
	r.Out.URL.Host = targetOf(r.In.Context()).addr
	r.Out.Host = r.In.Host
	r.SetXForwarded()
}

// distrust removes what only the platform may say of a request.
func distrust(h http.Header) {
	for name := range h {
		if strings.HasPrefix(name, "Terrace-") || strings.HasPrefix(name, "X-Forwarded-") || name == "Forwarded" || name == "X-Real-Ip" {
			delete(h, name)
		}
	}
}

// modifyResponse says which release answered; a service cannot say it itself.
func modifyResponse(resp *http.Response) error {
	for name := range resp.Header {
		if strings.HasPrefix(name, "Terrace-") {
			delete(resp.Header, name)
		}
	}
	if t := targetOf(resp.Request.Context()); t != nil && t.release != "" {
		resp.Header.Set(ReleaseHeader, t.release)
	}
	return nil
}

// fail answers for a service that did not.
func (p *Proxy) fail(w http.ResponseWriter, r *http.Request, err error) {
	route := targetOf(r.Context()).route
	service := route.Service
	var timeout net.Error
	switch {
	case r.Context().Err() != nil:
		w.WriteHeader(499) // the client has gone; for the log and the metrics
	case isTooLarge(err):
		writeProblem(w, http.StatusRequestEntityTooLarge, "Request too large", "The body is larger than the gateway takes.", "")
	case errors.As(err, &timeout) && timeout.Timeout():
		p.config.Log.WarnContext(r.Context(), "a service did not answer in time", "service", service, "error", err)
		writeProblem(w, http.StatusGatewayTimeout, "Service too slow", "Service "+service+" did not answer in time.",
			"see its logs with: terrace service logs "+service+" --stage "+route.Scope.Stage+" --project "+route.Scope.Project)
	default:
		p.config.Log.WarnContext(r.Context(), "a service could not be reached", "service", service, "error", err)
		writeProblem(w, http.StatusBadGateway, "Service unreachable", "Service "+service+" broke the connection or refused it.", "see its state with: terrace status")
	}
}

func isTooLarge(err error) bool {
	var tooLarge *http.MaxBytesError
	return errors.As(err, &tooLarge)
}

// access writes a line of the access log; queries stay out of it, since they
// may hold secrets, and so do paths that lead to no service.
func (p *Proxy) access(r *http.Request, rec *recorder, e *entry, took time.Duration) {
	log := p.config.AccessLog
	if log == nil || !log.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("host", canonicalHost(r.Host)),
		slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes), slog.Duration("took", took), slog.String("client", r.RemoteAddr),
	}
	if e != nil {
		attrs = append(attrs, slog.String("path", r.URL.Path), slog.String("scope", e.Scope.String()), slog.String("route", e.Name))
	}
	log.LogAttrs(r.Context(), slog.LevelInfo, "gateway request", attrs...)
}
