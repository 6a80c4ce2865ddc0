package acme

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// dns01 is RFC 8555 §8.4.
func (p Probe) dns01(ctx context.Context, c Sought) *Problem {
	record := "_acme-challenge." + c.Name
	texts, err := p.Resolver.TXT(ctx, c.Scope, record)
	if err != nil {
		return Problemf(DNS, "the TXT records of %s cannot be read: %s", record, cut(err.Error()))
	}
	sum := sha256.Sum256([]byte(c.Authorization))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	for _, text := range texts {
		if subtle.ConstantTimeCompare([]byte(text), []byte(want)) == 1 {
			return nil
		}
	}
	if len(texts) == 0 {
		return Problemf(DNS, "%s has no TXT record", record)
	}
	return Problemf(IncorrectResponse, "none of the %d TXT records of %s is the digest of the key authorization", len(texts), record)
}
