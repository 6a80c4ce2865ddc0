package provider

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
)

// The prefixes of what Terrace gives out, so that scanners find what leaked.
const (
	PrefixRefresh = "terf_"
	PrefixCode    = "terc_"
	PrefixDevice  = "terd_"
	PrefixSecret  = "ters_"
	prefixCookie  = "terb_"
)

// NewSecret returns a prefix and 32 random bytes.
func NewSecret(prefix string) string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	return prefix + base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding).EncodeToString(raw)
}

// HashOf returns what is kept of a secret. Its 256 random bits need no slow hash.
func HashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
