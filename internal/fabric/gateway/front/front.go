// Package front takes the gateway's connections and makes exchanges of what
// comes on them: HTTP/1.1 by fasthttp, HTTP/2 by the standard library; ALPN
// (RFC 7301) says which.
//
// It owns the listeners, how long a client may take, and how large a head may
// be. It knows no routes.
package front

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	headerTimeout    = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	idleTimeout      = 2 * time.Minute
	maxHeader        = 64 << 10
	drainTimeout     = 5 * time.Second
	maxConnections   = 64 << 10
	// DefaultStall is how long one step of a transfer may take.
	DefaultStall = 30 * time.Second
)

// Config is what a Server needs.
type Config struct {
	// TLSAddr and PlainAddr are host:port, port 0 for any.
	TLSAddr, PlainAddr string
	// TLS has the certificates; protocols are added to it.
	TLS     *tls.Config
	Handler exchange.Handler
	Log     *slog.Logger
	// HeadTimeout is how long the head of a request may take; 0 is 10 seconds.
	HeadTimeout time.Duration
	// ServePlain answers on the plain port instead of sending clients to TLS:
	// for a gateway behind something that ends TLS.
	ServePlain bool
	// Stall is how long one step of a transfer may take; 0 is DefaultStall.
	Stall time.Duration
	// AsksCertificate tells for a name (SNI) whether its clients are asked for a
	// certificate, which they need not have; nil asks nobody. Whoever judges it
	// verifies it: the handshake proves only that the client has its key.
	AsksCertificate func(serverName string) bool
	// Unrouted is told what ended before the handler saw it; nil is told nothing. It must
	// not wait.
	Unrouted func(u exchange.Unrouted)
}

// Server listens for HTTPS, and for HTTP to send its clients to HTTPS.
type Server struct {
	config        Config
	secure, plain net.Listener
	// served tells that the listeners have been used up by Serve.
	served bool
	// secured and cleared are the connections that are open.
	secured, cleared atomic.Int64
}

// Connections returns how many connections are open on the ports of HTTPS and of HTTP.
func (s *Server) Connections() (secure, plain int64) { return s.secured.Load(), s.cleared.Load() }

// Listen binds both addresses.
func Listen(ctx context.Context, c Config) (*Server, error) {
	if c.Stall == 0 {
		c.Stall = DefaultStall
	}
	if c.HeadTimeout == 0 {
		c.HeadTimeout = headerTimeout
	}
	c.TLS = c.TLS.Clone()
	c.TLS.NextProtos = []string{"h2", "http/1.1"}
	c.TLS.MinVersion = max(c.TLS.MinVersion, tls.VersionTLS12)
	c.TLS.CipherSuites = suites()
	if c.Unrouted == nil {
		c.Unrouted = func(exchange.Unrouted) {}
	}
	if c.AsksCertificate != nil {
		c.TLS.GetConfigForClient = asking(c.TLS, c.AsksCertificate)
	}
	s := &Server{config: c}
	if err := s.bind(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// suites are those of TLS 1.2 that keep former conversations secret and seal what they
// carry (RFC 9325 §4.2); HTTP/2 has no others (RFC 9113 §9.2.2). TLS 1.3 has its own.
func suites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}

// asking has the clients of some names asked for a certificate.
func asking(plain *tls.Config, asks func(string) bool) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	asked := plain.Clone()
	asked.ClientAuth = tls.RequestClientCert
	return func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if asks(exchange.CanonicalHost(hello.ServerName)) {
			return asked, nil
		}
		return nil, nil //nolint:nilnil // nil is the config of everybody
	}
}

// bind takes both ports; they stay the server's, also where any one was asked for.
func (s *Server) bind(ctx context.Context) (err error) {
	var lc net.ListenConfig
	c := s.config
	if s.secure, err = lc.Listen(ctx, "tcp", c.TLSAddr); err != nil {
		return bindError(c.TLSAddr, err)
	}
	if s.plain, err = lc.Listen(ctx, "tcp", c.PlainAddr); err != nil {
		_ = s.secure.Close()
		return bindError(c.PlainAddr, err)
	}
	s.config.TLSAddr, s.config.PlainAddr = s.secure.Addr().String(), s.plain.Addr().String()
	return nil
}

func bindError(addr string, err error) error {
	e := kernel.Errorf(kernel.Unavailable, "the gateway cannot listen on %s: %w", addr, err)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		e.Message = fmt.Sprintf("the gateway cannot listen on %s: another program has the port", addr)
		return e.WithFix("stop that program, or choose another port for the gateway in the configuration")
	case errors.Is(err, syscall.EACCES):
		return e.WithFix("use a port of 1024 or above")
	default:
		return e.WithFix("check the gateway's addresses in the configuration")
	}
}

// Port returns the port of HTTPS.
func (s *Server) Port() int { return portOf(s.secure) }

// PlainPort returns the port of HTTP.
func (s *Server) PlainPort() int { return portOf(s.plain) }

