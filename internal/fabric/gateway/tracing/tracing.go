package tracing

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// DefaultForced is how many traces clients may have recorded in a second.
const DefaultForced = 100

// Config is what a Tracer needs.
type Config struct {
	// Tracer records; nil records nothing, and traces pass through. It must record
	// what has no parent.
	Tracer trace.Tracer
	// Ratio is which share of the traces that begin here is recorded, 0 to 1. Traces
	// that clients began are recorded where they are by the client.
	Ratio float64
	// Forced bounds how many traces in a second are recorded since a client says so;
	// 0 is DefaultForced. Those beyond are not, and neither are they by services.
	Forced int64
}

// Tracer makes requests parts of traces. Its zero value records nothing.
type Tracer struct {
	config Config
	// second and forced are how many were forced in which second.
	second, forced atomic.Int64
}

// New returns a Tracer.
func New(c Config) *Tracer {
	if c.Forced == 0 {
		c.Forced = DefaultForced
	}
	return &Tracer{config: c}
}

// Begin makes a request part of the trace that it names, or of a new one. Where it is
// recorded, a span lasts until the exchange is done; route and path name it.
func (t *Tracer) Begin(x *exchange.Exchange, route, path string) {
	h := &x.Request.Header
	found, ok := parent(h)
	if !ok {
		x.Trace = newTrace()
		for _, name := range []string{headerParent, headerState} {
			if h.Peek(name) != nil { // to look costs less than to delete
				h.Del(name)
			}
		}
		if t.config.Tracer != nil && rand.Float64() < t.config.Ratio { //nolint:gosec // which request is recorded is no secret
			t.record(x, context.Background(), route, path)
			return
		}
		t.tell(x)
		return
	}
	x.Trace = found
	vendors := state(h)
	switch {
	case t.config.Tracer == nil || found.Flags&exchange.Sampled == 0:
		t.tell(x) // in the one form, whatever the version was
	case t.allowed(x.Began):
		t.record(x, trace.ContextWithRemoteSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: found.ID, SpanID: found.Span, TraceFlags: trace.TraceFlags(found.Flags), TraceState: vendors, Remote: true,
		})), route, path)
	default:
		x.Trace.Flags &^= exchange.Sampled
		x.Trace.Span = newSpan()
		t.tell(x)
	}
}

// allowed tells whether a client may have one more trace recorded.
func (t *Tracer) allowed(now time.Time) bool {
	if second := now.Unix(); t.second.Swap(second) != second {
		t.forced.Store(0)
	}
	return t.forced.Add(1) <= t.config.Forced
}

// tell has the service see the trace.
func (*Tracer) tell(x *exchange.Exchange) {
	var room [parentSize]byte
	x.Request.Header.SetBytesV(headerParent, text(room[:0], x.Trace.ID, x.Trace.Span, x.Trace.Flags))
}

// record begins the span of an exchange.
func (t *Tracer) record(x *exchange.Exchange, parent context.Context, route, path string) { //nolint:revive // the exchange is what it is about
	method := methodOf(x)
	ctx, span := t.config.Tracer.Start(parent, name(method, path), trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(x.Began), trace.WithAttributes(
		semconv.HTTPRequestMethodKey.String(method), semconv.URLScheme(scheme(x.Secure())), semconv.URLPath(x.Path), semconv.ServerAddress(x.Host),
		semconv.NetworkProtocolVersion(strconv.Itoa(max(x.Proto, 1))), attribute.String("terrace.route", route),
	))
	x.Trace.Context = ctx
	t.adopt(x, span)
	if path != "" {
		span.SetAttributes(semconv.HTTPRoute(path))
	}
	if method == other {
		span.SetAttributes(semconv.HTTPRequestMethodOriginal(string(x.Request.Header.Method())))
	}
	if agent := x.Request.Header.UserAgent(); len(agent) > 0 {
		span.SetAttributes(semconv.UserAgentOriginal(string(agent)))
	}
	x.OnDone(func() {
		status := x.Response.StatusCode()
		span.SetAttributes(semconv.HTTPResponseStatusCode(status))
		if a := x.Address(); a.IsValid() {
			span.SetAttributes(semconv.ClientAddress(a.String()))
		}
		if x.Facts.Consumer != "" {
			span.SetAttributes(attribute.String("terrace.consumer", x.Facts.Consumer))
		}
		if x.Facts.By != "" {
			span.SetAttributes(attribute.String("terrace.answered_by", x.Facts.By))
		}
		if status >= http.StatusInternalServerError {
			span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(status)))
			span.SetStatus(codes.Error, "")
		}
		span.End()
	})
}

// adopt makes a span the parent of what the service records.
func (t *Tracer) adopt(x *exchange.Exchange, span trace.Span) {
	sc := span.SpanContext()
	x.Trace.ID, x.Trace.Span = sc.TraceID(), sc.SpanID()
	x.Trace.Flags = x.Trace.Flags&^exchange.Sampled | byte(sc.TraceFlags())&exchange.Sampled
	t.tell(x)
}

// Attempt begins the span of a service that is asked at an address, over TLS or not, for
// the nth time from 1 on; nil where nothing is recorded. It ends with End.
func (t *Tracer) Attempt(x *exchange.Exchange, secure bool, addr string, n int) trace.Span {
	if x.Trace.Context == nil {
		return nil
	}
	method := methodOf(x)
	_, span := t.config.Tracer.Start(x.Trace.Context, method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		semconv.HTTPRequestMethodKey.String(method), semconv.URLFull(scheme(secure)+"://"+addr+exchange.EncodePath(x.Path)),
	))
	if host, port, err := net.SplitHostPort(addr); err == nil {
		number, _ := strconv.Atoi(port)
		span.SetAttributes(semconv.ServerAddress(host), semconv.ServerPort(number))
	}
	if n > 1 {
		span.SetAttributes(semconv.HTTPRequestResendCount(n - 1))
	}
	t.adopt(x, span)
	return span
}

// End ends the span of an attempt, which may be nil, with the head of the answer.
func End(span trace.Span, x *exchange.Exchange, err error) {
	if span == nil {
		return
	}
	if err != nil {
		span.SetAttributes(semconv.ErrorTypeKey.String(kindOf(err)))
		span.SetStatus(codes.Error, "the service could not be asked")
		span.End()
		return
	}
	status := x.Response.StatusCode()
	span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	if status >= http.StatusBadRequest {
		span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(status)))
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// kindOf names an error without saying what is in it.
func kindOf(err error) string {
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() { //nolint:errorlint // what is wrapped is another kind
		return "timeout"
	}
	return "connection_error"
}

func newTrace() (t exchange.Trace) {
	binary.NativeEndian.PutUint64(t.ID[:8], rand.Uint64()|1) //nolint:gosec // an id is no secret
	binary.NativeEndian.PutUint64(t.ID[8:], rand.Uint64())   //nolint:gosec // as above
	t.Span, t.Flags = newSpan(), exchange.Random
	return t
}

func newSpan() (s [8]byte) {
	binary.NativeEndian.PutUint64(s[:], rand.Uint64()|1) //nolint:gosec // as above
	return s
}

// other stands for methods that are not known, of which there is no end.
const other = "_OTHER"

func methodOf(x *exchange.Exchange) string {
	switch m := string(x.Request.Header.Method()); m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace, http.MethodPatch:
		return m
	}
	return other
}

// name is that of a span: few for many requests.
func name(method, path string) string {
	if method == other {
		method = "HTTP"
	}
	if path == "" {
		return method
	}
	return method + " " + path
}

func scheme(secure bool) string {
	if secure {
		return "https"
	}
	return "http"
}
