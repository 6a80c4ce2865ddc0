package kernel

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Digest is the SHA-256 of some content, written sha256:<64 hex digits>.
type Digest string

// DigestOf returns the digest of b.
func DigestOf(b []byte) Digest {
	sum := sha256.Sum256(b)
	return Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// HashOf returns the SHA-256 of a text in hex: what is kept of a secret that is random, so
// that it needs no slow hash, and by which it is found again.
func HashOf(text string) string { return DigestOf([]byte(text)).Hex() }

// DigestJSON returns the digest of v's JSON, in which Go sorts the keys of
// maps: equal values have equal digests. The error is that of json.Marshal.
func DigestJSON(v any) (Digest, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	return DigestOf(b), nil
}

// Hex returns the digest without its algorithm.
func (d Digest) Hex() string {
	if len(d) < len("sha256:") {
		return string(d)
	}
	return string(d[len("sha256:"):])
}

// Short returns the first 12 hex digits, for people.
func (d Digest) Short() string {
	return d.Hex()[:min(12, len(d.Hex()))]
}