func portOf(l net.Listener) int {
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0
	}
	return addr.Port
}

// Close frees the ports of a server that does not serve; after Serve it does
// nothing.
func (s *Server) Close() error {
	return errors.Join(ignoreClosed(s.secure.Close()), ignoreClosed(s.plain.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// serving is one time that the server serves.
type serving struct {
	config Config
	// requests ends with the server: upgraded connections end with it.
	requests context.Context //nolint:containedctx // the life of what is served
	accepted sync.WaitGroup
	one      *fasthttp.Server
	two      *http.Server
	plain    *fasthttp.Server
	ones     *queue
	twos     *queue

	mu   sync.Mutex
	open map[net.Conn]struct{}
}

// Serve answers until ctx ends; then it takes no more connections and lets the
// requests in flight end, for a few seconds. Called again, after a failure, it
// takes its ports anew.
func (s *Server) Serve(ctx context.Context) error {
	if s.served {
		if err := s.bind(ctx); err != nil {
			return err
		}
	}
	s.served = true
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	v := &serving{
		config: s.config, requests: requests, ones: newQueue(s.secure.Addr()), twos: newQueue(s.secure.Addr()), open: map[net.Conn]struct{}{},
	}
	v.build(s.Port())
	done := make(chan error, 4)
	go func() { done <- v.accept(counting{s.secure, &s.secured}, v.greet) }()
	go func() { done <- v.one.Serve(v.ones) }()
	go func() { done <- v.two.Serve(v.twos) }()
	go func() { done <- v.servePlain(counting{s.plain, &s.cleared}) }()
	running := 4
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-done:
		running--
	}
	_ = s.Close()
	v.shutdown(context.WithoutCancel(ctx), cancel)
	for range running {
		if err := <-done; ctx.Err() == nil && err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			failed = errors.Join(failed, err)
		}
	}
	v.accepted.Wait()
	if failed != nil {
		return fmt.Errorf("serve gateway: %w", failed)
	}
	return nil
}

func (v *serving) build(port int) {
	v.one = v.fast(v.serveOne)
	v.plain = v.fast(func(ctx *fasthttp.RequestCtx) { v.exchangeOne(ctx, redirect(port)) })
	v.two = v.newTwo()
}

// servePlain sends clients to TLS, or answers as on a TLS port.
func (v *serving) servePlain(l net.Listener) error {
	if v.config.ServePlain {
		return v.accept(l, v.recognise)
	}
	return v.plain.Serve(l) //nolint:wrapcheck // told by Serve
}

// fast returns a server of HTTP/1.1.
func (v *serving) fast(handler fasthttp.RequestHandler) *fasthttp.Server {
	return &fasthttp.Server{
		Handler: handler, ErrorHandler: v.unreadable, ConnState: v.note, Logger: silent{}, Concurrency: maxConnections,
		ReadBufferSize: maxHeader, WriteBufferSize: 16 << 10, ReadTimeout: v.config.HeadTimeout, IdleTimeout: idleTimeout,
		StreamRequestBody: true, DisablePreParseMultipartForm: true, MaxRequestBodySize: 8 << 10,
		NoDefaultServerHeader: true, NoDefaultContentType: true, NoDefaultDate: true, SecureErrorLogMessage: true, CloseOnShutdown: true,
	}
}

func (v *serving) shutdown(ctx context.Context, cut context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	_, _ = v.ones.Close(), v.twos.Close()
	var wg sync.WaitGroup
	for _, end := range []func(context.Context) error{v.one.ShutdownWithContext, v.plain.ShutdownWithContext, v.two.Shutdown} {
		wg.Go(func() { _ = end(ctx) })
	}
	wg.Wait()
	cut() // what did not end in time is cut off
	_ = v.two.Close()
	v.mu.Lock()
	defer v.mu.Unlock()
	for c := range v.open {
		_ = c.Close()
	}
}

// note keeps the connections of HTTP/1.1 that are open, so that they can be cut.
func (v *serving) note(c net.Conn, state fasthttp.ConnState) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch state {
	case fasthttp.StateNew:
		v.open[c] = struct{}{}
	case fasthttp.StateClosed:
		delete(v.open, c)
	case fasthttp.StateActive, fasthttp.StateIdle, fasthttp.StateHijacked:
	}
}

// redirect sends a client to the same place over TLS, keeping its method
// (RFC 9110 §15.4.9).
func redirect(port int) exchange.Handler {
	return func(x *exchange.Exchange) {
		host := x.Host
		if port != 443 {
			host = net.JoinHostPort(host, strconv.Itoa(port))
		}
		x.Response.Header.Set("Location", "https://"+host+x.Target)
		x.Response.SetStatusCode(http.StatusPermanentRedirect)
		x.Response.SetConnectionClose()
	}
}

type silent struct{}

// Printf implements fasthttp.Logger: what clients do wrong is no news.
func (silent) Printf(string, ...any) {}
