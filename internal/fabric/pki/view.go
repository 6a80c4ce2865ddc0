package pki

import (
	"crypto/sha256"
	"crypto/x509"
	"slices"
)

// view is what a process knows of the authorities at one time; it is never changed.
type view struct {
	turn int64
	// signer signs for names of the zones; nil where nothing has been prepared.
	signer *issuer
	// roots are who clients should trust, the signing one first.
	roots []*x509.Certificate
	pool  *x509.CertPool
	seed  *seed
	// issuers are all authorities whose keys are open, by id.
	issuers map[string]*issuer
	// workloads signs for workloads.
	workloads *issuer
	trust     *trust
}

// trust is who certificates of workloads are proven by, at one time.
type trust struct {
	sum   [sha256.Size]byte
	roots *x509.CertPool
	// certs are those of roots, the signing one first.
	certs []*x509.Certificate
	// revoked are serials of certificates of workloads, and of the gateway's own, that do not
	// count any more.
	revoked map[string]struct{}
}

// has tells whether a certificate was revoked.
func (t *trust) has(leaf *x509.Certificate) bool {
	if len(t.revoked) == 0 {
		return false
	}
	_, revoked := t.revoked[leaf.SerialNumber.Text(16)]
	return revoked
}

// newTrust is trust in authorities, without what was revoked.
func newTrust(roots []*x509.Certificate, revoked []string) *trust {
	t := &trust{roots: x509.NewCertPool(), certs: roots, revoked: make(map[string]struct{}, len(revoked))}
	sum := sha256.New()
	for _, cert := range roots {
		t.roots.AddCert(cert)
		_, _ = sum.Write(cert.Raw)
	}
	slices.Sort(revoked)
	for _, serial := range revoked {
		t.revoked[serial] = struct{}{}
		_, _ = sum.Write([]byte(serial + "\n"))
	}
	t.sum = [sha256.Size]byte(sum.Sum(nil))
	return t
}

func poolOf(certs []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, cert := range certs {
		pool.AddCert(cert)
	}
	return pool
}

// sortedRoots are the trusted roots: those that sign first, then the newest.
func sortedRoots(all []CA) (out []*x509.Certificate) {
	for _, state := range []CAState{CAActive, CANext, CAFormer} {
		for _, c := range ofKind(all, CARoot, state) {
			out = append(out, c.Cert)
		}
	}
	return out
}

// chainOf is what follows a leaf that the authority signs.
func chainOf(c CA) []*x509.Certificate {
	if c.Kind != CAIntermediate {
		return nil
	}
	return slices.Concat([]*x509.Certificate{c.Cert}, c.Above, c.Crosses)
}
