package httpserver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Options are what a router is made of.
type Options struct {
	// Logger takes the access log; nil logs nothing.
	Logger *slog.Logger
	// Authenticator turns bearer tokens into actors; nil lets nobody sign in.
	Authenticator Authenticator
	// Middleware runs first: tracing and metrics.
	Middleware []func(http.Handler) http.Handler
	// Refused is told of requests of somebody who is signed in that were refused, 403, and
	// may be nil.
	Refused Refusals
	// Limits bounds how much is asked; nil bounds nothing.
	Limits Limits
	// Proxies are the networks whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
}

// NewRouter returns a router whose middleware gives every request an id, an
// actor, a line in the log, bounds on its body and on slow clients, and safe
// headers.
func NewRouter(o Options) *chi.Mux {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r := chi.NewRouter()
	r.Use(o.Middleware...)
	r.Use(identify(o.Limits, o.Proxies), logRequests(o.Logger), recoverPanics(o.Logger), secureHeaders, limitStrangers(o.Limits), authenticate(o.Authenticator), tellRefusals(o.Refused))
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		WriteError(w, r, kernel.Errorf(kernel.NotFound, "there is nothing at %s", r.URL.Path).WithFix("see /api/docs for what there is"))
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, newProblem(r.Context(), kernel.Invalid, http.StatusMethodNotAllowed, r.Method+" is not possible here"))
	})
	return r
}

var saneRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// identify gives the request its id, its record, its body and its writer.
func identify(limits Limits, proxies []netip.Prefix) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id := r.Header.Get("X-Request-Id")
			if !saneRequestID.MatchString(id) {
				id = kernel.NewID("req")
			}
			w.Header().Set("X-Request-Id", id)
			ctx, cancel := context.WithCancel(kernel.WithAddress(kernel.WithRequestID(r.Context(), id), addressOf(r, proxies)))
			defer cancel()
			out := &writer{ResponseWriter: w, control: http.NewResponseController(w)}
			in := &body{from: r.Body, control: out.control, limit: DefaultBodyLimit}
			r = r.WithContext(context.WithValue(ctx, recordKey{}, &record{body: in, cancel: cancel, limits: limits}))
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = in
			}
			next.ServeHTTP(out, r)
			out.extend()
		})
	}
}

// addressOf is where the request came from: the other end of the connection, and where
// that is a proxy that is trusted, the last address in X-Forwarded-For that is none. What
// other headers say of it anybody can say.
func addressOf(r *http.Request, proxies []netip.Prefix) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	if !within(proxies, host) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		hop = strings.TrimSpace(hop)
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		if host = hop; !within(proxies, hop) {
			break
		}
	}
	return host
}

func within(networks []netip.Prefix, host string) bool {
	if len(networks) == 0 {
		return false
	}
	address, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(address.Unmap().WithZone("")) })
}

func logRequests(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			defer func() { logRequest(log, w, r, time.Since(start)) }()
			next.ServeHTTP(w, r)
		})
	}
}

func logRequest(log *slog.Logger, w http.ResponseWriter, r *http.Request, took time.Duration) {
	out, ok := w.(*writer)
	if !ok {
		return
	}
	status := out.status
	if status == 0 {
		status = http.StatusOK
	}
	shown := func(text string) string { return text }
	if status >= http.StatusBadRequest {
		shown = odd(r).Cutter(leftOut)
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", shown(r.URL.Path)), slog.Int("status", status),
		slog.Int64("bytes", out.bytes), slog.Duration("took", took),
		slog.String("request_id", kernel.RequestIDFrom(r.Context())),
	}
	actor, err := recordOf(r.Context()).read()
	if actor.ID != "" {
		attrs = append(attrs, slog.String("actor", actor.ID))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", shown(err.Error())))
		if e, is := errors.AsType[*kernel.Error](err); is && e.Err != nil && !strings.Contains(err.Error(), e.Err.Error()) {
			attrs = append(attrs, slog.String("cause", shown(e.Err.Error()))) // it is the log's alone
		}
	}
	log.LogAttrs(r.Context(), levelOf(r.URL.Path, status), "request", attrs...)
}

// levelOf keeps what probes ask every few seconds out of the usual log. That
// something is unavailable, a disk or a start that is not over, is no defect.
func levelOf(path string, status int) slog.Level {
	switch {
	case path == "/readyz" && status == http.StatusServiceUnavailable:
		return slog.LevelDebug
	case status == http.StatusServiceUnavailable:
		return slog.LevelWarn
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	case path == "/metrics" || path == "/healthz" || path == "/readyz":
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

func recoverPanics(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if cause == http.ErrAbortHandler { //nolint:errorlint // the value that net/http defines
					panic(cause)
				}
				log.ErrorContext(r.Context(), "a handler panicked", slog.Any("cause", cause),
					slog.String("request_id", kernel.RequestIDFrom(r.Context())), slog.String("stack", string(debug.Stack())))
				answerPanic(w, r, cause)
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// answerPanic sends a problem, or cuts the connection where an answer has begun.
func answerPanic(w http.ResponseWriter, r *http.Request, cause any) {
	err := kernel.Errorf(kernel.Internal, "panic: %v", cause)
	if out, ok := w.(*writer); ok && out.status != 0 {
		note(r.Context(), err)
		panic(http.ErrAbortHandler)
	}
	WriteError(w, r, err)
}

func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
