package seal

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// WordSealer seals and opens with the platform's key; a Sealer is one.
type WordSealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Word seals a value as text that a browser or a program carries and brings back, in a
// page, an address or a cookie. It is good for one use, and says itself until when.
func Word(ctx context.Context, s WordSealer, use string, v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", kernel.Errorf(kernel.Internal, "seal a %s: %w", use, err)
	}
	sealed, err := s.Seal(ctx, raw, []byte(use))
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// OpenWord reads what Word sealed for the same use; ok is false for any other text.
func OpenWord(ctx context.Context, s WordSealer, use, text string, into any) (ok bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(sealed) == 0 {
		return false
	}
	raw, err := s.Open(ctx, sealed, []byte(use))
	return err == nil && json.Unmarshal(raw, into) == nil
}
