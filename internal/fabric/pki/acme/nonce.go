package acme

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

const (
	nonceUse = "ACME nonce"
	// nonceLife is how long a nonce may be used.
	nonceLife = time.Hour
	// maxNonce bounds a nonce, in characters.
	maxNonce = 512
)

type nonce struct {
	Expires int64  `json:"e"`
	Salt    string `json:"s"`
}

// NewNonce returns a nonce (RFC 8555 §7.2) that every replica takes once. It is sealed, and no
// row is written before it is used: who asks for many costs nobody anything.
func (s *Service) NewNonce(ctx context.Context) (string, error) {
	return seal.Word(ctx, s.Sealer, nonceUse, nonce{s.Clock.Now().Add(nonceLife).Unix(), random(12)})
}

// KnownNonce tells whether a nonce is one of Terrace's whose time is not over. It may have been
// used.
func (s *Service) KnownNonce(ctx context.Context, text string) bool {
	_, ok := s.openNonce(ctx, text)
	return ok
}

func (s *Service) openNonce(ctx context.Context, text string) (n nonce, ok bool) {
	if len(text) > maxNonce || !seal.OpenWord(ctx, s.Sealer, nonceUse, text, &n) {
		return n, false
	}
	left := time.Unix(n.Expires, 0).Sub(s.Clock.Now())
	return n, left > 0 && left <= nonceLife+time.Second
}

// UseNonce takes a nonce, which nobody can use after that.
func (s *Service) UseNonce(ctx context.Context, text string) error {
	n, ok := s.openNonce(ctx, text)
	if !ok {
		return Problemf(BadNonce, "the nonce is none of this server's, or too old")
	}
	// What is in it is noted, not its text: the same may be written in several ways.
	err := s.Ledger.UseNonce(ctx, n.Salt, time.Unix(n.Expires, 0).UTC())
	if kernel.Is(err, kernel.Conflict) {
		return Problemf(BadNonce, "the nonce was used before")
	}
	return err
}
