package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	headerTimeout   = 10 * time.Second
	idleTimeout     = 2 * time.Minute
	maxHeader       = 64 << 10
	drainTimeout    = 5 * time.Second
	redirectTimeout = 10 * time.Second
)

// ServerConfig is what a Server needs.
type ServerConfig struct {
	// TLSAddr and PlainAddr are host:port, port 0 for any.
	TLSAddr, PlainAddr string
	// GetCertificate returns the certificate for a handshake.
	GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Handler        http.Handler
	Log            *slog.Logger
}

// Server listens for HTTPS, and for HTTP to send its clients to HTTPS.
type Server struct {
	config                        ServerConfig
	secureListener, plainListener net.Listener
	secure, plain                 *http.Server
	// served tells that the listeners have been used up by Serve.
	served bool
}

// Listen binds both addresses.
func Listen(ctx context.Context, c ServerConfig) (*Server, error) {
	s := &Server{config: c}
	if err := s.bind(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// bind takes both ports; they stay the server's, also where any one was asked for.
func (s *Server) bind(ctx context.Context) (err error) {
	var lc net.ListenConfig
	c := s.config
	if s.secureListener, err = lc.Listen(ctx, "tcp", c.TLSAddr); err != nil {
		return bindError(c.TLSAddr, err)
	}
	if s.plainListener, err = lc.Listen(ctx, "tcp", c.PlainAddr); err != nil {
		_ = s.secureListener.Close()
		return bindError(c.PlainAddr, err)
	}
	s.config.TLSAddr, s.config.PlainAddr = s.secureListener.Addr().String(), s.plainListener.Addr().String()
	s.build()
	return nil
}

func (s *Server) build() {
	c, errorLog := s.config, slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug)
	s.secure = &http.Server{
		Handler: c.Handler, ErrorLog: errorLog,
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		TLSConfig: &tls.Config{GetCertificate: c.GetCertificate, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}},
	}
	s.plain = &http.Server{
		Handler: redirect(s.Port()), ErrorLog: errorLog, ReadHeaderTimeout: headerTimeout,
		ReadTimeout: redirectTimeout, WriteTimeout: redirectTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
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
func (s *Server) Port() int { return portOf(s.secureListener) }

// PlainPort returns the port of HTTP.
func (s *Server) PlainPort() int { return portOf(s.plainListener) }

func portOf(l net.Listener) int {
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0
	}
	return addr.Port
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
	// Upgraded connections are not the server's any more: they end with this.
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.secure.BaseContext = func(net.Listener) context.Context { return requests }
	done := make(chan error, 2)
	go func() { done <- s.secure.ServeTLS(s.secureListener, "", "") }()
	go func() { done <- s.plain.Serve(s.plainListener) }()
	running := 2
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-done:
		running--
	}
	s.shutdown(context.WithoutCancel(ctx))
	for range running {
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			failed = errors.Join(failed, err)
		}
	}
	if failed != nil {
		return fmt.Errorf("serve gateway: %w", failed)
	}
	return nil
}

func (s *Server) shutdown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	for _, server := range []*http.Server{s.plain, s.secure} {
		if server.Shutdown(ctx) != nil {
			_ = server.Close() // what did not end in time is cut off
		}
	}
}

// Close frees the ports of a server that does not serve; after Serve it does
// nothing.
func (s *Server) Close() error {
	return errors.Join(ignoreClosed(s.secureListener.Close()), ignoreClosed(s.plainListener.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// redirect sends a client to the same place over TLS, keeping its method
// (RFC 9110 §15.4.9).
func redirect(port int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := canonicalHost(r.Host)
		if !validHost(host) {
			writeProblem(w, http.StatusBadRequest, "No host", "The request names no host.", "")
			return
		}
		if port != 443 {
			host = net.JoinHostPort(host, strconv.Itoa(port))
		}
		w.Header().Set("Connection", "close")
		http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), http.StatusPermanentRedirect)
	})
}
