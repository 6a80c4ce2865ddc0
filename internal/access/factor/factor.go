// Package factor knows with what people prove who they are beside a password: passkeys
// (Web Authentication), time-based one-time passwords (RFC 6238) and recovery codes; and
// of whom a tenant asks for one.
//
// It owns factors, codes, the policy, and how often somebody may guess. It does not own
// passwords and people (access/identity), nor the order of steps in which somebody signs
// in (access/provider).
package factor

import (
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Kind tells factors apart.
type Kind string

// The kinds of factors. Recovery codes are none: they stand in for one that is lost.
const (
	Passkey Kind = "passkey"
	TOTP    Kind = "totp"
)

// Policy says of whom a tenant asks for a second factor.
type Policy string

// The policies.
const (
	// Optional asks who has one.
	Optional Policy = "optional"
	// Required asks everybody who signs in with a password.
	Required Policy = "required"
	// Admins asks those who administer something, and who has one.
	Admins Policy = "admins"
)

// Policies returns every policy.
func Policies() []Policy { return []Policy{Optional, Required, Admins} }

// The methods that factors prove (RFC 8176 §2).
const (
	methodCode  = "otp"
	methodKey   = "hwk"
	methodMulti = "mfa"
)

// The bounds of what one person has.
const (
	maxFactors = 20
	maxName    = 64
	codeCount  = 10
)

// pendingLife is how long an enrolment and a challenge can be finished.
const pendingLife = 30 * time.Minute

// Factor is one thing that somebody proves who they are with.
type Factor struct {
	ID     string
	Tenant string
	UserID string
	Kind   Kind
	// Name tells the factors of a person apart.
	Name string
	// Credential is the id of a passkey, unique everywhere; of a one-time password it says
	// whose it is, so that each has one.
	Credential string
	// Data is the public part of a passkey as JSON, and the secret of a one-time password,
	// sealed.
	Data []byte
	// Count is the signature counter of a passkey, and the last time step of which a
	// one-time password was taken.
	Count      int64
	CreatedAt  time.Time
	LastUsedAt time.Time
	// SuspectAt is since when a passkey is refused because its counter went back, which a
	// copy of it does; zero for none.
	SuspectAt time.Time
}

// Has is what somebody can prove themselves with.
type Has struct {
	Passkeys, Codes bool
	// Recovery is how many recovery codes were made, and Left how many are unused.
	Recovery, Left int
}

// Any reports whether there is a factor.
func (h Has) Any() bool { return h.Passkeys || h.Codes }

// Sheet is what somebody sees of their factors.
type Sheet struct {
	Factors []Factor
	// Left is how many recovery codes are unused.
	Left int
	// Policy is the tenant's.
	Policy Policy
	// Asked says whether a password alone does not sign the person in.
	Asked bool
}

// Enrolment is a one-time password that is not confirmed yet.
type Enrolment struct {
	// Secret is for people to type, and URI for a QR code.
	Secret, URI string
	// Pending comes back with a code.
	Pending string
}

func checkName(name string) error {
	if name != "" && len(name) <= maxName {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the name is not possible").
		WithProblems(kernel.Problem{Path: "name", Message: "it must have 1 to 64 bytes"})
}
