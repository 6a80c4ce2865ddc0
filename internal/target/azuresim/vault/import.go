package vault

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// importCertificate takes a certificate with its private key, as PKCS #12 or PEM.
func importCertificate(one *call) (any, error) {
	i, err := one.fresh(certificates, one.name)
	if err != nil {
		return nil, err
	}
	if one.taken() {
		return nil, refuse(409, "Conflict", "A key or a secret named %s exists already and belongs to no certificate.", one.name)
	}
	private, chain, contentType, err := read(one.in)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, badParameter("The certificate cannot be read: %v", err)
	}
	s := specOf(private)
	if s.kind == "" {
		return nil, badParameter("The private key must be one of RSA or of an elliptic curve.")
	}
	key, err := s.wrap(private)
	if err != nil {
		return nil, err
	}
	one.complete(leaf, s, contentType)
	p, err := one.wantedPolicy(i)
	if err != nil {
		return nil, err
	}
	i.Policy, i.Pending = p.document(one, i), nil
	v := one.newVersion()
	if err := one.keepVersion(i, v, key, chain); err != nil {
		return nil, err
	}
	return one.certificateBundle(i, i.at(v.ID)), nil
}

// complete writes into the policy of an import what the certificate itself says.
func (one *call) complete(leaf *x509.Certificate, s *keySpec, contentType string) {
	p, _ := one.in["policy"].(arm.Object)
	if p == nil {
		p = arm.Object{}
	}
	defaults := map[string]any{
		"issuer.name": issuerUnknown, "secret_props.contentType": contentType, "key_props.kty": s.kind, "x509_props.subject": leaf.Subject.String(),
		"x509_props.validity_months": int(leaf.NotAfter.Sub(leaf.NotBefore).Hours() / 24 / 30),
	}
	if s.curve != "" {
		defaults["key_props.crv"] = s.curve
	} else {
		defaults["key_props.key_size"] = s.size
	}
	for path, value := range defaults {
		if v, has := arm.Lookup(p, path); !has || v == nil || v == "" {
			arm.Assign(p, path, value)
		}
	}
	one.in["policy"] = arm.Plain(p)
}

func specOf(private any) *keySpec {
	switch key := private.(type) {
	case *ecdsa.PrivateKey:
		return &keySpec{kind: "EC", curve: key.Params().Name}
	case *rsa.PrivateKey:
		return &keySpec{kind: "RSA", size: key.Size() * 8}
	}
	return &keySpec{}
}

// read takes the private key and the chain out of an import's value.
func read(in arm.Object) (private any, chain [][]byte, contentType string, err error) {
	value, _ := in["value"].(string)
	password, _ := in["pwd"].(string)
	if block, _ := pem.Decode([]byte(value)); block != nil {
		private, chain, err = readPEM([]byte(value))
		return private, chain, pemType, err
	}
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, nil, "", badParameter("The value is neither PEM nor base64.")
	}
	if block, _ := pem.Decode(raw); block != nil {
		private, chain, err = readPEM(raw)
		return private, chain, pemType, err
	}
	private, leaf, others, err := pkcs12.DecodeChain(raw, password)
	if err != nil {
		return nil, nil, "", badParameter("The specified PKCS#12 X.509 certificate content can not be read. Please check if certificate is in valid PKCS#12 format: %v", err)
	}
	chain = append(chain, leaf.Raw)
	for _, c := range others {
		chain = append(chain, c.Raw)
	}
	return private, chain, pfxType, nil
}

func readPEM(raw []byte) (private any, chain [][]byte, err error) {
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			chain = append(chain, block.Bytes)
		case "PRIVATE KEY":
			if private, err = x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
				return nil, nil, badParameter("The private key cannot be read: %v", err)
			}
		}
	}
	if private == nil || len(chain) == 0 {
		return nil, nil, badParameter("The specified PEM X.509 certificate content must have a certificate and a private key in PKCS #8.")
	}
	return private, chain, nil
}
