// Package exchange is one request and its answer on their way through the
// gateway: what every filter sees, whichever protocol the client speaks.
//
// It owns the form of a message (valyala/fasthttp's, which needs no allocation
// for a header), the handlers and filters that work on it, and the answers that
// the gateway gives itself. It listens nowhere and knows no route.
package exchange

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/valyala/fasthttp"
)

// Handler answers an exchange. What it leaves as a stream in the answer is
// read, and closed, after it returned.
type Handler func(x *Exchange)

// Filter stands in front of a handler: it may answer itself, change the
// request, and change the answer of the next.
type Filter func(next Handler) Handler

// Chain puts filters in front of a handler; the first meets the request first.
func Chain(last Handler, filters ...Filter) Handler {
	for i := len(filters) - 1; i >= 0; i-- {
		last = filters[i](last)
	}
	return last
}

// Exchange is one request and its answer. It belongs to one goroutine at a time.
type Exchange struct {
	// Request is the client's; what is changed of it reaches the service.
	// Its host and path are read from Host and Path.
	Request *fasthttp.Request
	// Response is what the client gets. Its body is set with SetBody or Stream.
	Response *fasthttp.Response
	// Body is the request's body.
	Body *Body
	// Host is the name that was asked for: in lower case, without its port.
	Host string
	// Path is the decoded path without dot segments and double slashes: what is
	// matched and judged. Target is its form on the wire, with the query.
	Path, Target string
	// Client is the address of the client's connection.
	Client net.Addr
	// TLS is nil on a connection without it.
	TLS *tls.ConnectionState
	// Proto is 1 for HTTP/1.0 and HTTP/1.1, 2 for HTTP/2.
	Proto int
	// Began is when the request's head had been read.
	Began time.Time
	// Matched is what the routing found; it is the gateway's own.
	Matched any
	// Facts are what filters found out: who calls, what a rule decided.
	Facts Facts
	// SignIn answers by asking who calls (RFC 9110 §15.5.2), where nobody is known and there
	// is a way to prove it; it is nil else.
	SignIn Handler
	// Trace is the trace that the request is part of, once it has been routed.
	Trace Trace
	// Trailers returns the trailers of the answer once its body has been read;
	// nil has none.
	Trailers func() http.Header
	// Interim sends an answer before the real one (RFC 9110 §15.2) with the headers
	// that may be passed on; nil cannot.
	Interim func(status int, h http.Header)

	// ctx ends with the client's stream (HTTP/2) or with the server.
	ctx context.Context //nolint:containedctx // an exchange is as long as its context
	// upgrade hands the connection over after the answer's head; nil cannot.
	upgrade func(func(client net.Conn))
	// abort breaks a read from the client that is going on.
	abort func()
	done  []func()
	// room and nobody spare most requests an allocation: what ends them, and no body.
	room   [2]func()
	nobody Body
	// stream is the answer's body where it is one.
	stream *stream
	// refused is what a refusal says.
	refused string
}

// Facts are what the filters of an exchange found out about it, for those after
// them, for the access log and for metrics. Values are the platform's own
// words, never a client's.
type Facts struct {
	// Route is the name of the route; Scope is whose it is, as tenant/project/stage.
	Route, Scope string
	// Rule is the place of the route's rule that takes the request, from 0.
	Rule int
	// Upstream is the address that answered, Release what runs there.
	Upstream, Release string
	// Consumer is who calls: a subscription, a client id or a subject.
	Consumer string
	// Identity is what is proven of who calls; nil is nobody known.
	Identity *Identity
	// ClientCertificate is what a service is told, in X-Forwarded-Client-Cert, of the
	// certificate that has proven who calls; empty is nothing.
	ClientCertificate string
	// Attempts counts how often a service was asked.
	Attempts int
	// By names the filter that answered in place of a service.
	By string
	// Unrouted is why no route was found; it is empty where one was.
	Unrouted Reason
	// Firewall is what the firewall did with a message in which it found something:
	// passed, detected, blocked or rejected; AnomalyScore is what that scored.
	Firewall     string
	AnomalyScore int
	// Telemetry is what the route says of how it is observed; nil is nothing.
	Telemetry *Telemetry
}

// Connection is what a front knows of the client's side.
type Connection struct {
	Context context.Context //nolint:containedctx // handed on to the exchange
	Client  net.Addr
	TLS     *tls.ConnectionState
	Proto   int
	// Body is nil for none.
	Body *Body
	// Upgrade hands the connection over once the answer's head was sent.
	Upgrade func(func(client net.Conn))
	// Abort breaks a read of the request's body that is going on.
	Abort func()
	// Interim sends an answer before the real one.
	Interim func(status int, h http.Header)
}

// New returns an exchange on a front's messages. A request that cannot be told
// apart is answered with a problem, and ok is false.
func New(req *fasthttp.Request, resp *fasthttp.Response, c Connection) (x *Exchange, ok bool) {
	x = &Exchange{
		Request: req, Response: resp, Client: c.Client, TLS: c.TLS, Proto: c.Proto, Began: time.Now(),
		Body: c.Body, ctx: c.Context, upgrade: c.Upgrade, abort: c.Abort, Interim: c.Interim,
	}
	if x.done = x.room[:0]; x.Body == nil {
		x.nobody = Body{limit: -1, over: true}
		x.Body = &x.nobody
	}
	return x, x.locate()
}

// Context ends when the client's stream or the server does.
func (x *Exchange) Context() context.Context { return x.ctx }

// Secure tells that the client's connection is encrypted.
func (x *Exchange) Secure() bool { return x.TLS != nil }

// Upgrade hands the client's connection to fn after the answer's head has been
// sent; false says that this connection cannot be.
func (x *Exchange) Upgrade(fn func(client net.Conn)) bool {
	if x.upgrade == nil {
		return false
	}
	x.upgrade(fn)
	return true
}

// Abort makes a read of the request's body that waits for the client fail.
func (x *Exchange) Abort() {
	if x.abort != nil {
		x.abort()
	}
}

// OnDone calls fn when the answer has been sent, or could not be; the last
// one added is called first.
func (x *Exchange) OnDone(fn func()) { x.done = append(x.done, fn) }

// Handled is called by the front after the handler: the exchange ends then, or
// once the stream of the answer's body was closed.
func (x *Exchange) Handled() {
	if x.stream == nil {
		x.end()
	}
}

func (x *Exchange) end() {
	for i := len(x.done) - 1; i >= 0; i-- {
		x.done[i]()
	}
	x.done = nil
}
