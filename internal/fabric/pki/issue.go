package pki

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxNames is how many names a certificate has at most.
const maxNames = 100

// Issue makes the certificate of an order, for rooms that have asked for permission
// themselves. It writes it into the inventory, in the transaction of ctx where there is one.
func (s *Service) Issue(ctx context.Context, o Order) (Issued, error) {
	issued, _, err := s.issue(ctx, o, "")
	return issued, err
}

// IssueAfter is Issue for a certificate that comes in the place of the one with an id.
func (s *Service) IssueAfter(ctx context.Context, o Order, id string) (Issued, error) {
	issued, _, err := s.issue(ctx, o, id)
	return issued, err
}

func (s *Service) issue(ctx context.Context, o Order, renewedFrom string) (Issued, Entry, error) {
	if err := CheckKey(o.PublicKey); err != nil {
		return Issued{}, Entry{}, err
	}
	by, err := s.issuerOf(ctx, &o)
	if err != nil {
		return Issued{}, Entry{}, err
	}
	b := blank{public: o.PublicKey, usages: o.Profile.Usages(), dns: o.DNSNames, ips: o.IPs, uris: o.URIs}
	if o.Holder.Kind == HolderWorkload {
		b.commonName = o.Holder.Name
	}
	if b.notBefore, b.notAfter, err = o.period(s.Clock.Now()); err != nil {
		return Issued{}, Entry{}, err
	}
	leaf, err := by.sign(b)
	if err != nil {
		return Issued{}, Entry{}, err
	}
	e := by.entry(leaf, o.Holder, o.Profile, s.Clock.Now())
	e.RenewedFrom = renewedFrom
	if o.Renewed {
		e.Told = levelOver
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error { return s.write(ctx, []Entry{e}) })
	return by.issued(leaf), e, err
}

// period is from when to when the certificate is valid (RFC 8555 §7.4: what a client asks
// for is cut to what is allowed).
func (o Order) period(now time.Time) (notBefore, notAfter time.Time, err error) {
	most := MaxLeafLife
	if o.Holder.Kind == HolderWorkload {
		most = MaxWorkloadLife
	}
	life := o.Life
	if life == 0 {
		life = o.Profile.Life()
	}
	if life < MinLeafLife || life > most {
		return notBefore, notAfter, kernel.Errorf(kernel.Invalid, "a certificate of this kind is valid from %s to %s", MinLeafLife, most).WithFix("give another life")
	}
	notBefore, notAfter = now.Add(-backdate), now.Add(life)
	if !o.NotBefore.IsZero() && o.NotBefore.After(notBefore) {
		notBefore = o.NotBefore
		notAfter = notBefore.Add(life)
	}
	if !o.NotAfter.IsZero() {
		notAfter = o.NotAfter
	}
	if last := now.Add(most); notAfter.After(last) {
		notAfter = last
	}
	if notAfter.Sub(notBefore) < MinLeafLife || notAfter.Sub(now) < MinLeafLife {
		return notBefore, notAfter, kernel.Errorf(kernel.Invalid, "a certificate that is valid until %s would end before it can be used", notAfter.Format(time.RFC3339)).WithFix("give a later end, within %s", most)
	}
	return notBefore, notAfter, nil
}

// issuerOf finds who signs an order, and refuses names that its holder may not have.
func (s *Service) issuerOf(ctx context.Context, o *Order) (*issuer, error) {
	if o.Profile.Usages() == nil {
		return nil, kernel.Errorf(kernel.Invalid, "%q is no profile of certificates", o.Profile).WithFix("use one of: server, client, peer")
	}
	if o.Holder.Kind == HolderWorkload {
		return s.workloadIssuer(o)
	}
	domain, err := s.certifiable(ctx, o)
	if err != nil {
		return nil, err
	}
	if domain == "" {
		return s.authority.signer()
	}
	under, err := s.authority.Under(domain)
	if err != nil {
		return nil, err
	}
	return under.signer()
}

