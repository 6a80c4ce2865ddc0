package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The bounds of a connection.
const (
	readHeader = 10 * time.Second
	idle       = 2 * time.Minute
	maxHeader  = 64 << 10
)

// Server is a listening server.
type Server struct {
	server   *http.Server
	listener net.Listener
	drain    context.CancelFunc
	done     chan struct{}
}

// Listen listens on addr (host:port; port 0 takes a free one) and serves
// handler until Close.
func Listen(ctx context.Context, addr string, handler http.Handler, log *slog.Logger) (*Server, error) {
	return ListenTLS(ctx, addr, handler, log, nil)
}

// ListenTLS is Listen with TLS; config says which certificates it shows.
func ListenTLS(ctx context.Context, addr string, handler http.Handler, log *slog.Logger, config *tls.Config) (*Server, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return Serve(ctx, listener, handler, log, config), nil
}

// Serve serves handler on a listener, which it takes over, until Close. A nil
// config is without TLS, a nil log logs nothing.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger, config *tls.Config) *Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	// The server outlives the call that starts it; Close ends it.
	draining, drain := context.WithCancel(context.WithoutCancel(ctx))
	base := context.WithValue(context.WithoutCancel(ctx), drainKey{}, draining)
	s := &Server{
		server: &http.Server{
			Handler: handler, TLSConfig: config,
			ReadHeaderTimeout: readHeader, IdleTimeout: idle, MaxHeaderBytes: maxHeader,
			BaseContext: func(net.Listener) context.Context { return base },
			ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
		listener: listener, drain: drain, done: make(chan struct{}),
	}
	go s.serve(log)
	return s
}

func (s *Server) serve(log *slog.Logger) {
	defer close(s.done)
	var err error
	if s.server.TLSConfig != nil {
		err = s.server.ServeTLS(s.listener, "", "")
	} else {
		err = s.server.Serve(s.listener)
	}
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		log.Error("the HTTP server ended", slog.String("addr", s.Addr()), slog.String("error", err.Error()))
	}
}

// Addr returns the address it listens on, as host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close stops listening, ends streams, and waits for the requests under way
// until ctx ends, when it cuts them.
func (s *Server) Close(ctx context.Context) error {
	s.drain()
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("shut down %s: %w", s.Addr(), err), s.server.Close())
	}
	<-s.done
	return err
}
