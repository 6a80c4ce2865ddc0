package authn

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// keys are the public keys of an issuer.
type keys struct {
	byID map[string][]jose.JSONWebKey
	all  []jose.JSONWebKey
	meta metadata
	read time.Time
	// turn changes with the keys: what was verified with those before is verified again.
	turn uint64
}

// usable are public keys that sign; secrets that are shared never do.
func usable(key jose.JSONWebKey) bool {
	if !key.Valid() || !key.IsPublic() || key.Use != "" && key.Use != "sig" {
		return false
	}
	switch k := key.Key.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen() >= minRSA
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}

// fits tells that a key is for an algorithm.
func fits(key jose.JSONWebKey, algorithm string) bool {
	if key.Algorithm != "" && key.Algorithm != algorithm {
		return false
	}
	switch k := key.Key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")
	case *ecdsa.PublicKey:
		return map[string]int{"ES256": 256, "ES384": 384, "ES512": 521}[algorithm] == k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return algorithm == "EdDSA"
	}
	return false
}

// candidates are the keys that may have signed a token.
func (k *keys) candidates(id, algorithm string) []jose.JSONWebKey {
	if k == nil {
		return nil
	}
	among := k.byID[id]
	if id == "" {
		among = k.all
	}
	var out []jose.JSONWebKey
	for _, key := range among {
		if fits(key, algorithm) {
			out = append(out, key)
		}
	}
	return out
}
