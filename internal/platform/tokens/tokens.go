// Package tokens issues and verifies the credentials that runs carry: signed,
// short-lived statements of which run, stack, fence and phase the bearer is.
//
// It owns the token's format and its signing key. It does not own what a token
// allows: state, modules and planes decide that from the Run they get back.
package tokens

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Prefix starts every run token, so that scanners find a leaked one.
const Prefix = "trun_"

// The phases of a run.
const (
	PhasePlan  = "plan"
	PhaseApply = "apply"
)

const (
	minKey   = 32
	maxToken = 4096
)

// Run is what a run token says about its bearer.
type Run struct {
	// Run is the run's id.
	Run string `json:"r"`
	// Stack is the id of the stack that the run works on.
	Stack string `json:"k"`
	// Scope is the stack's tenant, project and stage.
	Scope kernel.Scope `json:"s"`
	// Workload is the workload's name.
	Workload string `json:"w"`
	// Fence is the number of the lease under which the run works; an older one is stale.
	Fence int64 `json:"f"`
	// Phase is PhasePlan or PhaseApply; a planning run may read only.
	Phase string `json:"p"`
	// Cause is the id of the event that all facts of the run name.
	Cause string `json:"c,omitempty"`
	// Expires ends the token.
	Expires time.Time `json:"e"`
}

// Actor returns the run as an actor of its tenant.
func (r Run) Actor() kernel.Actor {
	return kernel.Actor{ID: r.Run, Name: r.Run, Kind: kernel.ActorRun, Tenant: r.Scope.Tenant}
}

// In returns a context for what the run does.
func (r Run) In(ctx context.Context) context.Context {
	return kernel.WithCause(kernel.WithActor(ctx, r.Actor()), r.Cause)
}

// MayWrite reports whether the run's phase may change anything.
func (r Run) MayWrite() bool { return r.Phase == PhaseApply }

// Issuer signs and verifies run tokens with one key.
type Issuer struct {
	key   []byte
	clock kernel.Clock
}

// NewIssuer returns an issuer for key, which LoadKey returns. A nil clock is
// the system's.
func NewIssuer(key []byte, clock kernel.Clock) *Issuer {
	return &Issuer{key: key, clock: clock}
}

// Issue returns a token for r, which must name a run, a stack, a tenant, a
// phase and an expiry in the future.
func (i *Issuer) Issue(r Run) (string, error) {
	if err := i.check(r); err != nil {
		return "", fmt.Errorf("issue run token: %w", err)
	}
	payload, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("issue run token: %w", err)
	}
	body := base64.RawURLEncoding.EncodeToString(payload)
	token := Prefix + body + "." + i.sign(body)
	if len(token) > maxToken {
		return "", fmt.Errorf("issue run token: longer than %d bytes", maxToken)
	}
	return token, nil
}

func (i *Issuer) check(r Run) error {
	switch {
	case len(i.key) < minKey:
		return fmt.Errorf("the signing key has %d bytes, at least %d are needed", len(i.key), minKey)
	case r.Run == "" || r.Stack == "" || r.Scope.Tenant == "":
		return fmt.Errorf("run, stack and tenant are needed")
	case r.Phase != PhasePlan && r.Phase != PhaseApply:
		return fmt.Errorf("phase %q is neither %s nor %s", r.Phase, PhasePlan, PhaseApply)
	case !r.Expires.After(i.clock.Now()):
		return fmt.Errorf("it expires in the past")
	default:
		return nil
	}
}

// Verify returns what token says. The error is Unauthenticated when it was not
// signed with this key, was altered or has expired.
func (i *Issuer) Verify(token string) (Run, error) {
	body, signature, ok := strings.Cut(strings.TrimPrefix(token, Prefix), ".")
	if !ok || len(token) > maxToken || !strings.HasPrefix(token, Prefix) || len(i.key) < minKey {
		return Run{}, invalid()
	}
	if !hmac.Equal([]byte(signature), []byte(i.sign(body))) {
		return Run{}, invalid()
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil {
		return Run{}, invalid()
	}
	var r Run
	if err := json.Unmarshal(payload, &r); err != nil {
		return Run{}, invalid()
	}
	if !r.Expires.After(i.clock.Now()) {
		return Run{}, kernel.Errorf(kernel.Unauthenticated, "the token of run %s has expired", r.Run)
	}
	return r, nil
}

func (i *Issuer) sign(body string) string {
	mac := hmac.New(sha256.New, i.key)
	mac.Write([]byte(Prefix + body))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func invalid() error {
	return kernel.Errorf(kernel.Unauthenticated, "the run token is not valid")
}
