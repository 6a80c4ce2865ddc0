package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain/domainsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newDomains makes what knows tenants' domains; stages are told later.
func newDomains(p *platform, a *access) *domain.Service {
	store := domainsql.NewStore(p.db)
	return domain.New(domain.Config{
		Store: store, View: store, Routes: gatewaysql.NewStore(p.db), Resolver: domain.Lookup{Address: p.config.Resolver}, Sealer: p.sealer, Own: ownNames(p.config),
		Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log,
	})
}

// ownNames are the zone, and the hosts that the platform is reached at.
func ownNames(c config.Config) []string {
	return append([]string{strings.ToLower(c.Zone)}, reservedHosts(c)...)
}

// reservedHosts are those that the platform itself is reached at.
func reservedHosts(c config.Config) (hosts []string) {
	for _, address := range []string{c.PublicURL, c.ClusterURL} {
		if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
			hosts = append(hosts, route.CanonicalHost(u.Hostname()))
		}
	}
	return hosts
}

// places knows what a domain may be bound to.
type places struct {
	tenants *tenant.Service
	stages  *stage.Set
}

// Check implements domain.Places.
func (a places) Check(ctx context.Context, scope kernel.Scope) error {
	if scope.Stage != "" {
		if _, err := a.stages.Get(scope.Stage); err != nil {
			return err
		}
	}
	if scope.Project == "" {
		return a.tenants.Known(ctx, scope.Tenant)
	}
	return a.tenants.Exists(ctx, scope)
}

// certificates are what the gateway shows of itself: on a host of the zone the authority's, on
// one of a tenant's domain what the tenant brought for it, else that of the domain's authority.
type certificates struct {
	zone      string
	authority *pki.Authority
	domains   *domain.Service
}

// get is for tls.Config.
func (c certificates) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := route.CanonicalHost(hello.ServerName)
	if c.inZone(host) {
		return c.platform(hello)
	}
	if cert := c.domains.Certificate(host); cert != nil {
		return cert, nil
	}
	if name := c.domains.Of(host); name != "" {
		own, err := c.authority.Under(name)
		if err != nil {
			return nil, err
		}
		return orNone(own.Certificate(host))
	}
	return c.platform(hello)
}

// platform is the authority's own certificate.
func (c certificates) platform(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return orNone(c.authority.GetCertificate(hello))
}

// orNone has no certificate where none is issued for a name: crypto/tls answers
// unrecognized_name then (RFC 6066 §3).
func orNone(cert *tls.Certificate, err error) (*tls.Certificate, error) {
	if kernel.Is(err, kernel.Denied) {
		return nil, nil //nolint:nilnil // that is how tls.Config.GetCertificate has none
	}
	return cert, err
}

func (c certificates) inZone(host string) bool {
	return host == c.zone || strings.HasSuffix(host, "."+c.zone)
}

// trusting are the settings of a client in this process that asks the gateway: it takes what
// the gateway itself would show, whoever certified it.
func (c certificates) trusting() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection looks in its place, at every handshake
		VerifyConnection:   c.isOwn,
	}
}

// isOwn looks once more where another process may have replaced a certificate just now.
func (c certificates) isOwn(shown tls.ConnectionState) error {
	err := c.owns(shown)
	if err == nil || c.inZone(route.CanonicalHost(shown.ServerName)) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookAgain) // a handshake tells no context
	defer cancel()
	if c.domains.Load(ctx) != nil {
		return err
	}
	return c.owns(shown)
}

// lookAgain bounds how long a handshake waits for a second look at the domains.
const lookAgain = 5 * time.Second

func (c certificates) owns(shown tls.ConnectionState) error {
	host, leaf := route.CanonicalHost(shown.ServerName), shown.PeerCertificates[0]
	authority := c.authority
	if !c.inZone(host) {
		if c.domains.Shows(host, leaf) {
			return nil
		}
		if name := c.domains.Of(host); name != "" {
			own, err := c.authority.Under(name)
			if err != nil {
				return err
			}
			authority = own
		}
	}
	between := x509.NewCertPool()
	for _, cert := range shown.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: shown.ServerName, Roots: authority.Pool(), Intermediates: between})
	return err
}

// domainRoots are the roots of domains.
type domainRoots struct{ authority *pki.Authority }

// RootOf implements domainapi.Authority.
func (r domainRoots) RootOf(name string) (string, error) {
	own, err := r.authority.Under(name)
	if err != nil {
		return "", err
	}
	return string(own.RootPEM()), nil
}
