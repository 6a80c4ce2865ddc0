package product

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// State is where a subscription is in its life.
type State string

// The states. A subscription that is Rejected, Cancelled or Expired stays so.
const (
	Submitted State = "submitted"
	Active    State = "active"
	Suspended State = "suspended"
	Rejected  State = "rejected"
	Cancelled State = "cancelled"
	Expired   State = "expired"
)

// States returns all of them, in their order.
func States() []State { return []State{Submitted, Active, Suspended, Rejected, Cancelled, Expired} }

// Over tells a state that nothing follows.
func (s State) Over() bool { return s == Rejected || s == Cancelled || s == Expired }

// ConsumerKind says who a consumer is.
type ConsumerKind string

// The kinds of consumers.
const (
	ConsumerProject ConsumerKind = "project"
	ConsumerService ConsumerKind = "service"
	ConsumerUser    ConsumerKind = "user"
)

// ConsumerKinds returns all of them.
func ConsumerKinds() []ConsumerKind {
	return []ConsumerKind{ConsumerProject, ConsumerService, ConsumerUser}
}

// Consumer is who has subscribed.
type Consumer struct {
	Kind ConsumerKind `json:"kind"`
	Name string       `json:"name"`
	// Project is the consumer itself, or that of a service account; empty for a user and
	// for a service account of the tenant.
	Project string `json:"project,omitempty"`
	// ID is that of a user or service account, whose name may come again.
	ID string `json:"id,omitempty"`
}

// String names a consumer in logs and counts, such as project/billing.
func (c Consumer) String() string { return string(c.Kind) + "/" + c.Name }

// Decision is who decided something about a subscription, and when.
type Decision struct {
	By string `json:"by"`
	// ID is the actor's.
	ID     string    `json:"id,omitempty"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// Subscription is a consumer's to a plan of a product, on a stage.
type Subscription struct {
	ID string `json:"id"`
	// Scope is the stage on which it holds: that of the product.
	Scope    kernel.Scope `json:"-"`
	Name     string       `json:"name"`
	Product  string       `json:"product"`
	Plan     string       `json:"plan"`
	Consumer Consumer     `json:"consumer"`
	State    State        `json:"state"`
	// Requested is who asked for it, Decided who approved or rejected it, Changed the last
	// change of its state.
	Requested Decision  `json:"requested"`
	Decided   *Decision `json:"decided,omitempty"`
	Changed   *Decision `json:"changed,omitempty"`
	// EndsAt is when it expires; nil is never.
	EndsAt *time.Time `json:"endsAt,omitempty"`
	// PrimaryAt and SecondaryAt are since when each key counts.
	PrimaryAt   time.Time `json:"primaryKeyAt"`
	SecondaryAt time.Time `json:"secondaryKeyAt"`

	// Primary and Secondary are the SHA-256 of the keys, Revision counts changes.
	Primary   Hash  `json:"-"`
	Secondary Hash  `json:"-"`
	Revision  int64 `json:"-"`
}

// Hash is the SHA-256 of a key.
type Hash [sha256.Size]byte

// Hex writes it in hexadecimal digits.
func (h Hash) Hex() string { return hex.EncodeToString(h[:]) }

// ParseHash reads what Hex writes.
func ParseHash(text string) (h Hash, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(h) {
		return h, kernel.Errorf(kernel.Internal, "what is kept of a key is no SHA-256")
	}
	return Hash(raw), nil
}

// KeyName names one of a subscription's two keys.
type KeyName string

// The keys.
const (
	PrimaryKey   KeyName = "primary"
	SecondaryKey KeyName = "secondary"
)

// Keys are the keys of a subscription, which are told once.
type Keys struct {
	Primary   string `json:"primary,omitempty"`
	Secondary string `json:"secondary,omitempty"`
}

// keyBytes are the random bytes of a key.
const keyBytes = 32

// newKey makes a key.
func newKey(prefix string) (string, Hash) {
	raw := make([]byte, keyBytes)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	key := prefix + base64.RawURLEncoding.EncodeToString(raw)
	return key, sha256.Sum256([]byte(key))
}
