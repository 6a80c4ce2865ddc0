package app

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"strings"

	miekg "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/fabric/pki/acme/acmesql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// newACME makes what issues certificates to programs that ask for them.
func newACME(p *platform, a *access, f *fabric, d *delivery) *acme.Service {
	store := acmesql.NewStore(p.db)
	return acme.New(acme.Config{
		Accounts: store, Orders: store, Authorizations: store, Certificates: store, Keys: store, Ledger: store,
		Issuer: acmeIssuer{f.pki, f.authority, f.domains},
		Names:  acmeNames{a.tenants, f.pki},
		Prober: acme.Probe{
			Resolver: acmeResolver{f.dns, domain.Lookup{Address: p.config.Resolver}},
			Guard:    egress.Guard{Allow: p.config.ACMEHosts(), What: "hosts that ACME challenges are looked for at", Setting: "acmeNetworks"},
			HTTPPort: p.config.ACMEHTTPPort, TLSPort: p.config.ACMETLSPort,
		},
		Sealer: p.sealer, Places: places{a.tenants, d.stages}, Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log,
		Open: p.config.ACMEScope(), Terms: p.config.ACMETerms,
	})
}

// acmeNames knows which names the accounts of a scope may order: those that it may have
// certified, while its tenant is not closed.
type acmeNames struct {
	tenants *tenant.Service
	pki     *pki.Service
}

// Check implements acme.Names.
func (n acmeNames) Check(ctx context.Context, scope kernel.Scope, name string, wildcard bool) error {
	if err := n.tenants.Closed(ctx, scope.Tenant); err != nil {
		return err
	}
	if wildcard {
		name = "*." + name
	}
	return n.pki.CheckNames(ctx, scope, []string{name})
}

// acmeIssuer has the platform's authority sign, and revoke.
type acmeIssuer struct {
	pki       *pki.Service
	authority *pki.Authority
	domains   *domain.Service
}

// Issue implements acme.Issuer.
func (i acmeIssuer) Issue(ctx context.Context, r acme.Request) (acme.Issued, error) {
	issued, err := i.pki.Issue(ctx, pki.Order{
		Holder:   pki.Holder{Kind: pki.HolderACME, Scope: r.Scope, Name: r.Account},
		DNSNames: r.DNSNames, PublicKey: r.PublicKey, Profile: pki.ProfileServer, NotBefore: r.NotBefore, NotAfter: r.NotAfter,
	})
	if err != nil {
		return acme.Issued{}, err
	}
	chain := issued.Chain
	if len(chain) == 1 { // the root of a domain has signed it
		under, err := i.authority.Under(i.domains.Of(strings.TrimPrefix(r.DNSNames[0], "*.")))
		if err != nil {
			return acme.Issued{}, err
		}
		chain = append(chain, under.Roots()...)
	}
	return acme.Issued{Serial: issued.Serial, Leaf: issued.Leaf, Chains: [][]*x509.Certificate{chain}}, nil
}

// Revoke implements acme.Issuer.
func (i acmeIssuer) Revoke(ctx context.Context, scope kernel.Scope, serial string, reason int) error {
	why, ok := pki.ReasonOf(reason)
	if !ok {
		return kernel.Errorf(kernel.Invalid, "%d is no reason to revoke a certificate", reason)
	}
	return i.pki.Revoke(ctx, scope, serial, why)
}

// acmeResolver asks Terrace's own DNS for what lies in zones that the account may rely on, and
// the resolver for the rest.
type acmeResolver struct {
	own    *dns.Service
	lookup domain.Lookup
}

// TXT implements acme.Resolver.
func (r acmeResolver) TXT(ctx context.Context, scope kernel.Scope, name string) ([]string, error) {
	answer, elsewhere := r.own.Held(scope, new(miekg.Msg).SetQuestion(miekg.Fqdn(name), miekg.TypeTXT))
	if elsewhere != "" {
		return r.lookup.TXT(ctx, strings.TrimSuffix(elsewhere, "."))
	}
	var texts []string
	for _, record := range answer.Answer {
		if txt, ok := record.(*miekg.TXT); ok {
			texts = append(texts, strings.Join(txt.Txt, ""))
		}
	}
	return texts, nil
}

// Addresses implements acme.Resolver.
func (r acmeResolver) Addresses(ctx context.Context, scope kernel.Scope, name string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for _, kind := range []uint16{miekg.TypeA, miekg.TypeAAAA} {
		answer, elsewhere := r.own.Held(scope, new(miekg.Msg).SetQuestion(miekg.Fqdn(name), kind))
		if elsewhere != "" {
			return r.ask(ctx, strings.TrimSuffix(elsewhere, "."))
		}
		for _, record := range answer.Answer {
			var ip net.IP
			switch record := record.(type) {
			case *miekg.A:
				ip = record.A
			case *miekg.AAAA:
				ip = record.AAAA
			}
			if addr, ok := netip.AddrFromSlice(ip); ok {
				addrs = append(addrs, addr.Unmap())
			}
		}
	}
	if len(addrs) > 0 {
		return addrs, nil
	}
	if within(name, "localhost") { // RFC 6761 §6.3
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	}
	return nil, acme.NoAddress(name, "there are none in Terrace's zones")
}

func within(name, zone string) bool { return name == zone || strings.HasSuffix(name, "."+zone) }

// ask asks the resolver for addresses.
func (r acmeResolver) ask(ctx context.Context, name string) ([]netip.Addr, error) {
	addrs, err := r.lookup.Addresses(ctx, name)
	if failed, ok := errors.AsType[*net.DNSError](err); ok {
		return nil, acme.NoAddress(name, failed.Err)
	}
	return addrs, err
}
