package app

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"slices"
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
	store, zone := acmesql.NewStore(p.db), strings.ToLower(p.config.Zone)
	return acme.New(acme.Config{
		Accounts: store, Orders: store, Authorizations: store, Certificates: store, Keys: store, Ledger: store,
		Issuer: acmeIssuer{zone, f.authority, f.domains},
		Names:  acmeNames{zone, reservedHosts(p.config), a.tenants, f.domains},
		Prober: acme.Probe{
			Resolver: acmeResolver{f.dns, domain.Lookup{Address: p.config.Resolver}, zone},
			Guard:    egress.Guard{Allow: p.config.ACMEHosts(), What: "hosts that ACME challenges are looked for at", Setting: "acmeNetworks"},
			HTTPPort: p.config.ACMEHTTPPort, TLSPort: p.config.ACMETLSPort,
		},
		Sealer: p.sealer, Places: places{a.tenants, d.stages}, Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log,
		Open: p.config.ACMEScope(), Terms: p.config.ACMETerms,
	})
}

// acmeNames knows which names the accounts of a scope may order.
type acmeNames struct {
	zone string
	// reserved are hosts that the platform is reached at.
	reserved []string
	tenants  *tenant.Service
	domains  *domain.Service
}

// Check implements acme.Names.
func (n acmeNames) Check(ctx context.Context, scope kernel.Scope, name string, wildcard bool) error {
	if err := n.tenants.Closed(ctx, scope.Tenant); err != nil {
		return err
	}
	if slices.ContainsFunc(n.reserved, func(own string) bool { return name == own || wildcard && strings.HasSuffix(own, "."+name) }) {
		return kernel.Errorf(kernel.Refused, "%s belongs to the platform", name).WithFix("choose another name")
	}
	if inZone := name == n.zone || strings.HasSuffix(name, "."+n.zone); inZone {
		return n.checkZone(ctx, scope, name)
	}
	host := name
	if wildcard {
		host = "*." + name
	}
	if strings.HasSuffix(n.zone, "."+name) {
		return kernel.Errorf(kernel.Refused, "%s takes in the zone %s of the platform", host, n.zone).WithFix("choose another name")
	}
	return n.domains.Routable(ctx, scope, host)
}

// checkZone lets a scope have what lies at and below <stage>.<project>.<zone>.
func (n acmeNames) checkZone(ctx context.Context, scope kernel.Scope, name string) error {
	labels := strings.Split(strings.TrimSuffix(strings.TrimSuffix(name, n.zone), "."), ".")
	project, stage := labels[len(labels)-1], ""
	if len(labels) > 1 {
		stage = labels[len(labels)-2]
	}
	refused := kernel.Errorf(kernel.Refused, "%s does not belong to %s", name, scope).WithFix("order names under <stage>.<project>.%s", n.zone)
	if project == "" || scope.Project != "" && project != scope.Project || scope.Stage != "" && stage != scope.Stage {
		return refused
	}
	err := n.tenants.Exists(ctx, scope.InProject(project))
	if kernel.Is(err, kernel.NotFound) {
		return refused
	}
	return err
}

// acmeIssuer has the authority of the zones, or that of a domain, sign.
type acmeIssuer struct {
	zone      string
	authority *pki.Authority
	domains   *domain.Service
}

// Issue implements acme.Issuer.
func (i acmeIssuer) Issue(_ context.Context, r acme.Request) (acme.Issued, error) {
	by, err := i.of(r.DNSNames)
	if err != nil {
		return acme.Issued{}, err
	}
	chain, err := by.Sign(r.DNSNames, r.PublicKey, r.NotBefore, r.NotAfter)
	if err != nil {
		return acme.Issued{}, err
	}
	return acme.Issued{Serial: chain[0].SerialNumber.Text(16), Leaf: chain[0], Chains: [][]*x509.Certificate{chain}}, nil
}

// of finds the authority whose root may certify all names.
func (i acmeIssuer) of(names []string) (*pki.Authority, error) {
	by, mixed := i.authority, slices.ContainsFunc(names, i.authority.Certifies)
	if !mixed {
		var err error
		if by, err = i.authority.Under(i.domains.Of(strings.TrimPrefix(names[0], "*."))); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		if !by.Certifies(name) {
			return nil, kernel.Errorf(kernel.Refused, "%s and %s have roots of their own, and no certificate is for both", names[0], name).WithFix("order them apart")
		}
	}
	return by, nil
}

// Revoke implements acme.Issuer. The authority keeps neither lists nor a responder that could
// tell of it: what was revoked is known to who asks ACME.
func (acmeIssuer) Revoke(context.Context, kernel.Scope, string, int) error { return nil }

// acmeResolver asks Terrace's own DNS for what lies in the zone, and the resolver for the rest.
type acmeResolver struct {
	own    *dns.Service
	lookup domain.Lookup
	zone   string
}

// TXT implements acme.Resolver.
func (r acmeResolver) TXT(ctx context.Context, name string) ([]string, error) {
	records, name := r.follow(name, miekg.TypeTXT)
	if name != "" {
		return r.lookup.TXT(ctx, name)
	}
	var texts []string
	for _, record := range records {
		if txt, ok := record.(*miekg.TXT); ok {
			texts = append(texts, strings.Join(txt.Txt, ""))
		}
	}
	return texts, nil
}

// Addresses implements acme.Resolver.
func (r acmeResolver) Addresses(ctx context.Context, name string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for _, kind := range []uint16{miekg.TypeA, miekg.TypeAAAA} {
		records, elsewhere := r.follow(name, kind)
		if elsewhere != "" {
			return r.ask(ctx, elsewhere)
		}
		for _, record := range records {
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
	if name == "localhost" || strings.HasSuffix(name, ".localhost") { // RFC 6761 §6.3
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	}
	return nil, acme.NoAddress(name, "there are none in the zone "+r.zone)
}

// follow answers from the zone. elsewhere is the name to ask the resolver for: the name itself
// where it lies outside, or what an alias leads to.
func (r acmeResolver) follow(name string, kind uint16) (records []miekg.RR, elsewhere string) {
	if !within(name, r.zone) {
		return nil, name
	}
	answer := r.own.Answer(new(miekg.Msg).SetQuestion(miekg.Fqdn(name), kind))
	for _, record := range answer.Answer {
		if alias, ok := record.(*miekg.CNAME); ok {
			if target := strings.ToLower(strings.TrimSuffix(alias.Target, ".")); !within(target, r.zone) {
				return nil, target
			}
		}
	}
	return answer.Answer, ""
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
