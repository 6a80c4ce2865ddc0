package authn

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	maxChain = 8
	// maxCertificate bounds what a client sends of certificates, in bytes.
	maxCertificate = 32 << 10
)

// rule takes certificates of which all that it says holds; * stands for what is between
// two slashes, or in a name for anything.
type rule struct {
	commonName, organization, dns, uri, email string
	// project, stage and workload are held against what Terrace's own authority says.
	project, stage, workload string
	scopes                   []string
}

func (r rule) ofWorkload() bool { return r.project+r.stage+r.workload != "" }

// workload is whose a certificate of Terrace's own authority is.
type workload struct {
	scope kernel.Scope
	name  string
}

// certificates are those of a client's connection (mutual TLS) as a proof. The handshake
// has proven that the client has the key.
type certificates struct {
	name   string
	filter *filter
	kind   *Kind
	// roots are the authorities that the policy names, nil for none; platform is that
	// workloads of the tenant prove themselves by Terrace's own.
	roots    *x509.CertPool
	platform bool
	tenant   string
	rules    []rule
	verified cache
}

func (*certificates) begin() {}

// challenge says that the connection has to prove it: HTTP has no registered word for that.
func (c *certificates) challenge() string { return `ClientCertificate realm="` + c.name + `"` }

// strip has nothing to take away: a certificate does not go further than the connection.
func (*certificates) strip(*exchange.Exchange) {}

func (c *certificates) identify(x *exchange.Exchange) (*caller, *refusal) {
	if x.TLS == nil || len(x.TLS.PeerCertificates) == 0 || misdirected(x) {
		return nil, nil
	}
	chain := x.TLS.PeerCertificates
	sum, size := sha256.New(), 0
	for _, one := range chain {
		size += len(one.Raw)
		_, _ = sum.Write(one.Raw)
	}
	if len(chain) > maxChain || size > maxCertificate {
		return nil, refuse("The client's certificates are more than the gateway takes.")
	}
	key := [sha256.Size]byte(sum.Sum(nil))
	now := c.kind.Clock.Now()
	if p := c.verified.get(&key); p != nil && now.UnixNano() < p.until && (p.roots == nil || p.roots == c.kind.Workloads.Roots()) {
		return &p.caller, nil
	}
	p, wrong := c.verify(chain, now)
	if wrong != nil {
		return nil, wrong
	}
	c.verified.put(key, p, now.UnixNano())
	return &p.caller, nil
}

// misdirected tells that the connection was opened for another host: what its client was
// asked for, and proved, was for that one (RFC 9110 §15.5.20).
func misdirected(x *exchange.Exchange) bool {
	return x.TLS != nil && exchange.CanonicalHost(x.TLS.ServerName) != x.Host
}

