package acme

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// http01 is RFC 8555 §8.3.
func (p Probe) http01(ctx context.Context, c Sought) *Problem {
	address := "http://" + c.Name + "/.well-known/acme-challenge/" + c.Token
	client := &http.Client{Transport: p.transport(c.Scope), CheckRedirect: p.follow}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Problemf(Malformed, "%s cannot be asked", address)
	}
	r.Header.Set("User-Agent", "Terrace ACME validation")
	answer, err := client.Do(r)
	if err != nil {
		return unreached(address, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return unreached(address, err)
	case answer.StatusCode != http.StatusOK:
		return Problemf(Unauthorized, "%s answers %d instead of 200", answer.Request.URL.Redacted(), answer.StatusCode)
	case subtle.ConstantTimeCompare([]byte(strings.TrimRight(string(body), " \t\r\n")), []byte(c.Authorization)) != 1:
		return Problemf(IncorrectResponse, "%s does not answer with the key authorization of this challenge", answer.Request.URL.Redacted())
	}
	return nil
}

// transport connects to what the guard allows, whatever it is redirected to. Certificates are
// not verified: who renews one that has ended redirects to TLS all the same.
func (p Probe) transport(scope kernel.Scope) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, fmt.Errorf("address %s: %w", address, err)
			}
			if port == "80" {
				port = p.httpPort()
			}
			return p.dial(ctx, scope, network, host, port)
		},
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, //nolint:gosec // said above
		TLSHandshakeTimeout: egress.DialTimeout, MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true, DisableCompression: true,
	}
}

// follow takes redirects to the usual ports of names and addresses, and a bounded number.
func (p Probe) follow(r *http.Request, via []*http.Request) error {
	switch port := r.URL.Port(); {
	case len(via) >= maxRedirects:
		return fmt.Errorf("there are more than %d redirects", maxRedirects)
	case r.URL.Scheme != "http" && r.URL.Scheme != "https":
		return fmt.Errorf("it redirects to %s, which is not followed", r.URL.Scheme)
	case port != "" && port != "80" && port != "443" && port != p.httpPort() && port != p.tlsPort():
		return fmt.Errorf("it redirects to port %s, which is not followed", port)
	}
	return nil
}

func (p Probe) httpPort() string { return portOr(p.HTTPPort, 80) }

func (p Probe) tlsPort() string { return portOr(p.TLSPort, 443) }

func portOr(set, usual int) string {
	if set != 0 {
		return strconv.Itoa(set)
	}
	return strconv.Itoa(usual)
}
