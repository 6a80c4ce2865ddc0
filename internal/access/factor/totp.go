package factor

import (
	"context"
	"crypto/subtle"
	"strings"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// What every app for one-time passwords knows (RFC 6238 §5): steps of 30 s, six digits,
// HMAC-SHA-1. A clock may be off by one step.
const (
	stepSeconds = 30
	skew        = 1
	digits      = 6
	secretBytes = 20
)

// NewTOTP begins a one-time password of somebody. It is theirs once a code confirms it,
// in the same browser where that is said.
func (s *Service) NewTOTP(ctx context.Context, who kernel.Actor, browser string) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Terrace " + s.host, AccountName: who.Name, SecretSize: secretBytes})
	if err != nil {
		return Enrolment{}, kernel.Errorf(kernel.Internal, "make a one-time password: %w", err)
	}
	p, err := s.sealPending(ctx, useTOTP, pending{Tenant: who.Tenant, User: who.ID, Browser: browser, Secret: key.Secret()})
	return Enrolment{Secret: key.Secret(), URI: key.URL(), Pending: p}, err
}

// Again returns an enrolment that was not confirmed, so that a page can be shown again.
func (s *Service) Again(ctx context.Context, who kernel.Actor, browser, pendingText string) (Enrolment, error) {
	p, err := s.openPending(ctx, useTOTP, pendingText, who, browser)
	if err != nil {
		return Enrolment{}, err
	}
	raw, err := totpEncoding().DecodeString(p.Secret)
	if err != nil {
		return Enrolment{}, kernel.Errorf(kernel.Internal, "read a one-time password: %w", err)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Terrace " + s.host, AccountName: who.Name, Secret: raw})
	if err != nil {
		return Enrolment{}, kernel.Errorf(kernel.Internal, "read a one-time password: %w", err)
	}
	return Enrolment{Secret: p.Secret, URI: key.URL(), Pending: pendingText}, nil
}

// AddTOTP keeps a one-time password that a code confirms. The code is used up.
func (s *Service) AddTOTP(ctx context.Context, who kernel.Actor, browser, pendingText, code, name string) (Factor, error) {
	if err := checkName(name); err != nil {
		return Factor{}, err
	}
	p, err := s.openPending(ctx, useTOTP, pendingText, who, browser)
	if err != nil {
		return Factor{}, err
	}
	step, ok := s.stepOf(p.Secret, plain(code))
	if !ok {
		return Factor{}, kernel.Errorf(kernel.Unauthenticated, "the code is not the one that the app shows now").
			WithFix("look whether the clock of the device is right, and type the next code")
	}
	sealed, err := s.Sealer.SealFor(ctx, who.Tenant, []byte(p.Secret), boundTo(who))
	if err != nil {
		return Factor{}, err
	}
	f, err := s.add(ctx, who, Factor{Kind: TOTP, Name: name, Credential: "totp:" + who.ID, Data: sealed, Count: step}, p)
	if kernel.Is(err, kernel.Conflict) {
		return f, kernel.Errorf(kernel.Conflict, "there is an app for one-time passwords already").WithFix("remove it first")
	}
	return f, err
}

// boundTo has a sealed secret be of one person.
func boundTo(who kernel.Actor) []byte {
	return []byte("one-time password\x00" + who.Tenant + "\x00" + who.ID)
}

// stepOf returns the time step that a code is of. It compares with every step that is
// possible, and takes the same time for each code.
func (s *Service) stepOf(secret, code string) (step int64, ok bool) {
	now := s.Clock.Now().Unix() / stepSeconds
	for at := now - skew; at <= now+skew; at++ {
		want, err := hotp.GenerateCode(secret, uint64(at))
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = at, true
		}
	}
	return step, ok
}

// plain returns a code without what people put between its digits.
func plain(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
}

// useTOTP takes a code of somebody's app, once.
func (s *Service) useTOTP(ctx context.Context, who kernel.Actor, f Factor, code string) error {
	secret, err := s.Sealer.Open(ctx, f.Data, boundTo(who))
	if err != nil {
		return err
	}
	step, ok := s.stepOf(string(secret), code)
	if ok && step <= f.Count {
		return kernel.Errorf(kernel.Unauthenticated, "the code was used already, and each is good once").WithFix("wait for the next one, which the app shows within %d seconds", (skew+1)*stepSeconds)
	}
	if !ok {
		return wrongCode()
	}
	seen := f.Count
	f.Count, f.LastUsedAt = step, s.Clock.Now()
	err = s.Store.UseFactor(ctx, f, seen)
	if kernel.Is(err, kernel.Stale) {
		return wrongCode()
	}
	return err
}

func wrongCode() error {
	return kernel.Errorf(kernel.Unauthenticated, "the code is wrong, or was used before")
}
