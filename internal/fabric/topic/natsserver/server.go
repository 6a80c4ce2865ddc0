package natsserver

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxMessage bounds a message with its headers, in bytes.
const MaxMessage = 1 << 20

const (
	startTimeout = 10 * time.Second
	callTimeout  = 10 * time.Second
	portFile     = "port"
)

// Config is what the server needs.
type Config struct {
	// Dir holds the streams.
	Dir string
	// Host is the address to listen on, 127.0.0.1 when empty.
	Host string
	// Port is the port to listen on. 0 is any free one, remembered in Dir so
	// that addresses stay valid over a restart.
	Port int
	Log  *slog.Logger
}

// Server is a NATS server with JetStream in this process.
type Server struct {
	nats *server.Server
	auth *authenticator
	dir  string
	// changes begins the calls that change streams.
	changes string
}

// Start starts the server.
func Start(ctx context.Context, c Config) (*Server, error) {
	if c.Host == "" {
		c.Host = "127.0.0.1"
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("nats folder: %w", err)
	}
	port, err := choosePort(ctx, c)
	if err != nil {
		return nil, err
	}
	auth := &authenticator{internal: rand.Text(), accounts: map[string]*server.Account{}, users: map[string]User{}, reserved: map[string]map[string]bool{}}
	ns, err := server.NewServer(options(c, port, auth))
	if err != nil {
		return nil, fmt.Errorf("nats server: %w", err)
	}
	ns.SetLoggerV2(logger{c.Log}, false, false, false)
	s := &Server{nats: ns, auth: auth, dir: c.Dir, changes: calls + rand.Text()}
	ns.Start()
	if !ns.ReadyForConnections(startTimeout) {
		s.Close()
		return nil, kernel.Errorf(kernel.Unavailable, "the event server did not start").WithFix("see the log; check that %s is writable", c.Dir)
	}
	if err := guard(ns, s.changes); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func options(c Config, port int, auth server.Authentication) *server.Options {
	return &server.Options{
		ServerName: "terrace", Host: c.Host, Port: port, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: c.Dir, JetStreamMaxStore: 1 << 44, JetStreamMaxMemory: 256 << 20, SyncAlways: true,
		CustomClientAuthentication: auth, MaxPayload: MaxMessage, AuthTimeout: 2, WriteDeadline: 10 * time.Second,
	}
}

// choosePort returns the configured port, else the remembered one if it is
// still free, else a free one, which it remembers.
func choosePort(ctx context.Context, c Config) (int, error) {
	if c.Port != 0 {
		if _, err := freePort(ctx, c.Host, c.Port); err != nil {
			return 0, kernel.Errorf(kernel.Unavailable, "the event server cannot listen on %s port %d: %w", c.Host, c.Port, err).
				WithFix("stop the program that has the port, or choose another one in the configuration")
		}
		return c.Port, nil
	}
	path := filepath.Join(c.Dir, portFile)
	if b, err := os.ReadFile(path); err == nil {
		if port, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			if _, err := freePort(ctx, c.Host, port); err == nil {
				return port, nil
			}
			c.Log.WarnContext(ctx, "the event server's port is taken; it moves to another one", "port", port)
		}
	}
	port, err := freePort(ctx, c.Host, 0)
	if err != nil {
		return 0, fmt.Errorf("find a port for the event server: %w", err)
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(port)), 0o600); err != nil {
		return 0, fmt.Errorf("remember the event server's port: %w", err)
	}
	return port, nil
}

func freePort(ctx context.Context, host string, port int) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil //nolint:forcetypeassert // a TCP listener
}

// Host is the address that clients connect to.
func (s *Server) Host() string { return s.tcp().IP.String() }

// Port returns the port that clients connect to.
func (s *Server) Port() int { return s.tcp().Port }

// URL returns nats://host:port.
func (s *Server) URL() string {
	return "nats://" + net.JoinHostPort(s.Host(), strconv.Itoa(s.Port()))
}

func (s *Server) tcp() *net.TCPAddr {
	addr, ok := s.nats.Addr().(*net.TCPAddr)
	if !ok {
		return &net.TCPAddr{}
	}
	return addr
}

// Close disconnects everyone and stops the server; what was acknowledged is on
// disk.
func (s *Server) Close() {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
}

// logger passes the server's warnings and errors on.
type logger struct{ log *slog.Logger }

func (l logger) Noticef(format string, v ...any) { l.log.Debug("nats: " + fmt.Sprintf(format, v...)) }

func (l logger) Warnf(format string, v ...any) { l.log.Warn("nats: " + fmt.Sprintf(format, v...)) }

func (l logger) Fatalf(format string, v ...any) { l.log.Error("nats: " + fmt.Sprintf(format, v...)) }

// Errorf passes an error on. That a client is not let in is no failure of ours, and
// the client is told.
func (l logger) Errorf(format string, v ...any) {
	text := "nats: " + fmt.Sprintf(format, v...)
	if strings.Contains(text, "authentication error") || strings.Contains(text, "uthorization") {
		l.log.Info(text)
		return
	}
	l.log.Error(text)
}
func (l logger) Debugf(string, ...any) {}
func (l logger) Tracef(string, ...any) {}