// trusted tells by whom a chain is signed that the policy trusts: by Terrace's own
// authority, with the workload and the roots that it had, or by another one.
func (c *certificates) trusted(chain []*x509.Certificate, now time.Time) (path []*x509.Certificate, of *workload, roots *x509.CertPool) {
	leaf, o := chain[0], x509.VerifyOptions{Intermediates: x509.NewCertPool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	for _, one := range chain[1:] {
		o.Intermediates.AddCert(one)
	}
	if c.platform {
		if scope, name, ok := c.kind.Workloads.Whose(leaf); ok && scope.Tenant == c.tenant {
			for again := false; ; again = true {
				o.Roots = c.kind.Workloads.Roots()
				if paths, err := leaf.Verify(o); err == nil {
					return paths[0], &workload{scope, name}, o.Roots
				}
				// Another key may have begun to sign just now.
				if again || c.kind.Workloads.Look() != nil || c.kind.Workloads.Roots() == o.Roots {
					break
				}
			}
		}
	}
	if c.roots == nil {
		return nil, nil, nil
	}
	o.Roots = c.roots
	if paths, err := leaf.Verify(o); err == nil {
		return paths[0], nil, nil
	}
	return nil, nil, nil
}

func (c *certificates) verify(chain []*x509.Certificate, now time.Time) (*proven, *refusal) {
	leaf := chain[0]
	path, of, roots := c.trusted(chain, now)
	if path == nil {
		return nil, refuse(c.untrusted(chain, now))
	}
	i := c.identity(leaf)
	if of != nil {
		i.Claims["tenant"], i.Claims["project"], i.Claims["stage"], i.Claims["workload"] = of.scope.Tenant, of.scope.Project, of.scope.Stage, of.name
	}
	if len(c.rules) > 0 {
		at := slices.IndexFunc(c.rules, func(r rule) bool { return r.takes(leaf, of) })
		if at < 0 {
			return nil, refuse("The client's certificate is of nobody that this route takes.")
		}
		i.Scopes = c.rules[at].scopes
	}
	if i.Subject == "" || !printable(i.Subject) {
		return nil, refuse("The client's certificate does not say whose it is.")
	}
	i.Consumer = c.name + "/" + i.Subject
	until := leaf.NotAfter
	for _, one := range path {
		if one.NotAfter.Before(until) {
			until = one.NotAfter
		}
	}
	return &proven{caller: caller{identity: i, headers: c.filter.headers.of(i)}, until: until.UnixNano(), roots: roots}, nil
}

// untrusted says why a certificate is not: of one that the policy trusted in its time, that
// this is not now.
func (c *certificates) untrusted(chain []*x509.Certificate, now time.Time) string {
	leaf := chain[0]
	if now.After(leaf.NotAfter) {
		if path, _, _ := c.trusted(chain, leaf.NotAfter); path != nil {
			return "The client's certificate has expired."
		}
	}
	if now.Before(leaf.NotBefore) {
		if path, _, _ := c.trusted(chain, leaf.NotBefore); path != nil {
			return "The client's certificate is of a time that has not come."
		}
	}
	return "The client's certificate is none that this route trusts."
}

// identity reads whose a certificate is: by its SPIFFE ID, else its first name, else its
// common name.
func (c *certificates) identity(leaf *x509.Certificate) *exchange.Identity {
	uris, print := make([]any, 0, len(leaf.URIs)), sha256.Sum256(leaf.Raw)
	subject := leaf.Subject.CommonName
	if len(leaf.DNSNames) > 0 {
		subject = leaf.DNSNames[0]
	}
	if id := spiffe(leaf); id != "" {
		subject = id
	}
	for _, u := range leaf.URIs {
		uris = append(uris, u.String())
	}
	return &exchange.Identity{
		Provider: c.name, Method: "mtls", Issuer: leaf.Issuer.String(), Subject: subject,
		Claims: map[string]any{
			"sub": subject, "subject": leaf.Subject.String(), "common_name": leaf.Subject.CommonName, "organization": anyOf(leaf.Subject.Organization),
			"dns_names": anyOf(leaf.DNSNames), "uris": uris, "emails": anyOf(leaf.EmailAddresses), "serial": leaf.SerialNumber.String(),
			"fingerprint": hex.EncodeToString(print[:]),
		},
	}
}

// spiffe returns the SPIFFE ID of a certificate, which has one URI then (X509-SVID §2).
func spiffe(leaf *x509.Certificate) string {
	if len(leaf.URIs) != 1 || leaf.URIs[0].Scheme != "spiffe" {
		return ""
	}
	return leaf.URIs[0].String()
}

func anyOf(texts []string) []any {
	out := make([]any, 0, len(texts))
	for _, text := range texts {
		out = append(out, text)
	}
	return out
}

func (r rule) takes(leaf *x509.Certificate, of *workload) bool {
	if r.ofWorkload() && (of == nil || !anyMatches(r.project, []string{of.scope.Project}) || !anyMatches(r.stage, []string{of.scope.Stage}) ||
		!anyMatches(r.workload, []string{of.name})) {
		return false
	}
	uris := make([]string, 0, len(leaf.URIs))
	for _, u := range leaf.URIs {
		if u.Scheme != "spiffe" || spiffe(leaf) != "" {
			uris = append(uris, u.String())
		}
	}
	names := make([]string, 0, len(leaf.DNSNames))
	for _, name := range leaf.DNSNames {
		names = append(names, strings.ToLower(name))
	}
	return anyMatches(r.commonName, []string{leaf.Subject.CommonName}) && anyMatches(r.organization, leaf.Subject.Organization) &&
		anyMatches(strings.ToLower(r.dns), names) && anyMatches(r.uri, uris) && anyMatches(r.email, leaf.EmailAddresses)
}

// anyMatches tells that one of the texts is what a rule says; an empty one says nothing.
func anyMatches(pattern string, texts []string) bool {
	return pattern == "" || slices.ContainsFunc(texts, func(text string) bool {
		ok, err := path.Match(pattern, text)
		return err == nil && ok
	})
}
