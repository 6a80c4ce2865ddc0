package pki

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"net"
	"net/url"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// issuer is an authority whose key is open.
type issuer struct {
	id   string
	cert *x509.Certificate
	key  crypto.Signer
	// chain follows a leaf: the authority's own certificates, without the root.
	chain []*x509.Certificate
	// address is where its revocations are told, "" for nowhere.
	address string
}

// blank is a leaf before it has names.
type blank struct {
	public              crypto.PublicKey
	usages              []x509.ExtKeyUsage
	commonName          string
	dns                 []string
	ips                 []net.IP
	uris                []*url.URL
	notBefore, notAfter time.Time
}

// sign makes a leaf (RFC 5280; RFC 6125 names it in the SAN alone). It does not outlive the
// authority.
func (i *issuer) sign(b blank) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	if b.notAfter.After(i.cert.NotAfter) {
		b.notAfter = i.cert.NotAfter
	}
	if !b.notAfter.After(b.notBefore) {
		return nil, kernel.Errorf(kernel.Unavailable, "the authority %s has ended", i.cert.Subject).WithFix("tell whoever runs Terrace: terrace ca list")
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Terrace"}, CommonName: b.commonName},
		NotBefore: b.notBefore, NotAfter: b.notAfter, DNSNames: b.dns, IPAddresses: b.ips, URIs: b.uris,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: b.usages, BasicConstraintsValid: true,
	}
	if i.address != "" {
		t.OCSPServer, t.CRLDistributionPoints = []string{i.address + "/pki/ocsp/" + i.id}, []string{i.address + "/pki/crl/" + i.id}
		t.IssuingCertificateURL = []string{i.address + "/pki/authorities/" + i.id}
	}
	return signed(t, i.cert, b.public, i.key)
}

// issued describes a leaf with what has to be sent with it.
func (i *issuer) issued(leaf *x509.Certificate) Issued {
	return Issued{Serial: leaf.SerialNumber.Text(16), Leaf: leaf, Chain: append([]*x509.Certificate{leaf}, i.chain...)}
}

// entry is a leaf of the issuer in the inventory.
func (i *issuer) entry(leaf *x509.Certificate, holder Holder, profile Profile, at time.Time) Entry {
	e := EntryOf(leaf, holder, at)
	e.ID, e.Issuer, e.Profile = e.Serial, i.id, profile
	if holder.Kind == HolderRoute || holder.Kind == HolderPlatform {
		e.Told = levelOver // they are made again when they are asked for
	}
	return e
}

// EntryOf describes a certificate that Terrace has not issued.
func EntryOf(leaf *x509.Certificate, holder Holder, at time.Time) Entry {
	sum := sha256.Sum256(leaf.Raw)
	e := Entry{
		Serial: leaf.SerialNumber.Text(16), Holder: holder, Names: namesOf(leaf), IssuerName: leaf.Issuer.String(), Profile: profileOf(leaf),
		KeyAlgorithm: keyAlgorithm(leaf.PublicKey), NotBefore: leaf.NotBefore.UTC(), NotAfter: leaf.NotAfter.UTC(), IssuedAt: at,
		Fingerprint: hex.EncodeToString(sum[:]), DER: leaf.Raw,
	}
	e.ID = e.Fingerprint
	if holder.Kind == HolderDomain {
		e.Told = levelOver // who keeps domains tells of their certificates
	}
	return e
}

func profileOf(leaf *x509.Certificate) Profile {
	var client, server bool
	for _, u := range leaf.ExtKeyUsage {
		client = client || u == x509.ExtKeyUsageClientAuth
		server = server || u == x509.ExtKeyUsageServerAuth
	}
	switch {
	case client && server:
		return ProfilePeer
	case client:
		return ProfileClient
	default:
		return ProfileServer
	}
}

// namesOf are the subject alternative names of a certificate.
func namesOf(leaf *x509.Certificate) []string {
	names := append([]string{}, leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	for _, u := range leaf.URIs {
		names = append(names, u.String())
	}
	return append(names, leaf.EmailAddresses...)
}

// pemOf writes certificates one after the other.
func pemOf(certs ...*x509.Certificate) (out []byte) {
	for _, cert := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})...)
	}
	return out
}

// PEM is a chain as PEM, the leaf first.
func (i Issued) PEM() []byte { return pemOf(i.Chain...) }

// PEM is the certificate as PEM.
func (e Entry) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: e.DER}))
}

// PEM is the certificate of the authority as PEM.
func (c CA) PEM() string { return string(pemOf(c.Cert)) }
