package azuresim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/wholefile"
	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
	"github.com/terrace-idp/terrace/internal/target/azuresim/armsql"
	"github.com/terrace-idp/terrace/internal/target/azuresim/authority"
	"github.com/terrace-idp/terrace/internal/target/azuresim/entra"
	"github.com/terrace-idp/terrace/internal/target/azuresim/kinds"
)

// Domain ends the host names of data planes. No resolver knows it; clients reach it
// through the proxy.
const Domain = "azuresim.localhost"

// The bounds of a connection: how long a client may take over its headers, over its whole
// request and over the answer, how long it may stay without asking, and how long its headers are.
const (
	readHeaderTimeout = 30 * time.Second
	requestTimeout    = 2 * time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeader         = 64 << 10
)

// shutdownPatience is how long an end waits for requests.
const shutdownPatience = 5 * time.Second

// Server is one simulated Azure.
type Server struct {
	cfg       Config
	folder    string
	temporary bool
	held      *os.File
	cloud     *cloud
	engine    *arm.Engine
	journal   *armsql.Journal
	entra     *entra.Service
	authority *authority.Authority
	planes    map[string]http.Handler
	listener  net.Listener
	https     *http.Server
	proxy     *proxy
	log       *slog.Logger
}

// New makes a simulator and takes its ports; Start serves.
func New(ctx context.Context, cfg Config) (_ *Server, err error) {
	s := &Server{cfg: cfg.withDefaults(), folder: cfg.Data}
	s.log = s.cfg.Log
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	if s.folder == "" {
		s.temporary = true
		if s.folder, err = os.MkdirTemp("", "terrace-azuresim-"); err != nil {
			return nil, fmt.Errorf("make a folder for the simulated Azure: %w", err)
		}
	}
	if s.held, err = holdFolder(s.folder); err != nil {
		return nil, err
	}
	if s.cloud, err = openFolder(s.folder, s.cfg.Now()); err != nil {
		return nil, err
	}
	if err = s.listen(ctx); err != nil {
		return nil, err
	}
	if err = s.openCloud(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// listen takes the ports and reads the CA.
func (s *Server) listen(ctx context.Context) (err error) {
	for _, address := range []string{s.cfg.Listen, s.cfg.Proxy} {
		if err := onLoopback(address); err != nil {
			return err
		}
	}
	if s.authority, err = authority.Open(s.cloud.Root, s.cloud.RootKey, s.cfg.Now); err != nil {
		return err
	}
	if err := wholefile.Replace(s.CAFile(), s.authority.Bundle(), 0o600); err != nil {
		return fmt.Errorf("write the simulator's CA: %w", err)
	}
	var lc net.ListenConfig
	if s.listener, err = lc.Listen(ctx, "tcp", s.cfg.Listen); err != nil {
		return fmt.Errorf("listen for the simulated Azure: %w", err)
	}
	s.proxy, err = newProxy(ctx, s.cfg.Proxy, s.listener.Addr().String(), s.log)
	return err
}

func onLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the address %q: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("the address %q is not on loopback: the simulator is for this machine alone", address)
	}
	return nil
}

// openCloud makes what answers: tokens, Resource Manager and the data planes.
func (s *Server) openCloud(ctx context.Context) error {
	signing, err := readKey(s.cloud.SigningKey)
	if err != nil {
		return err
	}
	playing, err := readKey(s.cloud.PlayingKey)
	if err != nil {
		return err
	}
	s.entra = &entra.Service{
		TenantID: s.cloud.TenantID, Endpoint: s.Endpoint(), Signing: entra.NewKey(signing), Playing: entra.NewKey(playing),
		Directory: directory{s}, Now: s.cfg.Now,
	}
	cfg := arm.Config{Cloud: s.describe(), Kinds: kinds.All(), Authenticate: s.authenticate, Now: s.cfg.Now, Log: s.log}
	if !s.temporary {
		if s.journal, err = armsql.Open(ctx, filepath.Join(s.folder, fileState)); err != nil {
			return err
		}
		cfg.Journal = s.journal
	}
	if s.engine, err = arm.New(ctx, cfg); err != nil {
		return err
	}
	if err := s.seed(ctx); err != nil {
		return err
	}
	s.planes = planes(s.engine)
	s.https = bounded(s.handler(), s.log)
	s.https.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.certificate}
	return nil
}

// bounded is a server that no client can hold for ever. Tunnels have bounds of their own.
func bounded(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: requestTimeout, WriteTimeout: requestTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

func (s *Server) describe() arm.Cloud {
	return arm.Cloud{
		TenantID: s.cloud.TenantID, SubscriptionID: s.cloud.SubscriptionID, SubscriptionName: "Terrace simulation",
		Endpoint: s.Endpoint(), Domain: Domain,
	}
}

// seed makes what every cloud has: its subscription, and the default principal's role.
func (s *Server) seed(ctx context.Context) error {
	return s.engine.Write(ctx, arm.Caller{Name: "simulator", Owner: true}, func(c *arm.Context) error {
		kinds.Seed(c, s.cloud.ObjectID)
		return nil
	})
}

// certificate answers the client that asks for a name of the simulator's.
func (s *Server) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(hello.ServerName)
	switch {
	case name == "" || net.ParseIP(name) != nil:
		name = "localhost"
	case name != "localhost" && name != signInHost && !strings.HasSuffix(name, "."+Domain):
		return nil, fmt.Errorf("the simulator has no host %q", name)
	}
	return s.authority.Certificate(name)
}

// Start serves until Close.
func (s *Server) Start(ctx context.Context) error {
	if err := s.announce(); err != nil {
		return err
	}
	go func() {
		if err := s.https.ServeTLS(s.listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			s.log.ErrorContext(ctx, "the simulated Azure ended", "err", err)
		}
	}()
	s.proxy.start(ctx)
	return nil
}

// Close ends the server and keeps what it knows in its folder.
func (s *Server) Close(ctx context.Context) error {
	err := s.withdraw()
	if s.https != nil {
		err = errors.Join(err, s.shutdown(ctx))
	}
	return errors.Join(err, s.release())
}

// shutdown lets requests end, and cuts off those that do not.
func (s *Server) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, shutdownPatience)
	defer cancel()
	if err := s.https.Shutdown(ctx); err != nil {
		return s.https.Close()
	}
	return nil
}

// release gives back ports, the database and a temporary folder.
func (s *Server) release() (err error) {
	if s.proxy != nil {
		err = s.proxy.close()
	}
	if s.listener != nil {
		if closed := s.listener.Close(); !errors.Is(closed, net.ErrClosed) {
			err = errors.Join(err, closed)
		}
	}
	if s.journal != nil {
		err = errors.Join(err, s.journal.Close())
	}
	if s.held != nil {
		if closed := s.held.Close(); !errors.Is(closed, os.ErrClosed) {
			err = errors.Join(err, closed)
		}
	}
	if s.temporary && s.folder != "" {
		err = errors.Join(err, os.RemoveAll(s.folder))
	}
	return err
}

// Engine is the simulator's Resource Manager.
func (s *Server) Engine() *arm.Engine { return s.engine }

// Endpoint is the address of Resource Manager, sign-in and metadata.
func (s *Server) Endpoint() string {
	return "https://localhost:" + port(s.listener.Addr())
}

// CAFile is the file for SSL_CERT_FILE: the simulator's root and the machine's.
func (s *Server) CAFile() string { return filepath.Join(s.folder, fileCA) }

func port(a net.Addr) string {
	_, port, _ := net.SplitHostPort(a.String())
	return port
}