// workloadIssuer is who signs for workloads: they have one name, their SPIFFE ID.
func (s *Service) workloadIssuer(o *Order) (*issuer, error) {
	w := Workload{o.Holder.Scope, o.Holder.Name}
	if err := w.check(); err != nil {
		return nil, err
	}
	id := w.URI(s.Zones[0])
	if len(o.URIs) == 0 {
		o.URIs = append(o.URIs, id)
	}
	if len(o.DNSNames)+len(o.IPs) > 0 || len(o.URIs) != 1 || o.URIs[0].String() != id.String() || o.Profile == ProfileServer {
		return nil, kernel.Errorf(kernel.Invalid, "a certificate of a workload is for clients or for peers, and has one name, its SPIFFE ID").WithFix("ask for %s alone", id)
	}
	by := s.authority.view.Load().workloads
	if by == nil {
		return nil, kernel.Errorf(kernel.Unavailable, "this process does not sign for workloads").WithFix("ask the control plane")
	}
	return by, nil
}

// certifiable tells which domain the names of an order lie in, "" for the zone.
func (s *Service) certifiable(ctx context.Context, o *Order) (domain string, err error) {
	switch {
	case len(o.DNSNames)+len(o.IPs) == 0:
		return "", kernel.Errorf(kernel.Invalid, "the certificate would have no name").WithFix("name at least one host")
	case len(o.DNSNames)+len(o.IPs) > maxNames:
		return "", kernel.Errorf(kernel.Invalid, "a certificate has %d names at most", maxNames).WithFix("ask for several certificates")
	case len(o.URIs) > 0:
		return "", kernel.Errorf(kernel.Invalid, "only certificates of workloads have URIs").WithFix("ask for one of a workload, or leave the URI out")
	}
	for i, name := range o.DNSNames {
		o.DNSNames[i] = strings.ToLower(name)
		in, err := s.nameOf(ctx, o.Holder, o.DNSNames[i])
		if err != nil {
			return "", err
		}
		if i > 0 && in != domain {
			return "", kernel.Errorf(kernel.Invalid, "%s and %s are certified by different authorities", o.DNSNames[0], name).WithFix("ask for a certificate of each domain")
		}
		domain = in
	}
	for _, ip := range o.IPs {
		if !ip.IsLoopback() || domain != "" {
			return "", kernel.Errorf(kernel.Invalid, "the address %s is not certified: only those of this machine are, beside names of the zone", ip).WithFix("use a name")
		}
	}
	return domain, nil
}

// nameOf tells which domain a name lies in that its holder may have, "" for the zone.
func (s *Service) nameOf(ctx context.Context, holder Holder, name string) (string, error) {
	bare := strings.TrimPrefix(name, "*.")
	if !validName(bare) || net.ParseIP(bare) != nil {
		return "", kernel.Errorf(kernel.Invalid, "%q is no name of a host", name).WithFix("use letters of ASCII, digits, hyphens and dots; a wildcard is the first label alone")
	}
	if holder.Kind == HolderPlatform {
		if !s.authority.inZone(bare) {
			return "", kernel.Errorf(kernel.Invalid, "%s does not lie in a zone of the platform", name)
		}
		return "", nil
	}
	if s.Names == nil {
		return "", kernel.Errorf(kernel.Unavailable, "this process issues no certificates").WithFix("ask the control plane")
	}
	return s.Names.Certifiable(ctx, holder.Scope, name)
}

// CheckNames refuses names, which may begin with a wildcard, that no certificate of a scope may
// have together.
func (s *Service) CheckNames(ctx context.Context, scope kernel.Scope, names []string) error {
	o := Order{Holder: Holder{Kind: HolderACME, Scope: scope}, DNSNames: append([]string{}, names...)}
	_, err := s.certifiable(ctx, &o)
	return err
}

// Certificate returns one of the inventory by its id, which is the serial of what Terrace has
// issued, for rooms that have asked for permission themselves.
func (s *Service) Certificate(ctx context.Context, serial string) (Entry, error) {
	e, err := s.Inventory.Get(ctx, serial)
	if kernel.Is(err, kernel.NotFound) {
		return e, unknown(serial)
	}
	return e, err
}

func unknown(id string) error {
	return kernel.Errorf(kernel.NotFound, "there is no certificate %s", id).WithFix("see those that there are with: terrace certificate list")
}

// RenewalWindow is when a certificate should be renewed (RFC 9773).
func (s *Service) RenewalWindow(e Entry) (start, end time.Time) { return RenewalWindow(e) }

// Bring writes a certificate into the inventory that was issued elsewhere, such as that of a
// domain, for rooms that have asked for permission themselves.
func (s *Service) Bring(ctx context.Context, e Entry) error {
	if err := s.Inventory.Add(ctx, []Entry{e}); err != nil {
		return fmt.Errorf("note a certificate: %w", err)
	}
	return nil
}
