package factor

import (
	"context"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// The uses of what travels with a page: each is taken for nothing else.
const (
	useRegister = "register a passkey"
	useSignIn   = "sign in with a passkey"
	useStep     = "prove a passkey"
	useTOTP     = "enrol a one-time password"
	useCodes    = "keep recovery codes"
)

// pending is something that began and is not finished. It travels sealed, so that
// nothing is kept of what nobody finishes, and belongs to one person and one browser.
type pending struct {
	ID      string                `json:"i"`
	Tenant  string                `json:"t,omitempty"`
	User    string                `json:"u,omitempty"`
	Browser string                `json:"b,omitempty"`
	At      time.Time             `json:"a"`
	Passkey *webauthn.SessionData `json:"p,omitempty"`
	Secret  string                `json:"s,omitempty"`
	Codes   []string              `json:"c,omitempty"`
}

func (s *Service) sealPending(ctx context.Context, use string, p pending) (string, error) {
	p.ID, p.At = kernel.NewID("pnd"), s.Clock.Now()
	return seal.Word(ctx, s.Sealer, use, p)
}

// openPending returns what sealPending was given for the same use, person and browser;
// the error is Invalid for anything else.
func (s *Service) openPending(ctx context.Context, use, text string, who kernel.Actor, browser string) (pending, error) {
	var p pending
	lost := kernel.Errorf(kernel.Invalid, "this page is not from here, or it has been open for too long").WithFix("load it again")
	if !seal.OpenWord(ctx, s.Sealer, use, text, &p) {
		return pending{}, lost
	}
	age := s.Clock.Now().Sub(p.At)
	if age < -time.Minute || age > pendingLife || p.Tenant != who.Tenant || p.User != who.ID || p.Browser != browser {
		return pending{}, lost
	}
	return p, nil
}

// spend has something pending be good once, in the transaction of ctx.
func (s *Service) spend(ctx context.Context, p pending) error {
	err := s.Store.Spend(ctx, p.ID, p.At.Add(pendingLife+time.Minute))
	if kernel.Is(err, kernel.Conflict) {
		return kernel.Errorf(kernel.Unauthenticated, "this was used before").WithFix("load the page again")
	}
	return err
}
