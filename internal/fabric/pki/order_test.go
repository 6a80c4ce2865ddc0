package pki_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestKeysThatAreCertified(t *testing.T) {
	t.Parallel()
	curve := func(c elliptic.Curve) crypto.PublicKey {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key.Public()
	}
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bits := func(n uint) crypto.PublicKey {
		return &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), n-1), E: 65537}
	}
	for name, c := range map[string]struct {
		key  crypto.PublicKey
		good bool
	}{
		"P-224": {curve(elliptic.P224()), false}, "P-256": {curve(elliptic.P256()), true}, "P-384": {curve(elliptic.P384()), true}, "P-521": {curve(elliptic.P521()), true},
		"Ed25519": {edwards, true}, "a short RSA": {bits(2047), false}, "RSA": {bits(2048), true}, "the longest RSA": {bits(8192), true}, "a giant RSA": {bits(8193), false}, "none": {nil, false},
	} {
		if err := pki.CheckKey(c.key); (err == nil) != c.good || err != nil && !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRenewalWindow(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	e := pki.Entry{NotBefore: at, NotAfter: at.Add(90 * day)}
	if start, end := pki.RenewalWindow(e); !start.Equal(at.Add(60*day)) || !end.After(start) || !end.Before(e.NotAfter) {
		t.Errorf("%s to %s", start, end)
	}
	e.Revoked = &pki.Revocation{At: at.Add(day)}
	if _, end := pki.RenewalWindow(e); !end.Equal(at.Add(day)) {
		t.Errorf("one that is revoked is renewed until %s", end)
	}
	for code := range 12 {
		if r, ok := pki.ReasonOf(code); ok && r.Code() != code {
			t.Errorf("reason %d is %s", code, r)
		}
	}
}
