package cache

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strconv"
)

// port is where the cache is asked.
func (c Config) port() int {
	if c.TLS != nil && c.TLS.Only {
		return c.TLS.Port
	}
	return c.Port
}

// dial connects to the cache, with TLS where there is nothing else.
func (s *Server) dial(ctx context.Context) (net.Conn, error) {
	addr := net.JoinHostPort(host, strconv.Itoa(s.config.port()))
	if s.config.TLS == nil || !s.config.TLS.Only {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", addr)
	}
	pem, err := os.ReadFile(s.config.TLS.CA)
	if err != nil {
		return nil, fmt.Errorf("read the authority of the cache: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	d := tls.Dialer{Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return d.DialContext(ctx, "tcp", addr)
}

// Certify has the cache read its certificate anew; who is connected stays so. The embedded
// server reads it at its start alone.
func (s *Server) Certify(ctx context.Context) error {
	t := s.config.TLS
	if t == nil || s.inside != nil || !s.unit.State().IsReady() {
		return nil
	}
	return s.ask(ctx, []string{"+OK", "+OK"}, command("AUTH", *s.password.Load()),
		command("CONFIG", "SET", "tls-cert-file", t.Cert, "tls-key-file", t.Key))
}
