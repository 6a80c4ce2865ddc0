package vault

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// keySpec says which key to make.
type keySpec struct {
	kind  string // RSA, RSA-HSM, EC, EC-HSM
	size  int    // bits of an RSA key
	curve string // P-256, P-384, P-521
}

// material is a private key and how it was asked for.
type material struct {
	Kind       string   `json:"kind"`
	Curve      string   `json:"curve,omitempty"`
	Operations []string `json:"operations"`
	// Private is in PKCS #8.
	Private []byte `json:"private"`
}

// check refuses what the vault does not make.
func (s *keySpec) check(vault *arm.Resource) error {
	if strings.HasSuffix(s.kind, "-HSM") && !strings.EqualFold(vault.Str("properties.sku.name"), "premium") {
		return badParameter("Operation is not allowed: keys in hardware modules need a vault of sku premium.")
	}
	switch strings.TrimSuffix(s.kind, "-HSM") {
	case "RSA":
		if !slices.Contains([]int{2048, 3072, 4096}, s.size) {
			return badParameter("Property has invalid value: key_size must be 2048, 3072 or 4096.")
		}
	case "EC":
		if curveOf(s.curve) == nil {
			return badParameter("Property has invalid value: the simulated vault makes keys of the curves P-256, P-384 and P-521, not of %s.", s.curve)
		}
	default:
		return badParameter("Property has invalid value: kty %s.", s.kind)
	}
	return nil
}

func curveOf(name string) elliptic.Curve {
	switch name {
	case "P-256":
		return elliptic.P256()
	case "P-384":
		return elliptic.P384()
	case "P-521":
		return elliptic.P521()
	}
	return nil
}

func (s *keySpec) make() (*material, error) {
	var private any
	var err error
	if curve := curveOf(s.curve); curve != nil && strings.HasPrefix(s.kind, "EC") {
		private, err = ecdsa.GenerateKey(curve, rand.Reader)
	} else {
		private, err = rsa.GenerateKey(rand.Reader, s.size)
	}
	if err != nil {
		return nil, err
	}
	return s.wrap(private)
}

// wrap keeps a private key that is there already.
func (s *keySpec) wrap(private any) (*material, error) {
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, badParameter("The private key cannot be kept: %v", err)
	}
	return &material{Kind: s.kind, Curve: s.curve, Private: raw}, nil
}

// signer is the private key.
func (m *material) signer() (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(m.Private)
	if err != nil {
		return nil, err
	}
	signer, is := key.(crypto.Signer)
	if !is {
		return nil, badParameter("The key cannot sign.")
	}
	return signer, nil
}

// jwk writes the public key.
func (m *material) jwk(id string) arm.Object {
	out := arm.Object{"kid": id, "kty": m.Kind, "key_ops": m.Operations}
	signer, err := m.signer()
	if err != nil {
		return out
	}
	encode := base64.RawURLEncoding.EncodeToString
	switch public := signer.Public().(type) {
	case *rsa.PublicKey:
		out["n"], out["e"] = encode(public.N.Bytes()), encode(big.NewInt(int64(public.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := public.Bytes() // 4, X, Y (SEC 1 §2.3.3)
		if err != nil {
			return out
		}
		half := (len(point) - 1) / 2
		out["crv"], out["x"], out["y"] = m.Curve, encode(point[1:1+half]), encode(point[1+half:])
	}
	return out
}
