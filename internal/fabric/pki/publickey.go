package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strconv"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	minRSA = 2048
	// maxRSA keeps a key from costing who verifies with it seconds.
	maxRSA = 8192
	// MaxRequest bounds a certificate request, in bytes.
	MaxRequest = 64 << 10
)

// CheckKey refuses a public key that is not certified.
func CheckKey(public crypto.PublicKey) error {
	switch key := public.(type) {
	case ed25519.PublicKey:
		return nil
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return nil
		}
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits >= minRSA && bits <= maxRSA {
			return nil
		}
	}
	return kernel.Errorf(kernel.Invalid, "a key of this kind is not certified").
		WithFix("use ECDSA on P-256, P-384 or P-521, Ed25519, or RSA of %d to %d bits", minRSA, maxRSA)
}

// ParseRequest reads the key of a certificate request as PEM (RFC 2986), of which nothing
// else counts.
func ParseRequest(request []byte) (crypto.PublicKey, error) {
	bad := kernel.Errorf(kernel.Invalid, "that is no request for a certificate").
		WithFix("make one with: openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout workload.key -out workload.csr")
	if len(request) > MaxRequest {
		return nil, bad
	}
	block, _ := pem.Decode(request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, bad
	}
	parsed, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, bad
	}
	if err := CheckKey(parsed.PublicKey); err != nil { // before its signature is verified, which an oversized key makes slow
		return nil, err
	}
	if parsed.CheckSignature() != nil {
		return nil, bad
	}
	return parsed.PublicKey, nil
}

// keyAlgorithm names a public key as people know it.
func keyAlgorithm(public crypto.PublicKey) string {
	switch key := public.(type) {
	case ed25519.PublicKey:
		return "Ed25519"
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case *rsa.PublicKey:
		return "RSA " + strconv.Itoa(key.N.BitLen())
	}
	return "unknown"
}
