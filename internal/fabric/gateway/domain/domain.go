package domain

import (
	"crypto/rand"
	"encoding/base32"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// State is where a domain is in its life.
type State string

// The states.
const (
	// Pending is claimed, and not proven: no route may use it, and others may claim it too.
	Pending State = "pending"
	// Verified is proven: nobody else may prove it, or what is above or below it.
	Verified State = "verified"
	// Revoked was proven, and an operator of the platform has taken the proof back: it is as
	// if it were pending, until it is proven again.
	Revoked State = "revoked"
)

// States returns all of them.
func States() []State { return []State{Pending, Verified, Revoked} }

// Method is how a domain was proven.
type Method string

// The methods.
const (
	ByDNS      Method = "dns"
	ByApproval Method = "approval"
)

// Methods returns all of them.
func Methods() []Method { return []Method{ByDNS, ByApproval} }

// Domain is a claim of a tenant.
type Domain struct {
	// Scope is the tenant with the project and the stage that the domain is bound to; empty
	// ones are not narrowed.
	Scope kernel.Scope `json:"-"`
	// Name is in lower case and ASCII, without a dot at its end.
	Name  string `json:"name"`
	State State  `json:"state"`
	// Record is what proves the domain in DNS.
	Record      Record       `json:"record"`
	Proof       *Proof       `json:"proof,omitempty"`
	Revocation  *Revocation  `json:"revocation,omitempty"`
	Certificate *Certificate `json:"certificate,omitempty"`
	CreatedAt   time.Time    `json:"createdAt"`
	CreatedBy   string       `json:"createdBy"`
	// Revision grows with every change.
	Revision int64 `json:"-"`
	// Chain has the certificates as PEM, Sealed the key of the first of them.
	Chain  string `json:"-"`
	Sealed []byte `json:"-"`
	// WarnAt is when the end of its certificate is to be told of next, LookAt when its record
	// is to be looked at again; nil is never.
	WarnAt *time.Time `json:"-"`
	LookAt *time.Time `json:"-"`
}

// Record is a record of DNS.
type Record struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// Proof says how and when a domain was proven last.
type Proof struct {
	Method Method    `json:"method"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	// MissingSince is since when the record has not been found when it was looked at again,
	// MissingTold that it was told as an event.
	MissingSince *time.Time `json:"missingSince,omitempty"`
	MissingTold  bool       `json:"missingTold,omitempty"`
}

// Revocation says why a proof was taken back, and when.
type Revocation struct {
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
}

// Certificate is what a tenant brought for a domain; its key is never told.
type Certificate struct {
	// Names are those that it is for (RFC 5280 §4.2.1.6).
	Names  []string `json:"names"`
	Issuer string   `json:"issuer"`
	Serial string   `json:"serial"`
	// Fingerprint is the SHA-256 of the certificate, in hex.
	Fingerprint string    `json:"fingerprint"`
	KeyType     string    `json:"keyType"`
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
	// Alone tells that the chain has the leaf and none of the authorities between it and a root.
	Alone bool      `json:"alone,omitempty"`
	SetAt time.Time `json:"setAt"`
	SetBy string    `json:"setBy"`
}

// The record that proves a domain: at a name that is no host, with a value that says what it
// is for (the form that domain verification techniques of the IETF's DNSOP recommend).
const (
	challengeLabel = "_terrace-challenge."
	challengeValue = "terrace-domain-verification="
)

// challenge makes a record with 160 random bits.
func challenge(name string) Record {
	token := make([]byte, 20)
	_, _ = rand.Read(token) // never fails, see crypto/rand
	return Record{Name: challengeLabel + name, Type: "TXT", Value: challengeValue + strings.ToLower(base32.StdEncoding.EncodeToString(token))}
}

// longest is that of a name whose challenge is a name still (RFC 1035 §2.3.4).
const longest = 253 - len(challengeLabel)

// Parse returns a domain's name in the form that is kept. It refuses what nobody can own.
func Parse(text string) (string, error) {
	invalid := func(format string, args ...any) error {
		return kernel.Errorf(kernel.Invalid, format, args...).WithFix("write a domain of yours, such as example.com or api.example.com")
	}
	if len(text) > 1024 {
		return "", invalid("the domain is too long")
	}
	if strings.HasPrefix(text, "*.") {
		return "", kernel.Errorf(kernel.Invalid, "%s is a wildcard", text).
			WithFix("claim %s: routes may have hosts such as *.%[1]s below it", strings.TrimPrefix(text, "*."))
	}
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(text, "."))
	switch {
	case address(text):
		return "", invalid("%s is an address: a domain is a name", text)
	case err != nil || !hostname(name):
		return "", invalid("%q is no domain", text)
	case len(name) > longest:
		return "", invalid("%s has more than %d characters", name, longest)
	}
	if suffix, _ := publicsuffix.PublicSuffix(name); suffix == name {
		return "", invalid("%s is a public suffix: what lies below it belongs to many", name)
	}
	for _, special := range []string{"localhost", "invalid", "onion", "arpa"} { // RFC 6761, RFC 7686, RFC 3172
		if strings.HasSuffix(name, "."+special) {
			return "", invalid("nobody owns names under .%s", special)
		}
	}
	return name, nil
}

// address tells that a text is an IP address, and no name.
func address(text string) bool {
	_, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return err == nil
}

// hostname tells that a name has labels of letters, digits and hyphens, and is no address.
func hostname(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if name == "" || strings.Trim(last, "0123456789") == "" {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// within tells whether a host, which may begin with a wildcard, is a domain or lies below it.
func within(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// above are a name and all that it lies below, the closest first.
func above(name string) []string {
	all := []string{name}
	for rest := name; ; {
		_, after, ok := strings.Cut(rest, ".")
		if !ok {
			return all
		}
		rest = after
		all = append(all, rest)
	}
}

// owner is the closest proven domain of a host, nil for none.
func owner(all []Domain, host string) *Domain {
	var closest *Domain
	for i := range all {
		if d := &all[i]; d.State == Verified && within(host, d.Name) && (closest == nil || len(d.Name) > len(closest.Name)) {
			closest = d
		}
	}
	return closest
}

// takes tells whether routes of a stage may use the domain.
func (d Domain) takes(scope kernel.Scope) bool {
	return d.Scope.Tenant == scope.Tenant && (d.Scope.Project == "" || d.Scope.Project == scope.Project) && (d.Scope.Stage == "" || d.Scope.Stage == scope.Stage)
}

// For says what the domain is bound to, in words.
func (d Domain) For() string {
	switch {
	case d.Scope.Project != "" && d.Scope.Stage != "":
		return d.Scope.Project + "/" + d.Scope.Stage
	case d.Scope.Project != "":
		return "project " + d.Scope.Project
	case d.Scope.Stage != "":
		return "stage " + d.Scope.Stage
	}
	return "every project"
}

// place is the scope that what happens to the domain is recorded in, and asked about: a
// stage of every project is the tenant's.
func (d Domain) place() kernel.Scope {
	if d.Scope.Project == "" {
		return kernel.Scope{Tenant: d.Scope.Tenant}
	}
	return d.Scope
}
