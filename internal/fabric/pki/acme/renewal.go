package acme

import (
	"context"
	"encoding/base64"
	"math/big"
	"strings"
	"time"
)

// Window is when a certificate should be renewed (RFC 9773 §4.2).
type Window struct{ Start, End time.Time }

// WindowLook is how often clients should ask for it.
const WindowLook = 6 * time.Hour

// Renewal returns when a certificate should be renewed, by its ARI identifier: from two thirds
// of its life on, for an eighth of what is left then. For one that is revoked it has passed.
func (s *Service) Renewal(ctx context.Context, ari string) (Window, error) {
	c, err := s.certificateOf(ctx, ari)
	if err != nil {
		return Window{}, err
	}
	if !c.RevokedAt.IsZero() {
		return Window{Start: c.RevokedAt.Add(-time.Hour), End: c.RevokedAt}, nil
	}
	start := c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) * 2 / 3)
	return Window{Start: start, End: start.Add(c.NotAfter.Sub(start) / 8)}, nil
}

// maxARI bounds an identifier, in characters.
const maxARI = 200

// parseARI reads an identifier: the authority's key identifier as it is written, and the serial
// in hex (RFC 9773 §4.1).
func parseARI(text string) (authority, serial string, ok bool) {
	authority, encoded, ok := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if !ok || len(text) > maxARI || authority == "" || err != nil || len(raw) == 0 {
		return "", "", false
	}
	return authority, new(big.Int).SetBytes(raw).Text(16), true
}
