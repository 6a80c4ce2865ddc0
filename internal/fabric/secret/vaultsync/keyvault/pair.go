package keyvault

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The contents of a certificate's secret.
const (
	contentPFX = "application/x-pkcs12"
	contentPEM = "application/x-pem-file"
)

// pack writes a certificate with its key as PKCS #12 (RFC 7292), under a password of its own.
func pack(p vaultcert.Pair) (value, password string, err error) {
	unfit := kernel.Errorf(kernel.Invalid, "this certificate and its key cannot be written as PKCS #12").WithFix("bring one with a key of RSA or ECDSA, which is all that a key vault takes")
	pair, err := tls.X509KeyPair(p.Chain, p.Key)
	if err != nil {
		return "", "", unfit
	}
	var chain []*x509.Certificate
	for _, der := range pair.Certificate {
		one, err := x509.ParseCertificate(der)
		if err != nil {
			return "", "", unfit
		}
		chain = append(chain, one)
	}
	password = rand.Text()
	raw, err := pkcs12.Modern2023.Encode(pair.PrivateKey, chain[0], chain[1:], password)
	if err != nil {
		return "", "", unfit
	}
	return base64.StdEncoding.EncodeToString(raw), password, nil
}

// unpack reads the secret of a certificate. Nothing of it is in an error.
func unpack(contentType, value string) (vaultcert.Pair, error) {
	var key any
	var certs []*x509.Certificate
	var err error
	switch contentType {
	case contentPFX:
		key, certs, err = ofPFX(value)
	case contentPEM:
		key, certs, err = ofPEM([]byte(value))
	default:
		return vaultcert.Pair{}, kernel.Errorf(kernel.Invalid, "the certificate is kept as %q", contentType).WithFix("have the vault keep it as %s or %s", contentPFX, contentPEM)
	}
	if err != nil || len(certs) == 0 {
		return vaultcert.Pair{}, kernel.Errorf(kernel.Invalid, "what the vault has of the certificate cannot be read")
	}
	if key == nil {
		return vaultcert.Pair{}, kernel.Errorf(kernel.Refused, "the key of the certificate may not leave the vault").WithFix("have it issued there anew with a key that is exportable")
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return vaultcert.Pair{}, kernel.Errorf(kernel.Invalid, "the key of the certificate is of a kind that is not known")
	}
	defer clear(der)
	p := vaultcert.Pair{Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}
	for _, one := range inOrder(certs) {
		p.Chain = append(p.Chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: one.Raw})...)
	}
	return p, nil
}

func ofPFX(value string) (key any, certs []*x509.Certificate, err error) {
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, nil, err
	}
	defer clear(raw)
	key, leaf, others, err := pkcs12.DecodeChain(raw, "")
	if err == nil {
		return key, append([]*x509.Certificate{leaf}, others...), nil
	}
	certs, trustErr := pkcs12.DecodeTrustStore(raw, "")
	if trustErr != nil {
		return nil, nil, err
	}
	return nil, certs, nil // without its key
}

func ofPEM(value []byte) (key any, certs []*x509.Certificate, err error) {
	for block, rest := pem.Decode(value); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		case "CERTIFICATE":
			var one *x509.Certificate
			one, err = x509.ParseCertificate(block.Bytes)
			certs = append(certs, one)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return key, certs, nil
}

// inOrder puts the authorities of a leaf, the first of all, in the order in which each has
// signed the one before (RFC 8446 §4.4.2). A vault keeps them as they came. Those that have
// signed none, and a root, are left out.
func inOrder(all []*x509.Certificate) []*x509.Certificate {
	chain, left := all[:1:1], all[1:]
	for {
		last, found := chain[len(chain)-1], false
		for i, one := range left {
			if bytes.Equal(one.RawSubject, last.RawIssuer) && !bytes.Equal(one.RawSubject, one.RawIssuer) && last.CheckSignatureFrom(one) == nil {
				chain, found = append(chain, one), true
				left = append(left[:i:i], left[i+1:]...)
				break
			}
		}
		if !found {
			return chain
		}
	}
}
