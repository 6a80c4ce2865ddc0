package pki

import (
	"crypto/x509"
	"slices"
	"strings"
	"time"
)

// CAKind is what an authority signs.
type CAKind string

// The kinds of authorities.
const (
	// CARoot signs intermediates, and is what clients trust. One that was adopted from a file
	// cannot have any below it (RFC 5280 §4.2.1.9), and signs certificates itself.
	CARoot CAKind = "root"
	// CAIntermediate signs certificates for names of the platform's zones.
	CAIntermediate CAKind = "intermediate"
	// CAWorkloads signs certificates that say which workload a client is (X509-SVID).
	CAWorkloads CAKind = "workloads"
	// CADomains is the secret that the roots of tenants' domains follow from.
	CADomains CAKind = "domains"
)

// CAKinds returns all of them.
func CAKinds() []CAKind { return []CAKind{CARoot, CAIntermediate, CAWorkloads, CADomains} }

// CAState is where an authority is in its life.
type CAState string

// The states of authorities.
const (
	// CARequested has a key, and waits for the certificate of an authority elsewhere.
	CARequested CAState = "requested"
	// CANext is trusted, and does not sign yet.
	CANext CAState = "next"
	// CAActive signs.
	CAActive CAState = "active"
	// CAFormer signs no certificates any more; what it has signed holds until it ends.
	CAFormer CAState = "former"
	// CARetired is trusted by nobody any more, and its key is destroyed.
	CARetired CAState = "retired"
	// CAAborted never signed, and its key is destroyed.
	CAAborted CAState = "aborted"
)

// CAStates returns all of them.
func CAStates() []CAState {
	return []CAState{CARequested, CANext, CAActive, CAFormer, CARetired, CAAborted}
}

// CA is an authority: a key with its certificate.
type CA struct {
	ID   string
	Kind CAKind
	// Generation counts from 1 in each kind.
	Generation int64
	State      CAState
	// Parent is the id of the root that an intermediate lies below.
	Parent string
	// Zones are what it may certify; of CAWorkloads the trust domain.
	Zones []string
	// Cert is nil while it is requested.
	Cert *x509.Certificate
	// Above are the certificates between it and a root that is not Terrace's.
	Above []*x509.Certificate
	// Crosses are certificates of the same key by roots that were trusted before.
	Crosses []*x509.Certificate
	// Sealed is the key, nil for a root elsewhere and where it is destroyed.
	Sealed []byte
	// SignsAt is when one that is next begins to sign; CeasedAt when it has ceased to.
	CreatedAt, SignsAt, CeasedAt, RetiredAt time.Time
	// Told is of which nearness of its end it was told, as a certificate's.
	Told int64
}

// Subject is the distinguished name of the authority.
func (c CA) Subject() string {
	if c.Cert == nil {
		return ""
	}
	return c.Cert.Subject.String()
}

// External tells a root whose key is elsewhere.
func (c CA) External() bool { return c.Kind == CARoot && len(c.Sealed) == 0 && c.State != CARetired }

// direct tells a root that can have no intermediate below it.
func (c CA) direct() bool { return c.Kind == CARoot && c.Cert != nil && c.Cert.MaxPathLenZero }

// trusted tells whether clients should trust it.
func (c CA) trusted() bool { return slices.Contains([]CAState{CANext, CAActive, CAFormer}, c.State) }

// associated binds a sealed key to its authority.
func (c CA) associated() []byte { return []byte("pki authority key\x00" + c.ID) }

// covers tells whether the authority may certify names of all zones.
func (c CA) covers(zones []string) bool {
	return !slices.ContainsFunc(zones, func(zone string) bool {
		return !slices.ContainsFunc(c.Zones, func(own string) bool { return within(zone, own) })
	})
}

// within tells whether a name is a zone or lies below it.
func within(name, zone string) bool { return name == zone || strings.HasSuffix(name, "."+zone) }

// ofKind returns the authorities of a kind, the newest first.
func ofKind(all []CA, kind CAKind, states ...CAState) (out []CA) {
	for _, c := range all {
		if c.Kind == kind && (len(states) == 0 || slices.Contains(states, c.State)) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b CA) int { return int(b.Generation - a.Generation) })
	return out
}

// nextGeneration numbers a new one of a kind.
func nextGeneration(all []CA, kind CAKind) int64 {
	if newest := ofKind(all, kind); len(newest) > 0 {
		return newest[0].Generation + 1
	}
	return 1
}
