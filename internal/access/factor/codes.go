package factor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// A recovery code has 80 random bits, so that no slow hash is needed.
const recoveryBytes = 10

func totpEncoding() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

// newCodes returns recovery codes as people write them down: four groups of letters.
func newCodes() []string {
	codes := make([]string, codeCount)
	for i := range codes {
		raw := make([]byte, recoveryBytes)
		_, _ = rand.Read(raw) // never fails, see crypto/rand
		text := strings.ToLower(totpEncoding().EncodeToString(raw))
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
	}
	return codes
}

func hashCode(who kernel.Actor, code string) string {
	sum := sha256.Sum256([]byte("recovery code\x00" + who.Tenant + "\x00" + who.ID + "\x00" + plain(code)))
	return hex.EncodeToString(sum[:])
}

// MakeCodes gives somebody recovery codes in place of those that they had, and returns
// them, this once.
func (s *Service) MakeCodes(ctx context.Context, who kernel.Actor) ([]string, error) {
	codes := newCodes()
	return codes, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.putCodes(ctx, who, codes) })
}

// RemakeCodes is MakeCodes for who has a factor.
func (s *Service) RemakeCodes(ctx context.Context, who kernel.Actor) ([]string, error) {
	has, err := s.Has(ctx, who)
	if err != nil {
		return nil, err
	}
	if !has.Any() {
		return nil, kernel.Errorf(kernel.Refused, "there is no factor that recovery codes stand in for").
			WithFix("add an app with terrace auth factors totp, or a passkey at %s", s.Page())
	}
	return s.MakeCodes(ctx, who)
}

func (s *Service) putCodes(ctx context.Context, who kernel.Actor, codes []string) error {
	hashes := make([]string, len(codes))
	for i, c := range codes {
		hashes[i] = hashCode(who, c)
	}
	if err := s.Store.PutCodes(ctx, who.Tenant, who.ID, hashes); err != nil {
		return err
	}
	return s.record(ctx, who, "factor.codes_made", who.ID, map[string]any{"codes": len(codes)})
}

// DraftCodes returns recovery codes that are good once they are kept: so that a page that
// shows them can be loaded again.
func (s *Service) DraftCodes(ctx context.Context, who kernel.Actor, browser string) (codes []string, pendingText string, err error) {
	codes = newCodes()
	pendingText, err = s.sealPending(ctx, useCodes, pending{Tenant: who.Tenant, User: who.ID, Browser: browser, Codes: codes})
	return codes, pendingText, err
}

// KeepCodes has codes that were drafted be good.
func (s *Service) KeepCodes(ctx context.Context, who kernel.Actor, browser, pendingText string) error {
	p, err := s.openPending(ctx, useCodes, pendingText, who, browser)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.spend(ctx, p); err != nil {
			return err
		}
		return s.putCodes(ctx, who, p.Codes)
	})
}

// useRecovery takes a recovery code, once.
func (s *Service) useRecovery(ctx context.Context, who kernel.Actor, code string) error {
	err := s.Store.UseCode(ctx, who.Tenant, who.ID, hashCode(who, code), s.Clock.Now())
	if kernel.Is(err, kernel.NotFound) {
		return wrongCode()
	}
	if err != nil {
		return err
	}
	_, left, err := s.Store.CountCodes(ctx, who.Tenant, who.ID)
	if err != nil {
		return err
	}
	return s.record(ctx, who, "factor.code_used", who.ID, map[string]any{"codes": left})
}

// ProveCode takes a code: of somebody's app, or one of their recovery codes. The error is
// Unauthenticated for a wrong one, and Locked after too many.
func (s *Service) ProveCode(ctx context.Context, who kernel.Actor, code string) (methods []string, err error) {
	if err := s.try(ctx, who); err != nil {
		return nil, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.useCode(ctx, who, plain(code)); err != nil {
			return err
		}
		return s.Store.ForgetTries(ctx, who.Tenant, who.ID)
	})
	if kernel.Is(err, kernel.Unauthenticated) {
		if noted := s.refused(ctx, who); noted != nil {
			return nil, noted
		}
	}
	return CodeMethods(), err
}

// CodeMethods are what a code proves, beside a password.
func CodeMethods() []string { return []string{methodCode, methodMulti} }

func (s *Service) useCode(ctx context.Context, who kernel.Actor, code string) error {
	if len(code) != digits {
		return s.useRecovery(ctx, who, code)
	}
	all, err := s.Store.FactorsOf(ctx, who.Tenant, who.ID)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Kind == TOTP {
			return s.useTOTP(ctx, who, f, code)
		}
	}
	return wrongCode()
}

func (s *Service) refused(ctx context.Context, who kernel.Actor) error {
	return s.Tx.InTx(context.WithoutCancel(ctx), func(ctx context.Context) error {
		return s.record(ctx, who, "factor.refused", who.ID, map[string]any{"kind": "code", "why": "the code is wrong, or was used before"})
	})
}

// How wrong codes slow somebody down: some are free, then the pause doubles. Nothing but
// a right code ends that, and every process counts.
const (
	freeTries = 5
	maxPause  = 5 * time.Minute
)

// try counts a try before it is made. The error is Locked while somebody has to wait.
func (s *Service) try(ctx context.Context, who kernel.Actor) error {
	now := s.Clock.Now()
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		count, last, err := s.Store.Tries(ctx, who.Tenant, who.ID)
		if err != nil {
			return err
		}
		if left := last.Add(pause(count)).Sub(now); left > 0 {
			return tooMany(max(left.Round(time.Second), time.Second))
		}
		return s.Store.CountTry(ctx, who.Tenant, who.ID, count, now)
	})
	if kernel.Is(err, kernel.Stale) { // another one at the same time
		return tooMany(time.Second)
	}
	return err
}

func tooMany(wait time.Duration) error {
	err := kernel.Errorf(kernel.Locked, "too many wrong codes").WithFix("try again in %s", wait)
	err.After = wait
	return err
}

func pause(failures int) time.Duration {
	if failures < freeTries {
		return 0
	}
	return min(time.Second<<min(failures-freeTries, 20), maxPause)
}
