package dns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/netutil"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	ioTimeout       = 5 * time.Second
	shutdownTimeout = 3 * time.Second
	bindAttempts    = 20
	// maxConns bounds the connections that are open at a time.
	maxConns = 1000
)

// Server answers over UDP and TCP on one port.
type Server struct {
	packets net.PacketConn
	streams net.Listener
	dns     *Service
	log     *slog.Logger
	// served tells that the sockets have been used up by Serve.
	served bool
}

// Listen binds addr (host:port, port 0 for any) on UDP and TCP.
func Listen(ctx context.Context, addr string, of *Service, log *slog.Logger) (*Server, error) {
	var lastErr error
	for range bindAttempts {
		streams, packets, err := bind(ctx, addr)
		if err == nil {
			return &Server{packets: packets, streams: streams, dns: of, log: log}, nil
		}
		lastErr = err
		if _, port, _ := net.SplitHostPort(addr); port != "0" {
			break // another try would meet the same port
		}
	}
	return nil, bindError(addr, lastErr)
}

func bind(ctx context.Context, addr string) (net.Listener, net.PacketConn, error) {
	var lc net.ListenConfig
	streams, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	packets, err := lc.ListenPacket(ctx, "udp", streams.Addr().String())
	if err != nil {
		_ = streams.Close()
		return nil, nil, err
	}
	return streams, packets, nil
}

func bindError(addr string, err error) error {
	e := kernel.Errorf(kernel.Unavailable, "DNS cannot listen on %s: %w", addr, err)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		e.Message = fmt.Sprintf("DNS cannot listen on %s: another program has the port", addr)
		return e.WithFix("stop that program, or choose another port for DNS in the configuration")
	case errors.Is(err, syscall.EACCES):
		return e.WithFix("use a port of 1024 or above")
	default:
		return e.WithFix("check the address for DNS in the configuration")
	}
}

// Addr returns the address that the server listens on, host:port.
func (s *Server) Addr() string { return s.streams.Addr().String() }

// Port returns the port that the server listens on.
func (s *Server) Port() int {
	_, port, _ := net.SplitHostPort(s.Addr())
	n, _ := strconv.Atoi(port)
	return n
}

// Serve answers until ctx ends, then finishes what it has begun. Called again,
// after a failure, it takes its port anew.
func (s *Server) Serve(ctx context.Context) error {
	if err := s.rebind(ctx); err != nil {
		return err
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) { s.handle(ctx, w, query) })
	keys := signer{s.dns}
	udp := &dns.Server{PacketConn: s.packets, Handler: handler, UDPSize: dns.DefaultMsgSize, MsgAcceptFunc: accept, TsigProvider: keys}
	tcp := &dns.Server{
		Listener: patient{netutil.LimitListener(s.streams, maxConns)}, Handler: handler, ReadTimeout: ioTimeout, MsgAcceptFunc: accept, TsigProvider: keys,
	}
	done := make(chan error, 2)
	started := make(chan struct{}, 2)
	for _, server := range []*dns.Server{udp, tcp} {
		server.NotifyStartedFunc = func() { started <- struct{}{} }
		go func() { done <- server.ActivateAndServe() }()
	}
	running, err := waitServing(ctx, started, done)
	for _, server := range []*dns.Server{udp, tcp} {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		_ = server.ShutdownContext(stop) // an overdue query is cut off
		cancel()
	}
	_ = s.Close()
	s.dns.forward.Close()
	for range running {
		if late := <-done; err == nil {
			err = late
		}
	}
	if err != nil {
		return fmt.Errorf("serve dns: %w", err)
	}
	return nil
}

// patient has connections on which each write ends: a client that does not read a transfer must
// not hold it forever, and the library does not see to it.
type patient struct{ net.Listener }

// Accept implements net.Listener.
func (p patient) Accept() (net.Conn, error) {
	conn, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return patientConn{conn}, nil
}

type patientConn struct{ net.Conn }

// Write implements net.Conn. A connection on which one fails is closed: what its client has asked
// for beside is not tried either.
func (c patientConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(ioTimeout)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	if err != nil {
		_ = c.Close()
	}
	return n, err
}

func (s *Server) rebind(ctx context.Context) (err error) {
	if !s.served {
		s.served = true
		return nil
	}
	addr := s.Addr()
	streams, packets, err := bind(ctx, addr)
	if err != nil {
		return bindError(addr, err)
	}
	s.streams, s.packets = streams, packets
	return nil
}

// waitServing waits for both servers to have started, so that they can be shut
// down, and then for the end of ctx or of a server.
func waitServing(ctx context.Context, started <-chan struct{}, done <-chan error) (running int, err error) {
	for range 2 {
		select {
		case <-started:
		case err := <-done:
			return 1, err
		}
	}
	select {
	case <-ctx.Done():
		return 2, nil
	case err := <-done:
		return 1, err
	}
}

// Close frees the port of a server that does not serve.
func (s *Server) Close() error {
	return errors.Join(ignoreClosed(s.streams.Close()), ignoreClosed(s.packets.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
