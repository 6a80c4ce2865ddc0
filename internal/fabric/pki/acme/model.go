package acme

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Status is where an account, an order, an authorization or a challenge is in its life
// (RFC 8555 §7.1.6).
type Status string

// The statuses.
const (
	Pending     Status = "pending"
	Processing  Status = "processing"
	Ready       Status = "ready"
	Valid       Status = "valid"
	Invalid     Status = "invalid"
	Deactivated Status = "deactivated"
	Revoked     Status = "revoked"
	Expired     Status = "expired"
)

// The types of challenges.
const (
	HTTP01    = "http-01"
	DNS01     = "dns-01"
	TLSALPN01 = "tls-alpn-01"
)

// Account is who orders (RFC 8555 §7.1.2). It belongs to a scope, for whose names alone it may
// order.
type Account struct {
	ID     string       `json:"-"`
	Scope  kernel.Scope `json:"-"`
	Status Status       `json:"-"`
	// Contact are URLs of whom to tell; nobody is told anything so far.
	Contact []string `json:"contact,omitempty"`
	// JWK is the public key, in JSON (RFC 7517); Thumbprint is that of RFC 7638, base64url.
	JWK        json.RawMessage `json:"jwk"`
	Thumbprint string          `json:"-"`
	// Agreed tells that the terms of service were agreed to.
	Agreed bool `json:"agreed,omitempty"`
	// ExternalKey is the id of the key that binds it, "" for an account without one. Binding is
	// what the client has sent of it.
	ExternalKey string          `json:"-"`
	Binding     json.RawMessage `json:"binding,omitempty"`
	CreatedAt   time.Time       `json:"-"`
	Revision    int64           `json:"-"`
}

// Identifier is a name that is ordered (RFC 8555 §9.7.7).
type Identifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// Order is a certificate on its way (RFC 8555 §7.1.3).
type Order struct {
	ID      string       `json:"-"`
	Scope   kernel.Scope `json:"-"`
	Account string       `json:"-"`
	Status  Status       `json:"-"`
	// Identifiers are in lower case, a wildcard with its asterisk.
	Identifiers []Identifier `json:"identifiers"`
	// NotBefore and NotAfter are what the client has asked for; zero ones are not.
	NotBefore time.Time `json:"notBefore,omitzero"`
	NotAfter  time.Time `json:"notAfter,omitzero"`
	// Authorizations are ids, one of each identifier.
	Authorizations []string `json:"authorizations"`
	// Replaces is the ARI identifier of the certificate before (RFC 9773 §5).
	Replaces string   `json:"replaces,omitempty"`
	Error    *Problem `json:"error,omitempty"`
	// Certificate is the serial of what was issued, Request the digest of the key that it is for.
	Certificate string    `json:"certificate,omitempty"`
	Request     string    `json:"request,omitempty"`
	CreatedAt   time.Time `json:"-"`
	ExpiresAt   time.Time `json:"-"`
	Revision    int64     `json:"-"`
}

// names are the values of the identifiers.
func (o Order) names() []string {
	names := make([]string, len(o.Identifiers))
	for i, id := range o.Identifiers {
		names[i] = id.Value
	}
	return names
}

// Authorization is the proof that an account has a name (RFC 8555 §7.1.4). It is of one order.
type Authorization struct {
	ID      string       `json:"-"`
	Scope   kernel.Scope `json:"-"`
	Account string       `json:"-"`
	Order   string       `json:"-"`
	Status  Status       `json:"-"`
	// Name is without the asterisk of a wildcard.
	Name       string      `json:"-"`
	Wildcard   bool        `json:"-"`
	Challenges []Challenge `json:"challenges"`
	ExpiresAt  time.Time   `json:"-"`
	// DueAt is when a challenge is looked at next, the zero time for never.
	DueAt    time.Time `json:"-"`
	Revision int64     `json:"-"`
}

// ordered is the name as it was ordered.
func (a Authorization) ordered() string {
	if a.Wildcard {
		return "*." + a.Name
	}
	return a.Name
}

// Challenge returns the challenge of a type, nil for none.
func (a Authorization) Challenge(kind string) *Challenge {
	for i := range a.Challenges {
		if a.Challenges[i].Type == kind {
			return &a.Challenges[i]
		}
	}
	return nil
}

// processing is the challenge that is being looked at, nil for none.
func (a Authorization) processing() *Challenge {
	for i := range a.Challenges {
		if a.Challenges[i].Status == Processing {
			return &a.Challenges[i]
		}
	}
	return nil
}

// Challenge is one way to prove a name (RFC 8555 §7.1.5).
type Challenge struct {
	Type        string    `json:"type"`
	Token       string    `json:"token"`
	Status      Status    `json:"status"`
	ValidatedAt time.Time `json:"validatedAt,omitzero"`
	// Attempts counts how often it was looked at.
	Attempts int `json:"attempts,omitempty"`
	// Error is of the last attempt, also while there will be others (RFC 8555 §8.2).
	Error *Problem `json:"error,omitempty"`
}

// Certificate is what was issued to an account.
type Certificate struct {
	// Serial is in lower-case hex.
	Serial  string       `json:"-"`
	Scope   kernel.Scope `json:"-"`
	Account string       `json:"-"`
	Names   []string     `json:"names"`
	// Chains are PEM, the leaf first; the first is what is handed out unless
	// another is asked for.
	Chains []string `json:"chains"`
	// Authority is the key identifier of what has signed it (RFC 5280 §4.2.1.1).
	Authority []byte    `json:"authority"`
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"-"`
	// ReplacedBy is the id of the order that said it replaces this one.
	ReplacedBy string    `json:"replacedBy,omitempty"`
	RevokedAt  time.Time `json:"revokedAt,omitzero"`
	// Reason is the code of RFC 5280 §5.3.1.
	Reason   int   `json:"reason,omitempty"`
	Revision int64 `json:"-"`
}

// Key binds accounts to a scope (external account binding, RFC 8555 §7.3.4).
type Key struct {
	// ID is what clients call the key identifier.
	ID    string       `json:"id"`
	Scope kernel.Scope `json:"-"`
	// Note says what it is for.
	Note      string    `json:"note,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
	CreatedBy string    `json:"createdBy"`
	// ExpiresAt is until when accounts may be made with it, the zero time for ever.
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
	RevokedAt time.Time `json:"revokedAt,omitzero"`
	Revision  int64     `json:"-"`
	// Sealed is the secret, bound to the key.
	Sealed []byte `json:"-"`
}

// Associated binds a sealed secret to its key, so that it opens nowhere else.
func Associated(tenant, id string) []byte { return []byte("acme key\x00" + tenant + "\x00" + id) }

// base splits a wildcard's asterisk off.
func base(name string) (bare string, wildcard bool) { return strings.CutPrefix(name, "*.") }
