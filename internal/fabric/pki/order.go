package pki

import (
	"crypto"
	"crypto/x509"
	"net"
	"net/url"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// HolderKind is what a certificate is for.
type HolderKind string

// The kinds of holders.
const (
	// HolderRoute is a host that the gateway serves.
	HolderRoute HolderKind = "route"
	// HolderService is a service of a stage.
	HolderService HolderKind = "service"
	// HolderDatabase is a data service of a stage, such as a database or a cache.
	HolderDatabase HolderKind = "database"
	// HolderWorkload is a workload that proves by it who it is (X509-SVID).
	HolderWorkload HolderKind = "workload"
	// HolderACME is an account of the ACME server.
	HolderACME HolderKind = "acme"
	// HolderDomain is a domain of a tenant, whose certificate was brought from elsewhere.
	HolderDomain HolderKind = "domain"
	// HolderVault is a certificate of a key vault, whose name is the address that it has there.
	HolderVault HolderKind = "vault"
	// HolderPlatform is a part of Terrace.
	HolderPlatform HolderKind = "platform"
)

// HolderKinds returns all of them.
func HolderKinds() []HolderKind {
	return []HolderKind{HolderRoute, HolderService, HolderDatabase, HolderWorkload, HolderACME, HolderDomain, HolderVault, HolderPlatform}
}

// Holder is whose a certificate is.
type Holder struct {
	Kind  HolderKind
	Scope kernel.Scope
	// Name is that of the thing in its scope: a host, a service, a workload, an account.
	Name string
}

// Profile is what a certificate may be used for.
type Profile string

// The profiles.
const (
	// ProfileServer is for TLS servers.
	ProfileServer Profile = "server"
	// ProfileClient is for TLS clients.
	ProfileClient Profile = "client"
	// ProfilePeer is for both.
	ProfilePeer Profile = "peer"
)

// Profiles returns all of them.
func Profiles() []Profile { return []Profile{ProfileServer, ProfileClient, ProfilePeer} }

// The lives of certificates.
const (
	// DefaultLeafLife is how long a certificate of a server is valid.
	DefaultLeafLife = 30 * 24 * time.Hour
	// DefaultClientLife is how long one of a client is valid.
	DefaultClientLife = 24 * time.Hour
	// MaxLeafLife is how long any is valid at most.
	MaxLeafLife = 90 * 24 * time.Hour
	// MaxWorkloadLife is how long a certificate of a workload is valid at most.
	MaxWorkloadLife = 30 * 24 * time.Hour
	// MinLeafLife is how long a certificate is valid at least.
	MinLeafLife = time.Minute
)

// Life is how long a certificate of the profile is valid where nothing else is asked for.
func (p Profile) Life() time.Duration {
	if p == ProfileClient {
		return DefaultClientLife
	}
	return DefaultLeafLife
}

// Usages are the extended key usages of the profile (RFC 5280 §4.2.1.12).
func (p Profile) Usages() []x509.ExtKeyUsage {
	switch p {
	case ProfileServer:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	case ProfileClient:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	case ProfilePeer:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	return nil
}

// Order asks for a certificate.
type Order struct {
	Holder   Holder
	DNSNames []string
	IPs      []net.IP
	URIs     []*url.URL
	// PublicKey is ECDSA on P-256, P-384 or P-521, Ed25519, or RSA of 2048 to 8192 bits.
	PublicKey crypto.PublicKey
	Profile   Profile
	// Life is the profile's where 0.
	Life time.Duration
	// NotBefore and NotAfter are what RFC 8555 §7.4 lets a client ask for; zero ones are not.
	// They take the place of Life. What goes beyond what is allowed is cut.
	NotBefore, NotAfter time.Time
	// Renewed says that whoever orders has another one in time: nobody is told that it ends.
	Renewed bool
}

// Issued is a certificate that was made.
type Issued struct {
	// Serial is in lower-case hex.
	Serial string
	Leaf   *x509.Certificate
	// Chain has the leaf first, and is without the root.
	Chain []*x509.Certificate
}

// Entry is a certificate of the inventory.
type Entry struct {
	// ID is the serial of what Terrace has issued, else the fingerprint.
	ID string
	// Serial is in lower-case hex.
	Serial string
	Holder Holder
	// Names are those of the subject alternative names.
	Names []string
	// Issuer is the id of the authority, "" for one that is not Terrace's; IssuerName its
	// distinguished name.
	Issuer, IssuerName  string
	Profile             Profile
	KeyAlgorithm        string
	NotBefore, NotAfter time.Time
	// IssuedAt is when it became known.
	IssuedAt time.Time
	// Fingerprint is the SHA-256 of the certificate, in lower-case hex.
	Fingerprint string
	// RenewedFrom is the id of the one in whose place it came, RenewedBy of the one that came
	// in its place.
	RenewedFrom, RenewedBy string
	// Revoked is nil for what is not.
	Revoked *Revocation
	// Told is of which nearness of its end it was told, see Alert.
	Told int64
	DER  []byte
}

// Revocation is when and why a certificate was revoked.
type Revocation struct {
	At     time.Time
	Reason Reason
	// By is who did it.
	By string
}

// Reason is why a certificate was revoked, by the words of RFC 5280 §5.3.1.
type Reason string

// The reasons. Those that are not here are for authorities, or can be taken back.
const (
	Unspecified          Reason = "unspecified"
	KeyCompromise        Reason = "keyCompromise"
	AffiliationChanged   Reason = "affiliationChanged"
	Superseded           Reason = "superseded"
	CessationOfOperation Reason = "cessationOfOperation"
	PrivilegeWithdrawn   Reason = "privilegeWithdrawn"
)

// Reasons returns all of them.
func Reasons() []Reason {
	return []Reason{Unspecified, KeyCompromise, AffiliationChanged, Superseded, CessationOfOperation, PrivilegeWithdrawn}
}

// Code is the reason's number in CRLs and OCSP.
func (r Reason) Code() int {
	switch r {
	case KeyCompromise:
		return 1
	case AffiliationChanged:
		return 3
	case Superseded:
		return 4
	case CessationOfOperation:
		return 5
	case PrivilegeWithdrawn:
		return 9
	case Unspecified:
	}
	return 0
}

// ReasonOf returns the reason with a number; ok is false for one that is not taken.
func ReasonOf(code int) (r Reason, ok bool) {
	for _, r := range Reasons() {
		if r.Code() == code {
			return r, true
		}
	}
	return "", false
}

// RenewalWindow is when a certificate should be renewed: from two thirds of its life on, for
// an eighth of what is left (RFC 9773 §4.2). For one that is revoked it has passed.
func RenewalWindow(e Entry) (start, end time.Time) {
	if e.Revoked != nil {
		return e.NotBefore, e.Revoked.At
	}
	start = e.NotBefore.Add(e.NotAfter.Sub(e.NotBefore) * 2 / 3)
	return start, start.Add(e.NotAfter.Sub(start) / 8)
}
