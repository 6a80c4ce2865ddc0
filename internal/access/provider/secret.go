package provider

import (
	"crypto/rand"
	"encoding/base32"
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
