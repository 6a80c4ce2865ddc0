package harness

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/miekg/dns"
)

// Answer is what a service says about itself at its front door.
type Answer struct {
	Service, Version, Release, Stage string

	Cache struct {
		OK   bool
		Hits int64
	}
	Topic struct {
		OK       bool
		Messages uint64
	}
	Secret struct {
		Present     bool
		Fingerprint string
	}
	// PID is the process that answered, where the service tells it.
	PID int
	// ReleaseHeader is the gateway's Terrace-Release.
	ReleaseHeader string `json:"-"`
	Status        int    `json:"-"`
	// Body is the answer as it came.
	Body string `json:"-"`
}

// Visit asks host for path through the gateway over TLS, trusting Terrace's
// authority alone. An answer other than 200 is not decoded.
func (d *Daemon) Visit(ctx context.Context, host, path string) (Answer, error) {
	roots, err := d.roots()
	if err != nil {
		return Answer{}, err
	}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, d.Gateway)
		},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+path, nil)
	if err != nil {
		return Answer{}, fmt.Errorf("make the request: %w", err)
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return Answer{}, fmt.Errorf("call %s: %w", host, err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("read the answer of %s: %w", host, err)
	}
	answer := Answer{Status: response.StatusCode, ReleaseHeader: response.Header.Get("Terrace-Release"), Body: string(raw)}
	if response.StatusCode != http.StatusOK {
		return answer, nil
	}
	return answer, json.Unmarshal(raw, &answer)
}

func (d *Daemon) roots() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(d.SignIn().CA)
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read the authority's certificate: %w", cmp.Or(err, os.ErrInvalid))
	}
	return pool, nil
}

// Resolve asks Terrace's name server over UDP for the IPv4 addresses of host,
// and returns the code of the answer, such as NOERROR or NXDOMAIN.
func (d *Daemon) Resolve(ctx context.Context, host string) (addresses []string, code string, err error) {
	question := new(dns.Msg).SetQuestion(dns.Fqdn(host), dns.TypeA)
	reply, _, err := (&dns.Client{Net: "udp"}).ExchangeContext(ctx, question, d.DNS)
	if err != nil {
		return nil, "", fmt.Errorf("ask for %s: %w", host, err)
	}
	for _, record := range reply.Answer {
		if a, ok := record.(*dns.A); ok {
			addresses = append(addresses, a.A.String())
		}
	}
	return addresses, dns.RcodeToString[reply.Rcode], nil
}
