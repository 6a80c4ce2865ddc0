package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The cost of a password hash (RFC 9106): about 50 ms and 19 MiB. Two are
// computed at a time, so that sign-ins cannot fill the memory.
const (
	hashTime     = 2
	hashMemory   = 19 * 1024 // KiB
	hashThreads  = 1
	hashSize     = 32
	saltSize     = 16
	hashesAtOnce = 2
)

// hasher hashes passwords, a few at a time.
type hasher struct{ slots chan struct{} }

func newHasher() hasher { return hasher{slots: make(chan struct{}, hashesAtOnce)} }

type hashed struct {
	time, memory uint32
	threads      uint8
	salt, sum    []byte
}

// hash returns the PHC string of password with a new salt.
func (h hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails, see crypto/rand
	p := hashed{time: hashTime, memory: hashMemory, threads: hashThreads, salt: salt}
	var err error
	if p.sum, err = h.compute(ctx, password, p, hashSize); err != nil {
		return "", err
	}
	return p.String(), nil
}

// verify reports whether password belongs to the PHC string. An empty one, of a
// user who does not exist, costs the same time.
func (h hasher) verify(ctx context.Context, password, phc string) (bool, error) {
	want, known := parseHash(phc)
	if !known {
		want = hashed{time: hashTime, memory: hashMemory, threads: hashThreads, salt: make([]byte, saltSize), sum: make([]byte, hashSize)}
	}
	got, err := h.compute(ctx, password, want, len(want.sum))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want.sum) == 1 && known, nil
}

func (h hasher) compute(ctx context.Context, password string, p hashed, size int) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, kernel.Errorf(kernel.Unavailable, "too many sign-ins at once: %w", ctx.Err())
	}
	return argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, uint32(size)), nil
}

// String returns the hash in PHC form.
func (p hashed) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads, b64.EncodeToString(p.salt), b64.EncodeToString(p.sum))
}

func parseHash(phc string) (hashed, bool) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return hashed{}, false
	}
	var p hashed
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil {
		return hashed{}, false
	}
	var saltErr, sumErr error
	p.salt, saltErr = base64.RawStdEncoding.DecodeString(parts[4])
	p.sum, sumErr = base64.RawStdEncoding.DecodeString(parts[5])
	sane := p.time > 0 && p.time <= 16 && p.threads > 0 && p.memory <= 1<<20 && len(p.sum) >= 16 && len(p.sum) <= 64
	return p, saltErr == nil && sumErr == nil && sane
}
